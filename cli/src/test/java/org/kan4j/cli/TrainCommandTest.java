// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kan4j.io.Checkpoint;
import org.kan4j.train.Trainer;

/** Training, evaluation and prediction through the whole stack. */
class TrainCommandTest {

    @TempDir
    Path folder;

    private Path file(String name) {
        return folder.resolve(name);
    }

    @Test
    void digitsTrainsEndToEnd() throws IOException {
        Cli train = Cli.succeed("train", "digits", "--epochs", 8, "--out", file("m.safetensors"), "--json",
                file("m.json"), "--plot", file("curve.png"), "--threads", 2);
        assertThat(train.out()).contains("epoch 8/8", "test accuracy", "samples/s", "parameters   23,680",
                "s an epoch, mean of 8", "model        " + file("m.safetensors"), "plot         " + file("curve.png"));

        JsonNode metrics = Cli.json(file("m.json"));
        assertThat(metrics.get("parameters").asInt()).isEqualTo(64 * 32 * 10 + 32 * 10 * 10);
        assertThat(metrics.get("epochs")).hasSize(8);
        for (int i = 0; i < 8; i++) {
            JsonNode epoch = metrics.get("epochs").get(i);
            assertThat(epoch.get("epoch").asInt()).isEqualTo(i + 1);
            assertThat(epoch.get("train_loss").asDouble()).isPositive();
            assertThat(epoch.get("test_accuracy").asDouble()).isBetween(0.5, 1.0);
            assertThat(epoch.get("seconds").asDouble()).isPositive();
        }
        double accuracy = metrics.get("test").get("accuracy").asDouble();
        double loss = metrics.get("test").get("loss").asDouble();
        assertThat(accuracy).isGreaterThan(0.95);
        assertThat(loss).isBetween(0.0, 0.5);
        JsonNode options = metrics.get("options");
        assertThat(options.get("basis").asText()).isEqualTo("bspline");
        assertThat(options.get("layers").toString()).isEqualTo("[64,32,10]");
        assertThat(options.get("grid").asInt()).isEqualTo(5);
        assertThat(options.get("order").asInt()).isEqualTo(3);
        assertThat(options.get("epochs").asInt()).isEqualTo(8);
        assertThat(options.get("seed").asLong()).isEqualTo(1);
        assertThat(options.get("threads").asInt()).isEqualTo(2);
        assertThat(options.get("batch").asInt()).isPositive();
        assertThat(options.get("lr").asDouble()).isPositive();

        assertThat(ImageIO.read(file("curve.png").toFile()).getWidth()).isGreaterThan(500);

        Cli.succeed("evaluate", "digits", "--model", file("m.safetensors"), "--json", file("e.json"));
        JsonNode evaluated = Cli.json(file("e.json"));
        assertThat(evaluated.get("rows").asInt()).isEqualTo(359);
        assertThat(evaluated.get("accuracy").asDouble()).isEqualTo(accuracy);
        assertThat(evaluated.get("loss").asDouble()).isCloseTo(loss, within(1e-6));

        List<String> lines = Cli.succeed("predict", "digits", "--model", file("m.safetensors"), "--probabilities").out()
                .lines().toList();
        assertThat(lines).hasSize(360);
        assertThat(lines.getFirst()).isEqualTo("label,p(0),p(1),p(2),p(3),p(4),p(5),p(6),p(7),p(8),p(9)");
        for (String line : lines.subList(1, lines.size())) {
            String[] cells = line.split(",");
            double[] p = new double[10];
            double sum = 0;
            for (int i = 0; i < 10; i++) {
                p[i] = Double.parseDouble(cells[i + 1]);
                sum += p[i];
            }
            int label = Integer.parseInt(cells[0]);
            assertThat(sum).isCloseTo(1, within(1e-5));
            assertThat(p[label]).isEqualTo(Arrays.stream(p).max().orElseThrow());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"bspline", "fastkan", "rswaf", "fourierkan", "chebykan", "jacobikan", "sinekan", "wavkan",
        "relukan", "rational", "bsrbf", "mlp"})
    void everyBasisTrainsOnItsDefaults(String basis) throws IOException {
        Cli.succeed("train", "digits", "--basis", basis, "--epochs", 12, "--out", file("m.safetensors"), "--json",
                file("m.json"));
        JsonNode metrics = Cli.json(file("m.json"));
        assertThat(metrics.get("test").get("accuracy").asDouble()).isGreaterThan(0.88);
        assertThat(metrics.get("options").get("basis").asText()).isEqualTo(basis);
        Cli.succeed("evaluate", "digits", "--model", file("m.safetensors"));
    }

