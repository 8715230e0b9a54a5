// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.basis.BSpline;
import org.kan4j.encoding.Encoding;
import org.kan4j.error.FormatException;
import org.kan4j.error.KanException;
import org.kan4j.error.ShapeException;
import org.kan4j.io.Checkpoint;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.tensor.DType;
import org.kan4j.train.Trainer;
import org.kan4j.train.TrainingListener;
import org.kan4j.train.TrainingResult;

/** The front door, each use in the few lines that it promises. */
class KanTest {

    private static final int ROWS = 400;

    @TempDir
    private Path folder;

    private static double[][] points() {
        Random random = new Random(1);
        double[][] x = new double[ROWS][];
        for (int i = 0; i < ROWS; i++) {
            x[i] = new double[] {random.nextDouble(0, 1000), random.nextDouble(-3, -2)}; // far from any grid
        }
        return x;
    }

    private static String quarter(double[] row) {
        return (row[0] < 500 ? "west" : "east") + (row[1] < -2.5 ? "-south" : "-north");
    }

    private static double value(double[] row) {
        return 1e4 + 300 * Math.sin(row[0] / 160) + 1000 * row[1];
    }

    private static String[] quarters(double[][] x) {
        String[] labels = new String[x.length];
        for (int i = 0; i < x.length; i++) {
            labels[i] = quarter(x[i]);
        }
        return labels;
    }

