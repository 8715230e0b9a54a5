// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kan4j.io.Checkpoint;
import org.kan4j.tensor.HostTensor;

/** What tables need of a model, by the command line: splits by a column, monotone and additive models, quantiles, several targets. */
class TableModelTest {

    @TempDir
    Path folder;

    private Path csv;
    private Path model;

    @BeforeEach
    void rows() throws IOException {
        SplittableRandom random = new SplittableRandom(3);
        List<String> lines = new ArrayList<>(List.of("id,day,income,age,colour,y,z,label"));
        for (int i = 0; i < 400; i++) {
            double income = random.nextDouble(0, 100);
            double age = random.nextDouble(20, 80);
            double noise = (random.nextDouble() - 0.5) * (1 + income / 50);
            double y = 3 * Math.log1p(income / 10) - 0.02 * age + noise;
            lines.add(String.join(",", "p" + i % 17, "2026-" + (101 + i % 12 * 100 + i % 28 + "").replaceFirst("(\\d\\d)$", "-$1")
                    .replaceFirst("^(\\d)-", "0$1-"), Double.toString(income), Double.toString(age), i % 3 == 0 ? "red" : "blue",
                    Double.toString(y), Double.toString(100 - 7 * y), y > 3 ? "yes" : "no"));
        }
        csv = Files.write(folder.resolve("data.csv"), lines);
        model = folder.resolve("model.safetensors");
    }

    private Cli train(String options) {
        List<Object> args = new ArrayList<>(List.of("train", csv, "--plot", "none", "--log", "none", "--out", model));
        args.addAll(Arrays.asList(options.split(" ")));
        return Cli.succeed(args.toArray());
    }

    @Test
    void rowsAreHeldOutByGroupAndTheCommandSaysSo() throws IOException {
        Path json = folder.resolve("m.json");
        Cli cli = train("--target y --drop day,z,label --split group=id --validation 0.2 --epochs 1 --json " + json);
        assertThat(cli.out()).contains("--split group=id").contains("inputs       4: income, age, colour (2 values)");
        JsonNode options = Cli.json(json).get("options");
        assertThat(options.get("split").asText()).isEqualTo("group=id");
        assertThat(Cli.succeed("train", csv, "--plot", "none", "--out", model, "--resume", model, "--epochs", "2").out())
                .contains("all 2 epochs are done");
    }

    /** A split of no test rows is one of the rows that are held out of the others. */
    @ParameterizedTest
    @ValueSource(strings = {"--validation 0.2", "--patience 5", "--schedule plateau"})
    void aSplitIsOfTheRowsThatAreHeldOutToo(String holding) {
        assertThat(train("--target y --drop day,z,label --split group=id --test-fraction 0 --epochs 1 " + holding).out())
                .contains(" to validate and none to test on");
    }

    @Test
    void quantilesNeverCrossAndCoverWhatTheySay() throws IOException {
        Path json = folder.resolve("m.json");
        train("--target y --drop id,day,z,label --quantile 0.1,0.5,0.9 --epochs 60 --json " + json);
        JsonNode test = Cli.json(json).get("test");
        assertThat(test.get("nominal").asDouble()).isEqualTo(0.8, org.assertj.core.api.Assertions.within(1e-9));
        assertThat(test.get("coverage").asDouble()).isBetween(0.6, 0.95);
        Path predicted = folder.resolve("p.csv");
        Cli.succeed("predict", csv, "--model", model, "--out", predicted);
        List<String> lines = Files.readAllLines(predicted);
        assertThat(lines.getFirst()).isEqualTo("y_q10,y_q50,y_q90");
        assertThat(lines.subList(1, lines.size())).hasSize(400).allSatisfy(line -> {
            double[] q = Stream.of(line.split(",")).mapToDouble(Double::parseDouble).toArray();
            assertThat(q[0]).isLessThanOrEqualTo(q[1]);
            assertThat(q[1]).isLessThanOrEqualTo(q[2]);
        });
        assertThat(Cli.succeed("evaluate", csv, "--model", model).out()).contains("pinball", "coverage");
    }

    @Test
    void severalTargetsGetAColumnEach() throws IOException {
        train("--target y,z --drop id,day,label --epochs 20");
        Path predicted = folder.resolve("p.csv");
        Cli.succeed("predict", csv, "--model", model, "--out", predicted, "--id", "y");
        List<String> lines = Files.readAllLines(predicted);
        assertThat(lines.getFirst()).isEqualTo("y,predicted y,z");
        double[] first = Stream.of(lines.get(1).split(",")).mapToDouble(Double::parseDouble).toArray();
        assertThat(first[1]).isEqualTo(first[0], org.assertj.core.api.Assertions.within(1.5));
        assertThat(first[2]).isEqualTo(100 - 7 * first[1], org.assertj.core.api.Assertions.within(5.0));
        assertThat(Cli.succeed("evaluate", csv, "--model", model).out()).contains("rmse y", "rmse z");
    }

