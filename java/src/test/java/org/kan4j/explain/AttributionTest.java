// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.Basis;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.internal.SplitMix;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.rows.Dataset;
import org.kan4j.tensor.DType;
import org.kan4j.train.Fit;

/** Shares of the variance against those known in closed form, on the formulas and on fitted networks. */
class AttributionTest {

    private static final int N = 4096;

    private static double[] uniform(int in, double lo, double hi, long seed) {
        SplitMix random = new SplitMix(seed);
        double[] x = new double[N * in];
        Arrays.setAll(x, i -> random.uniform(lo, hi));
        return x;
    }

    private static Sensitivity.Function rowwise(int in, ToDoubleFunction<double[]> f) {
        return x -> {
            double[] y = new double[x.length / in];
            for (int b = 0; b < y.length; b++) {
                y[b] = f.applyAsDouble(Arrays.copyOfRange(x, b * in, b * in + in));
            }
            return y;
        };
    }

    private static void check(String what, double truth, Sensitivity.Share share) {
        check(what, truth, share, 0.05);
    }

    private static void check(String what, double truth, Sensitivity.Share share, double most) {
        assertTrue(Math.abs(share.value() - truth) <= 3 * share.error() + 1e-9,
                () -> what + ": " + truth + " expected, estimated " + share);
        assertTrue(share.error() < most, () -> what + ": " + share);
    }

    private static void check(int in, double lo, double hi, ToDoubleFunction<double[]> f, double[] first, double[] total) {
        Sensitivity sensitivity = new Sensitivity(rowwise(in, f), uniform(in, lo, hi, 11), in, 1);
        for (int i = 0; i < in; i++) {
            check("first order of " + i, first[i], sensitivity.first(i));
            check("total of " + i, total[i], sensitivity.total(i));
        }
    }

    private static double toy(double[] x) {
        return Math.exp(Math.sin(Math.PI * x[0]) + x[1] * x[1]);
    }

    @Test
    void sobolIndicesAreTheTrueOnes() {
        double pi = Math.PI;
        check(4, -1, 1, x -> x[0] * x[0] + 0.3 * x[1] + 0.1 * Math.pow(x[2], 3), new double[] {.7388, .2493, .0119, 0},
                new double[] {.7388, .2493, .0119, 0});
        check(3, -pi, pi, x -> Math.sin(x[0]) + 7 * Math.pow(Math.sin(x[1]), 2) + 0.1 * Math.pow(x[2], 4) * Math.sin(x[0]),
                new double[] {.3139, .4424, 0}, new double[] {.5576, .4424, .2437});
        check(7, 0, 1, x -> 10 * Math.sin(pi * x[0] * x[1]) + 20 * (x[2] - .5) * (x[2] - .5) + 10 * x[3] + 5 * x[4],
                new double[] {.1973, .1973, .0933, .3498, .0874, 0, 0}, new double[] {.2722, .2722, .0933, .3498, .0874, 0, 0});
        check(2, -1, 1, AttributionTest::toy, new double[] {.7383, .1840}, new double[] {.8160, .2617});
        check(2, -1, 1, x -> x[0] * x[1], new double[] {0, 0}, new double[] {1, 1});
    }

    @Test
    void interactionsAreTheTrueOnes() {
        Sensitivity ishigami = new Sensitivity(rowwise(3, x -> Math.sin(x[0]) + 7 * Math.pow(Math.sin(x[1]), 2)
                + 0.1 * Math.pow(x[2], 4) * Math.sin(x[0])), uniform(3, -Math.PI, Math.PI, 12), 3, 1);
        check("1, 3", .2437, ishigami.interaction(0, 2));
        assertEquals(0, ishigami.interaction(0, 1).value(), 1e-20);
        assertEquals(0, ishigami.interaction(1, 2).value(), 1e-20);
        check("toy", .0777, new Sensitivity(rowwise(2, AttributionTest::toy), uniform(2, -1, 1, 13), 2, 1).interaction(0, 1));
        check("xy", 1, new Sensitivity(rowwise(2, x -> x[0] * x[1]), uniform(2, -1, 1, 14), 2, 1).interaction(0, 1));
        // pykan's medians call this one separable.
        assertTrue(new Sensitivity(rowwise(2, x -> Math.max(x[0] - 0.5, 0) * x[1] + x[0] * x[0] + x[1] * x[1]),
                uniform(2, -1, 1, 15), 2, 1).interaction(0, 1).value() > 1e-3);
    }

