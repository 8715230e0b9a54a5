// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.BSplineRbf;
import org.kan4j.basis.Basis;
import org.kan4j.basis.Chebyshev;
import org.kan4j.basis.Fourier;
import org.kan4j.basis.GaussianRbf;
import org.kan4j.basis.Jacobi;
import org.kan4j.basis.Rational;
import org.kan4j.basis.ReluPower;
import org.kan4j.basis.Rswaf;
import org.kan4j.basis.Sine;
import org.kan4j.basis.Wavelet;
import org.kan4j.device.Context;
import org.kan4j.device.ContextOptions;
import org.kan4j.error.KanException;
import org.kan4j.internal.SplitMix;
import org.kan4j.layer.Activation;
import org.kan4j.layer.ActivationLayer;
import org.kan4j.layer.Affine;
import org.kan4j.layer.BatchNorm;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerNorm;
import org.kan4j.layer.Linear;
import org.kan4j.layer.Multiply;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.model.TensorInfo;
import org.kan4j.serve.Predictor;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/** The graph against the network it is made from, for every basis and kind of layer. */
class KanGraphTest {

    static final int ROWS = 50;

    static Context single() {
        return Context.open(ContextOptions.defaults().withThreads(1));
    }

    static Stream<Basis> bases() {
        return Stream.of(BSpline.of(4, 3), new BSpline(3, 2, -1, 1, BSpline.Outside.LINEAR), GaussianRbf.of(5), Rswaf.of(5),
                new Fourier(3), new Chebyshev(4), Jacobi.of(3), new Sine(4), new Wavelet(Wavelet.Kind.MEXICAN_HAT),
                new Wavelet(Wavelet.Kind.SHANNON), new ReluPower(4, 3), new Rational(1), new Rational(2), BSplineRbf.of(4, 3));
    }

    /** Layers of a basis, [4,3,2], without norms; random numbers everywhere. */
    static Parameters random(Basis basis, long seed) {
        KanLayer first = KanLayer.of(4, 3, basis).withInputNorm(false).withBaseNorm(false);
        Basis next = basis instanceof Rational ? new Rational(1) : basis;
        KanLayer second = KanLayer.of(3, 2, next).withInputNorm(false).withBaseNorm(false);
        return randomised(KanModel.of(DType.F64, first, second), seed);
    }

    static Parameters randomised(KanModel model, long seed) {
        Parameters parameters = Parameters.initialise(model, seed);
        SplitMix random = new SplitMix(seed, 5);
        try (Arena arena = Arena.ofConfined()) {
            for (TensorInfo tensor : parameters.tensors()) {
                if (List.of("bias", "weight", "translation", "scale", "denominator", "numerator", "norm_bias",
                        "norm_weight", "running_mean", "running_var").contains(tensor.tensor())) {
                    double[] values = parameters.get(arena, tensor.name()).toDoubles();
                    for (int k = 0; k < values.length; k++) {
                        values[k] += random.uniform(0.1, 0.5);
                    }
                    parameters.set(tensor.name(), HostTensor.of(arena, values).reshape(tensor.shape().toArray()));
                }
            }
        }
        return parameters;
    }

    static double[] rows(int width, long seed) {
        SplitMix random = new SplitMix(seed);
        double[] x = new double[ROWS * width];
        Arrays.setAll(x, i -> random.uniform(-0.9, 0.9));
        return x;
    }

    @ParameterizedTest
    @MethodSource("bases")
    void predictsAsTheNetworkAndItsEdgesAddUp(Basis basis) {
        try (Context context = single();
                Parameters parameters = random(basis, 1);
                Predictor predictor = Predictor.of(parameters)) {
            KanGraph graph = KanGraph.of(parameters);
            double[] x = rows(4, 2);
            double[] y = predictor.predict(x);
            assertArrayEquals(y, graph.predict(context, x), 1e-12);
            try (Parameters back = graph.parameters(); Predictor again = Predictor.of(back)) {
                assertArrayEquals(y, again.predict(x), 0);
            }
            assertEquals(4 * 3 + 3 * 2, graph.edges().size());
            double[] hidden = addUp(context, graph, 0, x);
            assertArrayEquals(y, addUp(context, graph, 1, hidden), 1e-12);
        }
    }