    @Test
    void aMonotoneModelIsProvedUntilItIsTamperedWith() throws IOException {
        assertThat(train("--target y --drop id,day,z,label --monotone income=+,age=- --epochs 5").out())
                .contains("monotone     income=+,age=-: proved for all inputs").contains("f64");
        assertThat(Cli.succeed("evaluate", csv, "--model", model).out()).contains("proved for all inputs");
        assertThat(Cli.succeed("train", csv, "--plot", "none", "--out", model, "--resume", model, "--epochs", "6").out())
                .contains("income=+,age=-: proved");
        try (Checkpoint checkpoint = Checkpoint.read(model); Arena arena = Arena.ofConfined()) {
            HostTensor coef = checkpoint.parameters().get(arena, "layers.1.coef");
            coef.setFlat(2, 9);
            checkpoint.parameters().set("layers.1.coef", coef);
            Checkpoint.write(model, checkpoint.parameters(), checkpoint.properties());
        }
        Cli cli = Cli.run("evaluate", csv, "--model", model);
        assertThat(cli.status()).isEqualTo(1);
        assertThat(cli.out()).contains("NOT proved, the edge 1,0,0 neither rises nor falls");
    }

    @Test
    void anAdditiveModelIsTakenApart() throws IOException {
        train("--target y --drop id,day,z,label --gam --epochs 30");
        Path table = folder.resolve("shapes.csv");
        Path picture = folder.resolve("shapes.svg");
        Cli cli = Cli.succeed("shapes", model, csv, "--out", table, "--plot", picture);
        assertThat(cli.out()).contains("y = ", "f(income)", "f(colour)");
        List<String> lines = Files.readAllLines(table);
        assertThat(lines.getFirst()).isEqualTo("column,x,f");
        assertThat(lines).anyMatch(line -> line.startsWith("colour,red,"));
        assertThat(Files.readString(picture)).startsWith("<svg").contains("income", "age", "colour");
        train("--target y --drop id,day,z,label --epochs 1");
        Cli.refuse(new String[] {"only an additive model is a sum of functions"}, "shapes", model, csv);
    }

    @Test
    void probabilitiesAreCalibratedOnRowsHeldOut() throws IOException {
        Cli cli = train("--target label --drop id,day,y,z --epochs 60 --lr 0.02 --calibrate --validation 0.3");
        java.util.regex.Matcher line = java.util.regex.Pattern
                .compile("temperature of (\\S+): log loss (\\S+) instead of (\\S+) on (\\d+) held-out rows\n")
                .matcher(cli.out());
        assertThat(line.find()).as(cli.out()).isTrue();
        assertThat(Double.parseDouble(line.group(1))).isNotEqualTo(1).isPositive();
        assertThat(cli.out()).as("the rows to validate, no others").contains(line.group(4) + " to validate and 80 to test on");
        assertThat(Double.parseDouble(line.group(2))).isLessThan(Double.parseDouble(line.group(3)));
        Cli.refuse(new String[] {"is calibrated: its training is over"}, "train", csv, "--resume", model, "--epochs", "70");
        assertThat(Cli.succeed("evaluate", csv, "--model", model).out()).contains("log_loss", "precision", "predicted as");
        Cli.refuse(new String[] {"--calibrate is for classes"}, "train", csv, "--target", "y", "--drop", "id,day", "--calibrate");
    }

