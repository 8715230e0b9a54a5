// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.rows;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.kan4j.error.KanException;

/** Rows and groups of rows that are dealt to parts. */
class DealtTest {

    private static int[] places(boolean[] second) {
        return IntStream.range(0, second.length).filter(i -> second[i]).toArray();
    }

    @Test
    void groupsAreTakenUpToTheShareInAnOrderOfTheSeed() {
        long[] sizes = LongStream.generate(() -> 7).limit(20).toArray();
        Set<String> dealt = new HashSet<>();
        for (int seed = 0; seed < 6; seed++) {
            boolean[] second = Groups.second(sizes, 0.3, seed);
            assertEquals(6, places(second).length);
            assertArrayEquals(second, Groups.second(sizes, 0.3, seed));
            dealt.add(Arrays.toString(second));
        }
        assertTrue(dealt.size() > 3, dealt.toString());
        assertEquals(1, places(Groups.second(sizes, 0.001, 1)).length, "one at least");
        assertEquals(19, places(Groups.second(sizes, 0.999, 1)).length, "one is left at least");
        assertEquals(10, places(Groups.second(sizes, 0.52, 1)).length, "less than half a group is missing");
        assertEquals(11, places(Groups.second(sizes, 0.53, 1)).length, "more than half a group would be");
    }

    /** 100 rows are wanted: none is nearer to that than none, so it is the smallest and not one by chance. */
    @Test
    void ofGroupsLargerThanTwiceTheShareTheSmallestIsTaken() {
        for (int seed = 0; seed < 5; seed++) {
            assertArrayEquals(new int[] {2}, places(Groups.second(new long[] {900, 300, 250, 550}, 0.05, seed)));
        }
        assertTrue(assertThrows(KanException.class, () -> Groups.second(new long[] {9}, 0.5, 1)).getMessage()
                .contains("only 1 group"));
    }

    /** 9 to the first fold; 4 and 4 and 1 to the other, which always has fewer. */
    @Test
    void theLargestGroupIsDealtFirstAndEachToTheFoldWithTheFewestRows() {
        int[] fold = Groups.folds(new long[] {9, 1, 4, 4}, 2, 3);
        assertEquals(Set.of(fold[0]), Set.of(0));
        assertArrayEquals(new int[] {0, 1, 1, 1}, fold);
        assertArrayEquals(new int[] {2, 1, 0}, Groups.folds(new long[] {1, 2, 3}, 3, 1), "none stays empty");
        assertThrows(KanException.class, () -> Groups.folds(new long[] {1, 2}, 3, 1));
        long[] equal = LongStream.generate(() -> 2).limit(12).toArray();
        Set<String> dealt = new HashSet<>();
        for (int seed = 0; seed < 5; seed++) {
            int[] each = Groups.folds(equal, 3, seed);
            for (int f = 0; f < 3; f++) {
                int number = f;
                assertEquals(4, Arrays.stream(each).filter(g -> g == number).count());
            }
            dealt.add(Arrays.toString(each));
        }
        assertTrue(dealt.size() > 1, "another seed deals otherwise");
    }

    /** 13 of one class and 7 of the other in 4 folds: 5 rows each, of which 1 or 2 are of the lesser class. */
    @Test
    void foldsHaveEveryRowOnceAndClassesEvenly() {
        Folds folds = Folds.deal(20, 4, 5, i -> i % 3 == 0 ? "less" : "more");
        assertEquals(4, folds.count());
        int[] seen = new int[20];
        for (int f = 0; f < 4; f++) {
            int[] in = folds.in(f);
            assertEquals(5, in.length);
            long less = Arrays.stream(in).filter(i -> i % 3 == 0).count();
            assertTrue(less == 1 || less == 2, less + " rows of the lesser class");
            Arrays.stream(in).forEach(i -> seen[i]++);
            Set<Integer> out = new HashSet<>(Arrays.stream(folds.outOf(f)).boxed().toList());
            assertEquals(15, out.size());
            assertTrue(Arrays.stream(in).noneMatch(out::contains));
        }
        assertTrue(Arrays.stream(seen).allMatch(n -> n == 1));
        assertTrue(IntStream.range(0, 9)
                .anyMatch(seed -> !Arrays.equals(folds.in(0), Folds.deal(20, 4, seed, i -> i % 3 == 0 ? "less" : "more").in(0))));
        assertArrayEquals(new int[] {2, 2},
                new int[] {Folds.deal(4, 2, 1, null).in(0).length, Folds.deal(4, 2, 1, null).in(1).length});
        assertEquals(4, Folds.deal(4, 4, 1, null).count());
        assertThrows(KanException.class, () -> Folds.deal(4, 5, 1, null));
        assertThrows(KanException.class, () -> Folds.deal(4, 1, 1, null));
        assertTrue(assertThrows(KanException.class, () -> Folds.deal(5, 2, 1, i -> i == 3 ? "one" : "rest")).getMessage()
                .contains("the class 'one' has a single row"));
    }
}
