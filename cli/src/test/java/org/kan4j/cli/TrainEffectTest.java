// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.io.Checkpoint;
import org.kan4j.io.Safetensors;

/** That options do what they say, each seen by a property that a plausible fault would break. */
class TrainEffectTest {

    @TempDir
    private Path folder;

    private Path file(String name) {
        return folder.resolve(name);
    }

    /** Rows whose target has nothing to do with the input; of deviation 1000. */
    private Path noise(int rows) throws IOException {
        SplittableRandom random = new SplittableRandom(5);
        List<String> lines = new ArrayList<>(List.of("x,y"));
        for (int i = 0; i < rows; i++) {
            lines.add(random.nextDouble(-1, 1) + "," + 1000 * random.nextGaussian());
        }
        return Files.write(file("noise.csv"), lines);
    }

    private double[] parameters(String model) throws IOException {
        try (Checkpoint checkpoint = Checkpoint.read(file(model))) {
            return checkpoint.parameters().values().flat().toDoubles();
        }
    }

    /** What is trained on can be learnt by heart, what is held out cannot. */
    @Test
    void rowsThatAreHeldOutAreNotTrainedOn() throws IOException {
        Cli cli = Cli.succeed("train", noise(60), "--target", "y", "--layers", "1,40,1", "--grid", 40, "--validation", 0.4,
                "--epochs", 300, "--lr", 0.02, "--decay", 1, "--weight-decay", 1e-4, "--dtype", "f64", "--out",
                file("m.safetensors"), "--json",
                file("m.json"));
        assertThat(cli.out()).contains("29 rows to train, 19 to validate and 12 to test on");
        JsonNode last = Cli.json(file("m.json")).get("epochs").get(299);
        assertThat(last.get("train_loss").asDouble()).isLessThan(0.1);
        assertThat(last.get("validation_loss").asDouble()).isGreaterThan(0.5);
    }

    /** The rate ends at 0.02 of what it was, however many epochs a file is trained for; what is given is kept, as is a known set's. */
    @Test
    void theRateFallsAsFarInAnyNumberOfEpochs() throws IOException {
        Path data = noise(40);
        for (int epochs : new int[] {1, 4}) {
            assertThat(Cli.succeed("train", data, "--target", "y", "--layers", "1,1", "--epochs", epochs, "--out",
                    file("m.safetensors")).out()).contains(" --decay " + Math.pow(0.02, 1.0 / epochs) + " ");
        }
        assertThat(Cli.succeed("train", data, "--target", "y", "--layers", "1,1", "--epochs", 4, "--decay", 0.7, "--out",
                file("m.safetensors")).out()).contains(" --decay 0.7 ");
        assertThat(Cli.succeed("train", "digits", "--epochs", 1, "--out", file("d.safetensors")).out()).contains(" --decay 0.9 ");
    }

    /** Nothing predicts better than the mean: the RMSE is about the deviation, in the target's unit. */
    @Test
    void errorsAreInTheUnitOfTheTarget() throws IOException {
        Cli cli = Cli.succeed("train", noise(300), "--target", "y", "--layers", "1,1", "--epochs", 3, "--out",
                file("m.safetensors"), "--json", file("m.json"));
        JsonNode metrics = Cli.json(file("m.json"));
        assertThat(metrics.get("test").get("rmse").asDouble()).isBetween(700.0, 1500.0);
        assertThat(metrics.get("test").get("mae").asDouble()).isBetween(500.0, 1300.0);
        assertThat(metrics.get("epochs").get(2).get("test_rmse").asDouble()).isBetween(700.0, 1500.0);
        assertThat(metrics.get("test").get("loss").asDouble()).as("scaled").isBetween(0.3, 3.0);
        assertThat(cli.out()).contains("RMSE " + Progress.format("%.6g", metrics.get("test").get("rmse").asDouble()));
        Cli evaluated = Cli.succeed("evaluate", file("noise.csv"), "--model", file("m.safetensors"), "--json", file("e.json"));
        assertThat(Cli.json(file("e.json")).get("rmse").asDouble()).isBetween(700.0, 1500.0);
        assertThat(evaluated.out()).contains("rmse");
    }

    /** At a rate of nothing a model is its initial parameters. */
    @Test
    void theSeedReachesTheInitialParameters() throws IOException {
        for (int seed = 1; seed <= 2; seed++) {
            Cli.succeed("train", "digits", "--epochs", 1, "--lr", 1e-30, "--weight-decay", 0, "--seed", seed, "--out",
                    file(seed + ".safetensors"), "--plot", "none");
        }
        Cli.succeed("train", "digits", "--epochs", 1, "--lr", 1e-30, "--weight-decay", 0, "--seed", 1, "--out",
                file("again.safetensors"), "--plot", "none");
        assertThat(parameters("1.safetensors")).isEqualTo(parameters("again.safetensors"))
                .isNotEqualTo(parameters("2.safetensors"));
    }

    @Test
    void weightDecayShrinksWeights() throws IOException {
        double[] sizes = new double[2];
        for (int i = 0; i < 2; i++) {
            Cli.succeed("train", "digits", "--epochs", 3, "--weight-decay", i == 0 ? 0 : 30, "--out", file("m.safetensors"),
                    "--plot", "none");
            sizes[i] = Arrays.stream(parameters("m.safetensors")).map(Math::abs).sum();
        }
        assertThat(sizes[1]).isLessThan(0.5 * sizes[0]);
    }

    /** 14 of 114 rows are rare; 11 of them to train and test split, of which 8 and 56 others are left to train on. */
    @Test
    void classWeightsAreThoseOfTheTrainingRows() throws IOException {
        List<String> lines = new ArrayList<>(List.of("x,class"));
        for (int i = 0; i < 114; i++) {
            lines.add(i * 0.37 % 1 + "," + (i < 14 ? "rare" : "usual"));
        }
        Files.write(file("few.csv"), lines);
        Cli.succeed("train", file("few.csv"), "--target", "class", "--validation", 0.3, "--class-weights", "balanced",
                "--epochs", 1, "--out", file("m.safetensors"));
        JsonNode weights = new ObjectMapper().readTree(Safetensors.open(file("m.safetensors")).metadata().get("training"))
                .get("class_weights");
        assertThat(weights.get(0).asDouble()).isCloseTo(64 / 16.0, within(1e-12));
        assertThat(weights.get(1).asDouble()).isCloseTo(64 / 112.0, within(1e-12));
    }

    /** Folds are trained with the weights that the whole is trained with. */
    @Test
    void classWeightsAreThoseOfTheFoldsToo() throws IOException {
        List<String> lines = new ArrayList<>(List.of("x,class"));
        for (int i = 0; i < 60; i++) {
            lines.add(i * 0.37 % 1 + "," + (i < 20 ? "rare" : "usual"));
        }
        Files.write(file("few.csv"), lines);
        List<Double> accuracies = new ArrayList<>();
        for (String weights : List.of("1000,1", "1,1000")) {
            Cli.succeed("train", file("few.csv"), "--target", "class", "--cv", 2, "--class-weights", weights, "--hidden", 2,
                    "--epochs",
                    30, "--lr", 0.05, "--weight-decay", 0, "--scaling", "range", "--plot", "none", "--json", file("m.json"),
                    "--out",
                    file("m.safetensors"));
            accuracies.add(Cli.json(file("m.json")).findValue("cv").findValue("accuracy").findValue("mean").asDouble());
        }
        assertThat(accuracies.get(0)).as("all are taken for rare").isLessThan(0.5);
        assertThat(accuracies.get(1)).as("all are taken for usual").isGreaterThan(0.5);
    }
}
