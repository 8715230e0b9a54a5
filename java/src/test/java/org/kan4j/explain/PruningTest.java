// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.kan4j.*;
import org.kan4j.internal.SplitMix;

/** What pruning must end with, on data whose formula is known. */
class PruningTest {

    static Rows sample(int rows, int in, long seed, ToDoubleFunction<double[]> f) {
        SplitMix random = new SplitMix(seed);
        double[] x = new double[rows * in];
        double[] y = new double[rows];
        for (int b = 0; b < rows; b++) {
            double[] point = new double[in];
            for (int i = 0; i < in; i++) {
                point[i] = random.uniform(-1, 1);
                x[b * in + i] = point[i];
            }
            y[b] = f.applyAsDouble(point);
        }
        return new Rows(x, y, in, 0);
    }

    static double toy(double[] x) {
        return Math.exp(Math.sin(Math.PI * x[0]) + x[1] * x[1]);
    }

    static KanGraph start(Context context, KanModel model, Rows train, long seed) {
        try (Parameters parameters = Parameters.initialise(model, Initialisation.PYKAN, seed)) {
            return Refit.run(context, KanGraph.of(parameters), train, 200);
        }
    }

    static KanModel splines(int grid, long... widths) {
        return KanModel.kan(DType.F64, BSpline.of(grid, 3).withOutside(BSpline.Outside.LINEAR), widths);
    }

    static Pruning.Result prune(Context context, Pruning pruning, KanModel model, ToDoubleFunction<double[]> f, long seed) {
        int in = (int) model.in();
        Rows train = sample(1000, in, seed, f);
        Rows held = sample(1000, in, seed + 1000, f);
        Pruning.Listener listener = new Pruning.Listener() {
            @Override
            public void onAttempt(Pruning.Attempt attempt) {
                if (Boolean.getBoolean("kan4j.show")) {
                    System.out.println(attempt);
                }
            }
        };
        return pruning.run(context, start(context, model, train, seed), train, held, listener);
    }

    @Test
    void theToyFormulaIsOneNode() {
        try (Context context = KanGraphTest.single()) {
            for (long seed = 1; seed <= Integer.getInteger("kan4j.seeds", 2); seed++) {
                Pruning.Result result = prune(context, Pruning.defaults(), splines(3, 2, 5, 1), PruningTest::toy, seed);
                assertEquals("[2,1,1]", result.graph().shape(), "seed " + seed);
                assertEquals(3, result.graph().edges().size());
                assertTrue(result.after() <= 1.05 * result.before(), result.toString());
            }
        }
    }
}
