// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;

/** Row numbers of a training and a test part, each ascending. */
public record Split(int[] train, int[] test) {

    /**
     * A random split that keeps the share of every class in both parts.
     *
     * @param labels class of each row
     * @param testShare 0 to 1, exclusive; each class gives round(share * its size) rows to the test part
     */
    public static Split stratified(double[] labels, double testShare, long seed) {
        TreeMap<Double, List<Integer>> classes = new TreeMap<>();
        for (int i = 0; i < labels.length; i++) {
            classes.computeIfAbsent(labels[i], k -> new ArrayList<>()).add(i);
        }
        SplittableRandom random = new SplittableRandom(seed);
        boolean[] inTest = new boolean[labels.length];
        for (List<Integer> rows : classes.values()) {
            mark(rows.stream().mapToInt(Integer::intValue).toArray(), testShare, random, inTest);
        }
        return of(inTest);
    }

    /** A random split of {@code rows} rows. */
    public static Split random(int rows, double testShare, long seed) {
        boolean[] inTest = new boolean[rows];
        int[] all = new int[rows];
        Arrays.setAll(all, i -> i);
        mark(all, testShare, new SplittableRandom(seed), inTest);
        return of(inTest);
    }

    private static void mark(int[] rows, double share, SplittableRandom random, boolean[] inTest) {
        int wanted = (int) Math.round(rows.length * share);
        for (int i = 0; i < wanted; i++) {  // the first steps of a Fisher-Yates shuffle
            int j = i + random.nextInt(rows.length - i);
            int row = rows[j];
            rows[j] = rows[i];
            inTest[row] = true;
        }
    }

    private static Split of(boolean[] inTest) {
        int tests = 0;
        for (boolean t : inTest) {
            tests += t ? 1 : 0;
        }
        int[] train = new int[inTest.length - tests];
        int[] test = new int[tests];
        int a = 0;
        int b = 0;
        for (int i = 0; i < inTest.length; i++) {
            if (inTest[i]) {
                test[b++] = i;
            } else {
                train[a++] = i;
            }
        }
        return new Split(train, test);
    }
}