    /** By default as many groups, up to the published 8, as divide the inputs of every layer. */
    @Test
    void rationalGroupsDivideEveryWidth() throws IOException {
        Cli.succeed("train", "digits", "--basis", "rational", "--layers", "64,10,10", "--epochs", 1, "--out",
                file("m.safetensors"), "--json", file("m.json"));
        assertThat(Cli.json(file("m.json")).get("options").get("grid").asInt()).isEqualTo(2);
    }

    @Test
    void theSameSeedGivesTheSameModelAnotherSeedAnother() throws IOException {
        Cli.succeed("train", "digits", "--epochs", 2, "--seeds", "3,4", "--out", file("a.safetensors"), "--json",
                file("a.json"));
        Cli.succeed("train", "digits", "--epochs", 2, "--seed", 3, "--out", file("b.safetensors"));
        String three = predictions(file("a-seed3.safetensors"));
        assertThat(three).isEqualTo(predictions(file("b.safetensors"))).isNotEqualTo(predictions(file("a-seed4.safetensors")));
        JsonNode metrics = Cli.json(file("a.json"));
        assertThat(metrics.get("runs")).hasSize(2);
        double mean = (metrics.get("runs").get(0).get("test").get("accuracy").asDouble()
                + metrics.get("runs").get(1).get("test").get("accuracy").asDouble()) / 2;
        assertThat(metrics.get("test").get("accuracy").asDouble()).isCloseTo(mean, within(1e-12));
    }

    private static String predictions(Path model) {
        return Cli.succeed("predict", "digits", "--model", model).out();
    }

    @Test
    void resumedTrainingEndsWhereAnUninterruptedOneDoes() throws IOException {
        Cli.succeed("train", "digits", "--epochs", 4, "--out", file("whole.safetensors"), "--json", file("whole.json"));
        Cli.succeed("train", "digits", "--epochs", 2, "--out", file("part.safetensors"));
        Cli.succeed("train", "digits", "--resume", file("part.safetensors"), "--epochs", 4, "--json", file("part.json"));
        assertThat(predictions(file("part.safetensors"))).isEqualTo(predictions(file("whole.safetensors")));
        JsonNode whole = Cli.json(file("whole.json"));
        JsonNode part = Cli.json(file("part.json"));
        assertThat(part.get("epochs")).hasSize(4);
        assertThat(part.get("test")).isEqualTo(whole.get("test"));
        Cli.refuse(new String[] {"all of its 4 epochs", "--epochs"}, "train", "digits", "--resume", file("part.safetensors"));
        Cli.refuse(new String[] {"--lr", "--resume keeps the options"}, "train", "digits", "--resume",
                file("part.safetensors"), "--lr", 0.1);
    }

