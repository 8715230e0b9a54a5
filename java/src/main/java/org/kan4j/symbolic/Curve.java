// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.Arrays;
import org.kan4j.error.KanException;
import org.kan4j.error.Status;
import org.kan4j.formula.Interval;
import org.kan4j.formula.UnaryFunction;

/**
 * Points of a function of one number, such as an edge of a network.
 *
 * @param x ascending, at least {@value #FEWEST}, finite
 * @param y as many, finite
 */
public record Curve(double[] x, double[] y) {

    /** Fewer points tell functions of four constants from nothing. */
    static final int FEWEST = 8;

    /** @throws KanException if it is too short, x does not ascend or a value is not finite */
    public Curve {
        if (x.length != y.length) {
            throw new KanException(Status.SHAPE_MISMATCH, "a curve needs as many y as x, given " + y.length + " and "
                    + x.length);
        }
        if (x.length < FEWEST) {
            throw invalid("a curve needs at least " + FEWEST + " points, given " + x.length);
        }
        for (int i = 0; i < x.length; i++) {
            if (!Double.isFinite(x[i]) || !Double.isFinite(y[i])) {
                throw invalid("the points of a curve must be finite, given (" + x[i] + ", " + y[i] + ")");
            }
            if (i > 0 && !(x[i] > x[i - 1])) {
                throw invalid("the x of a curve must ascend, given " + x[i - 1] + " before " + x[i]);
            }
        }
        x = x.clone();
        y = y.clone();
    }

    /**
     * Where a curve is to be sampled: half of the points evenly between the quantiles .0005 and .9995 of the values that an
     * edge's input takes, half at quantiles.
     *
     * @param values of the input, in any order
     * @param points how many; fewer come back where values are equal
     * @throws KanException if the values are all one
     */
    public static double[] places(double[] values, int points) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        if (sorted.length == 0 || !(sorted[0] < sorted[sorted.length - 1])) {
            throw invalid("an edge whose input is constant is no curve");
        }
        double low = quantile(sorted, 0.0005);
        double high = quantile(sorted, 0.9995);
        if (!(low < high)) {
            low = sorted[0];
            high = sorted[sorted.length - 1];
        }
        int even = (points + 1) / 2;
        double[] places = new double[points];
        for (int i = 0; i < points; i++) {
            double share = i < even ? (double) i / (even - 1) : (i - even + 0.5) / (points - even);
            places[i] = i < even ? low + share * (high - low) : Math.clamp(quantile(sorted, share), low, high);
        }
        return Arrays.stream(places).sorted().distinct().toArray();
    }

    private static double quantile(double[] sorted, double share) {
        double place = share * (sorted.length - 1);
        int below = (int) place;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
    }

    private static KanException invalid(String message) {
        return new KanException(Status.INVALID_ARGUMENT, message);
    }

    /** The range of x. */
    public Interval range() {
        return new Interval(x[0], x[x.length - 1]);
    }

    /** The sample deviation of y, divided by the number of points. */
    public double deviation() {
        double mean = Arrays.stream(y).average().orElseThrow();
        return Math.sqrt(Arrays.stream(y).map(v -> (v - mean) * (v - mean)).average().orElseThrow());
    }

    /** The points whose x lies within. */
    Curve within(double low, double high) {
        int from = 0;
        int to = x.length;
        while (from < to && x[from] < low) {
            from++;
        }
        while (to > from && x[to - 1] > high) {
            to--;
        }
        return to - from < FEWEST ? this : new Curve(Arrays.copyOfRange(x, from, to), Arrays.copyOfRange(y, from, to));
    }

    /**
     * A smooth function through the points: cubic Hermite between them, by the slopes of polynomials through five
     * neighbours, straight outside.
     *
     * @param name an identifier without another meaning
     */
    public UnaryFunction asFunction(String name) {
        double[] slopes = slopes();
        return UnaryFunction.of(name, v -> interpolate(v, slopes, false), v -> interpolate(v, slopes, true), Interval.ALL);
    }

    /** Of the polynomial through five neighbours. */
    private double[] slopes() {
        int n = x.length;
        double[] slopes = new double[n];
        for (int i = 0; i < n; i++) {
            int first = Math.clamp(i - 2, 0, n - 5);
            for (int k = first; k < first + 5; k++) {
                double weight = k == i ? 0 : 1 / (x[k] - x[i]);
                for (int m = first; m < first + 5; m++) {
                    if (k == i && m != i) {
                        weight += 1 / (x[i] - x[m]);
                    } else if (m != k && m != i) {
                        weight *= (x[i] - x[m]) / (x[k] - x[m]);
                    }
                }
                slopes[i] += weight * y[k];
            }
        }
        return slopes;
    }

    private double interpolate(double v, double[] slopes, boolean slope) {
        int last = x.length - 1;
        if (!(v > x[0]) || v >= x[last]) {
            int end = v >= x[last] ? last : 0;
            return slope ? slopes[end] : y[end] + slopes[end] * (v - x[end]);
        }
        int found = Arrays.binarySearch(x, v);
        int i = found >= 0 ? found : -found - 2;
        double h = x[i + 1] - x[i];
        double t = (v - x[i]) / h;
        double rise = y[i + 1] - y[i];
        double a = h * slopes[i] - rise;
        double b = rise - h * slopes[i + 1];
        if (slope) {
            return (rise + (1 - 2 * t) * (a * (1 - t) + b * t) + t * (1 - t) * (b - a)) / h;
        }
        return y[i] + t * rise + t * (1 - t) * (a * (1 - t) + b * t);
    }
}
