// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The options of {@code train} that say how. */
class MethodTest {

    @TempDir
    private Path folder;

    private Path file(String name) {
        return folder.resolve(name);
    }

    private Cli train(String out, Object... options) {
        List<Object> all = new ArrayList<>(List.of("train", "digits", "--layers", "64,8,10", "--seed", 2, "--out",
                file(out + ".safetensors"), "--json", file(out + ".json")));
        all.addAll(List.of(options));
        return Cli.succeed(all.toArray());
    }

    private String predictions(String name) {
        return Cli.succeed("predict", "digits", "--model", file(name + ".safetensors"), "--probabilities").out();
    }

    static Stream<Arguments> methods() {
        return Stream.of(
                Arguments.of("optimizer", new Object[] {"--optimizer", "sgd", "--momentum", 0.8, "--lr", 0.1}),
                Arguments.of("iterations", new Object[] {"--optimizer", "lbfgs", "--iterations", 3, "--history", 5}),
                Arguments.of("accumulate", new Object[] {"--accumulate", 4}),
                Arguments.of("clipNorm", new Object[] {"--clip-norm", 0.1, "--clip-value", 0.01}),
                Arguments.of("freeze", new Object[] {"--freeze", "layers.0.coef,*.base_weight"}),
                Arguments.of("group", new Object[] {"--group", "layers.0.*:lr=0.02:decay=0.3,*.coef_scale:decay=0"}),
                Arguments.of("average", new Object[] {"--average", 0.9}),
                Arguments.of("classWeights", new Object[] {"--class-weights", "1,2,3,4,5,6,7,8,9,10"}),
                Arguments.of("updateGrid", new Object[] {"--update-grid", 30, "--update-grid-until", 60,
                    "--update-grid-share", 0.5}),
                Arguments.of("l1", new Object[] {"--l1", 1e-3, "--entropy", 1e-3, "--first-difference", 1e-2,
                    "--second-difference", 1e-2}),
                Arguments.of("sparsity", new Object[] {"--sparsity", 1e-2, "--sparsity-of", "deviation"}),
                Arguments.of("plateau", new Object[] {"--schedule", "plateau", "--plateau", 0, "--decay", 0.1}),
                Arguments.of("steps", new Object[] {"--steps", 65}));
    }

    /** Each option does something, is among the effective options, and these, given back, make the same model. */
    @ParameterizedTest
    @MethodSource("methods")
    void isEffectiveAndComesBack(String key, Object[] options) throws IOException {
        List<Object> limited = new ArrayList<>(List.of(options));
        if (!limited.contains("--steps")) {
            limited.addAll(List.of("--epochs", 2));
        }
        Cli train = train("a", limited.toArray());
        assertThat(train.out().contains("validation accuracy")).isEqualTo(key.equals("plateau"));
        if (key.equals("updateGrid")) {
            assertThat(train.out()).contains("grids after step 30: ", "grids after step 60: ")
                    .doesNotContain("grids after step 90");
        }
        JsonNode effective = Cli.json(file("a.json")).get("options");
        assertThat(effective.get(key)).as(effective.toString()).isNotNull();
        Files.writeString(file("o.json"), effective.toString());
        Cli.succeed("train", "digits", "--config", file("o.json"), "--out", file("b.safetensors"));
        assertThat(predictions("b")).isEqualTo(predictions("a"));
        if (!key.equals("plateau")) { // which has nothing to do in two good epochs
            Files.writeString(file("o.json"), "{}");
            train("c", "--epochs", 2);
            assertThat(predictions("c")).isNotEqualTo(predictions("a"));
        }
    }

    @Test
    void averagesAndLbfgsAreResumed() {
        for (Object[] options : List.of(new Object[] {"--average", 0.95, "--update-grid", 20},
                new Object[] {"--optimizer", "lbfgs", "--iterations", 4})) {
            List<Object> whole = new ArrayList<>(List.of(options));
            whole.addAll(List.of("--epochs", 4));
            train("whole", whole.toArray());
            List<Object> part = new ArrayList<>(List.of(options));
            part.addAll(List.of("--epochs", 2));
            train("part", part.toArray());
            Cli.succeed("train", "digits", "--resume", file("part.safetensors"), "--epochs", 4);
            // The exponential schedule and L-BFGS do not know how many epochs there are to be.
            assertThat(predictions("part")).isEqualTo(predictions("whole"));
        }
    }