    /** y = 10 x1^2 + 3 x2 + 5 [colour = red], with as many rows. */
    private List<Double> regression(Path csv, int rows, long seed) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        List<String> lines = new ArrayList<>(List.of("x1,x2,colour,y"));
        List<Double> targets = new ArrayList<>();
        for (int i = 0; i < rows; i++) {
            double x1 = random.nextDouble(-2, 2);
            double x2 = random.nextDouble(0, 5);
            boolean red = random.nextBoolean();
            double y = 10 * x1 * x1 + 3 * x2 + (red ? 5 : 0);
            targets.add(y);
            lines.add(x1 + "," + x2 + "," + (red ? "red" : "blue") + "," + y);
        }
        Files.write(csv, lines);
        return targets;
    }

    @Test
    void regressionPredictsRawRowsInTheTargetsUnit() throws IOException {
        regression(file("train.csv"), 600, 1);
        List<Double> targets = regression(file("new.csv"), 100, 2);
        Cli.succeed("train", file("train.csv"), "--target", "y", "--epochs", 60, "--out", file("m.safetensors"), "--json",
                file("m.json"));
        JsonNode metrics = Cli.json(file("m.json"));
        // The target's deviation is about 13: an RMSE of 1 explains more than 99 % of the variance.
        assertThat(metrics.get("test").get("rmse").asDouble()).isBetween(0.0, 1.0);
        assertThat(metrics.get("test").get("r2").asDouble()).isBetween(0.99, 1.0);
        assertThat(metrics.get("test").get("mae").asDouble()).isLessThan(metrics.get("test").get("rmse").asDouble());
        assertThat(metrics.get("epochs").get(59).get("test_rmse").asDouble())
                .isEqualTo(metrics.get("test").get("rmse").asDouble());

        Cli.succeed("predict", file("new.csv"), "--model", file("m.safetensors"), "--out", file("p.csv"));
        List<String> lines = Files.readAllLines(file("p.csv"));
        assertThat(lines).hasSize(101).first().isEqualTo("y");
        double sum = 0;
        for (int i = 0; i < 100; i++) {
            sum += Math.pow(Double.parseDouble(lines.get(i + 1)) - targets.get(i), 2);
        }
        double rmse = Math.sqrt(sum / 100);
        Cli.succeed("evaluate", file("new.csv"), "--model", file("m.safetensors"), "--json", file("e.json"));
        assertThat(Cli.json(file("e.json")).get("rmse").asDouble()).isCloseTo(rmse, within(1e-4)).isLessThan(1.5);
    }

    @Test
    void textTargetsAreClassified() throws IOException {
        SplittableRandom random = new SplittableRandom(5);
        List<String> lines = new ArrayList<>(List.of("a;b;inside"));
        for (int i = 0; i < 500; i++) {
            double a = random.nextDouble(-1, 1);
            double b = random.nextDouble(-1, 1);
            lines.add(a + ";" + b + ";" + (a * a + b * b < 0.6 ? "yes" : "no"));
        }
        Files.write(file("disc.csv"), lines);
        Cli.succeed("train", file("disc.csv"), "--target", "inside", "--epochs", 60, "--dtype", "f64", "--out",
                file("m.safetensors"), "--json", file("m.json"));
        assertThat(Cli.json(file("m.json")).get("test").get("accuracy").asDouble()).isGreaterThan(0.93);
        assertThat(Cli.json(file("m.json")).get("test").get("roc_auc").asDouble()).isBetween(0.95, 1.0);
        assertThat(Cli.succeed("predict", file("disc.csv"), "--model", file("m.safetensors"), "--probabilities").out())
                .startsWith("inside,p(no),p(yes)");
    }

    @Test
    void stopsEarlyOnHeldOutRows() throws IOException {
        Cli train = Cli.succeed("train", "digits", "--patience", 2, "--epochs", 200, "--schedule", "cosine", "--warmup", 1,
                "--lr",
                0.02, "--out", file("m.safetensors"), "--json", file("m.json"));
        assertThat(train.out()).contains("validation accuracy", "best epoch");
        JsonNode metrics = Cli.json(file("m.json"));
        assertThat(metrics.get("options").get("validation").asDouble()).isEqualTo(0.1);
        int epochs = metrics.get("epochs").size();
        assertThat(epochs).isBetween(3, 199);
        assertThat(metrics.get("epochs").get(0).has("test_accuracy")).isFalse();
        double[] losses = new double[epochs];
        for (int i = 0; i < epochs; i++) {
            losses[i] = metrics.get("epochs").get(i).get("validation_loss").asDouble();
        }
        assertThat(losses[epochs - 3]).isEqualTo(Arrays.stream(losses).min().orElseThrow());
        // The model in the file is that of the best epoch.
        Cli.succeed("evaluate", "digits", "--model", file("m.safetensors"), "--json", file("e.json"));
        for (String name : List.of("accuracy", "macro_f1", "log_loss")) {
            assertThat(Cli.json(file("e.json")).get(name)).as(name).isEqualTo(metrics.get("test").get(name));
        }
    }

    @Test
    void optionsComeFromAFileAndTheCommandLineComesFirst() throws IOException {
        Files.writeString(file("c.json"),
                "{\"epochs\": 3, \"weight-decay\": 0.5, \"layers\": [64, 16, 10], \"basis\": \"fastkan\"}");
        Cli.succeed("train", "digits", "--config", file("c.json"), "--epochs", 2, "--out", file("a.safetensors"), "--json",
                file("a.json"));
        JsonNode options = Cli.json(file("a.json")).get("options");
        assertThat(options.get("epochs").asInt()).isEqualTo(2);
        assertThat(options.get("weightDecay").asDouble()).isEqualTo(0.5);
        assertThat(options.get("layers").toString()).isEqualTo("[64,16,10]");
        assertThat(options.get("basis").asText()).isEqualTo("fastkan");

        // The effective options of a training, given back, make the same model; for a basis without a grid too.
        for (String basis : List.of("bspline", "wavkan")) {
            Cli.succeed("train", "digits", "--basis", basis, "--epochs", 1, "--patience", 1, "--out", file("b.safetensors"),
                    "--json", file("b.json"));
            Files.writeString(file("o.json"), Cli.json(file("b.json")).get("options").toString());
            Cli.succeed("train", "digits", "--config=" + file("o.json"), "--out", file("c.safetensors"));
            assertThat(predictions(file("c.safetensors"))).isEqualTo(predictions(file("b.safetensors")));
        }

        Files.writeString(file("c.json"), "{\"epoch\": 3}");
        Cli.refuse(new String[] {"c.json", "unknown key 'epoch'", "did you mean 'epochs'"}, "train", "digits", "--config",
                file("c.json"));
        Files.writeString(file("c.json"), "{\"epochs\": ");
        Cli.refuse(new String[] {"c.json", "not JSON"}, "train", "digits", "--config", file("c.json"));
        Cli.refuse(new String[] {"none.json"}, "train", "digits", "--config", file("none.json"));
    }

    @Test
    void aTrainingThatDivergesLeavesTheLastGoodCheckpoint() throws IOException {
        Cli.succeed("train", "digits", "--epochs", 1, "--out", file("m.safetensors"));
        byte[] before = Files.readAllBytes(file("m.safetensors"));
        Cli.refuse(new String[] {"the loss became", "epoch 1, batch 2", "learning rate"}, "train", "digits", "--lr", 1e30,
                "--out", file("m.safetensors"));
        assertThat(Files.readAllBytes(file("m.safetensors"))).isEqualTo(before);
    }

    @Test
    void interruptionLeavesACheckpointToGoOnFrom() throws Exception {
        Path model = file("m.safetensors");
        Process process = new ProcessBuilder(
                CliProcess.command(List.of("-Djava.awt.headless=true"), "train", "digits", "--epochs",
                        1_000_000, "--out", model))
                .redirectErrorStream(true).redirectOutput(file("log").toFile()).start();
        try {
            while (!Files.exists(model)) {
                assertThat(process.isAlive()).as(() -> read(file("log"))).isTrue();
                Thread.sleep(20);
            }
            // SIGTERM goes the way of Ctrl-C, and is not ignored by what a shell starts in the background, as SIGINT is.
            process.destroy();
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("ended on SIGTERM").isTrue();
            assertThat(process.exitValue()).isEqualTo(143);
        } finally {
            process.destroyForcibly();
        }
        assertThat(read(file("log"))).contains("stopped after", "--resume " + model);
        try (Checkpoint checkpoint = Checkpoint.read(model)) {
            assertThat(checkpoint.isResumable()).isTrue();
        }
        Cli.succeed("evaluate", "digits", "--model", model);
        try (var files = Files.list(folder)) {
            assertThat(files.map(f -> f.getFileName().toString())).containsExactlyInAnyOrder("m.safetensors", "log");
        }
    }

    /** SIGKILL at any moment of writing and training: the file is a whole checkpoint, which the next training goes on from. */
    @Test
    void aKillAtAnyMomentLeavesACheckpointToGoOnFrom() throws Exception {
        Path model = file("m.safetensors");
        // An epoch is one step of a model that takes longer to write than to train: most kills fall into a write.
        Files.write(file("two.csv"), List.of("x,y", "1,1", "2,3", "3,2"));
        Cli.succeed("train", file("two.csv"), "--target", "y", "--task", "regression", "--layers", "1,200,200,1", "--epochs", 1,
                "--batch", 2, "--out", model);
        SplittableRandom random = new SplittableRandom(1);
        int epochs = 1;
        for (int i = 0; i < 4; i++) {
            Process process = new ProcessBuilder(CliProcess.command(List.of("-Djava.awt.headless=true"), "train",
                    file("two.csv"), "--resume", model, "--epochs", 1_000_000)).redirectErrorStream(true)
                    .redirectOutput(file("log").toFile()).start();
            try {
                while (!read(file("log")).contains("epoch ")) {
                    assertThat(process.isAlive()).as(() -> read(file("log"))).isTrue();
                    Thread.sleep(5);
                }
                Thread.sleep(random.nextInt(200));
            } finally {
                process.destroyForcibly();
            }
            assertThat(process.waitFor()).isEqualTo(137);
            try (Checkpoint checkpoint = Checkpoint.read(model); Trainer trainer = Trainer.resume(checkpoint).build()) {
                assertThat(trainer.epoch()).isGreaterThan(epochs);
                epochs = trainer.epoch();
            }
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }
}
