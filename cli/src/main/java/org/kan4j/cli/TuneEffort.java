// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.util.List;
import java.util.stream.Stream;

/**
 * How thoroughly a search measures in full: less where the time is short, as one that measures little more than the defaults
 * finds nothing.
 *
 * @param networks whose mean is measured on a fold
 * @param folds that are tried
 */
record TuneEffort(int networks, int folds) {

    /** Brackets that there should be time for: one holds most of what often does better, others its neighbours. */
    private static final int BRACKETS = 3;
    /** A bracket in whole trainings: nine for a quarter of the epochs; three in full, but for folds on which they are behind. */
    private static final double SHORT = 9 / 4.0;
    private static final double FULL = 2;
    private static final int FEW = 3;
    private static final int LEAST = 2;

    /**
     * The most thorough for which there is time: single networks instead of means first, which costs a bias that all candidates
     * share, then fewer folds.
     *
     * @param most where time is plenty
     * @param last networks that are trained in the end
     * @param fit networks for whose training there is time in all
     */
    static TuneEffort within(TuneEffort most, double last, double fit) {
        List<TuneEffort> less = Stream.of(most.folds, FEW, LEAST).map(tried -> new TuneEffort(1, Math.min(tried, most.folds)))
                .toList();
        return Stream.concat(Stream.of(most), less.stream()).filter(each -> each.trainings() + last <= fit).findFirst()
                .orElse(less.getLast());
    }

    /** Networks of the defaults and of some brackets. */
    private double trainings() {
        int whole = networks * folds;
        return whole + BRACKETS * (SHORT + FULL * whole);
    }

    /** Networks that are trained for a candidate that is never behind. */
    int whole() {
        return networks * folds;
    }

    /** For the screen. */
    String words(int dealt) {
        String what = networks == 1 ? "single networks" : "means of " + networks + " networks";
        return what + " on " + folds + " of " + dealt + " folds";
    }
}
