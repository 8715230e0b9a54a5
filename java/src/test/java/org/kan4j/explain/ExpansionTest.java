// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.Basis;
import org.kan4j.basis.Wavelet;
import org.kan4j.device.Context;
import org.kan4j.device.ContextOptions;
import org.kan4j.device.Tier;
import org.kan4j.error.KanException;
import org.kan4j.layer.Activation;
import org.kan4j.layer.ActivationLayer;
import org.kan4j.layer.Affine;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerNorm;
import org.kan4j.layer.Linear;
import org.kan4j.layer.Multiply;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.tensor.DType;

/** KAN 2.0's operations on networks: more nodes and layers, exchanged nodes, perturbed edges. */
class ExpansionTest {

    static Stream<Basis> bases() {
        return KanGraphTest.bases();
    }

    /** Kernels that add terms in the order of the inputs, however many there are: zeros among them change no bit. */
    private static Context inOrder() {
        return Context.open(ContextOptions.defaults().withThreads(1).withTier(Tier.REFERENCE));
    }

    /** [3,2+2,3,2] with products of three factors and maps between the layers. */
    private static Parameters manyKinds() {
        return KanGraphTest.randomised(KanModel.of(DType.F64, KanLayer.of(3, 8, BSpline.of(4, 3)), new Affine(8),
                new Multiply(2, 2, 3), new Affine(4), KanLayer.of(4, 3, BSpline.of(4, 3)),
                new ActivationLayer(3, Activation.TANH), Linear.of(3, 2)), 3);
    }

    @ParameterizedTest
    @MethodSource("bases")
    void moreNodesAndLayersLeaveEveryBitOfTheOutputs(Basis basis) {
        // Shannon's window depends on an input's place among all: its share in the weight is rounded.
        double off = basis.equals(new Wavelet(Wavelet.Kind.SHANNON)) ? 1e-15 : 0;
        try (Context context = inOrder();
                Context fast = KanGraphTest.single();
                Parameters parameters = KanGraphTest.random(basis, 1)) {
            KanGraph graph = KanGraph.of(parameters);
            double[] x = KanGraphTest.rows(4, 2);
            double[] y = graph.predict(context, x);
            KanGraph wide = graph.wider(0, 2, 0);
            assertEquals("[4,5,2]", wide.shape());
            assertEquals(graph.edges().size(), wide.edges().size());
            assertArrayEquals(y, wide.predict(context, x), off);
            KanGraph deep = wide.deeper(context, x);
            assertEquals("[4,5,2,2]", deep.shape());
            assertEquals(graph.edges().size() + 2, deep.edges().size());
            assertArrayEquals(y, deep.predict(context, x), off);
            KanGraph products = deep.wider(0, 1, 2);
            assertEquals("[4,6+2,2,2]", products.shape());
            assertArrayEquals(y, products.predict(context, x), off);
            assertArrayEquals(graph.predict(fast, x), products.predict(fast, x), 1e-14);
            assertEquals("[4,3,2,2]", products.compacted(context).shape(), "what has no edges goes again");
        }
    }

    @Test
    void productsGetMoreOfTheirArity() {
        try (Context context = inOrder(); Parameters parameters = manyKinds()) {
            KanGraph graph = KanGraph.of(parameters);
            double[] x = KanGraphTest.rows(3, 2);
            double[] y = graph.predict(context, x);
            KanGraph wide = graph.wider(0, 1, 2).wider(4, 3, 0).deeper(context, x);
            assertEquals("[3,3+4x3,6,2,2]", wide.shape());
            assertEquals(new Multiply(3, 4, 3), wide.specs().get(2));
            assertArrayEquals(y, wide.predict(context, x), 0);
        }
    }

    @ParameterizedTest
    @MethodSource("bases")
    void exchangedNodesLeaveTheFunction(Basis basis) {
        try (Context context = KanGraphTest.single(); Parameters parameters = KanGraphTest.random(basis, 1)) {
            KanGraph graph = KanGraph.of(parameters);
            double[] x = KanGraphTest.rows(4, 2);
            KanGraph swapped = graph.swapped(0, 0, 2);
            assertArrayEquals(graph.predict(context, x), swapped.predict(context, x), 1e-13);
            assertArrayEquals(graph.values(context, new Edge(0, 1, 2), x), swapped.values(context, new Edge(0, 1, 0), x), 0);
            assertArrayEquals(graph.values(context, new Edge(1, 0, 1), x), swapped.values(context, new Edge(1, 2, 1), x),
                    1e-15);
            assertArrayEquals(graph.predict(context, x), swapped.swapped(0, 0, 2).predict(context, x), 1e-15);
        }
    }

