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

    /** Where each variable stands once the enclosure is what the values span, but for the steps between points. */
    private static void assertTight(Expression e, Map<String, Interval> box) {
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        int steps = box.size() == 1 ? 400 : 40;
        for (int k = 0; k < Math.pow(steps + 1, box.size()); k++) {
            Map<String, Double> at = new java.util.HashMap<>();
            int rest = k;
            for (Map.Entry<String, Interval> each : box.entrySet()) {
                at.put(each.getKey(), each.getValue().low() + each.getValue().width() * (rest % (steps + 1)) / steps);
                rest /= steps + 1;
            }
            double value = e.evaluate(at);
            low = Math.min(low, value);
            high = Math.max(high, value);
        }
        Interval enclosure = e.enclose(box);
        double slack = 2e-3 * (high - low) + 1e-12 * (1 + Math.abs(low) + Math.abs(high));
        assertTrue(enclosure.low() >= low - slack && enclosure.high() <= high + slack,
                e + " on " + box + " is " + enclosure + ", its values span " + low + " to " + high);
    }

    @Test
    void enclosuresOfFunctionsAreNoWiderThanTheirValues() {
        SplittableRandom random = new SplittableRandom(9);
        for (UnaryFunction function : UnaryFunction.standard()) {
            Interval domain = new Interval(Math.max(-3.9, function.domain().low() * 0.9),
                    Math.min(3.9, function.domain().high() * 0.9));
            double from = function.domain().low() == 0 || function.domain().low() == 1 ? function.domain().low() + 0.05
                    : domain.low();
            for (int i = 0; i < 20; i++) {
                double a = random.nextDouble(from, domain.high());
                double b = random.nextDouble(from, domain.high());
                boolean pole = function.name().equals("tan") && (Math.abs(a) > 1.5 || Math.abs(b) > 1.5);
                if (!pole) {
                    assertTight(Expression.call(function, Expression.variable("x")), Map.of("x", Interval.spanning(a, b)));
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {"x + y; -2; 3", "x - y; -2; 3", "x*y; -2; 3", "x*y; -3; -1", "x*y; 1; 4", "x/y; 1; 4",
        "x/y; -4; -1", "x^2; -2; 3", "x^2; 1; 3", "x^2; -3; -1", "x^3; -2; 3", "x^4; -3; 2", "1/x; 0.5; 3", "1/x; -3; -0.5",
        "x^(-2); -3; -0.5", "x^(-3); 0.5; 2", "sqrt(x); 0; 3", "x^(3/2); 0.5; 2", "x^(-1/2); 0.5; 2", "x^y; 0.5; 2", "2^x; -2; 3",
        "3 - 2*x; -1; 2", "exp(-x^2); -1; 2"})
    void enclosuresOfOperationsAreNoWiderThanTheirValues(String text, double low, double high) {
        Expression e = Expression.parse(text);
        Interval range = new Interval(low, high);
        assertTight(e,
                e.variables().size() == 1 ? Map.of("x", range) : Map.of("x", range, "y", new Interval(low / 2, high - 0.25)));
    }

    @Test
    void intervalsAreWhatTheirEndsSay() {
        Interval range = new Interval(-2, 3);
        assertEquals(5, range.width());
        assertEquals(0.5, range.middle());
        assertEquals(3, range.magnitude());
        assertEquals(2.5, new Interval(-2.5, 1).magnitude());
        assertTrue(range.contains(-2) && range.contains(3) && !range.contains(3.1) && !range.contains(-2.1));
        assertTrue(range.contains(new Interval(-2, 3)) && !range.contains(new Interval(-3, 0)) && !range.contains(
                new Interval(0, 4)));
        assertEquals(new Interval(-3, 2), range.negated());
        assertEquals(new Interval(3, 3), range.meet(new Interval(3, 9)));
        assertEquals(null, range.meet(new Interval(3.5, 9)));
        assertEquals(Interval.ALL, range.reciprocal());
        assertEquals(Double.POSITIVE_INFINITY, new Interval(0, 2).reciprocal().high());
        assertEquals(0.5, new Interval(0, 2).reciprocal().low(), 1e-15);
        assertEquals(-0.5, new Interval(-2, 0).reciprocal().high(), 1e-15);
        assertEquals(Double.NEGATIVE_INFINITY, new Interval(-2, 0).reciprocal().low());
        assertEquals(0, Interval.ALL.middle());
        assertEquals(15, new Interval(7, Double.POSITIVE_INFINITY).middle());
        assertEquals(1, new Interval(-7, Double.POSITIVE_INFINITY).middle());
        assertEquals(-15, new Interval(Double.NEGATIVE_INFINITY, -7).middle());
        assertEquals(-1, new Interval(Double.NEGATIVE_INFINITY, 7).middle());
        assertEquals(Interval.spanning(2, -1), new Interval(-1, 2));
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
