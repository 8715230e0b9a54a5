// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli.bench;

import java.util.Arrays;

/**
 * Times of one thing measured repeatedly, sorted.
 *
 * @param sorted in whatever unit they were taken, at least one
 */
public record Sample(double[] sorted) {

    /** Copies and sorts. */
    public Sample {
        sorted = sorted.clone();
        Arrays.sort(sorted);
        if (sorted.length == 0) {
            throw new IllegalArgumentException("a sample needs at least one value");
        }
    }

    /** The middle value, or the mean of the two middle ones. */
    public double median() {
        int n = sorted.length;
        return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
    }

    /** The smallest value that at least this share of the sample does not exceed (nearest rank). */
    public double percentile(double percent) {
        int rank = (int) Math.ceil(percent / 100 * sorted.length);
        return sorted[Math.clamp(rank, 1, sorted.length) - 1];
    }
}
