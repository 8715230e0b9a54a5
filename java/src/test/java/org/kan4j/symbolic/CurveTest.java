// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kan4j.formula.Expression;
import org.kan4j.formula.Interval;
import org.kan4j.formula.UnaryFunction;
import org.kan4j.symbolic.NumberPool.Atom;

/** Curves and the numbers that a search begins with, against the same by hand. */
class CurveTest {

    private static double[] to(int last) {
        double[] values = new double[last + 1];
        Arrays.setAll(values, i -> i);
        return values;
    }

    /** Of 0 to 1000 half of the places lie evenly from 0.5 to 999.5, the others at tenths of the quantiles. */
    @Test
    void placesAreHalfEvenAndHalfQuantiles() {
        double[] shuffled = to(1000);
        for (int i = 0; i < 500; i++) {
            double v = shuffled[i];
            shuffled[i] = shuffled[1000 - i];
            shuffled[1000 - i] = v;
        }
        double[] places = Curve.places(shuffled, 9);
        double[] expected = {0.5, 125, 0.5 + 999 / 4.0, 375, 500, 625, 0.5 + 3 * 999 / 4.0, 875, 999.5};
        assertArrayEquals(expected, places, 1e-9);
        double[] skewed = new double[1001];
        Arrays.setAll(skewed, i -> i < 900 ? i / 900.0 : 100 + i);
        double[] most = Curve.places(skewed, 20);
        assertEquals(10, Arrays.stream(most).filter(v -> v < 1).count(), "a place of ten even ones, nine at quantiles");
        // Nearly all values are one: the ends are the least and the greatest.
        double[] nearly = new double[10_000];
        nearly[17] = 5;
        double[] both = Curve.places(nearly, 5);
        assertEquals(0, both[0]);
        assertEquals(5, both[both.length - 1]);
        assertTrue(both.length < 5, "equal places are one");
    }

    @Test
    void aPartOfACurveHasTheEndsWithinIt() {
        Curve curve = new Curve(to(20), to(20));
        Curve part = curve.within(2.5, 15);
        assertEquals(new Interval(3, 15), part.range());
        assertArrayEquals(part.x(), part.y());
        assertEquals(Math.sqrt((13 * 13 - 1) / 12.0), part.deviation(), 1e-12);
        assertEquals(8, curve.within(3, 10).x().length);
        assertSame(curve, curve.within(3, 9.5), "seven points are too few");
    }

    /** Polynomials up to the third degree come out exactly, those of the fourth have their slopes at the points. */
    @Test
    void betweenPointsACurveIsACubicWithTheSlopesOfFiveNeighbours() {
        double[] x = {-2, -1.5, -0.7, 0, 0.4, 1.1, 1.9, 2.5, 3};
        UnaryFunction cubic = new Curve(x, Arrays.stream(x).map(v -> v * v * v - 2 * v + 1).toArray()).asFunction("phi");
        for (double v = -2; v <= 3; v += 0.0625) {
            assertEquals(v * v * v - 2 * v + 1, cubic.at(v), 1e-12);
            assertEquals(3 * v * v - 2, cubic.slopeAt(v), 1e-11);
        }
        assertEquals(-3 - 10 * 0.5, cubic.at(-2.5), 1e-11, "straight before the first");
        assertEquals(22 + 25, cubic.at(4), 1e-10, "and behind the last");
        assertEquals(10, cubic.slopeAt(-9), 1e-11);
        UnaryFunction fourth = new Curve(x, Arrays.stream(x).map(v -> v * v * v * v).toArray()).asFunction("psi");
        for (double v : x) {
            assertEquals(4 * v * v * v, fourth.slopeAt(v), 1e-10);
        }
    }

    /** Offsets move by what is missing and a thousandth of the range; what is inside its domain stays. */
    @ParameterizedTest
    @CsvSource({"log(x + 0.5), -1.5, 3", "sqrt(x + 0.5), -1.5, 3", "(x + 0.5)^(-1/2), -1.5, 3", "1/(x + 0.5), -1, 3",
        "1/(x - 2.5), -1, 3", "1/(x - 1.5), -4, 2", "asin(0.5*x + 0.25), -3, 3", "atanh(2.0*x), -1, 1"})
    void offsetsMoveUntilNoRowIsOutside(String text, double low, double high) {
        double[] x = new double[101];
        Arrays.setAll(x, b -> low + (high - low) * Math.pow(b / 100.0, 0.5));
        Observations data = new Observations(Map.of("x", x), Map.of("y", new double[101]), 101);
        Composition repaired = DomainRepair.apply(Composition.of(Map.of("y", Expression.parse(text))), data);
        double[] values = repaired.evaluate(data.inputs(), 101).get("y");
        assertTrue(Arrays.stream(values).allMatch(Double::isFinite), repaired.value("y").toString());
    }