    @Test
    void aConstantFunctionHasNoEffects() {
        Sensitivity constant = new Sensitivity(rowwise(2, x -> 3), uniform(2, -1, 1, 1), 2, 1);
        assertEquals(new Sensitivity.Share(0, 0), constant.total(0));
        assertEquals(new Sensitivity.Share(0, 0), constant.first(0));
        assertThrows(KanException.class, () -> new Sensitivity(rowwise(2, x -> 3), new double[2], 2, 1));
    }

    @Test
    void dependentInputsAreNoticed() {
        double[] x = uniform(2, -1, 1, 3);
        for (int b = 0; b < N; b++) {
            x[2 * b + 1] = x[2 * b] + 0.005 * (x[2 * b + 1] + 1);
        }
        assertTrue(new Sensitivity(rowwise(2, r -> r[0] - 0.9 * r[1]), x, 2, 1).correlation() > 0.999);
    }

    /** The derivative of the whole by an edge's size, against differences. */
    @ParameterizedTest
    @MethodSource("org.kan4j.explain.KanGraphTest#bases")
    void edgeEffectsAreWhatTheOutputChangesBy(Basis basis) {
        try (Context context = KanGraphTest.single(); Parameters parameters = KanGraphTest.random(basis, 21)) {
            KanGraph graph = KanGraph.of(parameters);
            double[] x = KanGraphTest.rows(4, 22);
            Attribution attribution = Attribution.of(context, graph, x, false, 1);
            double[] y = graph.predict(context, x);
            double[] spread = {Moments.variance(GraphRun.column(y, 2, 0)), Moments.variance(GraphRun.column(y, 2, 1))};
            double eps = 1e-5;
            for (Attribution.OfEdge edge : attribution.edges()) {
                // The edge shrinks towards its mean by a share of eps.
                GraphLayer layer = graph.layer(edge.edge().layer());
                KanGraph moved = graph.withLayer(edge.edge().layer(), shrunk(layer, edge, eps));
                double[] z = moved.predict(context, x);
                double effect = 0;
                for (int k = 0; k < y.length; k++) {
                    effect += Math.pow((z[k] - y[k]) / eps, 2) / KanGraphTest.ROWS / spread[k % 2] / 2;
                }
                assertEquals(edge.effect(), Math.sqrt(effect), 1e-3 * (edge.effect() + 1e-3), () -> edge.toString());
            }
            double sum = attribution.features().stream().mapToDouble(Attribution.Feature::share).sum();
            assertEquals(1, sum, 1e-12);
        }
    }

    private static GraphLayer shrunk(GraphLayer layer, Attribution.OfEdge edge, double eps) {
        GraphLayer smaller = layer.withBias();
        for (String name : layer.edgeTensors()) {
            double[] values = layer.tensor(name).clone();
            int width = values.length / (layer.in() * layer.out());
            int start = (edge.edge().output() * layer.in() + edge.edge().input()) * width;
            for (int k = start; k < start + width; k++) {
                values[k] *= 1 - eps;
            }
            smaller = smaller.withTensor(name, values);
        }
        double[] bias = smaller.bias();
        bias[edge.edge().output()] += eps * edge.mean();
        return smaller.withTensor("bias", bias);
    }

    @Test
    void factorsOfAProductShareItsVariance() {
        SplitMix random = new SplitMix(4);
        double[][] u = new double[3][N];
        for (int b = 0; b < N; b++) {
            u[0][b] = random.normal();
            u[1][b] = 2 + 0.1 * random.normal();
            u[2][b] = 1 + 0.5 * random.normal();
        }
        double[] shares = EdgeEffects.shapley(u);
        assertEquals(1, Arrays.stream(shares).sum(), 1e-12);
        assertTrue(shares[0] > 0.8 && shares[2] > 0.05 && shares[1] < 0.01, Arrays.toString(shares));
        assertArrayEquals(new double[] {0.5, 0.5}, EdgeEffects.shapley(new double[][] {u[0], u[0]}), 1e-12);
    }

