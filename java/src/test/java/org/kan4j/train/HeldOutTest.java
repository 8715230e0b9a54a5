// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.kan4j.error.NonFiniteLossException;
import org.kan4j.rows.Dataset;
import org.kan4j.tensor.DType;
import org.kan4j.testing.Samples;

/** Choices by rows held out: what fails is never chosen. */
class HeldOutTest {

    private static List<HeldOut.Score<String>> compare(List<String> candidates, int repetitions,
            HeldOut.Training<String> training) {
        try (Arena arena = Arena.ofConfined()) {
            Dataset rows = Samples.regression(arena, DType.F64, 50, 1);
            return HeldOut.compare(candidates, rows, repetitions, 7, training);
        }
    }

    @Test
    void theLeastMeanLossIsTheBest() {
        int[] calls = new int[1];
        List<HeldOut.Score<String>> scores = compare(List.of("a", "b", "c"), 2, (candidate, train, held) -> {
            assertEquals(List.of(40, 10), List.of(train.size(), held.size()));
            return OptionalDouble.of(switch (candidate) {
                case "a" -> 3;
                case "b" -> calls[0]++ == 0 ? 0 : 4; // the mean, not the least
                default -> 2.5;
            });
        });
        assertEquals(List.of(3.0, 2.0, 2.5), scores.stream().map(HeldOut.Score::loss).toList());
        assertEquals(Optional.of("b"), HeldOut.best(scores));
    }

    @Test
    void whatFailsIsNeverTheBest() {
        for (String how : List.of("throws", "not a number")) {
            int[] calls = new int[1];
            List<HeldOut.Score<String>> scores = compare(List.of("bad", "good"), 2, (candidate, train, held) -> {
                if (candidate.equals("bad") && calls[0]++ == 1) { // in the second training
                    if (how.equals("throws")) {
                        throw new NonFiniteLossException("the loss became NaN", 1, 1, 1, 0);
                    }
                    return OptionalDouble.of(Double.NaN);
                }
                return OptionalDouble.of(candidate.equals("bad") ? 1 : 1000);
            });
            assertEquals(List.of(Double.POSITIVE_INFINITY, 1000.0), scores.stream().map(HeldOut.Score::loss).toList());
            assertEquals(Optional.of("good"), HeldOut.best(scores));
        }
        assertEquals(Optional.empty(), HeldOut.best(compare(List.of("bad"), 1, (candidate, train, held) -> {
            throw new NonFiniteLossException("the loss became NaN", 1, 1, 1, 0);
        })));
    }

    @Test
    void aStopEndsTheComparison() {
        Set<String> asked = new HashSet<>();
        assertEquals(List.of(), compare(List.of("a", "b", "c"), 1, (candidate, train, held) -> {
            asked.add(candidate);
            return candidate.equals("b") ? OptionalDouble.empty() : OptionalDouble.of(1);
        }));
        assertEquals(Set.of("a", "b"), asked);
    }

    /** Other rows each time, and the same for each candidate. */
    @Test
    void eachRepetitionHoldsOutOtherRows() {
        java.util.List<Integer> held = new java.util.ArrayList<>();
        compare(List.of("a", "b"), 3, (candidate, train, rows) -> {
            held.add(((Dataset) rows).row(0) * 50 + ((Dataset) rows).row(1));
            return OptionalDouble.of(1);
        });
        assertEquals(3, new HashSet<>(held).size(), held.toString());
        assertEquals(List.of(held.get(0), held.get(2), held.get(4)), List.of(held.get(1), held.get(3), held.get(5)));
    }
}
