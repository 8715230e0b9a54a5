// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.kan4j.error.Counted;
import org.kan4j.error.KanException;
import org.kan4j.rows.Folds;
import org.kan4j.rows.Groups;

/**
 * What decides which examples are held out.
 *
 * @param groups one an example, which stay together; or null
 * @param times one an example, the last of which are held out; or null
 */
record Dealing(List<?> groups, double[] times) {

    /** Each example by itself. */
    static final Dealing RANDOM = new Dealing(null, null);

    /** Positions to train on, and positions to measure on. */
    record Fold(int[] train, int[] test) {
    }

    boolean random() {
        return groups == null && times == null;
    }

    /** That of some examples. */
    Dealing select(int... positions) {
        return random() ? this : groups != null ? new Dealing(Arrays.stream(positions).mapToObj(groups::get).toList(), null)
                : new Dealing(null, Arrays.stream(positions).mapToDouble(i -> times[i]).toArray());
    }

    /** Holds out a share of the examples by group or time. */
    Fold hold(double share, long seed) {
        if (groups != null) {
            int[] group = numbers();
            boolean[] held = Groups.second(sizes(group), share, seed);
            return fold(group.length, i -> held[group[i]]);
        }
        int[] block = blocks(new double[] {1 - share});
        return fold(block.length, i -> block[i] > 0);
    }

    /**
     * Folds of a cross-validation.
     *
     * @param label of each example, which is dealt evenly where chance decides; or null
     */
    List<Fold> folds(int folds, long seed, int count, IntFunction<String> label) {
        if (folds < 2 || folds > count) {
            throw KanException.invalid("the folds must be 2 to the %d rows, given %d", count, folds);
        }
        List<Fold> all = new ArrayList<>();
        if (times != null) {
            int[] block = blocks(IntStream.rangeClosed(1, folds).mapToDouble(f -> (double) f / (folds + 1)).toArray());
            for (int f = 1; f <= folds; f++) {
                int each = f;
                all.add(new Fold(IntStream.range(0, block.length).filter(i -> block[i] < each).toArray(),
                        IntStream.range(0, block.length).filter(i -> block[i] == each).toArray()));
            }
            return all;
        }
        if (groups == null) {
            Folds dealt = Folds.deal(count, folds, seed, label);
            IntStream.range(0, folds).forEach(f -> all.add(new Fold(dealt.outOf(f), dealt.in(f))));
            return all;
        }
        int[] group = numbers();
        int[] ofGroup = Groups.folds(sizes(group), folds, seed);
        int[] fold = Arrays.stream(group).map(g -> ofGroup[g]).toArray();
        for (int f = 0; f < folds; f++) {
            int each = f;
            all.add(fold(fold.length, i -> fold[i] == each));
        }
        return all;
    }

    private static Fold fold(int count, java.util.function.IntPredicate test) {
        return new Fold(IntStream.range(0, count).filter(i -> !test.test(i)).toArray(),
                IntStream.range(0, count).filter(test).toArray());
    }

    /** The number of each example's group. */
    private int[] numbers() {
        Map<Object, Integer> known = new LinkedHashMap<>();
        return groups.stream().mapToInt(group -> known.computeIfAbsent(group, any -> known.size())).toArray();
    }

    private static long[] sizes(int[] group) {
        long[] sizes = new long[Arrays.stream(group).max().orElse(-1) + 1];
        Arrays.stream(group).forEach(g -> sizes[g]++);
        return sizes;
    }

    /** Of each example, how many of the shares of all examples in order are over by then; those of one time together. */
    private int[] blocks(double[] shares) {
        for (double time : times) {
            if (Double.isNaN(time)) {
                throw KanException.invalid("a time is NaN, expected numbers in whose order the rows are");
            }
        }
        double[] sorted = times.clone();
        Arrays.sort(sorted);
        int[] block = new int[times.length];
        double before = sorted.length == 0 ? 0 : sorted[0];
        for (double share : shares) {
            int at = Math.clamp(Math.round(share * sorted.length), 0, Math.max(0, sorted.length - 1));
            double last = before;
            double from = sorted[at] > last ? sorted[at] : Arrays.stream(sorted).filter(time -> time > last).findFirst()
                    .orElseThrow(() -> KanException.invalid("to hold rows out %s takes more different times, given %d",
                            Counted.of(shares.length, "time"), Arrays.stream(sorted).distinct().count()));
            for (int i = 0; i < block.length; i++) {
                block[i] += times[i] >= from ? 1 : 0;
            }
            before = from;
        }
        return block;
    }
}
