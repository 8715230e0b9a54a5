// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.rows;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.kan4j.error.KanException;
import org.kan4j.internal.SplitMix;

/** Rows dealt to folds at random, classes evenly. Immutable. */
public final class Folds {

    private final int[] fold;
    private final int count;

    private Folds(int[] fold, int count) {
        this.fold = fold;
        this.count = count;
    }

    /**
     * Deals.
     *
     * @param folds at least 2, at most the rows
     * @param seed of the order in which rows are dealt
     * @param label of each row, which is dealt evenly; null for none
     * @throws KanException if there are fewer rows than folds, or a label of a single row
     */
    public static Folds deal(int rows, int folds, long seed, IntFunction<String> label) {
        if (folds < 2 || folds > rows) {
            throw KanException.invalid("the folds must be 2 to the %d rows, given %d", rows, folds);
        }
        int[] order = new int[rows];
        Arrays.setAll(order, i -> i);
        new SplitMix(seed).shuffle(order);
        Map<String, List<Integer>> strata = new LinkedHashMap<>();
        for (int position : order) {
            strata.computeIfAbsent(label == null ? "" : label.apply(position), any -> new ArrayList<>()).add(position);
        }
        int[] fold = new int[rows];
        int next = 0;
        for (Map.Entry<String, List<Integer>> stratum : strata.entrySet()) {
            if (stratum.getValue().size() < 2) {
                throw KanException.invalid("the class '%s' has a single row, cross-validation needs 2 of each",
                        stratum.getKey());
            }
            for (int position : stratum.getValue()) {
                fold[position] = next++ % folds;
            }
        }
        return new Folds(fold, folds);
    }

    /** Deals the rows of a data set, each class evenly. */
    public static Folds of(Dataset rows, int folds, long seed) {
        return deal(rows.size(), folds, seed, rows.classes() == 0 ? null
                : i -> Integer.toString(rows.targets().segment().getAtIndex(ValueLayout.JAVA_INT, rows.row(i))));
    }

    /** How many there are. */
    public int count() {
        return count;
    }

    /** Positions of the rows of a fold. */
    public int[] in(int number) {
        return positions(i -> fold[i] == number);
    }

    /** Positions of all other rows. */
    public int[] outOf(int number) {
        return positions(i -> fold[i] != number);
    }

    private int[] positions(IntPredicate wanted) {
        return IntStream.range(0, fold.length).filter(wanted).toArray();
    }
}
