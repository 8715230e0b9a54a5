// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli.bench;

/**
 * Whether one thing is slower than another, from times taken in turns: an exact permutation test on the logarithms of the
 * ratios of each pair. It assumes nothing of the distribution but that, were there no difference, either of a pair could
 * have been the slower.
 *
 * @param ratio geometric mean of new over base; above 1 is slower
 * @param p probability of a mean at least as far from 1 if nothing had changed
 */
public record PairedTest(double ratio, double p) {

    /** The most pairs: 2^20 sign patterns are gone through. */
    public static final int MOST_PAIRS = 20;

    /**
     * Tests.
     *
     * @param base times, one a round
     * @param changed times of the same rounds
     */
    public static PairedTest of(double[] base, double[] changed) {
        int n = base.length;
        if (n != changed.length || n < 1 || n > MOST_PAIRS) {
            throw new IllegalArgumentException("a paired test needs 1 to " + MOST_PAIRS + " pairs, given " + n + " and "
                    + changed.length);
        }
        double[] logs = new double[n];
        double sum = 0;
        double rounding = 0;
        for (int i = 0; i < n; i++) {
            logs[i] = Math.log(changed[i] / base[i]);
            sum += logs[i];
            rounding += 1e-12 * Math.abs(logs[i]);
        }
        long asFar = 0;
        for (int pattern = 0; pattern < 1 << n; pattern++) {
            double other = 0;
            for (int i = 0; i < n; i++) {
                other += (pattern >> i & 1) == 0 ? logs[i] : -logs[i];
            }
            asFar += Math.abs(other) >= Math.abs(sum) - rounding ? 1 : 0;
        }
        return new PairedTest(Math.exp(sum / n), (double) asFar / (1 << n));
    }
}
