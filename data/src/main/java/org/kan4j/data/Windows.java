// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.util.Arrays;

/**
 * How a pass over blocks is cut into windows.
 *
 * @param blockStart where the windows begin among the blocks of the pass, with the end
 * @param rowStart where they begin among its rows, with the end
 * @param largest rows of the largest
 */
record Windows(int[] blockStart, int[] rowStart, int largest) {

    /**
     * Cuts a pass.
     *
     * @param counts rows of each block
     * @param blocks in the order of the pass
     * @param mostRows of a window, which holds at least one block
     */
    static Windows of(int[] counts, int[] blocks, int mostRows) {
        int[] starts = new int[blocks.length + 1];
        int[] rows = new int[blocks.length + 1];
        int windows = 0;
        int largest = 0;
        for (int b = 0; b < blocks.length; b++) {
            int count = counts[blocks[b]];
            if (windows == 0 || rows[windows] - rows[windows - 1] > 0
                    && (long) rows[windows] - rows[windows - 1] + count > mostRows) {
                starts[windows] = b;
                windows++;
                rows[windows] = rows[windows - 1];
            }
            rows[windows] += count;
            largest = Math.max(largest, rows[windows] - rows[windows - 1]);
        }
        starts[windows] = blocks.length;
        return new Windows(Arrays.copyOf(starts, windows + 1), Arrays.copyOf(rows, windows + 1), largest);
    }
}
