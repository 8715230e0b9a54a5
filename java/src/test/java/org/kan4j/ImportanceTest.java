// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Permutation importance of scores that are made up. */
class ImportanceTest {

    private static final double[] ROWS = {0, 10, 20, 1, 11, 21, 2, 12, 22, 3, 13, 23};

    /** Only the numbers asked for are dealt, each whole run to another row, and none is lost. */
    @Test
    void theRunOfNumbersIsDealtAndNothingElse() {
        List<double[]> seen = new ArrayList<>();
        Importance.of("x", ROWS, 3, 1, 2, 5, 7, rows -> {
            seen.add(rows.clone());
            return 0;
        });
        assertEquals(6, seen.size());
        assertArrayEquals(ROWS, seen.getFirst());
        for (double[] dealt : seen) {
            for (int i = 0; i < 4; i++) {
                assertEquals(i, dealt[3 * i], "the first number stays");
                assertEquals(dealt[3 * i + 1] + 10, dealt[3 * i + 2], "a run stays together");
            }
            double[] sorted = dealt.clone();
            Arrays.sort(sorted);
            assertArrayEquals(new double[] {0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23}, sorted);
        }
        assertFalse(Arrays.equals(seen.get(1), seen.get(2)) && Arrays.equals(seen.get(2), seen.get(3)), "each time anew");
        List<double[]> again = new ArrayList<>();
        Importance.of("x", ROWS, 3, 1, 2, 1, 8, rows -> {
            again.add(rows.clone());
            return 0;
        });
        assertFalse(Arrays.equals(seen.get(1), again.get(1)), "another seed deals otherwise");
    }

    /** The score is 10 of all, and 7, 4 and 1 where the input is dealt: it falls by 3, 6 and 9. */
    @Test
    void theMeanFallAndItsStandardError() {
        double[] scores = {10, 7, 4, 1};
        int[] at = {0};
        Importance importance = Importance.of("x", ROWS, 3, 0, 1, 3, 1, rows -> scores[at[0]++]);
        assertEquals("x", importance.input());
        assertEquals(6, importance.mean(), 1e-15);
        assertEquals(Math.sqrt(18 / 2.0 / 3), importance.standardError(), 1e-15);
        at[0] = 0;
        assertEquals(new Importance("x", 3, 0), Importance.of("x", ROWS, 3, 0, 1, 1, 1, rows -> scores[at[0]++]));
    }
}
