// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.kan4j.error.KanException;
import org.kan4j.rows.RowSource;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/** Weights by which every class counts as much as another, however many rows it has. */
public final class ClassBalance {

    private static final int CHUNK = 4096;

    private ClassBalance() {
    }

    /**
     * Rows / (classes * rows of the class), 0 for a class without rows: 1 on the mean of all rows.
     *
     * @return one a class, for {@link Trainer.Builder#classWeights}
     * @throws KanException if the rows have no classes
     */
    public static double[] of(RowSource rows) {
        if (rows.classes() == 0) {
            throw KanException.invalid("only classes can be balanced, the rows have numbers to predict");
        }
        long[] counts = new long[rows.classes()];
        int chunk = Math.clamp(rows.size(), 1, CHUNK);
        try (Arena arena = Arena.ofConfined(); RowSource.Pass pass = rows.inOrder()) {
            MemorySegment x = HostTensor.allocate(arena, rows.dtype(), chunk, rows.in()).segment();
            MemorySegment labels = HostTensor.allocate(arena, DType.I32, chunk).segment();
            MemorySegment weights = HostTensor.allocate(arena, rows.dtype(), chunk).segment();
            for (int from = 0; from < rows.size(); from += chunk) {
                int to = Math.min(rows.size(), from + chunk);
                pass.read(from, to, x, labels, weights);
                for (int i = 0; i < to - from; i++) {
                    counts[labels.getAtIndex(ValueLayout.JAVA_INT, i)]++;
                }
            }
        }
        return Arrays.stream(counts).mapToDouble(n -> n == 0 ? 0 : (double) rows.size() / (counts.length * n)).toArray();
    }
}
