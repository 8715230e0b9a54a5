// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.kan4j.basis.BSpline;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.optim.Optimizer;
import org.kan4j.rows.Dataset;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

class RelevanceTest {

    private static final int ROWS = 400;

    /** The target is that of the first feature and, by their product, of the last two, which only together say something. */
    private static Dataset rows(Arena arena, HostTensor x) {
        Random random = new Random(8);
        double[] targets = new double[ROWS];
        double[] numbers = new double[ROWS * 5];
        for (int i = 0; i < ROWS; i++) {
            for (int k = 0; k < 5; k++) {
                numbers[5 * i + k] = 2 * random.nextDouble() - 1;
                x.segment().setAtIndex(java.lang.foreign.ValueLayout.JAVA_DOUBLE, 5 * i + k, numbers[5 * i + k]);
            }
            targets[i] = Math.sin(2 * numbers[5 * i]) + 2 * numbers[5 * i + 3] * numbers[5 * i + 4] + 0.1 * random.nextGaussian();
        }
        HostTensor y = HostTensor.allocate(arena, DType.F64, ROWS);
        for (int i = 0; i < ROWS; i++) {
            y.segment().setAtIndex(java.lang.foreign.ValueLayout.JAVA_DOUBLE, i, targets[i]);
        }
        return Dataset.regression(x, y);
    }

    @Test
    void groupsThatSayNothingAreOfNoUse() {
        try (Arena arena = Arena.ofConfined()) {
            HostTensor x = HostTensor.allocate(arena, DType.F64, ROWS, 5);
            Dataset rows = rows(arena, x);
            double[] before = x.toDoubles();
            try (Parameters parameters = Parameters.initialise(KanModel.kan(DType.F64, BSpline.of(5, 3), 5, 8, 1), 1);
                    Trainer trainer = Trainer.builder(parameters).epochs(40).batchSize(16).optimizer(Optimizer.adamW(0.01, 0.4))
                            .build()) {
                var split = rows.split(0.8, 1);
                trainer.fit(split.first());
                Relevance relevance = new Relevance(1, 2, 2);
                assertEquals(new BitSet(), relevance.useful(), "nothing was measured");
                relevance.measure(trainer, split.second(), 1);
                relevance.measure(trainer, split.second(), 2);
                BitSet expected = new BitSet();
                expected.set(0);
                expected.set(2);
                assertEquals(expected, relevance.useful());
            }
            assertArrayEquals(before, x.toDoubles(), "the rows are left alone");
        }
    }
}
