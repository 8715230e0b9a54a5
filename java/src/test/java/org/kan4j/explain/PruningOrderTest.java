// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.kan4j.device.Context;
import org.kan4j.internal.SplitMix;
import org.kan4j.layer.Linear;

/** What a pruning tries first, of a linear network whose edges' effects are its weights. */
class PruningOrderTest {

    private static final double[] WEIGHTS = {1e-9, 1, 2e-9, -0.02, 3e-9, 0.021, 4e-9};

    private static Rows rows(int count, long seed) {
        int in = WEIGHTS.length;
        SplitMix random = new SplitMix(seed);
        double[] x = new double[count * in];
        Arrays.setAll(x, k -> random.uniform(-1, 1));
        double[] y = new double[count];
        Arrays.setAll(y, b -> {
            double sum = 0;
            for (int i = 0; i < in; i++) {
                sum += WEIGHTS[i] * x[b * in + i];
            }
            return sum;
        });
        return new Rows(x, y, in, 0);
    }

    private static KanGraph network() {
        return new KanGraph(List.of(new GraphLayer(new Linear(WEIGHTS.length, 1, true), Map.of("weight", WEIGHTS, "bias",
                new double[1]))), Widening.all(WEIGHTS.length));
    }

    /**
     * Six of seven edges do less than the threshold; four of them can go at once, the fifth would leave more than a hundredth. One
     * attempt is made of the four, so that all that is left has an effect.
     */
    @Test
    void asManyAsTheNetworkBearsGoAtOnce() {
        List<Pruning.Attempt> attempts = new ArrayList<>();
        try (Context context = KanGraphTest.single()) {
            Pruning.Result result = Pruning.defaults().withIterations(1).run(context, network(), rows(200, 1), rows(100, 2),
                    new Pruning.Listener() {
                        @Override
                        public void onAttempt(Pruning.Attempt attempt) {
                            attempts.add(attempt);
                        }

                        @Override
                        public boolean goOn() {
                            return attempts.isEmpty();
                        }
                    });
            assertEquals(1, attempts.size());
            Pruning.Attempt first = attempts.getFirst();
            assertEquals("4 edges of the least effect", first.what());
            assertEquals(4e-9, first.effect(), 5e-10, "that of the last of them");
            assertTrue(first.accepted());
            assertEquals(3, first.edges());
            assertEquals("[1, 3, 5]", Arrays.toString(result.graph().inputs()));
            assertEquals(attempts, result.attempts());
            assertTrue(result.after() < 1e-6, "error " + result.after());
        }
    }

    /** Where inputs are to stay they do, without edges. */
    @Test
    void inputsStayWhereTheyAreTo() {
        try (Context context = KanGraphTest.single()) {
            Pruning.Result result = Pruning.defaults().withIterations(1).withInputs(false).run(context, network(), rows(200, 1),
                    rows(100, 2), new Pruning.Listener() {
                    });
            assertEquals(WEIGHTS.length, result.graph().in());
            assertEquals("[0,1,0, 0,3,0, 0,5,0]", result.graph().edges().toString());
        }
    }
}
