// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;
import org.kan4j.internal.SplitMix;
import org.kan4j.rows.Dataset;
import org.kan4j.rows.RowSource;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/**
 * Which groups of neighbouring features are of use to trained networks, such as all numbers of a category: those without whose values
 * the loss on rows held out is clearly more. The values of a group are dealt anew to the rows for it (permutation importance: Breiman,
 * Random forests, Machine Learning 45, 2001). Of two groups that say the same each may look useless. Used by one thread.
 */
final class Relevance {

    /** Parts of the rows held out, whose losses tell how much chance there is in them. */
    private static final int PARTS = 4;
    /** Standard errors of a rise that chance seldom makes. */
    private static final double CLEARLY = 1;

    private final int[] widths;
    /** Of each group by how much the loss rises, in each part of each measurement. */
    private final List<List<Double>> rises = new ArrayList<>();

    /**
     * Of no measurement yet.
     *
     * @param widths features of each group, in order
     */
    Relevance(int... widths) {
        this.widths = widths.clone();
        for (int i = 0; i < widths.length; i++) {
            rises.add(new ArrayList<>());
        }
    }

    /** Measures a trained network on rows that were held out, and adds to what was measured before. */
    void measure(Trainer trainer, RowSource held, long seed) {
        try (Arena arena = Arena.ofConfined()) {
            int rows = held.size();
            int in = Math.toIntExact(held.in());
            HostTensor x = HostTensor.allocate(arena, held.dtype(), rows, in);
            HostTensor targets = held.classes() > 0 ? HostTensor.allocate(arena, DType.I32, rows)
                    : HostTensor.allocate(arena, held.dtype(), rows, held.out());
            HostTensor weights = HostTensor.allocate(arena, held.dtype(), rows);
            try (RowSource.Pass pass = held.inOrder()) {
                pass.read(0, rows, x.segment(), targets.segment(), weights.segment());
            }
            Dataset plain = held.classes() > 0 ? Dataset.classification(x, targets, held.classes())
                    : Dataset.regression(x, targets);
            Dataset all = held.weighted() ? plain.withWeights(weights) : plain;
            MemorySegment before = MemorySegment.ofArray(new byte[Math.toIntExact(x.segment().byteSize())]).copyFrom(x.segment());
            List<int[]> parts = parts(rows);
            double[] losses = parts.stream().mapToDouble(part -> trainer.evaluate(all.select(part)).loss()).toArray();
            SplitMix random = new SplitMix(seed);
            long row = (long) in * held.dtype().bytes();
            long from = 0;
            for (int g = 0; g < widths.length; g++) {
                long width = (long) widths[g] * held.dtype().bytes();
                for (int p = 0; p < parts.size(); p++) {
                    int[] dealt = parts.get(p).clone();
                    random.shuffle(dealt);
                    for (int i = 0; i < dealt.length; i++) {
                        MemorySegment.copy(before, dealt[i] * row + from, x.segment(), parts.get(p)[i] * row + from, width);
                    }
                    rises.get(g).add(trainer.evaluate(all.select(parts.get(p))).loss() - losses[p]);
                }
                for (int i = 0; i < rows; i++) {
                    MemorySegment.copy(before, i * row + from, x.segment(), i * row + from, width);
                }
                from += width;
            }
        }
    }

    /** Positions in parts of about as many rows. */
    private static List<int[]> parts(int rows) {
        int count = Math.min(PARTS, rows);
        return IntStream.range(0, count).mapToObj(p -> IntStream.range(rows * p / count, rows * (p + 1) / count).toArray())
                .toList();
    }

    /** The groups that are of use. */
    BitSet useful() {
        BitSet useful = new BitSet();
        for (int g = 0; g < widths.length; g++) {
            double[] each = rises.get(g).stream().mapToDouble(Double::doubleValue).toArray();
            double mean = Arrays.stream(each).average().orElse(0);
            double squares = Arrays.stream(each).map(rise -> (rise - mean) * (rise - mean)).sum();
            double error = Math.sqrt(squares / Math.max(1, each.length - 1) / Math.max(1, each.length));
            useful.set(g, mean > CLEARLY * error);
        }
        return useful;
    }
}
