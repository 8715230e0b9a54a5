// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.formula;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kan4j.error.KanException;

class IntervalTest {

    @Test
    void valuesLieInTheirEnclosures() {
        RandomTrees trees = new RandomTrees(7);
        int checked = 0;
        for (int i = 0; i < 20_000; i++) {
            Expression tree = trees.tree(3);
            Map<String, Interval> box = Map.of("x", box(trees.random()), "y", box(trees.random()), "z", box(trees.random()));
            Interval enclosure = tree.enclose(box);
            for (int k = 0; k < 50; k++) {
                Map<String, Double> at = Map.of("x", in(box.get("x"), trees.random()), "y", in(box.get("y"), trees.random()),
                        "z", in(box.get("z"), trees.random()));
                double value = tree.evaluate(at);
                if (!Double.isNaN(value)) {
                    // What is evaluated is itself rounded, up to some units in the last place.
                    double slack = 1e-13 * Math.max(Math.abs(value), 1e-300);
                    assertTrue(value >= enclosure.low() - slack && value <= enclosure.high() + slack
                            || Double.isInfinite(value), () -> tree + " is " + value + " at " + at + ", not in " + enclosure);
                    checked++;
                }
            }
        }
        assertTrue(checked > 500_000, "checked " + checked);
    }

    private static Interval box(SplittableRandom random) {
        return Interval.spanning(random.nextDouble(-4, 4), random.nextDouble(-4, 4));
    }

    private static double in(Interval range, SplittableRandom random) {
        return switch (random.nextInt(5)) {
            case 0 -> range.low();
            case 1 -> range.high();
            default -> range.low() + random.nextDouble() * range.width();
        };
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "log(x); PROVED", "log(y); VIOLATED", "1/y; VIOLATED", "1/(y - 0.3); VIOLATED", "1/(y^2 + 0.01); PROVED",
        "sqrt(1 + y^2 - 2*y*0.9); PROVED", "asin(y); PROVED", "asin(1.1*y); VIOLATED", "atanh(0.99*y); PROVED",
        "tan(1.5*y); PROVED", "tan(1.6*y); VIOLATED", "sqrt(x)/x; PROVED", "(x + y)/(1 + 0.9*y*y/2); PROVED", "y^1.5; VIOLATED",
        "x^1.5; PROVED", "sqrt(y^2 - 2*y + 1); UNDECIDED", "exp(y)*sin(x); PROVED", "y^-2; VIOLATED", "1/(x*y - 5); PROVED"})
    void domains(String text, DomainStatus status) {
        DomainProof proof = Expression.parse(text)
                .proveDomain(Map.of("x", new Interval(0.1, 2), "y", new Interval(-1, 1)));
        assertEquals(status, proof.status(), proof.toString());
        assertEquals(status == DomainStatus.PROVED, proof.point().isEmpty());
    }

    @Test
    void endsAreInOrder() {
        assertThrows(KanException.class, () -> new Interval(1, 0));
        assertThrows(KanException.class, () -> new Interval(Double.NaN, 0));
        assertThrows(KanException.class, () -> Expression.parse("x").enclose(Map.of()));
    }
}
