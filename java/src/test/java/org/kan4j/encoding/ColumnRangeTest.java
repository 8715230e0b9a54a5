// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.encoding;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.kan4j.error.KanException;

/** What is learned of a column of numbers, against the same by another way; choices at both sides of their bounds. */
class ColumnRangeTest {

    private static ColumnRange range(DoubleStream values) {
        ColumnRange range = new ColumnRange();
        values.forEach(range::add);
        return range;
    }

    private static DoubleStream to(int last) {
        return IntStream.rangeClosed(0, last).asDoubleStream();
    }

    private static DoubleStream times(int count, double value) {
        return DoubleStream.generate(() -> value).limit(count);
    }

    private static DoubleStream and(DoubleStream a, DoubleStream b) {
        return DoubleStream.concat(a, b);
    }

    @Test
    void meanAndDeviationAreThoseOfAllValues() {
        double[] values = new Random(4).doubles(5000, -3, 1000).toArray();
        ColumnRange range = range(DoubleStream.of(values));
        double mean = DoubleStream.of(values).sum() / 5000;
        double variance = DoubleStream.of(values).map(v -> (v - mean) * (v - mean)).sum() / 5000;
        Encoding.Value target = range.target("y");
        assertEquals(mean, target.mean(), 1e-9);
        assertEquals(Math.sqrt(variance), target.deviation(), 1e-9);
        Encoding.Numeric input = range.input("x");
        assertEquals(mean, input.mean(), 1e-9);
        assertEquals(DoubleStream.of(values).min().orElseThrow(), input.low());
        assertEquals(DoubleStream.of(values).max().orElseThrow(), input.high());
        assertEquals(5000, range.count());
        assertEquals(new Encoding.Value("y", 7, 1), range(times(9, 7)).target("y"));
    }

    /** Sums of squares would be infinite or nothing: mean and deviation are those that a smaller unit has. */
    @Test
    void numbersNearTheLimitsOfDoublesHaveAMeanAndADeviation() {
        for (double unit : new double[] {1e300, 1e-300}) {
            Encoding.Value value = range(DoubleStream.of(-1, 2, 5, 6).map(v -> v * unit)).target("y");
            assertEquals(3 * unit, value.mean(), 1e-12 * unit);
            assertEquals(Math.sqrt(30 / 4.0) * unit, value.deviation(), 1e-12 * unit);
        }
        Encoding.Value widest = range(DoubleStream.of(-1.5e308, 1.7e308)).target("y");
        assertEquals(1e307, widest.mean(), 1e294);
        assertEquals(1.6e308, widest.deviation(), 1e294);
    }

    /** Of 100 values at even steps nine tenths take up 90.9: beyond three times that, the range is wide. */
    @Test
    void anOutlierBeyondThreeTimesWhatMostTakeUpMakesAColumnUneven() {
        assertFalse(range(and(to(100), DoubleStream.of(272))).isUneven());
        assertTrue(range(and(to(100), DoubleStream.of(273))).isUneven());
        assertFalse(range(and(to(100), DoubleStream.of(-172))).isUneven());
        assertTrue(range(and(to(100), DoubleStream.of(-173))).isUneven());
    }

    /** Where the outlier is often there it is among most values, but not among eight in ten different ones, which take up 80. */
    @Test
    void anOutlierThatIsOftenThereIsOneBeyondTwentyTimes() {
        for (int from : new int[] {0, 1000}) {
            assertFalse(range(and(to(99), times(10, 1599)).map(v -> v + from)).isUneven());
            assertTrue(range(and(to(99), times(10, 1601)).map(v -> v + from)).isUneven());
        }
    }

    /** With eleven values the tenths are the second and the last but one. */
    @Test
    void aTailThatReachesThreeTimesFartherThanTheOtherIsUneven() {
        for (int sign : new int[] {1, -1}) {
            for (double reach : new double[] {2.9, 3.1}) {
                double[] values = {-1.1, -1, -0.8, -0.5, -0.2, 0, 0.3, 0.9, 2, reach, reach + 0.2};
                assertEquals(reach > 3, range(DoubleStream.of(values).map(v -> sign * v)).isUneven());
            }
        }
    }

    @Test
    void threeDifferentValuesAreNoDistribution() {
        assertFalse(range(and(times(50, 0), and(times(50, 1), DoubleStream.of(1000)))).isUneven());
        assertTrue(range(and(times(50, 0), and(times(50, 1), DoubleStream.of(2, 1000)))).isUneven());
        assertEquals(List.of(), range(times(5, 3)).input("x", Encoding.Scaling.AUTO).quantiles());
    }

    @Test
    void whatIsUnevenIsSaidWithItsNumbers() {
        assertEquals("is spread unevenly: 90 % of its values lie between 5.050 and 95.95, all between 0.000 and 1000",
                range(and(to(100), DoubleStream.of(1000))).uneven().orElseThrow());
        assertTrue(range(to(100)).uneven().isEmpty());
    }

