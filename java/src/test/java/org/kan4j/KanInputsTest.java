// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kan4j.encoding.Encoding;
import org.kan4j.error.KanException;
import org.kan4j.optim.Schedule;
import org.kan4j.tensor.DType;

/** What a team gives to the front door in its first week: each is taken rightly or refused in words. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KanInputsTest {

    private static final int ROWS = 60;
    private final double[][] x = IntStream.range(0, ROWS).mapToObj(i -> new double[] {i * 7 % ROWS, i % 5})
            .toArray(double[][]::new);
    private final double[] y = Arrays.stream(x).mapToDouble(row -> 2 * row[0] + row[1]).toArray();
    private KanRegressor model;

    private static KanBuilder<KanRegressor> regressor() {
        return Kan.regressor().hidden(2).epochs(1).weightDecay(0.1);
    }

    private static KanBuilder<KanClassifier> classifier() {
        return Kan.classifier().hidden(2).epochs(1).weightDecay(0.1);
    }

    @BeforeAll
    void train() {
        model = regressor().fit(Examples.of(x, y).named("a", "b"));
    }

    @AfterAll
    void free() {
        model.close();
    }

    private static void refused(String part, Executable act) {
        String said = assertThrows(KanException.class, act).getMessage();
        assertTrue(said.contains(part), said);
    }

    private static void none(String name, Executable act) {
        assertEquals(name, assertThrows(NullPointerException.class, act).getMessage());
    }

    @Test
    void whatIsNullIsNamed() {
        none("x", () -> regressor().fit((double[][]) null, y));
        none("targets", () -> regressor().fit(x, (double[]) null));
        none("labels", () -> classifier().fit(x, (String[]) null));
        none("row", () -> model.predict((double[]) null));
        none("row", () -> model.predict((Map<String, ?>) null));
        none("row", () -> model.predict((float[]) null));
        none("row", () -> model.predict((Record) null));
        none("file", () -> model.save(null));
        none("file", () -> Kan.load(null));
        none("type", () -> Columns.of(null));
        none("a name", () -> Examples.of(x, y).named("a", null));
        none("a name", () -> Examples.of(x, y).predicting(null));
        double[][] gap = x.clone();
        gap[7] = null;
        refused("row 7 is null", () -> regressor().fit(gap, y));
        refused("row 1 is null", () -> model.predictAll(new double[][] {{1, 2}, null}));
        refused("row 1 is null", () -> model.predictAll(new float[][] {{1, 2}, null}));
        refused("row 1 is null", () -> model.predictAll(Arrays.asList(Map.of("a", 1, "b", 2), null)));
        List<Map<String, Integer>> maps = Arrays.asList(Map.of("a", 1, "t", 2), null);
        refused("row 1 is null", () -> regressor().fit(Examples.of(maps, "t")));
        refused("the group of row 0 is null", () -> Examples.of(x, y).grouped(Collections.nCopies(ROWS, null)));
        refused("row 0, 'target': one of the labels is null",
                () -> Kan.multiLabel().fit(x, Collections.nCopies(ROWS, Arrays.asList("a", null))));
    }

    @Test
    void noRowsAreNoPredictionsAndNoMeasure() {
        assertEquals(List.of(), model.predictAll(new double[0][]));
        assertEquals(List.of(), model.predictAll(List.<Map<String, Object>>of()));
        refused("there are no rows to measure on", () -> model.evaluate(new double[0][], new double[0]));
        refused("there are no rows to measure on", () -> model.importance(Examples.of(new double[0][], new double[0]), 2, 1));
        refused("the rows have 3 numbers, the model takes 2: [a, b]", () -> model.predictAll(new double[][] {{1, 2, 3}}));
        refused("the rows have 1 number, the model takes 2", () -> model.evaluate(new double[][] {{1}}, new double[] {1}));
    }

    @Test
    void cellsOfEveryKindOfNumberAreTaken() {
        double expected = model.predict(2, 3).value();
        for (Object two : List.of(2, 2L, 2f, (short) 2, "2", " 2.0 ", '2', Optional.of(2), OptionalDouble.of(2),
                OptionalInt.of(2),
                OptionalLong.of(2), java.math.BigInteger.TWO, new java.util.concurrent.atomic.AtomicLong(2))) {
            assertEquals(expected, model.predict(Map.of("a", two, "b", 3)).value(), two.getClass().getSimpleName());
        }
        refused("'a': there is no value", () -> model.predict(Map.of("a", OptionalDouble.empty(), "b", 3)));
    }

    @Test
    void cellsThatHaveNoTextOfTheirOwnAreNoCategories() {
        for (Object odd : List.of(new double[] {1}, List.of("a"), Map.of("a", 1), new Object(), (Runnable) () -> {
        })) {
            List<Map<String, Object>> rows = IntStream.range(0, ROWS).<Map<String, Object>>mapToObj(
                    i -> Map.of("v", odd, "w", i, "t", i)).toList();
            refused("row 0, 'v': expected a number, a truth value, a text or a constant of an enum, got a value of ",
                    () -> regressor().fit(Examples.of(rows, "t")));
        }
    }

    @Test
    void labelsAndCategoriesAreComparedAsValues() {
        String[] ones = {"1", "1.0", "2", "2.00"};
        String[] truths = {"true", "TRUE", "false", "False"};
        for (String[] written : List.of(ones, truths)) {
            String[] labels = IntStream.range(0, ROWS).mapToObj(i -> written[i % 4]).toArray(String[]::new);
            try (KanClassifier two = classifier().fit(x, labels)) {
                assertEquals(2, two.labels().size(), two.labels().toString());
                assertEquals(ROWS, two.evaluate(x, labels).rows());
            }
            List<Map<String, Object>> rows = IntStream.range(0, ROWS).<Map<String, Object>>mapToObj(
                    i -> Map.of("k", Set.of("1", "1.0").contains(written[0]) ? "k" + i % 2 : written[i % 4], "t", i)).toList();
            try (KanRegressor of = regressor().fit(Examples.of(rows, "t"))) {
                assertEquals(2, of.encoding().features());
            }
        }
    }

    @Test
    void namesAreTheOnesOfTheMapsInAnOrderThatStays() {
        Map<String, Object> row = new LinkedHashMap<>();
        List.of("q", "p", "s", "r", "t").forEach(name -> row.put(name, 1));
        assertEquals(List.of("q", "p", "s", "r"), Examples.of(List.of(row), "t").names());
        assertEquals(List.of("p", "q", "r", "s"), Examples.of(List.of(Map.copyOf(row)), "t").names());
        assertEquals(List.of("p", "q", "r", "s"), Examples.of(List.of(new HashMap<>(row)), "t").names());
        Map<String, Object> lacks = new HashMap<>(row);
        lacks.remove("p");
        refused("row 1 has no 'p', which the first row has", () -> regressor().fit(Examples.of(List.of(row, lacks), "t")));
        refused("'target' is an input and what is to be predicted",
                () -> regressor().fit(Examples.of(x, y).named("a", "target")));
    }

    @Test
    void settingsThatMeanNothingAreRefusedWhereTheyAreMade() {
        refused("epochs must be at least 1, given 0", () -> Kan.regressor().epochs(0));
        refused("batch size must be at least 1, given 0", () -> Kan.regressor().batchSize(0));
        refused("learning rate must be above 0 and finite, given 0.0", () -> Kan.regressor().learningRate(0));
        refused("hidden layer's width must be at least 1, given 0", () -> Kan.regressor().hidden(4, 0));
        refused("F32 or F64, given I32", () -> Kan.regressor().dtype(DType.I32));
        for (double factor : new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY}) {
            Schedule.Custom odd = at -> factor;
            refused("the schedule gave the factor " + factor + " for step 1",
                    () -> regressor().trainer(t -> t.schedule(odd)).fit(x, y));
        }
    }

    @Test
    void whatIsToBeAskedInsteadIsThere() {
        double[][] two = Arrays.stream(y).mapToObj(v -> new double[] {v, -v}).toArray(double[][]::new);
        try (KanRegressor several = regressor().fit(x, two)) {
            Prediction prediction = several.predict(1, 2);
            assertTrue(assertThrows(IllegalStateException.class, prediction::value).getMessage()
                    .endsWith("are several numbers: ask for values()"));
            assertEquals(2, prediction.values().size());
        }
    }

    @Test
    void aClosedModelSaysThatItIsTheModel() {
        KanRegressor closed = regressor().fit(x, y);
        closed.close();
        for (Executable act : List.<Executable>of(() -> closed.predict(1, 2), () -> closed.evaluate(x, y),
                () -> closed.importance(Examples.of(x, y), 1, 1), () -> closed.save(java.nio.file.Path.of("none")),
                () -> closed.predictAll(x))) {
            assertEquals("the model is closed", assertThrows(IllegalStateException.class, act).getMessage());
        }
    }

    /** Their squares are none that a double holds: the deviation was infinite, or 1 for targets of 1e-300. */
    @ParameterizedTest
    @ValueSource(doubles = {1e305, 1e160, 1e-160, 1e-300})
    void targetsAndInputsOfAnyScaleAreLearned(double unit) {
        DoubleUnaryOperator scale = v -> v * unit;
        double[][] wide = Arrays.stream(x).map(row -> Arrays.stream(row).map(scale).toArray()).toArray(double[][]::new);
        double[] targets = Arrays.stream(y).map(scale).toArray();
        try (KanRegressor other = regressor().epochs(60).fit(wide, targets);
                KanRegressor usual = regressor().epochs(60).fit(x, y)) {
            Encoding.Value value = (Encoding.Value) other.encoding().target();
            Encoding.Value plain = (Encoding.Value) usual.encoding().target();
            assertEquals(plain.deviation(), value.deviation() / unit, 1e-6 * plain.deviation());
            assertEquals(plain.mean(), value.mean() / unit, 1e-6 * plain.mean());
            assertEquals(usual.evaluate(x, y).r2().orElseThrow(), other.evaluate(wide, targets).r2().orElseThrow(), 1e-2);
            assertEquals(usual.predict(30, 2).value(), other.predict(30 * unit, 2 * unit).value() / unit, 1);
        }
    }

    @Test
    void aNumberTooFarOutsideToComputeWithIsRefused() {
        refused("'a': '1.0E300' is too far outside the range of the training rows, 0 to 59", () -> model.predict(1e300, 1));
        assertEquals(List.of("a"), model.predict(1e6, 1).outside());
    }

    @Test
    void importanceOfATableIsThatOfItsExamples() {
        List<Importance> all = model.importance(Examples.of(x, y).named("a", "b"), 4, 1);
        assertTrue(all.get(0).mean() > all.get(1).mean() && all.get(0).standardError() > 0, all.toString());
    }
}
