// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.kan4j.encoding.Encoding;
import org.kan4j.error.KanException;
import org.kan4j.layer.Linear;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/** A model whose outputs are a known sum of its inputs: what is predicted and measured of it, to the last number. */
class KnownModelTest {

    /** Two numbers, a category of three, a number with an indicator, two pixels: 2 + 3 + 2 + 2 features. */
    private static final List<Encoding.Column> COLUMNS = List.of(new Encoding.Numeric("a", 0, 10, 5),
            new Encoding.Categorical("k", List.of("p", "q", "r")), new Encoding.Numeric("b", -1, 1, 0.5, List.of(), true),
            new Encoding.Pixels(2, 255), new Encoding.Numeric("c", 0, 4, 1));

    private static Parameters linear(double[][] weights, double... bias) {
        int in = weights[0].length;
        Parameters parameters = Parameters.initialise(KanModel.of(DType.F64, new Linear(in, weights.length, true)), 1);
        try (Arena arena = Arena.ofConfined()) {
            parameters.tensors().forEach(tensor -> {
                HostTensor numbers = HostTensor.allocate(arena, DType.F64, tensor.shape());
                for (int i = 0; i < numbers.size(); i++) {
                    numbers.setFlat(i, tensor.shape().rank() == 1 ? bias[i] : weights[i / in][i % in]);
                }
                parameters.set(tensor.name(), numbers);
            });
        }
        return parameters;
    }