    /** At even steps between -2.5 and 2.5 deviations the normal distribution's shares, by its table. */
    @Test
    void quantilesLieWhereTheNormalDistributionHasThem() {
        List<Double> knots = range(to(1000).map(v -> v / 1000)).input("x", Encoding.Scaling.QUANTILES).quantiles();
        assertEquals(33, knots.size());
        assertEquals(0, knots.getFirst());
        assertEquals(1, knots.getLast());
        assertEquals(0.5, knots.get(16), 1e-6);
        assertEquals(0.8943502, knots.get(24), 1e-6);
        assertEquals(0.1056498, knots.get(8), 1e-6);
        assertEquals(0.9904543, knots.get(31), 1e-6);
        assertEquals(0.0095457, knots.get(1), 1e-6);
        for (int i = 1; i < 33; i++) {
            assertTrue(knots.get(i) > knots.get(i - 1));
        }
    }

    /** Fewer knots, each above the one before it, where half of the values are the least and the greatest. */
    @Test
    void valuesThatRepeatAreOneKnot() {
        List<Double> knots = range(and(to(500), and(times(300, 0), times(300, 500)))).input("x", Encoding.Scaling.QUANTILES)
                .quantiles();
        assertTrue(knots.size() > 5 && knots.size() < 30, knots.toString());
        for (int i = 1; i < knots.size(); i++) {
            assertTrue(knots.get(i) > knots.get(i - 1), knots.toString());
        }
        assertEquals(List.of(3.0), range(times(5, 3)).input("x", Encoding.Scaling.QUANTILES).quantiles());
    }

    @Test
    void aLogarithmNeedsValuesAboveNothing() {
        assertEquals(
                "the target 'y' has values down to 0.0, expected all above 0 for its logarithm; target-transform=asinh takes "
                        + "any number",
                assertThrows(KanException.class, () -> range(to(9)).target("y", Transform.Kind.LOG)).getMessage());
        assertEquals(new Encoding.Value("y", 4.5, Math.sqrt(8.25)), range(to(9)).target("y", Transform.Kind.NONE));
        assertEquals(9, range(to(9)).high());
        assertEquals(-1, range(to(9).map(v -> v - 1)).low());
    }

    /** Beyond 1024 values a sample is kept: of all of them alike, and always the same one. */
    @Test
    void theSampleOfManyValuesIsOfAllOfThem() {
        ColumnRange range = range(to(99_999));
        List<Double> knots = range.input("x", Encoding.Scaling.QUANTILES).quantiles();
        assertEquals(50_000, knots.get(16), 5_000);
        assertEquals(10_565, knots.get(8), 3_500);
        assertEquals(89_435, knots.get(24), 3_500);
        assertEquals(99_999, knots.getLast());
        assertEquals(knots, range(to(99_999)).input("x", Encoding.Scaling.QUANTILES).quantiles());
    }

    /** Of two values the skewness is (1 - 2 p) / sqrt(p q): 0.98 for 28 of 100, 1.04 for 27. */
    @Test
    void aSkewnessBeyondOneIsATail() {
        assertFalse(range(and(times(28, 1), times(72, 0))).isTailed());
        assertTrue(range(and(times(27, 1), times(73, 0))).isTailed());
        assertTrue(range(and(times(27, -1), times(73, 0))).isTailed());
    }

    /** Of 140 values of which 2 n are 1 and -1 the kurtosis is 70 / n. */
    @Test
    void aKurtosisBeyondSevenIsATail() {
        assertFalse(range(and(times(11, 1), and(times(11, -1), times(118, 0)))).isTailed());
        assertTrue(range(and(times(9, 1), and(times(9, -1), times(122, 0)))).isTailed());
    }

    /** Above 0 about the logarithm: from 0, by what a twentieth is below; otherwise from the median, by half of the middle half. */
    @Test
    void theInverseHyperbolicSineIsLinearWhereTheMiddleIs() {
        assertEquals(new Transform(Transform.Kind.ASINH, 0, 6),
                range(to(100).map(v -> v + 1)).target("y", Transform.Kind.ASINH).transform());
        assertEquals(new Transform(Transform.Kind.ASINH, 50, 25), range(to(100)).target("y", Transform.Kind.ASINH).transform());
        // Four fifths are equal: the mean distance to the median.
        assertEquals(new Transform(Transform.Kind.ASINH, -3, 2),
                range(and(times(16, -3), times(4, 7))).target("y", Transform.Kind.ASINH).transform());
        assertEquals(new Transform(Transform.Kind.ASINH, 0, 1), range(times(5, 0)).target("y", Transform.Kind.ASINH).transform());
    }

    @Test
    void aColumnWithoutAValueInSomeRowHasASecondNumberThatTells() {
        ColumnRange range = range(to(9));
        assertFalse(range.input("x").indicator());
        range.addMissing();
        assertTrue(range.input("x").indicator());
        assertEquals(10, range.count());
    }

    /** Linear between the knots and beyond them. */
    @Test
    void knotsAreWalkedBothWays() {
        List<Double> knots = List.of(0.0, 1.0, 100.0, 101.0);
        double[] places = {-1, 0, 1 / 6.0, 1 / 3.0, 0.5, 2 / 3.0, 5 / 6.0, 1, 2};
        double[] values = {-3, 0, 0.5, 1, 50.5, 100, 100.5, 101, 104};
        for (int i = 0; i < places.length; i++) {
            assertEquals(places[i], Knots.place(knots, values[i]), 1e-12);
            assertEquals(values[i], Knots.at(knots, places[i]), 1e-12);
        }
    }
}
