// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.export;

import org.kan4j.basis.BSpline;
import org.kan4j.tensor.DType;

/** Numbers of B-splines that are computed once, at export, in double precision. */
final class Splines {

    private Splines() {
    }

    /** Whether knots are evenly spaced to within rounding, by the kernels' own rule. */
    static boolean isEven(double[] t, int from, int count, DType dtype) {
        double first = t[from];
        double last = t[from + count - 1];
        double h = (last - first) / (count - 1);
        double eps = dtype == DType.F32 ? Math.ulp(1f) : Math.ulp(1.0);
        double slack = 4 * eps * Math.max(Math.abs(first), Math.abs(last));
        for (int j = 0; j < count; j++) {
            if (!(Math.abs(t[from + j] - (first + j * h)) <= slack)) {
                return false;
            }
        }
        return h > 0;
    }

    /** 1 / (t_{c + distance} - t_c), or 0 where that is 0. */
    static double inverse(double[] t, int from, int c, int distance) {
        double length = t[from + c + distance] - t[from + c];
        return length > 0 ? 1 / length : 0;
    }

    /**
     * The derivatives of all functions at the ends of the grid, from inside.
     *
     * @return (in, 2, n): at the lower end, at the upper end
     */
    static double[] endSlopes(BSpline spline, double[] knots, int in) {
        int n = spline.functions();
        int k = spline.order();
        int count = n + k + 1;
        double[] slopes = new double[in * 2 * n];
        for (int i = 0; i < in; i++) {
            int from = i * count;
            int first = k;
            while (knots[from + first] == knots[from + first + 1]) {
                first++;
            }
            int last = n - 1;
            while (knots[from + last] == knots[from + last + 1]) {
                last--;
            }
            for (int c = 0; c < n; c++) {
                slopes[2 * i * n + c] = slope(knots, from, c, k, first, knots[from + k]);
                slopes[(2 * i + 1) * n + c] = slope(knots, from, c, k, last, knots[from + n]);
            }
        }
        return slopes;
    }

    /**
     * B'_c(x) = k (N_c / (t_{c+k} - t_c) - N_{c+1} / (t_{c+k+1} - t_{c+1})), N of order k - 1, x in a cell or at its
     * end.
     */
    private static double slope(double[] t, int from, int c, int k, int cell, double x) {
        return k * (inverse(t, from, c, k) * value(t, from, c, k - 1, cell, x)
                - inverse(t, from, c + 1, k) * value(t, from, c + 1, k - 1, cell, x));
    }

    /** Cox and de Boor's recursion. */
    private static double value(double[] t, int from, int c, int order, int cell, double x) {
        if (order == 0) {
            return c == cell ? 1 : 0;
        }
        if (cell < c || cell > c + order) {
            return 0;
        }
        return (x - t[from + c]) * inverse(t, from, c, order) * value(t, from, c, order - 1, cell, x)
                + (t[from + c + order + 1] - x) * inverse(t, from, c + 1, order) * value(t, from, c + 1, order - 1, cell,
                        x);
    }
}