    @Test
    void productsChangePlacesWithTheirFactors() {
        try (Context context = KanGraphTest.single(); Parameters parameters = manyKinds()) {
            KanGraph graph = KanGraph.of(parameters);
            double[] x = KanGraphTest.rows(3, 2);
            KanGraph swapped = graph.swapped(0, 2, 3).swapped(0, 0, 1).swapped(4, 0, 2);
            assertArrayEquals(graph.predict(context, x), swapped.predict(context, x), 1e-13);
            assertArrayEquals(graph.values(context, new Edge(0, 1, 3), x), swapped.values(context, new Edge(0, 1, 6), x), 0);
            assertEquals("a sum and a product cannot change places: of the nodes, 0 to 1 are sums, the others products",
                    assertThrows(KanException.class, () -> graph.swapped(0, 1, 2)).getMessage());
        }
    }

    @Test
    void anArrangementMakesEdgesShorterAndCrossesNone() {
        // Four inputs, each alone in a node; the nodes in reverse order.
        KanModel model = KanModel.of(DType.F64, KanLayer.of(4, 4, BSpline.of(4, 3)), KanLayer.of(4, 2, BSpline.of(4, 3)));
        try (Context context = KanGraphTest.single(); Parameters parameters = KanGraphTest.randomised(model, 5)) {
            KanGraph graph = KanGraph.of(parameters);
            for (Edge edge : graph.edges()) {
                if (edge.layer() == 0 ? edge.input() + edge.output() != 3 : edge.output() != (edge.input() < 2 ? 1 : 0)) {
                    graph = graph.without(edge, 0);
                }
            }
            double[] x = KanGraphTest.rows(4, 2);
            KanGraph arranged = graph.arranged(context, x);
            assertArrayEquals(graph.predict(context, x), arranged.predict(context, x), 1e-13);
            assertEquals("[0,0,0, 0,1,1, 0,2,2, 0,3,3, 1,0,0, 1,1,0, 1,2,1, 1,3,1]", arranged.edges().toString());
            assertTrue(Arrangement.length(context, arranged, x) < 0.5 * Arrangement.length(context, graph, x));
        }
    }

    @Test
    void aPerturbationOfUnusedNodesLeavesTheFunctionOthersDoNot() {
        try (Context context = inOrder(); Parameters parameters = KanGraphTest.random(BSpline.of(4, 3), 1)) {
            double[] x = KanGraphTest.rows(4, 2);
            KanGraph graph = KanGraph.of(parameters).without(new Edge(0, 0, 0), 0.1);
            double[] y = graph.predict(context, x);
            KanGraph wide = graph.wider(0, 2, 0);
            KanGraph unused = wide.perturbed(context, 0.1, KanGraph.Where.UNUSED, 1, x);
            assertArrayEquals(y, unused.predict(context, x), 0);
            assertEquals(wide.edges().size() + 2 * 4, unused.edges().size());
            double[] added = unused.values(context, new Edge(0, 1, 4), GraphRun.column(x, 4, 1));
            assertEquals(0.1, Moments.rms(added, new double[added.length]), 1e-12);
            KanGraph present = wide.perturbed(context, 1e-3, KanGraph.Where.PRESENT, 1, x);
            assertEquals(wide.edges(), present.edges());
            double change = Moments.rms(present.predict(context, x), y) / Moments.deviation(y);
            assertTrue(change > 1e-4 && change < 1e-1, "relative change " + change);
            assertEquals(4 * 5 + 5 * 2, wide.perturbed(context, 1e-3, KanGraph.Where.ALL, 1, x).edges().size());
            assertFalse(Arrays.equals(unused.perturbed(context, 1, KanGraph.Where.ALL, 2, x).predict(context, x), y));
        }
    }

    @Test
    void whatCannotBeDoneIsOneSentence() {
        KanModel normed = KanModel.of(DType.F64, KanLayer.of(2, 3, BSpline.of(4, 3)), LayerNorm.of(3), Linear.of(3, 1));
        try (Context context = KanGraphTest.single();
                Parameters parameters = KanGraphTest.random(BSpline.of(4, 3), 1);
                Parameters norm = KanGraphTest.randomised(normed, 1)) {
            KanGraph graph = KanGraph.of(parameters);
            double[] x = KanGraphTest.rows(4, 2);
            for (String message : List.of(
                    assertThrows(KanException.class, () -> graph.wider(1, 1, 0)).getMessage(),
                    assertThrows(KanException.class, () -> graph.wider(2, 1, 0)).getMessage(),
                    assertThrows(KanException.class, () -> graph.wider(0, -1, 0)).getMessage(),
                    assertThrows(KanException.class, () -> graph.swapped(0, 0, 3)).getMessage(),
                    assertThrows(KanException.class, () -> graph.swapped(1, 0, 1)).getMessage(),
                    assertThrows(KanException.class, () -> KanGraph.of(norm).wider(0, 1, 0)).getMessage(),
                    assertThrows(KanException.class,
                            () -> graph.perturbed(context, Double.NaN, KanGraph.Where.ALL, 1, x)).getMessage())) {
                assertFalse(message.contains("\n") || message.contains("Exception"), message);
            }
            double[] y = KanGraph.of(norm).predict(context, GraphRun.column(x, 1, 0));
            assertArrayEquals(y, KanGraph.of(norm).swapped(0, 0, 2).predict(context, x), 1e-13);
        }
    }
}