    private static double[] values(double[][] x) {
        double[] values = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            values[i] = value(x[i]);
        }
        return values;
    }

    @Test
    void classifiesArraysOfRawNumbersByLabels() throws Exception {
        double[][] x = points();
        Path path = folder.resolve("model.safetensors");
        Prediction before;
        try (KanClassifier model = Kan.classifier().hidden(8).epochs(20).fit(x, quarters(x))) {
            before = model.predict(100, -2.9);
            assertEquals("west-south", before.label());
            assertTrue(model.evaluate(x, quarters(x)).accuracy().orElseThrow() > 0.95);
            model.save(path);
        }
        try (TrainedKan model = Kan.load(path)) {
            Prediction after = model.predict(100, -2.9);
            assertEquals(before.probabilities(), after.probabilities());
            assertEquals(List.of("east-north", "east-south", "west-north", "west-south"),
                    assertInstanceOf(KanClassifier.class, model).labels());
            assertEquals(1, after.probabilities().values().stream().mapToDouble(p -> p).sum(), 1e-12);
            assertEquals(after.probability(), after.probability("west-south"));
            assertThrows(IllegalStateException.class, after::value);
            assertThrows(KanException.class, () -> after.probability("south-west"));
            assertTrue(model.training().isEmpty());
        }
    }

    @Test
    void regressesInTheUnitOfTheTarget() throws Exception {
        double[][] x = points();
        for (DType dtype : List.of(DType.F32, DType.F64)) {
            try (KanRegressor model = Kan.regressor().dtype(dtype).epochs(40).fit(x, values(x))) {
                Report report = model.evaluate(x, values(x));
                assertTrue(report.r2().orElseThrow() > 0.99, report.toString());
                double rmse = report.rmse().orElseThrow();
                assertTrue(rmse > 0.1 && rmse < 40, "in the target's unit, whose deviation is about 360: " + rmse);
                assertEquals(value(new double[] {250, -2.3}), model.predict(250, -2.3).value(), 60);
                assertEquals(TrainingResult.End.EPOCHS, model.training().orElseThrow().end());
                Path path = folder.resolve(dtype + ".safetensors");
                model.save(path);
                try (KanRegressor again = Kan.load(path, KanRegressor.class)) {
                    assertEquals(model.predict(250, -2.3).value(), again.predict(250, -2.3).value());
                }
                assertThrows(FormatException.class, () -> Kan.load(path, KanClassifier.class));
                try (TrainedKan again = Kan.of(model.parameters().copy(), model.encoding());
                        Parameters other = Parameters.initialise(KanModel.kan(BSpline.of(3, 3), 3, 1), 1)) {
                    assertEquals(model.predict(250, -2.3).value(), again.predict(250, -2.3).value());
                    assertThrows(ShapeException.class, () -> Kan.of(other, model.encoding()));
                    for (Parameters wrong : List.of(other, Parameters.initialise(KanModel.kan(BSpline.of(3, 3), 2, 2), 1))) {
                        Path file = folder.resolve("wrong.safetensors"); // more inputs, more outputs
                        Checkpoint.write(file, wrong, Map.of(Encoding.KEY, model.encoding().toJson()));
                        String message = assertThrows(FormatException.class, () -> Kan.load(file)).getMessage();
                        assertTrue(message.contains("describes 2 and 1"), message);
                        wrong.close();
                    }
                }
            }
        }
    }

    @Test
    void tellsSeveralLabels() {
        double[][] x = points();
        List<Set<String>> labels = new ArrayList<>();
        for (double[] row : x) {
            labels.add(row[0] < 300 ? Set.of() : row[0] < 600 ? Set.of("a") : row[1] < -2.5 ? Set.of("b") : Set.of("a", "b"));
        }
        try (KanMultiLabel model = Kan.multiLabel().epochs(40).fit(x, labels)) {
            assertEquals(Set.of(), model.predict(100, -2.2).labels());
            assertEquals(Set.of("a", "b"), model.predict(900, -2.1).labels());
            Report report = model.evaluate(x, labels);
            assertTrue(report.measures().get("exact_match") > 0.9, report.toString());
            assertEquals(2, report.classes().size());
        }
    }

    /** A row of the application's. */
    record Flower(double length, int petals, String colour, boolean wild, String species) {
    }

    private static List<Flower> flowers() {
        Random random = new Random(2);
        List<Flower> flowers = new ArrayList<>();
        for (int i = 0; i < ROWS; i++) {
            double length = random.nextDouble(1, 7);
            String colour = List.of("red", "blue", "white").get(random.nextInt(3));
            flowers.add(new Flower(length, random.nextInt(4, 9), colour, random.nextBoolean(),
                    colour.equals("red") ? "poppy" : length < 4 ? "violet" : "lily"));
        }
        return flowers;
    }

    @Test
    void learnsFromRecordsAndPredictsOfRecordsAndMaps() {
        List<Flower> flowers = flowers();
        Examples examples = Examples.of(flowers, Columns.of(Flower.class).without("species"), Flower::species);
        try (KanClassifier model = Kan.classifier().epochs(20).fit(examples)) {
            Flower flower = new Flower(3, 5, "red", true, null);
            assertEquals("poppy", model.predict(flower).label());
            Map<String, Object> map = Map.of("length", 3, "petals", 5, "colour", "red", "wild", true);
            assertEquals(model.predict(flower).probabilities(), model.predict(map).probabilities());
            assertTrue(model.evaluate(examples).accuracy().orElseThrow() > 0.97);
            String unseen = assertThrows(KanException.class,
                    () -> model.predict(new Flower(3, 5, "green", true, null))).getMessage();
            assertTrue(unseen.contains("'colour'") && unseen.contains("'green'") && unseen.contains("blue, red, white"), unseen);
            String absent = assertThrows(KanException.class, () -> model.predict(Map.of("length", 3))).getMessage();
            assertTrue(absent.contains("'petals'"), absent);
        }
    }

    /** A bean. */
    public static final class House {
        private final double area;
        private final String town;

        House(double area, String town) {
            this.area = area;
            this.town = town;
        }

        /** Square metres. */
        public double getArea() {
            return area;
        }

        /** Where. */
        public String getTown() {
            return town;
        }
    }

    @Test
    void learnsFromBeansByGettersOrByFunctions() {
        Random random = new Random(4);
        List<House> houses = new ArrayList<>();
        for (int i = 0; i < ROWS; i++) {
            houses.add(new House(random.nextDouble(30, 200), random.nextBoolean() ? "Ulm" : "Bonn"));
        }
        java.util.function.ToDoubleFunction<House> price = h -> h.getArea() * (h.getTown().equals("Ulm") ? 3000 : 5000);
        Columns<House> own = Columns.<House>of().number("size", House::getArea).category("town", House::getTown);
        for (Columns<House> columns : List.of(Columns.of(House.class), own)) {
            try (KanRegressor model = Kan.regressor().epochs(40).fit(Examples.of(houses, columns, price::applyAsDouble))) {
                assertEquals(500_000, model.predict(new House(100, "Bonn"), columns).value(), 25_000);
            }
        }
    }

    @Test
    void learnsFromMapsWithMissingValues() {
        List<Map<String, Object>> rows = new ArrayList<>();
        for (Flower flower : flowers()) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("length", rows.size() % 10 == 0 ? null : String.valueOf(flower.length())); // numbers as texts, as in JSON
            row.put("colour", flower.colour());
            row.put("species", flower.species());
            rows.add(row);
        }
        KanBuilder<KanClassifier> builder = Kan.classifier().epochs(20);
        String refused = assertThrows(KanException.class,
                () -> {
                    builder.fit(Examples.of(rows, "species")).close();
                }).getMessage();
        assertTrue(refused.contains("row 0") && refused.contains("'length'"), refused);
        builder.missing(Encoding.Missing.FILL).unseen(Encoding.Unseen.UNKNOWN);
        try (KanClassifier model = builder.fit(Examples.of(rows, "species"))) {
            assertEquals("lily", model.predict(Map.of("length", 6.5, "colour", "white")).label());
            Map<String, Object> unknown = new LinkedHashMap<>();
            unknown.put("length", null);
            unknown.put("colour", "green");
            model.predict(unknown).label();
            assertEquals(2, model.encoding().columns().size());
            assertInstanceOf(Encoding.Numeric.class, model.encoding().columns().getFirst());
        }
    }

    @Test
    void predictsManyAtOnceAsOneByOne() {
        double[][] x = points();
        try (KanRegressor model = Kan.regressor().epochs(2).fit(x, values(x))) {
            List<Prediction> all = model.predictAll(x);
            for (int i = 0; i < x.length; i++) {
                assertEquals(model.predict(x[i]).value(), all.get(i).value());
            }
            assertEquals(List.of("x1"), model.predict(500, 7).outside());
            assertEquals(List.of(), model.predict(500, -2.5).outside());
        }
    }

    @Test
    void crossValidatesEveryRowOnce() {
        double[][] x = points();
        CrossValidation result = Kan.classifier().epochs(10).crossValidate(Examples.of(x, quarters(x)), 4);
        assertEquals(4, result.folds().size());
        assertEquals(ROWS, result.folds().stream().mapToLong(Report::rows).sum());
        assertTrue(result.mean("accuracy") > 0.85, result.toString());
        assertTrue(result.deviation("accuracy") < 0.1 && result.deviation("accuracy") > 0, result.toString());
        assertThrows(KanException.class, () -> result.mean("rmse"));
        // Each class is in each fold as often, to one row.
        for (Report fold : result.folds()) {
            for (Report.ClassScore score : fold.classes()) {
                assertTrue(Math.abs(score.support() - ROWS / 16.0) < 10, fold.toString());
            }
        }
    }

    @Test
    void namesTheInputsThatMatter() {
        double[][] x = points();
        double[] first = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            first[i] = Math.sin(x[i][0] / 200);
        }
        Examples examples = Examples.of(x, first).named("matters", "noise");
        try (KanRegressor model = Kan.regressor().epochs(30).fit(examples)) {
            List<Importance> all = model.importance(examples, 5, 1);
            assertEquals(List.of("matters", "noise"), all.stream().map(Importance::input).toList());
            assertTrue(all.get(0).mean() > 0.3, all.toString());
            assertTrue(all.get(1).mean() < 0.1, all.toString());
            assertTrue(all.get(0).standardError() > 0 && all.get(0).standardError() < 0.1, all.toString());
        }
    }

    @Test
    void endsWhenAskedAndSaysSo() {
        double[][] x = points();
        AtomicBoolean asked = new AtomicBoolean();
        try (KanRegressor model = Kan.regressor().epochs(1000).stopWhen(asked::get).listener(new TrainingListener() {
            @Override
            public void onEpochEnd(Trainer trainer, Epoch epoch) {
                asked.set(epoch.epoch() == 3);
            }
        }).fit(x, values(x))) {
            TrainingResult result = model.training().orElseThrow();
            assertEquals(TrainingResult.End.STOPPED, result.end());
            assertEquals(3, result.epochs().size());
        }
        try (KanRegressor model = Kan.regressor().epochs(1000).learningRate(0.1).patience(2).fit(x, values(x))) {
            TrainingResult result = model.training().orElseThrow();
            assertEquals(TrainingResult.End.EARLY_STOPPING, result.end());
            assertEquals(result.epochs().size() - 2, result.bestEpoch().orElseThrow());
        }
    }

    @Test
    void summarises() {
        double[][] x = points();
        try (KanClassifier model = Kan.classifier().hidden(7).epochs(1).fit(x, quarters(x))) {
            Summary summary = model.summary();
            assertEquals(2, summary.layers().size());
            assertEquals(model.parameters().model().parameterCount(), summary.parameters());
            assertEquals(2, summary.layers().getFirst().in());
            assertEquals(7, summary.layers().getFirst().out());
            assertTrue(summary.toString().contains("coef"), summary.toString());
        }
    }

    @Test
    void refusesWhatCannotBeLearned() {
        double[][] x = {{1, 2}, {3, 4}, {5, 6}};
        refused("3 rows but 1 target", () -> Kan.classifier().fit(x, new String[] {"a"}));
        refused("the same in all", () -> Kan.classifier().fit(x, new String[] {"a", "a", "a"}));
        refused("Kan.regressor", () -> Kan.classifier().fit(x, new double[] {0.5, 1, 2}));
        refused("row 1", () -> Kan.regressor().fit(new double[][] {{1}, {1, 2}}, new double[] {1, 2}));
        refused("finite", () -> Kan.regressor().fit(x, new double[] {1, 2, Double.POSITIVE_INFINITY}));
        refused("missing", () -> Kan.regressor().fit(new double[][] {{1}, {Double.NaN}}, new double[] {1, 2}));
        refused("Kan.multiLabel", () -> Kan.classifier().fit(x, List.of(Set.of("a"), Set.of("b"), Set.of("c"))));
        refused("at least 2", () -> Kan.regressor().fit(new double[][] {{1}}, new double[] {1}));
    }

    private static void refused(String part, java.util.function.Supplier<? extends TrainedKan> fit) {
        String message = assertThrows(KanException.class, () -> fit.get().close()).getMessage();
        assertTrue(message.contains(part), message);
        assertFalse(message.contains("--"), message);
    }
}
