// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.rows;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import org.kan4j.error.KanException;

/**
 * Deals groups of rows, such as the visits of a patient, as wholes: what is measured on one part was never seen, not even
 * through other rows of its group, by what was trained on the other.
 */
public final class Groups {

    private Groups() {
    }

    /**
     * Two parts of the groups. They are taken into the second one in a random order as long as that brings its rows nearer to
     * the share; each part gets one at least.
     *
     * @param sizes rows of each group
     * @param share of the rows that is wanted in the second part, above 0 and below 1
     * @return whether each group is in the second part
     * @throws KanException if there are fewer than two groups
     */
    public static boolean[] second(long[] sizes, double share, long seed) {
        if (sizes.length < 2) {
            throw KanException.invalid("there is only %d group, expected at least 2 to split between", sizes.length);
        }
        double wanted = share * Arrays.stream(sizes).sum();
        boolean[] second = new boolean[sizes.length];
        int taken = 0;
        for (int group : shuffled(sizes.length, seed)) {
            boolean nearer = Math.abs(wanted - sizes[group]) < Math.abs(wanted);
            if (taken + 1 < sizes.length && nearer) {
                second[group] = true;
                wanted -= sizes[group];
                taken++;
            }
        }
        if (taken == 0) { // all are larger than twice the share: the smallest comes nearest
            int smallest = 0;
            for (int group = 1; group < sizes.length; group++) {
                smallest = sizes[group] < sizes[smallest] ? group : smallest;
            }
            second[smallest] = true;
        }
        return second;
    }

    /**
     * A fold for each group: the largest first, each to the fold with the fewest rows; equal ones in a random order.
     *
     * @param sizes rows of each group
     * @param folds at least 2
     * @return the fold of each group, from 0
     * @throws KanException if there are fewer groups than folds
     */
    public static int[] folds(long[] sizes, int folds, long seed) {
        if (sizes.length < folds) {
            throw KanException.invalid("%d folds need at least as many groups, there are %d", folds, sizes.length);
        }
        List<Integer> order = shuffled(sizes.length, seed);
        order.sort(Comparator.comparingLong(group -> -sizes[group])); // stable
        long[] rows = new long[folds];
        int[] fold = new int[sizes.length];
        int dealt = 0;
        for (int group : order) {
            int least = dealt < folds ? dealt : 0; // each fold one group at first: none stays empty
            for (int f = 0; dealt >= folds && f < folds; f++) {
                least = rows[f] < rows[least] ? f : least;
            }
            fold[group] = least;
            rows[least] += sizes[group];
            dealt++;
        }
        return fold;
    }

    private static List<Integer> shuffled(int count, long seed) {
        List<Integer> order = new ArrayList<>();
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < count; i++) {
            order.add(i);
            Collections.swap(order, i, random.nextInt(i + 1)); // Fisher and Yates, inside out
        }
        return order;
    }
}
