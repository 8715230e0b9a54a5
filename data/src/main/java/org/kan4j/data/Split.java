// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Deals rows, seen one after the other, to two parts at random, so that the second gets round(share x size) of each
 * stratum, but never all of it; of strata too small for that, the share of all together. Takes memory for the strata only (selection sampling: Fan, Muller and Rezucha, 1962).
 */
final class Split {

    private final long[] left;
    private final long[] wanted;
    private final SplittableRandom random;

    /**
     * A split.
     *
     * @param sizes rows of each stratum
     * @param share of the second part, 0 to 1
     */
    Split(long[] sizes, double share, long seed) {
        left = sizes.clone();
        wanted = new long[sizes.length];
        for (int i = 0; i < sizes.length; i++) {
            wanted[i] = Math.min(Math.round(sizes[i] * share), Math.max(0, sizes[i] - 1));
        }
        if (Arrays.stream(wanted).sum() == 0) {
            long before = 0;
            for (int i = 0; i < sizes.length; i++) {
                long after = before + sizes[i];
                wanted[i] = Math.min(Math.round(after * share) - Math.round(before * share), Math.max(0, sizes[i] - 1));
                before = after;
            }
        }
        random = new SplittableRandom(seed);
    }

    /** Whether the next row, of this stratum, goes to the second part. */
    boolean second(int stratum) {
        boolean chosen = random.nextDouble() * left[stratum] < wanted[stratum];
        left[stratum]--;
        wanted[stratum] -= chosen ? 1 : 0;
        return chosen;
    }
}