    @Test
    void aFittedNetworkGivesTheIndicesOfItsFormula() {
        try (Context context = KanGraphTest.single(); Arena arena = Arena.ofConfined()) {
            double[] x = uniform(2, -1, 1, 31);
            double[] y = rowwise(2, AttributionTest::toy).apply(x);
            Dataset data = new Rows(Arrays.copyOf(x, 2000), Arrays.copyOf(y, 1000), 2, 0).dataset(arena);
            KanModel model = KanModel.kan(DType.F64, BSpline.of(3, 3).withOutside(BSpline.Outside.LINEAR), 2, 1, 1);
            try (Fit.Result fit = Fit.defaults().withIterations(200).withStarts(8, 60).withRefinements(10)
                    .run(context, model, data)) {
                Attribution attribution = Attribution.of(context, KanGraph.of(fit.parameters()), x, true, 1);
                Sensitivity truth = new Sensitivity(rowwise(2, AttributionTest::toy), x, 2, 1);
                double[] total = {.8160, .2617};
                for (Attribution.Feature feature : attribution.features()) {
                    assertEquals(truth.total(feature.input()).value(), feature.total().value(), 2e-3);
                    assertEquals(truth.first(feature.input()).value(), feature.first().value(), 2e-3);
                    assertEquals(total[feature.input()], feature.total().value(), 3 * feature.total().error());
                }
                assertEquals(.0777, attribution.interactions().getFirst().share().value(), 0.02);
                assertEquals(1, attribution.features().stream().mapToDouble(Attribution.Feature::share).sum(), 1e-12);
            }
        }
    }

    private static KanGraph compiled(Context context, String formula, java.util.List<String> variables) {
        return KanCompiler.compile(context, org.kan4j.formula.Formula.parse(formula, variables),
                java.util.Collections.nCopies(variables.size(), new org.kan4j.formula.Interval(-1, 1)), BSpline.of(20, 3))
                .graph();
    }

    /** Deviations of additive edges as shares of the output's, which pykan's scores estimate. */
    @Test
    void deviationsOfAdditiveEdgesAreTheTrueRatios() {
        try (Context context = KanGraphTest.single()) {
            KanGraph four = compiled(context, "x0^2 + 0.3*x1 + 0.1*x2^3 + 0*x3", java.util.List.of("x0", "x1", "x2", "x3"));
            double[] x = uniform(4, -1, 1, 41);
            double deviation = Moments.deviation(four.predict(context, x));
            double[] ratios = new double[4];
            Attribution.of(context, four, x, false, 1).edges()
                    .forEach(e -> ratios[e.edge().input()] = e.deviation() / deviation);
            assertArrayEquals(new double[] {.8595, .4993, .1090, 0}, ratios, 0.015);

            java.util.List<String> names = java.util.stream.IntStream.range(0, 100).mapToObj(i -> "x" + i).toList();
            String sum = java.util.stream.IntStream.range(0, 100).mapToObj(i -> "0.5^" + i + "*x" + i + "^2")
                    .collect(java.util.stream.Collectors.joining(" + "));
            KanGraph hundred = compiled(context, sum, names);
            double[] many = uniform(100, -1, 1, 42);
            double whole = Moments.deviation(hundred.predict(context, many));
            Attribution of = Attribution.of(context, hundred, many, false, 1);
            for (Attribution.OfEdge edge : of.edges()) {
                assertEquals(.866 * Math.pow(0.5, edge.edge().input()), edge.deviation() / whole,
                        0.03 * Math.pow(0.5, edge.edge().input()) + 1e-9, edge.toString());
            }
            assertEquals(5, of.edges().stream().filter(e -> e.deviation() / whole > 3e-2).count());
            assertEquals(7, of.edges().stream().filter(e -> e.deviation() / whole > 1e-2).count());
        }
    }