    @Test
    void stepsEndATraining() throws IOException {
        Cli train = train("a", "--steps", 50, "--batch", 32); // of 45 an epoch
        assertThat(train.out()).contains("epoch 2/2");
        JsonNode metrics = Cli.json(file("a.json"));
        assertThat(metrics.get("epochs")).hasSize(2);
        assertThat(metrics.get("options").has("epochs")).isFalse();
        assertThat(metrics.get("options").get("steps").asInt()).isEqualTo(50);
        Cli.refuse(new String[] {"all of its 2 epochs, 50 steps", "--steps"}, "train", "digits", "--resume",
                file("a.safetensors"));
    }

    /** A class of which there are few rows is found more often when all classes count alike. */
    @Test
    void balancedClassesCountAlike() throws IOException {
        List<String> lines = new ArrayList<>(List.of("x,class"));
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < 1000; i++) {
            boolean rare = i % 20 == 0;
            lines.add((random.nextGaussian() + (rare ? 0.5 : -0.5)) + "," + (rare ? "rare" : "usual"));
        }
        Files.write(file("few.csv"), lines);
        double[] found = new double[2];
        for (int i = 0; i < 2; i++) {
            List<Object> command = new ArrayList<>(List.of("train", file("few.csv"), "--target", "class", "--epochs", 20,
                    "--out", file("m.safetensors"), "--json", file("m.json")));
            if (i == 1) {
                command.addAll(List.of("--class-weights", "balanced"));
            }
            Cli.succeed(command.toArray());
            String predictions = Cli.succeed("predict", file("few.csv"), "--model", file("m.safetensors")).out();
            found[i] = predictions.lines().filter(line -> line.equals("rare")).count();
        }
        assertThat(found[0]).isLessThan(50); // only far to the right is "rare" the likelier class
        assertThat(found[1]).isBetween(200.0, 500.0); // right of 0
    }

    /** Some targets are far off: the squared error follows them, Huber's loss much less. */
    @Test
    void hubersLossIsNotLedByOutliers() throws IOException {
        SplittableRandom random = new SplittableRandom(3);
        List<String> lines = new ArrayList<>(List.of("x,y"));
        List<String> truth = new ArrayList<>(List.of("x,y"));
        for (int i = 0; i < 400; i++) {
            double x = random.nextDouble(-1, 1);
            lines.add(x + "," + (i % 10 == 0 ? x + 20 : x));
            truth.add(x + "," + x);
        }
        Files.write(file("off.csv"), lines);
        Files.write(file("truth.csv"), truth);
        double[] rmse = new double[2];
        for (int i = 0; i < 2; i++) {
            List<Object> command = new ArrayList<>(List.of("train", file("off.csv"), "--target", "y", "--task", "regression",
                    "--layers", "1,1", "--epochs", 30, "--out", file("m.safetensors"), "--json", file("m.json")));
            if (i == 1) {
                command.addAll(List.of("--huber", 0.01));
            }
            Cli.succeed(command.toArray());
            Cli.succeed("evaluate", file("truth.csv"), "--model", file("m.safetensors"), "--json", file("e.json"));
            rmse[i] = Cli.json(file("e.json")).get("rmse").asDouble();
        }
        assertThat(Cli.json(file("m.json")).get("options").get("huber").asDouble()).isEqualTo(0.01);
        assertThat(rmse[0]).isGreaterThan(1);
        assertThat(rmse[1]).isLessThan(0.5);
    }

    static Stream<Arguments> refusals() {
        return Stream.of(
                Arguments.of("--optimizer must be adamw, sgd or lbfgs, given 'adam'", new Object[] {"--optimizer", "adam"}),
                Arguments.of("--momentum is for --optimizer sgd", new Object[] {"--momentum", 0.5}),
                Arguments.of("--momentum must be at least 0 and below 1, given 1.0",
                        new Object[] {"--optimizer", "sgd", "--momentum", 1}),
                Arguments.of("--iterations must be at least 1, given 0",
                        new Object[] {"--optimizer", "lbfgs", "--iterations", 0}),
                Arguments.of("--history must be 1 to 1000, given 1001",
                        new Object[] {"--optimizer", "lbfgs", "--history", 1001}),
                Arguments.of("not for --optimizer lbfgs", new Object[] {"--optimizer", "lbfgs", "--lr", 1}),
                Arguments.of("not for --optimizer lbfgs", new Object[] {"--optimizer", "lbfgs", "--clip-norm", 1}),
                Arguments.of("--steps must be at least 1, given 0", new Object[] {"--steps", 0}),
                Arguments.of("--accumulate must be at least 1, given 0", new Object[] {"--accumulate", 0}),
                Arguments.of("--clip-norm must be above 0, given 0.0", new Object[] {"--clip-norm", 0}),
                Arguments.of("--clip-value must be above 0, given -1.0", new Object[] {"--clip-value", -1}),
                Arguments.of("no parameter is named 'layers.7.*'", new Object[] {"--freeze", "layers.7.*"}),
                Arguments.of("--group *.coef: expected NAME:lr=R", new Object[] {"--group", "*.coef"}),
                Arguments.of("'x' is not a number", new Object[] {"--group", "*.coef:lr=x"}),
                Arguments.of("found 'rate=1'", new Object[] {"--group", "*.coef:rate=1"}),
                Arguments.of("must be at least 0, given -1.0", new Object[] {"--group", "*.coef:lr=-1"}),
                Arguments.of("--huber must be above 0, given 0.0", new Object[] {"--huber", 0}),
                Arguments.of("--huber is for regression", new Object[] {"--huber", 1}),
                Arguments.of("--average must be above 0 and below 1, given 1.0", new Object[] {"--average", 1}),
                Arguments.of("--class-weights must be balanced or 10 numbers, one a class, given 2",
                        new Object[] {"--class-weights", "1,2"}),
                Arguments.of("'equal' is not a number", new Object[] {"--class-weights", "equal"}),
                Arguments.of("--update-grid must be at least 1, given 0", new Object[] {"--update-grid", 0}),
                Arguments.of("--update-grid-share must be 0 to 1, given 2.0",
                        new Object[] {"--update-grid", 5, "--update-grid-share", 2}),
                Arguments.of("grid updates need a layer of B-splines", new Object[] {"--basis", "mlp", "--update-grid", 5}),
                Arguments.of("need --update-grid N", new Object[] {"--update-grid-until", 5}),
                Arguments.of("--l1 must be at least 0, given -1.0", new Object[] {"--l1", -1}),
                Arguments.of("--second-difference must be at least 0, given NaN",
                        new Object[] {"--second-difference", "NaN"}),
                Arguments.of("--sparsity must be at least 0, given -1.0", new Object[] {"--sparsity", -1}),
                Arguments.of("--sparsity-of needs --sparsity R", new Object[] {"--sparsity-of", "deviation"}),
                Arguments.of("--sparsity-of must be normalised_deviation, deviation or mean_abs, given 'size'",
                        new Object[] {"--sparsity", 1, "--sparsity-of", "size"}),
                Arguments.of("--plateau is for --schedule plateau", new Object[] {"--plateau", 3}),
                Arguments.of("--decay must be below 1 for the plateau schedule, given 1.5",
                        new Object[] {"--schedule", "plateau", "--decay", 1.5}));
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void refusesWhatIsOutOfRange(String message, Object[] options) {
        List<Object> all = new ArrayList<>(List.of("train", "digits", "--epochs", 1, "--out", file("m.safetensors")));
        all.addAll(List.of(options));
        Cli.refuse(new String[] {message}, all.toArray());
        assertThat(file("m.safetensors")).doesNotExist();
    }
}