    /** A layer's outputs from the values of its single edges. */
    private static double[] addUp(Context context, KanGraph graph, int layer, double[] x) {
        GraphLayer numbers = graph.layer(layer);
        double[] y = new double[ROWS * numbers.out()];
        double[] bias = numbers.bias();
        for (int o = 0; o < numbers.out(); o++) {
            for (int b = 0; b < ROWS; b++) {
                y[b * numbers.out() + o] = bias[o];
            }
            for (int i = 0; i < numbers.in(); i++) {
                double[] edge = graph.values(context, new Edge(layer, i, o), GraphRun.column(x, numbers.in(), i));
                for (int b = 0; b < ROWS; b++) {
                    y[b * numbers.out() + o] += edge[b];
                }
            }
        }
        return y;
    }

    @ParameterizedTest
    @MethodSource("bases")
    void anEdgeThatGoesLeavesItsMean(Basis basis) {
        try (Context context = single(); Parameters parameters = random(basis, 3)) {
            KanGraph graph = KanGraph.of(parameters);
            double[] x = rows(4, 4);
            Edge edge = new Edge(0, 2, 1);
            double[] values = graph.values(context, edge, GraphRun.column(x, 4, 2));
            double mean = Arrays.stream(values).average().orElseThrow();
            KanGraph less = graph.without(edge, mean);
            assertEquals(graph.edges().size() - 1, less.edges().size());
            assertArrayEquals(new double[ROWS], less.values(context, edge, GraphRun.column(x, 4, 2)), 0);
            double[] before = new GraphRun.Piece(context, graph.layer(0)).run(x);
            double[] after = new GraphRun.Piece(context, less.layer(0)).run(x);
            for (int b = 0; b < ROWS; b++) {
                assertEquals(before[b * 3 + 1] - values[b] + mean, after[b * 3 + 1], 1e-12);
                assertEquals(before[b * 3], after[b * 3], 1e-12);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("bases")
    void whatFollowsFromAbsentEdgesLeavesTheFunction(Basis basis) {
        try (Context context = single(); Parameters parameters = random(basis, 5)) {
            KanGraph graph = KanGraph.of(parameters);
            for (Edge edge : graph.edges()) {
                boolean hidden0Constant = edge.layer() == 0 && edge.output() == 0;
                boolean hidden1Useless = edge.layer() == 1 && edge.input() == 1;
                boolean input3Useless = edge.layer() == 0 && edge.input() == 3;
                if (hidden0Constant || hidden1Useless || input3Useless) {
                    graph = graph.without(edge, 0.3);
                }
            }
            double[] x = rows(4, 6);
            double[] y = graph.predict(context, x);
            KanGraph small = graph.compacted(context);
            assertEquals("[3,1,2]", small.shape());
            assertArrayEquals(new int[] {0, 1, 2}, small.inputs());
            double[] kept = new double[ROWS * 3];
            for (int b = 0; b < ROWS; b++) {
                System.arraycopy(x, b * 4, kept, b * 3, 3);
            }
            assertArrayEquals(y, small.predict(context, kept), 1e-12);
            assertArrayEquals(y, small.among(small.inputs(), 4).predict(context, x), 1e-12);
            assertEquals(small.edges().size(), small.among(small.inputs(), 4).edges().size());
        }
    }

    @Test
    void otherLayersAreSeenAsTheyPredict() {
        KanModel model = KanModel.of(DType.F64, Linear.of(3, 6), new ActivationLayer(6, Activation.TANH), BatchNorm.of(6),
                new Multiply(2, 2, 2), new Affine(4), LayerNorm.of(4),
                KanLayer.of(4, 4, Rswaf.of(4)), KanLayer.of(4, 2, BSplineRbf.of(3, 3)), KanLayer.of(2, 2, GaussianRbf.of(4)));
        try (Context context = single();
                Parameters parameters = randomised(model, 7);
                Predictor predictor = Predictor.of(parameters)) {
            KanGraph graph = KanGraph.of(parameters);
            double[] x = rows(3, 8);
            double[] y = predictor.predict(x);
            assertArrayEquals(y, graph.predict(context, x), 1e-12);
            assertArrayEquals(y, graph.compacted(context).predict(context, x), 1e-12);
            assertEquals("[3,2+2,4,2,2]", graph.shape());
            assertEquals(KanGraph.Argument.INPUT, graph.argument(0));
            assertEquals(KanGraph.Argument.NORMALISED, graph.argument(6));
            assertEquals(KanGraph.Argument.NORMALISED, graph.argument(7));
            assertEquals(KanGraph.Argument.BOTH, graph.argument(8));
            try (GraphRun run = new GraphRun(context, graph, ROWS)) {
                run.forward(x);
                for (int l : new int[] {0, 6, 7, 8}) {
                    double[] sums = sums(run, graph, l);
                    assertArrayEquals(run.inputOf(l + 1), sums, 1e-12);
                }
            }
            KanException mixed = assertThrows(KanException.class, () -> graph.values(context, new Edge(8, 0, 0), 0));
            assertTrue(mixed.getMessage().contains("withInputNorm(false)"), mixed.getMessage());
        }
    }

    private static double[] sums(GraphRun run, KanGraph graph, int layer) {
        GraphLayer numbers = graph.layer(layer);
        double[] bias = numbers.bias();
        double[] sums = new double[ROWS * numbers.out()];
        for (int k = 0; k < sums.length; k++) {
            sums[k] = bias[k % numbers.out()];
        }
        for (int i = 0; i < numbers.in(); i++) {
            double[] edges = run.edgesOf(layer, i);
            for (int k = 0; k < sums.length; k++) {
                sums[k] += edges[k];
            }
        }
        return sums;
    }

    /** P8: products of arity 3 and 2, one factor constant, then two. */
    @Test
    void productsLoseConstantFactors() {
        KanModel model = KanModel.of(DType.F64, KanLayer.of(2, 7, BSpline.of(3, 3)), new Multiply(1, 2, 3),
                KanLayer.of(3, 1, BSpline.of(3, 3)));
        try (Context context = single(); Parameters parameters = randomised(model, 9)) {
            KanGraph graph = KanGraph.of(parameters);
            double[] x = rows(2, 10);
            List<String> shapes = new ArrayList<>();
            for (int node : new int[] {1, 2, 5, 6, 4}) {
                graph = graph.without(new Edge(0, 0, node), 0.7).without(new Edge(0, 1, node), 0.1);
                KanGraph small = graph.compacted(context);
                shapes.add(small.shape() + " " + small.specs().stream().filter(Multiply.class::isInstance)
                        .map(m -> ((Multiply) m).arity()).toList());
                assertArrayEquals(graph.predict(context, x), small.predict(context, x), 1e-12);
            }
            assertEquals(List.of("[2,1+2x3,1] [3]", "[2,2+1x3,1] [3]", "[2,2+1,1] [2]", "[2,3,1] []", "[2,2,1] []"), shapes);
        }
    }

    @Test
    void outputsStayAndKeepTheirOrder() {
        KanModel model = KanModel.of(DType.F64, KanLayer.of(2, 5, BSpline.of(3, 3)), new Multiply(1, 2, 2));
        try (Context context = single(); Parameters parameters = randomised(model, 11)) {
            KanGraph graph = KanGraph.of(parameters);
            double[] x = rows(2, 12);
            for (int node : new int[] {3, 4, 0, 1, 2}) {
                graph = graph.without(new Edge(0, 0, node), 0.7).without(new Edge(0, 1, node), 0.1);
                double[] y = graph.predict(context, x);
                KanGraph small = graph.compacted(context);
                assertEquals(3, small.out());
                assertArrayEquals(y, small.predict(context, small.in() == 2 ? x : GraphRun.column(x, 2, 0)), 1e-12);
            }
            assertEquals(1, graph.compacted(context).in());
        }
    }

    @Test
    void whatIsNoEdgeIsRefused() {
        try (Context context = single(); Parameters parameters = random(BSpline.of(3, 3), 1)) {
            KanGraph graph = KanGraph.of(parameters);
            for (Edge edge : List.of(new Edge(0, 4, 0), new Edge(1, 0, 2), new Edge(2, 0, 0), new Edge(-1, 0, 0))) {
                KanException e = assertThrows(KanException.class, () -> graph.values(context, edge, 0.5));
                assertTrue(e.getMessage().startsWith("there"), e.getMessage());
            }
            assertEquals("an edge is LAYER,INPUT,OUTPUT, three numbers from 0, given '0,1'",
                    assertThrows(KanException.class, () -> Edge.parse("0,1")).getMessage());
        }
    }
}
