// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kan4j.basis.Basis;
import org.kan4j.basis.GaussianRbf;
import org.kan4j.basis.Wavelet;
import org.kan4j.device.Context;
import org.kan4j.internal.SplitMix;
import org.kan4j.layer.Linear;
import org.kan4j.model.Initialisation;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.train.Fit;

/** Fits of what a graph has. */
class RefitTest {

    private static Rows noisy(int rows, long seed) {
        SplitMix noise = new SplitMix(seed + 100);
        return PruningTest.sample(rows, 2, seed, x -> PruningTest.toy(x) + noise.normal());
    }

    private static double error(Context context, KanGraph graph, Rows rows) {
        return Quality.of(context, graph, rows).value();
    }

    private static KanGraph random(KanModel model, long seed) {
        try (Parameters parameters = Parameters.initialise(model, Initialisation.PYKAN, seed)) {
            return KanGraph.of(parameters);
        }
    }

    /** 80 numbers and 60 rows of noise: the end of the fit is far worse on other rows than its best, and than not fitting any more. */
    @Test
    void ofAFitToNoiseTheBestOnRowsHeldOutIsKept() {
        Rows train = noisy(60, 1);
        Rows held = noisy(500, 2);
        try (Context context = KanGraphTest.single()) {
            KanGraph start = random(PruningTest.splines(3, 2, 5, 1), 1);
            double end = error(context, Refit.run(context, start, train, 200), held);
            KanGraph best = Refit.run(context, start, train, held, 200);
            double kept = error(context, best, held);
            assertTrue(kept < 0.7 * end && kept < error(context, start, held), kept + " of " + end);
            assertEquals(kept, error(context, Refit.run(context, best, train, held, 200), held), 0.05 * kept);
            double converged = error(context, Refit.converged(context, start, train, held, 100), held);
            assertTrue(converged < 0.7 * end, converged + " of " + end);
            assertTrue(error(context, Refit.converged(context, best, train, held, 100), held) <= kept);
        }
    }

    /** Linear in its numbers: one step, undamped, is the solution; two outputs, so that each row has two derivatives. */
    @Test
    void aLinearNetworkIsSolved() {
        double[] weight = {1, -2, 0.5, 3, 0.25, -1};
        double[] bias = {0.7, -0.3};
        Rows x = PruningTest.sample(150, 3, 3, r -> 0);
        double[] y = new double[300];
        Arrays.setAll(y, k -> {
            int o = k % 2;
            double sum = bias[o];
            for (int i = 0; i < 3; i++) {
                sum += weight[o * 3 + i] * x.x()[k / 2 * 3 + i];
            }
            return sum;
        });
        Rows rows = new Rows(x.x(), y, 3, 0);
        KanGraph start = new KanGraph(List.of(new GraphLayer(new Linear(3, 2, true),
                Map.of("weight", new double[] {.1, .1, .1, .1, .1, .1}, "bias", new double[2]))), Widening.all(3));
        try (Context context = KanGraphTest.single()) {
            GraphLayer solved = Refit.converged(context, start, rows, rows, 8).layer(0);
            assertArrayEquals(weight, solved.tensor("weight"), 1e-9);
            assertArrayEquals(bias, solved.tensor("bias"), 1e-9);
        }
    }

    /** Of every basis: lower, and an absent edge stays absent. */
    @ParameterizedTest
    @MethodSource("org.kan4j.explain.KanGraphTest#bases")
    void everyBasisConverges(Basis basis) {
        try (Context context = KanGraphTest.single(); Parameters parameters = KanGraphTest.random(basis, 21)) {
            KanGraph whole = KanGraph.of(parameters);
            Rows rows = PruningTest.sample(100, whole.in(), 1, x -> Math.sin(x[0]) + x[1]);
            Rows train = new Rows(rows.x(), twice(rows.y()), whole.in(), 0);
            KanGraph graph = whole.without(new Edge(0, 1, 2), 0).without(new Edge(1, 0, 0), 0);
            KanGraph fitted = Refit.converged(context, graph, train, train, 20);
            assertEquals(graph.edges(), fitted.edges());
            double before = error(context, graph, train);
            double after = error(context, fitted, train);
            double most = basis instanceof Wavelet ? 0.99 : 0.3; // one wavelet an edge holds little
            assertTrue(after < most * before, after + " of " + before);
        }
    }

    private static double[] twice(double[] y) {
        double[] both = new double[2 * y.length];
        Arrays.setAll(both, k -> k % 2 == 0 ? y[k / 2] : -y[k / 2]);
        return both;
    }

    /** Gaussians as wide as they are apart are nearly dependent: L-BFGS creeps there. */
    @Test
    void gaussiansAreFittedWhereLbfgsCreeps() {
        Rows train = PruningTest.sample(300, 2, 1, PruningTest::toy);
        Rows held = PruningTest.sample(300, 2, 2, PruningTest::toy);
        try (Context context = KanGraphTest.single();
                Arena arena = Arena.ofConfined();
                Fit.Result fit = Fit.defaults().withStarts(4, 60).withIterations(200).run(context,
                        PruningTest.normless(GaussianRbf.of(8), 2, 1, 1), train.dataset(arena))) {
            KanGraph start = KanGraph.of(fit.parameters());
            double creeps = error(context, Refit.run(context, start, train, held, 400), held);
            double converged = error(context, Refit.converged(context, start, train, held, 40), held);
            assertTrue(converged < 0.5 * creeps, converged + " of " + creeps);
        }
    }

    @Test
    void classesAndLargeNetworksAreNotItsMatter() {
        Rows classes = new Rows(new double[] {1, 2}, new double[] {0, 1}, 1, 2);
        KanGraph small = random(PruningTest.splines(3, 1, 1), 1);
        assertFalse(LevenbergMarquardt.suits(small, classes));
        assertTrue(LevenbergMarquardt.suits(small, new Rows(new double[] {1, 2}, new double[] {0, 1}, 1, 0)));
        KanGraph large = random(PruningTest.splines(3, 10, 100, 1), 1);
        assertFalse(LevenbergMarquardt.suits(large, PruningTest.sample(1000, 10, 1, x -> 0)));
    }
}
