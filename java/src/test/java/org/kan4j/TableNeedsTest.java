// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.basis.BSpline;
import org.kan4j.encoding.Encoding;
import org.kan4j.encoding.Outputs;
import org.kan4j.encoding.Transform;
import org.kan4j.error.KanException;
import org.kan4j.explain.AdditiveShapes;
import org.kan4j.optim.Loss;
import org.kan4j.rows.Groups;

/** The front door's quantiles, several targets, groups and times, calibration and additive models. */
class TableNeedsTest {

    private static final int ROWS = 400;

    @TempDir
    Path folder;

    private static double[][] x() {
        SplittableRandom random = new SplittableRandom(1);
        return IntStream.range(0, ROWS).mapToObj(i -> new double[] {random.nextDouble(), random.nextDouble(-2, 3)})
                .toArray(double[][]::new);
    }

    @Test
    void quantilesCoverAndNeverCross() throws IOException {
        SplittableRandom random = new SplittableRandom(2);
        double[][] x = x();
        double[] y = java.util.Arrays.stream(x)
                .mapToDouble(row -> 10 * row[0] + (random.nextDouble() - 0.5) * (1 + row[1] * row[1]))
                .toArray();
        Path file = folder.resolve("q.safetensors");
        try (KanRegressor model = Kan.regressor().quantiles(0.1, 0.5, 0.9).epochs(60).fit(x, y)) {
            Map<String, Double> measures = model.evaluate(x, y).measures();
            assertEquals(0.8, measures.get("nominal"), 1e-9);
            assertEquals(0.8, measures.get("coverage"), 0.1);
            model.save(file);
        }
        try (KanRegressor model = Kan.load(file, KanRegressor.class)) {
            Prediction p = model.predict(0.5, 0.5);
            assertEquals(Set.of("target_q10", "target_q50", "target_q90"), p.values().keySet());
            assertTrue(p.quantile(0.1) <= p.quantile(0.5) && p.quantile(0.5) <= p.quantile(0.9));
            assertEquals(p.quantile(0.5), p.value());
            assertThrows(KanException.class, () -> p.quantile(0.3));
        }
        Encoding.Quantiles crossed = new Encoding.Quantiles(new Encoding.Value("y", 10, 2), List.of(0.1, 0.9));
        assertArrayEquals(new double[] {6, 12}, Outputs.decode(crossed, new double[] {1, -2}));
        assertThrows(KanException.class, () -> Kan.regressor().quantiles(0.5, 0.1));
        assertThrows(KanException.class, () -> Kan.classifier().quantiles(0.5));
    }

    @Test
    void thePinballLossHasItsGradient() {
        double[] gradient = new double[2];
        double loss = new Loss.Pinball(List.of(0.1, 0.9)).row(new double[] {1, 1}, new double[] {3, -1}, gradient);
        assertEquals((0.1 * 2 + 0.1 * 2) / 2, loss, 1e-12);
        assertArrayEquals(new double[] {-0.05, 0.05}, gradient, 1e-12);
    }

    @Test
    void severalNumbersAtOnce() throws IOException {
        double[][] x = x();
        double[][] y = java.util.Arrays.stream(x).map(row -> new double[] {row[0] * 100, row[1] - row[0]})
                .toArray(double[][]::new);
        Path file = folder.resolve("several.safetensors");
        try (KanRegressor model = Kan.regressor().epochs(40).fit(Examples.of(x, y).predicting("a,b"))) {
            Report report = model.evaluate(x, y);
            assertTrue(report.measures().get("rmse a") < 5, report.toString());
            assertTrue(report.measures().get("r2 b") > 0.99, report.toString());
            model.save(file);
        }
        try (TrainedKan model = Kan.load(file)) {
            Map<String, Double> values = model.predict(0.5, 1).values();
            assertEquals(50, values.get("a"), 5);
            assertEquals(0.5, values.get("b"), 0.2);
            assertThrows(IllegalStateException.class, () -> model.predict(0.5, 1).value());
        }
    }

