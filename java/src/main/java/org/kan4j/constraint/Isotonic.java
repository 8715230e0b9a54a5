// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.constraint;

/** Isotonic regression: the nearest ascending numbers, by pooling adjacent violators (Barlow et al., 1972). */
final class Isotonic {

    private Isotonic() {
    }

    /**
     * Replaces numbers by the ascending ones nearest to them in the sum of squares.
     *
     * @param values changed in [from, from + count)
     * @param direction 1 for ascending, -1 for descending
     * @param step by which each is at least above, or below, the one before it
     * @param means at least count numbers of scratch
     * @param sizes likewise
     */
    static void project(double[] values, int from, int count, int direction, double step, double[] means, int[] sizes) {
        int blocks = 0;
        for (int i = 0; i < count; i++) {
            double mean = direction * values[from + i] - i * step;
            int size = 1;
            while (blocks > 0 && means[blocks - 1] > mean) { // a block below the one before it becomes one with it
                blocks--;
                mean = (mean * size + means[blocks] * sizes[blocks]) / (size + sizes[blocks]);
                size += sizes[blocks];
            }
            means[blocks] = mean;
            sizes[blocks++] = size;
        }
        int at = 0;
        for (int b = 0; b < blocks; b++) {
            for (int i = 0; i < sizes[b]; i++, at++) {
                values[from + at] = direction * (means[b] + at * step);
            }
        }
    }
}
