// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.formula;

import org.kan4j.error.KanException;
import org.kan4j.error.Status;

/**
 * A closed interval of real numbers, its ends possibly infinite. Results of arithmetic are widened outward: sums, products
 * and quotients by one unit in the last place, values of {@link StrictMath} (which err by at most one) by two.
 *
 * @param low the lower end
 * @param high the upper end, not below the lower one
 */
public record Interval(double low, double high) {

    /** All real numbers. */
    public static final Interval ALL = new Interval(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);

    /** @throws KanException if an end is NaN or the ends are in the wrong order */
    public Interval {
        if (!(low <= high)) {
            throw new KanException(Status.INVALID_ARGUMENT,
                    "an interval needs a lower end that is not above its upper end, given " + low + " and " + high);
        }
    }

    /** The interval that holds one number. */
    public static Interval of(double value) {
        return new Interval(value, value);
    }

    /** The smallest interval that holds both numbers. */
    public static Interval spanning(double a, double b) {
        return new Interval(Math.min(a, b), Math.max(a, b));
    }

    /** Whether a number lies within. */
    public boolean contains(double value) {
        return low <= value && value <= high;
    }

    /** Whether another interval lies within. */
    public boolean contains(Interval other) {
        return low <= other.low && other.high <= high;
    }

    /** Upper less lower end. */
    public double width() {
        return high - low;
    }

    /** A number in the middle, finite. */
    public double middle() {
        if (low == Double.NEGATIVE_INFINITY) {
            return high == Double.POSITIVE_INFINITY ? 0 : Math.min(-1, 2 * high - 1);
        }
        if (high == Double.POSITIVE_INFINITY) {
            return Math.max(1, 2 * low + 1);
        }
        return low / 2 + high / 2;
    }

    /** The largest absolute value. */
    public double magnitude() {
        return Math.max(Math.abs(low), Math.abs(high));
    }

    /** Widened at either end by a number of units in the last place. */
    Interval outward(int ulps) {
        double l = low;
        double h = high;
        for (int i = 0; i < ulps; i++) {
            l = Math.nextDown(l);
            h = Math.nextUp(h);
        }
        return new Interval(l, h);
    }

    /** What both hold; null if nothing. */
    Interval meet(Interval other) {
        double l = Math.max(low, other.low);
        double h = Math.min(high, other.high);
        return l <= h ? new Interval(l, h) : null;
    }

    /** All sums of two numbers. */
    public Interval plus(Interval other) {
        return real(low + other.low, high + other.high).outward(1).signed(low >= 0 && other.low >= 0,
                high <= 0 && other.high <= 0);
    }

    /** All differences of two numbers. */
    public Interval minus(Interval other) {
        return real(low - other.high, high - other.low).outward(1);
    }

    /** All negatives. */
    public Interval negated() {
        return new Interval(-high, -low);
    }

    /** All products of two numbers. */
    public Interval times(Interval other) {
        double a = product(low, other.low);
        double b = product(low, other.high);
        double c = product(high, other.low);
        double d = product(high, other.high);
        return new Interval(Math.min(Math.min(a, b), Math.min(c, d)), Math.max(Math.max(a, b), Math.max(c, d)))
                .outward(1).signed(low >= 0 && other.low >= 0 || high <= 0 && other.high <= 0,
                        low >= 0 && other.high <= 0 || high <= 0 && other.low >= 0);
    }

    /** What is not negative, or not positive, stays so when it is widened. */
    private Interval signed(boolean notNegative, boolean notPositive) {
        double l = notNegative ? Math.max(0, low) : low;
        double h = notPositive ? Math.min(0, high) : high;
        return notNegative || notPositive ? new Interval(l, h) : this;
    }

    /** All reciprocals of numbers other than 0; all real numbers if 0 lies inside. */
    public Interval reciprocal() {
        if (low > 0 || high < 0) {
            return new Interval(1 / high, 1 / low).outward(1);
        }
        if (low == 0 && high > 0) {
            return new Interval(Math.max(0, Math.nextDown(1 / high)), Double.POSITIVE_INFINITY);
        }
        if (high == 0 && low < 0) {
            return new Interval(Double.NEGATIVE_INFINITY, Math.min(0, Math.nextUp(1 / low)));
        }
        return ALL;
    }

    /** All n-th powers, n not negative. */
    Interval power(int n) {
        if (n == 0) {
            return of(1);
        }
        double a = StrictMath.pow(low, n);
        double b = StrictMath.pow(high, n);
        if (n % 2 == 1) {
            return new Interval(a, b).outward(2);
        }
        Interval powers = contains(0) ? new Interval(0, Math.max(a, b)) : spanning(a, b);
        Interval wide = powers.outward(2);
        return new Interval(Math.max(0, wide.low), wide.high);
    }

    private static double product(double a, double b) {
        return a == 0 || b == 0 ? 0 : a * b; // 0 times an infinite end is 0: the end itself is never attained
    }

    private static Interval real(double low, double high) {
        return new Interval(Double.isNaN(low) ? Double.NEGATIVE_INFINITY : low,
                Double.isNaN(high) ? Double.POSITIVE_INFINITY : high);
    }

    @Override
    public String toString() {
        return "[" + low + ", " + high + "]";
    }
}