    @Test
    void theTimeAtTheBorderIsHeldOutAsAWhole() {
        Dealing.Fold half = new Dealing(null, new double[] {2, 1, 3, 2}).hold(0.5, 1);
        assertArrayEquals(new int[] {1}, half.train());
        assertArrayEquals(new int[] {0, 2, 3}, half.test());
        Dealing.Fold quarter = new Dealing(null, new double[] {4, 1, 3, 2}).hold(0.25, 1);
        assertArrayEquals(new int[] {1, 2, 3}, quarter.train());
        assertArrayEquals(new int[] {0}, quarter.test());
    }

    @Test
    void groupsAndTimesAreDealtAsWholes() {
        double[][] x = x();
        double[] y = java.util.Arrays.stream(x).mapToDouble(row -> row[0]).toArray();
        List<Integer> groups = IntStream.range(0, ROWS).mapToObj(i -> i % 11).toList();
        List<Dealing.Fold> folds = Examples.of(x, y).grouped(groups).dealing().folds(4, 1, ROWS, null);
        Set<Integer> tested = new HashSet<>();
        for (Dealing.Fold fold : folds) {
            Set<Integer> train = new HashSet<>();
            for (int i : fold.train()) {
                train.add(groups.get(i));
            }
            for (int i : fold.test()) {
                assertTrue(!train.contains(groups.get(i)), "group " + groups.get(i) + " is on both sides");
                assertTrue(tested.add(i));
            }
        }
        assertEquals(ROWS, tested.size());
        double[] times = IntStream.range(0, ROWS).mapToDouble(i -> (i * 7) % ROWS / 2).toArray();
        for (Dealing.Fold fold : Examples.of(x, y).ordered(times).dealing().folds(3, 1, ROWS, null)) {
            double last = IntStream.of(fold.train()).mapToDouble(i -> times[i]).max().orElseThrow();
            assertTrue(IntStream.of(fold.test()).allMatch(i -> times[i] > last));
            assertTrue(fold.test().length > 50);
        }
        assertEquals(4, Kan.regressor().hidden(2).epochs(1).crossValidate(Examples.of(x, y).grouped(groups), 4).folds().size());
        String fewer = assertThrows(KanException.class,
                () -> Kan.regressor().epochs(1).crossValidate(Examples.of(x, y).grouped(groups), 300)).getMessage();
        assertTrue(fewer.matches("300 folds need at least as many groups, there are \\d+"), fewer);
        assertTrue(assertThrows(KanException.class, () -> Kan.regressor().epochs(1).crossValidate(Examples.of(x, y), ROWS + 1))
                .getMessage().contains("the folds must be 2 to the 400 rows"));
        assertThrows(KanException.class, () -> Groups.folds(new long[] {5, 5}, 3, 1));
        assertThrows(KanException.class, () -> Kan.regressor().validation(0.2).fit(Examples.of(x, y).ordered(new double[ROWS])));
    }

    /** So many steps on so few rows that it becomes too sure. */
    private static KanBuilder<KanClassifier> sure() {
        return Kan.classifier().hidden(32).basis(BSpline.of(5, 3)).validation(0.3).learningRate(0.05).epochs(100);
    }

    @Test
    void aSureClassifierIsCalibrated() {
        SplittableRandom random = new SplittableRandom(4);
        double[][] x = x();
        String[] labels = java.util.Arrays.stream(x).map(row -> row[0] > random.nextDouble() ? "yes" : "no")
                .toArray(String[]::new);
        double[][] more = x();
        String[] others = java.util.Arrays.stream(more).map(row -> row[0] > random.nextDouble() ? "yes" : "no")
                .toArray(String[]::new);
        try (KanClassifier plain = sure().fit(x, labels);
                KanClassifier calibrated = sure().calibrated().fit(x, labels)) {
            Report before = plain.evaluate(more, others);
            Report after = calibrated.evaluate(more, others);
            assertEquals(before.accuracy(), after.accuracy(), "the classes are those of before");
            assertTrue(after.logLoss().orElseThrow() < before.logLoss().orElseThrow());
        }
        assertThrows(KanException.class, () -> Kan.regressor().calibrated());
    }