    /** Two almost equal inputs that cancel: one share is negative, and they add up to 1 all the same. */
    @Test
    void sharesOfInputsThatCancelAddUpToOne() {
        try (Context context = KanGraphTest.single()) {
            KanGraph graph = compiled(context, "x - 0.9*y", java.util.List.of("x", "y"));
            double[] x = uniform(2, -1, 1, 43);
            for (int b = 0; b < N; b++) {
                x[2 * b + 1] = x[2 * b] + 0.005 * (x[2 * b + 1] + 1);
            }
            Attribution of = Attribution.of(context, graph, x, false, 1);
            assertEquals(1, of.features().stream().mapToDouble(Attribution.Feature::share).sum(), 1e-12);
            assertTrue(of.features().get(1).share() < -1, of.features().toString());
            assertTrue(of.correlation() > 0.999);
        }
    }

    /** The same bits on one thread and on several. */
    @Test
    void threadsChangeNothing() {
        double[] x = KanGraphTest.rows(4, 22);
        try (Parameters parameters = KanGraphTest.random(BSpline.of(5, 3), 21);
                Context one = KanGraphTest.single();
                Context several = Context.open(org.kan4j.device.ContextOptions.defaults().withThreads(3))) {
            KanGraph graph = KanGraph.of(parameters);
            Attribution first = Attribution.of(one, graph, x, true, 1);
            Attribution second = Attribution.of(several, graph, x, true, 1);
            assertEquals(first.features(), second.features());
            assertEquals(first.edges(), second.edges());
            assertEquals(first.interactions(), second.interactions());
            assertArrayEquals(graph.predict(one, x), graph.predict(several, x));
            Rows rows = new Rows(x, Arrays.copyOf(uniform(2, -1, 1, 5), x.length / 2), 4, 0);
            assertArrayEquals(Refit.run(one, graph, rows, 20).predict(one, x),
                    Refit.run(several, graph, rows, 20).predict(one, x));
        }
    }

    /** Of many columns those are measured that the derivatives point at. */
    @Test
    void ofThousandsOfColumnsThoseThatMatterAreMeasured() {
        int in = 2_000;
        double[] weight = new double[in];
        weight[17] = 2;
        weight[1_999] = -1;
        KanGraph graph = new KanGraph(java.util.List.of(new GraphLayer(new org.kan4j.layer.Linear(in, 1, false),
                java.util.Map.of("weight", weight))), java.util.stream.IntStream.range(0, in).toArray());
        SplitMix random = new SplitMix(8);
        double[] x = new double[60 * in];
        Arrays.setAll(x, k -> random.uniform(-1, 1));
        try (Context context = KanGraphTest.single()) {
            Attribution attribution = Attribution.of(context, graph, x, true, 1);
            assertEquals(in, attribution.features().size());
            check("column 17", 0.8, attribution.features().get(17).total(), 0.2);
            check("column 1999", 0.2, attribution.features().get(1_999).total(), 0.2);
            assertEquals(1, attribution.features().stream().mapToDouble(Attribution.Feature::share).sum(), 1e-12);
            assertEquals(0, attribution.interactions().stream().mapToDouble(p -> p.share().value()).max().orElse(0), 1e-12);
            assertEquals(Attribution.MEASURED,
                    attribution.features().stream().filter(f -> !Double.isNaN(f.total().value())).count());
        }
    }

    @Test
    void wrongRowsAreRefused() {
        try (Context context = KanGraphTest.single(); Parameters parameters = KanGraphTest.random(BSpline.of(3, 3), 1)) {
            KanGraph graph = KanGraph.of(parameters);
            double[] x = new double[40];
            x[6] = Double.NaN;
            assertEquals("feature 2 of row 1 is NaN; all must be finite",
                    assertThrows(KanException.class, () -> Attribution.of(context, graph, x, false, 1)).getMessage());
            assertThrows(KanException.class, () -> Attribution.of(context, graph, new double[4], false, 1));
            assertThrows(KanException.class, () -> Attribution.of(context, graph, new double[5], false, 1));
        }
    }
}
