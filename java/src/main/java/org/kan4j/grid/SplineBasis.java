// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.grid;

import org.kan4j.basis.BSpline;

/**
 * The B-splines of one input in double precision, for grid algorithms: which ones are not zero at a point and their
 * values there, as the kernels define them (outside the grid too). Not thread-safe: it owns scratch.
 */
final class SplineBasis {

    private final double[] t;
    private final int k;
    private final int grid;
    private final BSpline.Outside outside;
    private final double[] values;
    private final double[] lower;

    /** Knots t_0..t_{G+2k}, non-decreasing, t_k below t_{G+k}. */
    SplineBasis(double[] knots, int order, BSpline.Outside outside) {
        this.t = knots;
        this.k = order;
        this.grid = knots.length - 1 - 2 * order;
        this.outside = outside;
        this.values = new double[order + 1];
        this.lower = new double[order + 1];
    }

    int functions() {
        return grid + k;
    }

    double knot(int i) {
        return t[i];
    }

    double lo() {
        return t[k];
    }

    double hi() {
        return t[grid + k];
    }

    /** The values at the point last evaluated, of the functions from the index that {@link #evaluate} returned. */
    double[] values() {
        return values;
    }

    /**
     * Evaluates all functions that are not zero at x.
     *
     * @return the index of the first of the k + 1 functions in {@link #values}; an index outside 0..n-1 has the value 0
     */
    int evaluate(double x) {
        if (outside == BSpline.Outside.ZERO) {
            if (!(x >= t[0] && x < t[t.length - 1])) {
                java.util.Arrays.fill(values, 0);
                return 0;
            }
            return recursion(cell(x, 0, t.length - 2), x, k);
        }
        double inside = Math.max(lo(), Math.min(hi(), x));
        int cell = cell(inside, k, grid + k - 1);
        if (inside == x || outside == BSpline.Outside.CLAMP) {
            return recursion(cell, inside, k);
        }
        // The tangent: B(end) + (x - end) B'(end), B'_j = k (N_j / (t_{j+k} - t_j) - N_{j+1} / (t_{j+k+1} - t_{j+1})).
        recursion(cell, inside, k - 1);
        System.arraycopy(values, 0, lower, 0, k);
        int first = recursion(cell, inside, k);
        for (int i = 0; i <= k; i++) {
            int j = first + i;
            double slope = (i > 0 ? lower[i - 1] / (t[j + k] - t[j]) : 0)
                    - (i < k ? lower[i] / (t[j + k + 1] - t[j + 1]) : 0);
            values[i] += (x - inside) * k * slope;
        }
        return first;
    }

    /** The last cell m in first..last that is not empty and starts at or before x; the first such where none does. */
    int cell(double x, int first, int last) {
        int lo = first;
        int hi = last;
        while (lo < hi) {
            int middle = (lo + hi + 1) >>> 1;
            if (t[middle] <= x) {
                lo = middle;
            } else {
                hi = middle - 1;
            }
        }
        while (lo > first && t[lo] == t[lo + 1]) {
            lo--;
        }
        while (lo < last && t[lo] == t[lo + 1]) {
            lo++;
        }
        return lo;
    }

    /** Cox and de Boor's recursion up to an order, in a cell; functions that do not exist stay 0. */
    private int recursion(int cell, double x, int order) {
        java.util.Arrays.fill(values, 0);
        values[order] = 1;
        for (int r = 1; r <= order; r++) {
            // values[order - r .. order] become those of order r of the functions cell - r .. cell.
            for (int i = order - r; i <= order; i++) {
                int j = cell - order + i;
                if (j < 0 || j + r + 1 >= t.length) {
                    values[i] = 0;
                    continue;
                }
                double left = i == order - r ? 0 : ratio(x - t[j], t[j + r] - t[j]) * values[i];
                double right = i == order ? 0 : ratio(t[j + r + 1] - x, t[j + r + 1] - t[j + 1]) * values[i + 1];
                values[i] = left + right;
            }
        }
        return cell - order;
    }

    private static double ratio(double a, double b) {
        return b > 0 ? a / b : 0;
    }

    /** The spline with the coefficients from an offset on, at the point last evaluated. */
    double combine(int first, double[] coefficients, int offset) {
        double sum = 0;
        for (int i = 0; i <= k; i++) {
            int j = first + i;
            if (j >= 0 && j < functions()) {
                sum += values[i] * coefficients[offset + j];
            }
        }
        return sum;
    }

    /**
     * The blossom (polar form) of the spline's polynomial in a cell: the coefficients of any finer knots are its values
     * at k consecutive new knots (Ramshaw, 1987), which is knot insertion in closed form.
     *
     * @param arguments the array that holds the k arguments from an index on
     */
    double blossom(int cell, double[] coefficients, int offset, double[] arguments, int from, double[] scratch) {
        System.arraycopy(coefficients, offset + cell - k, scratch, 0, k + 1);
        for (int r = 1; r <= k; r++) {
            double u = arguments[from + r - 1];
            for (int i = k; i >= r; i--) {
                int j = cell - k + i;
                double alpha = (u - t[j]) / (t[j + k + 1 - r] - t[j]);
                scratch[i] = (1 - alpha) * scratch[i - 1] + alpha * scratch[i];
            }
        }
        return scratch[k];
    }
}