    @Test
    void aTargetWithALongTailIsBentAndEverythingIsInItsUnit() throws IOException {
        SplittableRandom random = new SplittableRandom(4);
        List<String> lines = new ArrayList<>(List.of("a,b,c,price"));
        for (int i = 0; i < 300; i++) {
            double a = random.nextDouble(-2, 2);
            double b = random.nextDouble(-2, 2);
            double c = random.nextDouble(-2, 2);
            lines.add(a + "," + b + "," + c + "," + Math.exp(1.5 * (a + b + c) + random.nextDouble(-0.1, 0.1)));
        }
        csv = Files.write(folder.resolve("tail.csv"), lines);
        Path json = folder.resolve("m.json");
        Cli cli = train("--target price --epochs 30 --decay 0.98 --hidden 8 --json " + json);
        assertThat(cli.out()).contains("target transform by rows held out, error of each: none", "learned as asinh(price / ")
                .containsPattern("again .* --target-transform asinh");
        JsonNode metrics = Cli.json(json);
        double rmse = metrics.get("test").get("rmse").asDouble();
        assertThat(metrics.get("test").fieldNames()).toIterable().containsExactlyInAnyOrder("loss", "rmse", "mae", "r2");
        assertThat(metrics.get("epochs").get(29).get("test_rmse").asDouble()).isEqualTo(rmse);
        Path evaluated = folder.resolve("e.json");
        Cli.succeed("evaluate", csv, "--model", model, "--json", evaluated);
        Path predicted = folder.resolve("p.csv");
        Cli.succeed("predict", csv, "--model", model, "--out", predicted);
        List<String> values = Files.readAllLines(predicted);
        double squares = 0;
        for (int i = 1; i < values.size(); i++) {
            squares += Math.pow(Double.parseDouble(values.get(i)) - Double.parseDouble(lines.get(i).split(",")[3]), 2);
        }
        assertThat(Math.sqrt(squares / 300)).isCloseTo(Cli.json(evaluated).get("rmse").asDouble(),
                org.assertj.core.data.Percentage.withPercentage(0.01));
        assertThat(Cli.succeed("show", model).out()).contains("learned as asinh(price");
        assertThat(Cli.succeed("train", csv, "--resume", model, "--epochs", "31", "--plot", "none", "--out", model).out())
                .contains("all 31 epochs are done");
        Cli.refuse(new String[] {"the model learned asinh(price", "--target-transform none"}, "formula", model);
        train("--target price --epochs 2 --hidden 8 --target-transform none --json " + json);
        assertThat(Cli.succeed("show", model).out()).doesNotContain("asinh(");
        train("--target price --epochs 30 --decay 0.98 --hidden 8 --target-transform log --quantile 0.1,0.9 --json " + json);
        assertThat(Cli.json(json).get("test").get("coverage").asDouble()).isBetween(0.6, 1.0);
        assertThat(
                Cli.succeed("train", csv, "--target", "price", "--gam", "--epochs", "2", "--plot", "none", "--out", model).out())
                .doesNotContain("target transform");
        Files.writeString(csv, "0,0,0,-1\n", java.nio.file.StandardOpenOption.APPEND);
        Cli.refuse(new String[] {"'price' has values down to -1.0", "--target-transform asinh takes any number"}, "train", csv,
                "--target", "price", "--target-transform", "log", "--test-fraction", "0");
    }

    static Stream<Arguments> contradictions() {
        return Stream.of(Arguments.of("--target y --split by=id", "--split must be group=COLUMN or time=COLUMN, given 'by=id'"),
                Arguments.of("--target y --split group=who", "no column 'who'"),
                Arguments.of("--target y --split-input", "--split-input needs --split"),
                Arguments.of("--target y --split group=id --test-fraction 0",
                        "--split has no rows to hold out: --test-fraction 0 tests on none and --validation F"),
                Arguments.of("--target y --split time=day --test other.csv",
                        "--split has no rows to hold out: --test names those to test on and --validation F"),
                Arguments.of("--target y --drop day --split time=id", "is no number and no date or time"),
                Arguments.of("--target y --split time=day --test-fraction 0.5 --quantile 0.5,0.1",
                        "each larger than the one before"),
                Arguments.of("--target y --quantile 0,0.5", "above 0 and below 1"),
                Arguments.of("--target y --quantile 0.5 --huber 1", "--quantile and --huber exclude each other"),
                Arguments.of("--target y --quantile 0.5 --task classification", "quantiles are of numbers"),
                Arguments.of("--target y,y", "names 'y' twice"),
                Arguments.of("--target y,z --drop day,id --quantile 0.5", "quantiles are predicted of one target"),
                Arguments.of("--target y,label", "label"),
                Arguments.of("--target y --drop id,day --monotone colour=+", "--monotone: 'colour' is a category"),
                Arguments.of("--target y --drop id,day --monotone who=+", "--monotone: there is no input 'who'"),
                Arguments.of("--target y --monotone income", "--monotone: expected COLUMN=+"),
                Arguments.of("--target y --monotone income=+,income=-", "--monotone: 'income' is named twice"),
                Arguments.of("--target y --monotone income=+ --basis fastkan",
                        "--monotone needs a basis with coefficients in order"),
                Arguments.of("--target y --monotone income=+ --optimizer lbfgs", "--monotone and --optimizer lbfgs exclude"),
                Arguments.of("--target y --monotone income=+ --norm layer", "--monotone and --norm exclude each other"),
                Arguments.of("--target colour --drop id,day --task classification --monotone who=+", "there is no input 'who'"),
                Arguments.of("--target label --drop id,day --target-transform log", "a target transform is of numbers"),
                Arguments.of("--target y --gam --hidden 8", "--gam and --hidden exclude each other"));
    }

    @ParameterizedTest
    @MethodSource("contradictions")
    void whatContradictsIsRefused(String options, String message) {
        List<Object> args = new ArrayList<>(List.of("train", csv));
        args.addAll(Arrays.asList(options.split(" ")));
        Cli.refuse(new String[] {message}, args.toArray());
        assertThat(model).doesNotExist();
    }

    @Test
    void knownSetsHavePartsOfTheirOwn() {
        Cli.refuse(new String[] {"--split, --monotone: for files, not for 'digits'"}, "train", "digits", "--split", "group=x",
                "--monotone", "x=+");
    }
}