    @Test
    void shapesSumUpToThePrediction() {
        double[][] x = x();
        double[] y = java.util.Arrays.stream(x).mapToDouble(row -> 5 + Math.sin(6 * row[0]) + row[1] * row[1]).toArray();
        Examples rows = Examples.of(x, y).named("a", "b");
        try (KanRegressor model = Kan.regressor().additive().epochs(60).fit(rows)) {
            AdditiveShapes shapes = model.shapes(rows);
            for (int i = 0; i < 2; i++) {
                Encoding.Numeric column = (Encoding.Numeric) model.encoding().columns().get(i);
                List<AdditiveShapes.Point> points = shapes.shapes().get(i).points();
                assertEquals(101, points.size());
                assertEquals(column.low(), points.getFirst().x(), 1e-12);
                assertEquals((column.low() + column.high()) / 2, points.get(50).x(), 1e-12);
                assertEquals(column.high(), points.getLast().x(), 1e-12);
            }
            assertEquals(java.util.Arrays.stream(x).mapToDouble(row -> model.predict(row).value()).average().orElseThrow(),
                    shapes.means().getFirst(), 1e-4);
            for (int p : new int[] {0, 37, 100}) {
                AdditiveShapes.Point a = shapes.shapes().get(0).points().get(p);
                AdditiveShapes.Point b = shapes.shapes().get(1).points().get(100 - p);
                assertEquals(model.predict(a.x(), b.x()).value(), shapes.means().getFirst() + a.y() + b.y(), 1e-4);
            }
        }
        try (KanRegressor model = Kan.regressor().hidden(2).epochs(1).fit(rows)) {
            assertThrows(KanException.class, () -> model.shapes(rows));
        }
    }

    @Test
    void aTargetWithALongTailIsBentWhereThatIsBetter() throws IOException {
        SplittableRandom random = new SplittableRandom(5);
        double[][] x = IntStream.range(0, 300).mapToObj(i -> new double[] {random.nextDouble(-2, 2), random.nextDouble(-2, 2),
            random.nextDouble(-2, 2)}).toArray(double[][]::new);
        double[] y = java.util.Arrays.stream(x)
                .mapToDouble(r -> Math.exp(1.5 * (r[0] + r[1] + r[2]) + random.nextDouble(-0.1, 0.1)))
                .toArray();
        Path file = folder.resolve("tail.safetensors");
        try (KanRegressor bent = Kan.regressor().epochs(30).hidden(8).fit(x, y);
                KanRegressor plain = Kan.regressor().epochs(30).hidden(8).targetTransform(Transform.Choice.NONE).fit(x, y)) {
            Encoding.Value value = (Encoding.Value) bent.encoding().target();
            assertEquals(Transform.Kind.ASINH, value.transform().kind());
            assertEquals(Transform.NONE, ((Encoding.Value) plain.encoding().target()).transform());
            double errors = bent.evaluate(x, y).measures().get("rmse");
            assertTrue(errors < plain.evaluate(x, y).measures().get("rmse"), "in the unit of the target");
            assertEquals(errors, Math.sqrt(IntStream.range(0, x.length)
                    .mapToDouble(i -> Math.pow(bent.predict(x[i]).value() - y[i], 2)).average().orElseThrow()), 1e-3 * errors);
            bent.save(file);
            try (KanRegressor again = Kan.load(file, KanRegressor.class)) {
                assertEquals(bent.predict(0.5, 0.5, 1).value(), again.predict(0.5, 0.5, 1).value());
            }
        }
        try (KanRegressor quantiles = Kan.regressor().quantiles(0.1, 0.9).targetTransform(Transform.Choice.LOG).epochs(30)
                .hidden(8)
                .weightDecay(0.01).fit(x, y)) {
            Map<String, Double> measures = quantiles.evaluate(x, y).measures();
            assertEquals(0.8, measures.get("coverage"), 0.1);
            assertTrue(quantiles.predict(-2, 0, 0).quantile(0.1) > 0, "no quantile below what a logarithm has");
        }
        y[3] = 0;
        String refused = assertThrows(KanException.class, () -> Kan.regressor().targetTransform(Transform.Choice.LOG).fit(x, y))
                .getMessage();
        assertTrue(refused.contains("expected all above 0"), refused);
        assertThrows(KanException.class, () -> Kan.classifier().targetTransform(Transform.Choice.LOG));
    }
}