    private static Map<String, Object> row(Object a, Object k, Object b, int pixel0, int pixel1, Object c) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("a", a);
        row.put("k", k);
        row.put("b", b);
        row.put("pixel0", pixel0);
        row.put("pixel1", pixel1);
        row.put("c", c);
        return row;
    }

    /** Features: a/5 - 1; one of k; b, whether it is missing; pixels/127.5 - 1; c/2 - 1. */
    @Test
    void everyCellReachesItsOwnFeature() {
        Encoding encoding = new Encoding("t", COLUMNS, new Encoding.Value("y", 100, 10), Encoding.Missing.FILL,
                Encoding.Unseen.UNKNOWN);
        List<String> inputs = encoding.inputs();
        assertEquals(6, inputs.size());
        double[] weights = {1, 10, 20, 30, 100, 1000, 1e4, 1e5, 1e6};
        try (TrainedKan model = Kan.of(linear(new double[][] {weights}, 0.5), encoding)) {
            Map<Map<String, Object>, Double> expected = new LinkedHashMap<>();
            expected.put(row(10, "p", 1, 255, 255, 4), 1 + 10 + 100 + 1e4 + 1e5 + 1e6);
            expected.put(row(0, "q", -1, 0, 255, 4), -1 + 20 - 100 - 1e4 + 1e5 + 1e6);
            expected.put(row(5, "r", 0, 255, 0, 0), 0 + 30 + 0 + 1e4 - 1e5 - 1e6);
            expected.put(row(null, "new", null, 255, 255, null), 0 + 0 + 50 + 1000 + 1e4 + 1e5 - 0.5e6);
            expected.put(row(7.5, null, 0.25, 255, 255, 3), 0.5 + 0 + 25 + 1e4 + 1e5 + 0.5e6);
            List<Map<String, Object>> rows = new ArrayList<>();
            expected.forEach((cells, sum) -> {
                Map<String, Object> named = new LinkedHashMap<>();
                List<Object> values = List.copyOf(cells.keySet()).stream().map(cells::get).collect(ArrayList::new, ArrayList::add,
                        ArrayList::addAll);
                for (int i = 0; i < 6; i++) {
                    named.put(inputs.get(i), values.get(i));
                }
                rows.add(named);
                assertEquals(100 + 10 * (sum + 0.5), model.predict(named).value(), 1e-6, cells.toString());
            });
            assertArrayEquals(expected.values().stream().mapToDouble(sum -> 100 + 10 * (sum + 0.5)).toArray(),
                    model.predictAll(rows).stream().mapToDouble(Prediction::value).toArray(), 1e-6);
            assertEquals("KanRegressor of y from 6 inputs, 10 parameters", model.toString());
        }
    }

    private static Examples examples(Encoding encoding, int count, double[] weights) {
        List<Map<String, Object>> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            double a = i * 7 % count * 10.0 / count;
            int k = i % 3;
            double b = i * 11 % count * 2.0 / count - 1;
            int pixel0 = i * 13 % 256;
            int pixel1 = i * 17 % 256;
            double c = i * 5 % 4;
            Map<String, Object> row = new LinkedHashMap<>();
            List<Object> cells = List.of(a, List.of("p", "q", "r").get(k), b, pixel0, pixel1, c);
            for (int n = 0; n < 6; n++) {
                row.put(encoding.inputs().get(n), cells.get(n));
            }
            row.put("y", weights[0] * (a / 5 - 1) + weights[1 + k] + weights[4] * b + weights[6] * (pixel0 / 127.5 - 1)
                    + weights[7] * (pixel1 / 127.5 - 1) + weights[8] * (c / 2 - 1));
            rows.add(row);
        }
        return Examples.of(rows, "y");
    }

    /** Dealt anew, what the model takes no account of changes nothing, and what it leans on alone changes all. */
    @Test
    void importanceIsOfEachInputByItself() {
        Encoding encoding = new Encoding("t", COLUMNS, new Encoding.Value("y", 0, 1), Encoding.Missing.REFUSE);
        int[][] features = {{0}, {1, 2, 3}, {4}, {6}, {7}, {8}};
        for (int input = 0; input < 6; input++) {
            double[] weights = new double[9];
            for (int feature : features[input]) {
                weights[feature] = 1 + feature;
            }
            Examples rows = examples(encoding, 60, weights);
            try (TrainedKan model = Kan.of(linear(new double[][] {weights}, 0), encoding)) {
                List<Importance> all = model.importance(rows, 2, 1);
                assertEquals(encoding.inputs(), all.stream().map(Importance::input).toList());
                for (int i = 0; i < 6; i++) {
                    if (i == input) {
                        assertTrue(all.get(i).mean() > 0.1, all.toString());
                    } else {
                        assertEquals(0, all.get(i).mean(), 1e-12, all.toString());
                        assertEquals(0, all.get(i).standardError(), 1e-12);
                    }
                }
                assertEquals(0, model.importance(rows, 1, 1).get(input).standardError());
                assertNotEquals(all.get(input).mean(), model.importance(rows, 2, 2).get(input).mean(), "another seed");
                assertEquals("the repetitions must be at least 1, given 0",
                        assertThrows(KanException.class, () -> model.importance(rows, 0, 1)).getMessage());
            }
        }
    }

    /** Of 30,000 rows those 0, 1, 3, 4, 6 and so on: a row that is not among them may say what it will. */
    @Test
    void importanceIsMeasuredOnTwentyThousandRows() {
        Encoding encoding = new Encoding("t", List.of(new Encoding.Numeric("x", -1, 1, 0)), new Encoding.Value("y", 0, 1),
                Encoding.Missing.REFUSE);
        int n = 30_000;
        double[][] x = new double[n][];
        double[] y = new double[n];
        for (int i = 0; i < n; i++) {
            y[i] = i * 7919L % n / (double) n;
            x[i] = new double[] {y[i]};
        }
        try (TrainedKan model = Kan.of(linear(new double[][] {{1}}, 0), encoding)) {
            double clean = model.importance(Examples.of(x, y).named("x"), 1, 1).getFirst().mean();
            assertEquals(Math.sqrt(1 / 6.0), clean, 0.01, "the difference of two such numbers");
            for (int wrong : new int[] {2, 29_999, 5, 4, 1, 29_998}) {
                double before = y[wrong];
                y[wrong] = 100;
                double other = model.importance(Examples.of(x, y).named("x"), 1, 1).getFirst().mean();
                assertEquals(wrong % 3 == 2, other == clean, "row " + wrong);
                y[wrong] = before;
            }
        }
    }

    @Test
    void classesLabelsAndSeveralNumbersAreMeasuredAsTheyAre() {
        List<Encoding.Column> one = List.of(new Encoding.Numeric("x", -1, 1, 0));
        double[][] x = {{-1}, {-0.5}, {0.5}, {1}};
        try (TrainedKan classes = Kan.of(linear(new double[][] {{0}, {2}}, 0, 0), new Encoding("t", one,
                new Encoding.Classes("k", List.of("no", "yes")), Encoding.Missing.REFUSE))) {
            Report report = classes.evaluate(Examples.of(x, new String[] {"no", "yes", "yes", "yes"}).named("x"));
            assertArrayEquals(new long[][] {{1, 0}, {1, 2}}, report.confusionMatrix());
            double loss = -(Math.log(1 / (1 + Math.exp(-2))) + Math.log(1 / (1 + Math.exp(1))) + Math.log(1 / (1 + Math.exp(-1)))
                    + Math.log(1 / (1 + Math.exp(-2)))) / 4;
            assertEquals(loss, report.logLoss().orElseThrow(), 1e-12);
            assertEquals("yes (88.1 %)", classes.predict(1.0).toString());
        }
        try (TrainedKan labels = Kan.of(linear(new double[][] {{1}, {-1}}, 0, 0), new Encoding("t", one,
                new Encoding.Labels("tags", List.of("up", "down")), Encoding.Missing.REFUSE))) {
            Report report = labels.evaluate(Examples.of(x, List.of(Set.of("down"), Set.of("down", "up"), Set.<String>of(),
                    Set.of("up"))).named("x"));
            assertEquals(6 / 8.0, report.accuracy().orElseThrow());
            assertEquals(0.5, report.measures().get("exact_match"));
            assertEquals(2, report.of("up").support());
            assertEquals(0.5, report.of("up").precision());
            assertEquals("[up]", labels.predict(1.0).toString());
            assertEquals(Set.of("up", "down"), labels.predict(0.5).labels(0.3));
        }
        try (TrainedKan several = Kan.of(linear(new double[][] {{1}, {3}}, 0, 1), new Encoding("t", one, new Encoding.Numbers(
                List.of(new Encoding.Value("u", 10, 2), new Encoding.Value("v", 0, 1))), Encoding.Missing.REFUSE))) {
            assertEquals("{u=11.0, v=2.5}", several.predict(0.5).toString());
            Report report = several.evaluate(Examples.of(x, new double[][] {{8, -2}, {9, -0.5}, {11, 2.5}, {12, 6}}).named("x")
                    .predicting("u,v"));
            assertEquals(0, report.measures().get("rmse u"), 1e-12);
            assertEquals(1, report.measures().get("rmse v"), 1e-12, "once by 2 of four");
            assertEquals(0.5, report.measures().get("mae v"), 1e-12);
        }
    }

    /** Rows of one group are in one fold, which of them the seed says. */
    @Test
    void groupsAreDealtByTheSeed() {
        List<Integer> groups = java.util.stream.IntStream.range(0, 24).mapToObj(i -> i % 12).toList();
        Set<String> dealt = new java.util.HashSet<>();
        for (int seed = 1; seed <= 4; seed++) {
            List<Dealing.Fold> folds = new Dealing(groups, null).folds(3, seed, 24, null);
            for (Dealing.Fold fold : folds) {
                assertEquals(8, fold.test().length);
                assertEquals(4, java.util.Arrays.stream(fold.test()).map(groups::get).distinct().count());
                assertEquals(16, fold.train().length);
            }
            dealt.add(java.util.Arrays.toString(folds.getFirst().test())
                    + java.util.Arrays.toString(new Dealing(groups, null).hold(0.25, seed).test()));
        }
        assertEquals(4, dealt.size());
    }
}
