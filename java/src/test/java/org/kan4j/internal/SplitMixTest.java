// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The same numbers on every machine and in every version: computed apart, from the definition. */
class SplitMixTest {

    @Test
    void numbersOfSeedsAndKeys() {
        assertEquals(0xa706dd2f4d197e6fL, new SplitMix(0).nextLong());
        SplitMix seven = new SplitMix(7);
        assertEquals(0xb8b4c2977eabce45L, seven.nextLong());
        assertEquals(0xa65305fd338ec8feL, seven.nextLong());
        assertEquals(0x7021f4a17b9bd361L, new SplitMix(7, 0).nextLong());
        assertEquals(0x3e8d53f540283b1fL, new SplitMix(7, 1, 2).nextLong());
        assertEquals(0xe5cf3011915a15d1L, new SplitMix(7, 2, 1).nextLong());
        assertEquals(0xa339ab1348235fd6L, new SplitMix(-1, 3).nextLong());
    }

    @Test
    void uniformAndNormalNumbers() {
        assertEquals(0.6524484863740322, new SplitMix(0).uniform());
        assertEquals(-0.13348024781926604, new SplitMix(8).uniform(-2, 5));
        SplitMix pair = new SplitMix(3, 4);
        assertEquals(0.5975958443914321, pair.normal(), 1e-15);
        assertEquals(-1.8303436188407243, pair.normal(), 1e-15);
        SplitMix random = new SplitMix(3, 4);
        random.uniform();
        random.uniform();
        assertEquals(random.nextLong(), pair.nextLong(), "two uniform numbers make two normal ones");
    }

    @Test
    void wholeNumbersBelowABoundAreNotBiased() {
        SplitMix random = new SplitMix(5);
        assertArrayEquals(new int[] {9, 1, 8, 7, 2, 9, 8, 6}, IntStream.range(0, 8).map(i -> random.below(10)).toArray());
        // Of this bound, every third draw has a rest below 2^30, 2^32 by it leaving 2^30, and is drawn again.
        SplitMix rejecting = new SplitMix(9);
        assertArrayEquals(new int[] {1444232409, 177073703, 1397878932, 1584205010},
                IntStream.range(0, 4).map(i -> rejecting.below(3 << 29)).toArray());
        assertEquals(0, new SplitMix(1).below(1));
        assertThrows(IllegalArgumentException.class, () -> random.below(0));
    }

    @Test
    void orders() {
        int[] values = IntStream.range(0, 8).toArray();
        new SplitMix(6).shuffle(values);
        assertArrayEquals(new int[] {3, 2, 0, 1, 6, 7, 4, 5}, values);
    }
}