    @Test
    void anOffsetMovesByAThousandthMoreThanItHasTo() {
        double[] x = {-1.5, 0, 1, 2.5};
        Observations data = new Observations(Map.of("x", x), Map.of("y", new double[4]), 4);
        Expression moved = DomainRepair.apply(Composition.of(Map.of("y", Expression.parse("log(x + 0.5)"))), data).value("y");
        assertEquals(Math.log(1 + 1.5 + 4e-3), moved.evaluate(Map.of("x", 1.0)), 1e-12);
        Expression fine = Expression.parse("log(x + 1.75) + 1/(x - 3.5)");
        assertEquals(fine, DomainRepair.apply(Composition.of(Map.of("y", fine)), data).value("y"));
        Expression fixed = Expression.parse("log(x)");
        assertEquals(fixed, DomainRepair.apply(Composition.of(Map.of("y", fixed)), data).value("y"), "there is nothing to move");
        // More than half of the rows are below the pole: all become so.
        Expression below = DomainRepair.apply(Composition.of(Map.of("y", Expression.parse("1/(x - 2.0)"))), data).value("y");
        assertEquals(1 / (1 - 2.0 - 0.5 - 4e-3), below.evaluate(Map.of("x", 1.0)), 1e-12);
        Expression shrunk = DomainRepair.apply(Composition.of(Map.of("y", Expression.parse("asin(x + 0.5)"))), data).value("y");
        assertEquals(Math.asin(1.5 * 0.999 / 3), shrunk.evaluate(Map.of("x", 1.0)), 1e-12);
    }

    @Test
    void constantsOfNumbersBeginInOrderAroundTheirSizes() {
        Atom u = new Atom(Expression.variable("u"), new double[] {0, 3});
        Atom v = new Atom(Expression.variable("v"), new double[] {2, 4});
        for (IndexFamily family : IndexFamily.values()) {
            double[] starts = family.starts(u, v);
            for (int i = 1; i < starts.length; i++) {
                assertTrue(starts[i] >= starts[i - 1], family.name());
            }
            double c = starts[starts.length - 1];
            assertEquals(family.value(1.5, 2.5, c), family.written(Expression.variable("u"), Expression.variable("v"),
                    Expression.real(c)).evaluate(Map.of("u", 1.5, "v", 2.5)), 1e-12 * c);
        }
        assertEquals(1.5 * (2.5 + 4), IndexFamily.SHIFTED.value(1.5, 2.5, 4));
        assertEquals(1.5 * Math.log(11), IndexFamily.GROWTH.value(1.5, 2.5, 4), 1e-15);
        assertEquals(11.5, IndexFamily.SUM.value(1.5, 2.5, 4));
        double[] sum = IndexFamily.SUM.starts(u, v);
        assertEquals(2 * 19, sum.length);
        assertEquals(1.5 * Math.pow(10, 1.5), sum[37], 1e-9, "the ratio of deviations, and so much more");
        assertEquals(-sum[37], sum[0], 1e-9);
        double[] shifted = IndexFamily.SHIFTED.starts(u, v);
        assertEquals(2 * 19 + 8, shifted.length);
        assertEquals(2 * Math.pow(10, 1.5) - 2, shifted[45], 1e-9);
        assertEquals(-2 * Math.pow(10, 1.5) - 4, shifted[0], 1e-9);
        assertEquals(8, Arrays.stream(shifted).filter(c -> c > -4 && c < -2).count(), "places within the range");
        double[] growth = IndexFamily.GROWTH.starts(u, v);
        assertEquals(19, growth.length);
        assertEquals(1000 / 4.0, growth[18], 1e-9);
        assertEquals(1e-3 / 4, growth[0], 1e-12);
    }

    @Test
    void aTargetIsCountedAsAPopulation() {
        Target.Quantity x = new Target.Quantity(Expression.variable("x"), new double[] {1, 2, 4, 7});
        Target.Quantity y = new Target.Quantity(Expression.variable("y"), new double[] {1, 1, 6, 6});
        Target target = new Target(List.of(x, y), new double[] {1, 2, 3, 6}, 0.1);
        assertEquals(Math.sqrt(3.5), target.deviation(), 1e-15);
        assertEquals(3, target.mean());
        assertTrue(x.wide() && !y.wide(), "from more than six times as large");
        assertEquals(List.of(2, 1), List.of(x.functions(), y.functions()));
        assertArrayEquals(new double[] {0, Math.log(2), Math.log(4), Math.log(7)}, x.coordinate(true), 1e-15);
        assertSame(y.values(), y.coordinate(true));
        assertSame(x.values(), x.coordinate(false));
        Target other = target.with(List.of(x), new Target.Quantity(Expression.variable("z"), new double[4], false));
        assertEquals(List.of("y", "z"), other.inputs().stream().map(q -> q.meaning().toString()).toList());
        assertEquals(List.of(y), target.with(List.of(x), null).inputs());
        assertTrue(x.positive() && !new Target.Quantity(Expression.variable("w"), new double[] {0, 1}).positive());
        assertTrue(target.finite() && !target.with(new double[] {1, Double.NaN}, 0).finite());
    }
}
