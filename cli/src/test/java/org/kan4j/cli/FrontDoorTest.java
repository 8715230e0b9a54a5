// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import org.kan4j.KanMultiLabel;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.Examples;
import org.kan4j.Kan;
import org.kan4j.KanClassifier;
import org.kan4j.KanRegressor;
import org.kan4j.Prediction;
import org.kan4j.Report;
import org.kan4j.TrainedKan;
import org.kan4j.data.Table;
import org.kan4j.data.TrainingTable;
import org.kan4j.error.KanException;

/** The command line and the Java library serve each other's models. */
class FrontDoorTest {

    @TempDir
    private Path folder;

    private Path file(String name) {
        return folder.resolve(name);
    }

    /** Rows with a number, a category, a class and a value. */
    private Path csv() throws IOException {
        List<String> lines = new ArrayList<>(List.of("size,colour,kind,price"));
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < 300; i++) {
            double size = random.nextDouble(0, 50);
            String colour = random.nextBoolean() ? "red" : "blue";
            lines.add(size + "," + colour + "," + (colour.equals("red") ? "warm" : size > 25 ? "big" : "small") + ","
                    + (1000 + 20 * size + (colour.equals("red") ? 300 : 0)));
        }
        Files.write(file("data.csv"), lines);
        return file("data.csv");
    }

    private static List<String> lines(Cli cli) {
        return cli.out().lines().toList();
    }

    @Test
    void aModelOfTheCommandLinePredictsOfAMap() throws IOException {
        Path data = csv();
        Cli.succeed("train", data, "--target", "kind", "--drop", "price", "--epochs", 20, "--out", file("m.safetensors"));
        Files.writeString(file("one.csv"), "size,colour\n40.5,blue\n");
        List<String> told = lines(Cli.succeed("predict", file("one.csv"), "--model", file("m.safetensors"),
                "--probabilities"));
        try (KanClassifier model = Kan.load(file("m.safetensors"), KanClassifier.class)) {
            Prediction prediction = model.predict(Map.of("size", 40.5, "colour", "blue", "else", 7));
            assertThat(prediction.label()).isEqualTo("big");
            String[] header = told.get(0).split(",");
            String[] cells = told.get(1).split(",");
            assertThat(cells[0]).isEqualTo("big");
            for (int i = 1; i < cells.length; i++) {
                String label = header[i].substring(2, header[i].length() - 1);
                assertThat(Double.parseDouble(cells[i])).isCloseTo(prediction.probability(label), within(1e-7));
            }
            Map<String, Object> missing = new HashMap<>();
            missing.put("size", null);
            missing.put("colour", "blue");
            assertThatThrownBy(() -> model.predict(missing)).isInstanceOf(KanException.class).hasMessageContaining("'size'")
                    .hasMessageContaining("missing=fill");
        }
    }

    @Test
    void aModelOfJavaIsPredictedWithByTheCommandLine() throws IOException {
        double[][] x = new double[200][2];
        double[] y = new double[200];
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < x.length; i++) {
            x[i] = new double[] {random.nextDouble(0, 9), random.nextDouble(-1, 1)};
            y[i] = 5000 + 100 * x[i][0] * x[i][1];
        }
        try (KanRegressor model = Kan.regressor().epochs(10).fit(Examples.of(x, y).named("a", "b").predicting("y"))) {
            model.save(file("java.safetensors"));
            Files.writeString(file("rows.csv"), "b,a\n0.25,4\n");
            List<String> told = lines(Cli.succeed("predict", file("rows.csv"), "--model", file("java.safetensors")));
            assertThat(told.get(0)).isEqualTo("y");
            assertThat(Double.parseDouble(told.get(1))).isCloseTo(model.predict(4, 0.25).value(), within(0.01));
            Cli.refuse(new String[] {"--missing fill takes the mean"}, "predict", Files.writeString(file("gap.csv"), "a,b\n,1\n"),
                    "--model",
                    file("java.safetensors"));
        }
    }

    @Test
    void severalLabelsArePredictedByTheCommandLine() throws IOException {
        double[][] x = {{1}, {2}, {3}, {4}, {5}, {6}, {7}, {8}};
        List<Set<String>> labels = List.of(Set.of(), Set.of(), Set.of("a"), Set.of("a"), Set.of("a", "b"), Set.of("a", "b"),
                Set.of("b"), Set.of("b"));
        try (TrainedKan model = Kan.multiLabel().epochs(300).fit(Examples.of(x, labels).named("n"))) {
            model.save(file("labels.safetensors"));
        }
        Files.writeString(file("n.csv"), "n\n1\n5.5\n8\n");
        assertThat(lines(Cli.succeed("predict", file("n.csv"), "--model", file("labels.safetensors"), "--probabilities")))
                .satisfies(told -> {
                    assertThat(told.get(0)).isEqualTo("target,p(a),p(b)");
                    assertThat(told.get(2)).startsWith("a b,");
                    assertThat(told.get(3)).startsWith("b,");
                });
        Path labelled = Files.writeString(file("labelled.csv"), "target,n\n,1\n,2\na,3\na,4\na b,5\nb;a,6\nb,7\nb,8\n");
        Cli.succeed("evaluate", labelled, "--model", file("labels.safetensors"), "--json", file("e.json"));
        Report report;
        try (TrainedKan model = Kan.load(file("labels.safetensors"))) {
            report = ((KanMultiLabel) model).evaluate(x, labels);
        }
        JsonNode told = Cli.json(file("e.json"));
        assertThat(told.get("rows").asLong()).isEqualTo(8);
        assertThat(report.measures()).isNotEmpty()
                .allSatisfy((name, value) -> assertThat(told.get(name).asDouble()).as(name).isEqualTo(value));
        Cli.refuse(new String[] {"row 1 (line 2), column 'target': 'c' is not one of the labels of the model: a, b"}, "evaluate",
                Files.writeString(file("other.csv"), "target,n\na c,1\n"), "--model", file("labels.safetensors"));
    }

    @Test
    void aTableIsTrainedOnInTenLines() throws IOException {
        TrainingTable table = TrainingTable.of(csv(), "price");
        try (KanRegressor model = Kan.regressor().epochs(30).fit(table)) {
            Report report = model.evaluate(table.test().orElseThrow());
            assertThat(report.rows()).isEqualTo(60);
            assertThat(report.r2().orElseThrow()).isGreaterThan(0.95);
            assertThat(model.predict(Map.of("size", 10, "colour", "red", "kind", "warm")).value()).isCloseTo(1500, within(100.0));
            assertThat(model.evaluate(TrainingTable.of(Table.open(file("data.csv")), model.encoding())).rows()).isEqualTo(300);
            assertThatThrownBy(() -> Kan.classifier().fit(table)).hasMessageContaining("KanRegressor");
        }
    }

    @Test
    void aModelWithoutColumnsIsRefusedByName() {
        assertThatThrownBy(() -> Kan.load(file("none.safetensors"))).isInstanceOf(IOException.class);
    }
}
