// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.scorer;

import java.util.Arrays;

/**
 * B-splines of an order on knots of each input's own. What the recursion of Cox and de Boor gives in a cell is a
 * polynomial of the place within it, whose coefficients are computed once, and so is what stands outside the grid: a
 * cell more at either end. To evaluate is to find the cell and Horner's scheme, each for all inputs before the next:
 * short loops, of which a processor works on several turns at once.
 */
final class Spline {

    private final int in;
    private final int count; // knots of an input
    private final int order;
    private final boolean linear; // outside the grid
    private final int low; // the knot where the grid begins; it ends as many before the last
    private final int grids; // 1 where all inputs have the same knots
    private final int cells; // of an input, with the two outside
    private final int[] first; // by cell: the number of the first function there, plus the order
    private final double[] start; // by cell: where it begins
    private final double[] unit; // by cell: 1 / its width
    private final double[] coefficients; // by cell, degree from the highest, function
    private final double[] perUnit; // by input: cells a unit of x, were they of one width

    Spline(double[] knots, int in, int order, String outside) {
        this.in = in;
        this.count = knots.length / in;
        this.order = order;
        this.linear = outside.equals("linear");
        this.low = outside.equals("zero") ? 0 : order; // the functions go on along the knots
        this.grids = isShared(knots, count) ? 1 : in;
        this.cells = count - 1 - 2 * low + 2;
        this.first = new int[grids * cells];
        this.start = new double[grids * cells];
        this.unit = new double[grids * cells];
        this.coefficients = new double[grids * cells * (order + 1) * (order + 1)];
        this.perUnit = new double[grids];
        for (int i = 0; i < grids; i++) {
            double[] t = Arrays.copyOfRange(knots, i * count, (i + 1) * count);
            for (int j = 0; j + 1 < count; j++) {
                if (!(t[j] <= t[j + 1]) || !(t[low] < t[count - 1 - low])) {
                    throw new ModelFormatException("the knots of input " + i + " do not ascend");
                }
            }
            perUnit[i] = (cells - 2) / (t[count - 1 - low] - t[low]);
            inside(t, i * cells);
            outside(t, i * cells, outside);
        }
    }

    /** Whether all inputs have the same knots. */
    private static boolean isShared(double[] knots, int count) {
        for (int i = count; i < knots.length; i++) {
            if (knots[i] != knots[i - count]) {
                return false;
            }
        }
        return true;
    }

    private void inside(double[] t, int from) {
        for (int m = low; m < count - 1 - low; m++) {
            int cell = from + 1 + m - low;
            first[cell] = m;
            start[cell] = t[m];
            if (t[m] < t[m + 1]) {
                unit[cell] = 1 / (t[m + 1] - t[m]);
                polynomials(t, m, cell);
            }
        }
        start[from] = Double.NEGATIVE_INFINITY;
        start[from + cells - 1] = t[count - 1 - low];
    }

    /** In both cells outside the place is the distance to the grid: the value and the slope at its end, or 0. */
    private void outside(double[] t, int from, String outside) {
        for (int end = 0; end < 2; end++) {
            int cell = end == 0 ? from : from + cells - 1;
            int neighbour = end == 0 ? from + 1 : from + cells - 2;
            while (unit[neighbour] == 0) { // between equal knots
                neighbour += end == 0 ? 1 : -1;
            }
            first[cell] = first[neighbour];
            int size = (order + 1) * (order + 1);
            for (int j = 0; j <= order && !outside.equals("zero"); j++) {
                double value = 0;
                double slope = 0;
                for (int d = 0; d <= order; d++) {
                    slope = slope * end + value;
                    value = value * end + coefficients[neighbour * size + d * (order + 1) + j];
                }
                coefficients[cell * size + order * (order + 1) + j] = value;
                if (linear && order > 0) {
                    coefficients[cell * size + (order - 1) * (order + 1) + j] = slope * unit[neighbour];
                }
            }
        }
    }

    /** The polynomials of the place in a cell, 0 to 1, by the recursion. */
    private void polynomials(double[] t, int m, int cell) {
        int k = order;
        double width = t[m + 1] - t[m];
        double[][] n = new double[k + 2][k + 1]; // by function and power; after step d, n[1 .. d + 1] are those of order d
        n[1][0] = 1;
        for (int d = 1; d <= k; d++) {
            for (int j = d + 1; j >= 1; j--) {
                int c = m - d + j - 1; // of order d; its knots are c .. c + d + 1
                double[] next = new double[k + 1];
                double rising = inverse(t, c, d);
                double falling = inverse(t, c + 1, d);
                for (int p = 0; p <= k; p++) {
                    // (x - t_c) N_c + (t_{c+d+1} - x) N_{c+1} of order d - 1, x = t_m + width u; those are n[j - 1], n[j]
                    if (rising != 0) {
                        next[p] += rising * ((t[m] - t[c]) * n[j - 1][p] + (p > 0 ? width * n[j - 1][p - 1] : 0));
                    }
                    if (falling != 0) {
                        next[p] += falling * ((t[c + d + 1] - t[m]) * n[j][p] - (p > 0 ? width * n[j][p - 1] : 0));
                    }
                }
                n[j] = next;
            }
        }
        for (int p = 0; p <= k; p++) {
            for (int j = 0; j <= k; j++) {
                coefficients[(cell * (k + 1) + k - p) * (k + 1) + j] = n[j + 1][p];
            }
        }
    }

    /** 1 / (t_{c+d} - t_c); 0 where that is 0 or one of the two is not there. */
    private static double inverse(double[] t, int c, int d) {
        double width = c < 0 || c + d >= t.length ? 0 : t[c + d] - t[c];
        return width > 0 ? 1 / width : 0;
    }

    /** Functions of an input. */
    int functions() {
        return count - order - 1;
    }

    /** Functions that are not zero in a cell. */
    int taps() {
        return order + 1;
    }

    /** Where {@link #evaluate} puts the values. */
    int offset() {
        return 2 * in;
    }

    /**
     * Evaluates the functions that are not zero.
     *
     * @param from receives for each input the number of the first one's function plus the order: those below the order
     *     and from {@link #functions} plus the order on are not there
     * @param values receives {@link #taps} numbers for each input, from {@link #offset} on; the first {@code in} numbers
     *     are left alone
     */
    void evaluate(double[] z, int[] from, double[] values) {
        find(z, from, values);
        if (order == 3) {
            cubic(from, values);
        } else {
            horner(from, values);
        }
        for (int i = 0; i < in; i++) {
            from[i] = first[from[i]];
        }
    }

    /** The cell of each input, and the place in it. */
    private void find(double[] z, int[] cell, double[] values) {
        int left = 0;
        int right = cells - 1;
        double begin = start[1];
        double end = start[right];
        double per = perUnit[0];
        for (int i = 0; i < in; i++) {
            if (grids > 1) {
                left = i * cells;
                right = left + cells - 1;
                begin = start[left + 1];
                end = start[right];
                per = perUnit[i];
            }
            double x = z[i];
            if (!(x >= begin && x < end)) {
                cell[i] = x >= end ? right : left;
                values[in + i] = Double.isNaN(x) ? x : linear ? x - (x < begin ? begin : end) : 0;
                continue;
            }
            int m = left + 1 + (int) ((x - begin) * per); // were the cells of one width
            m = m < right ? m : right - 1;
            while (x < start[m]) {
                m--;
            }
            while (x >= start[m + 1]) {
                m++;
            }
            cell[i] = m;
            values[in + i] = (x - start[m]) * unit[m];
        }
    }

    private void cubic(int[] cell, double[] values) {
        double[] c = coefficients;
        for (int i = 0; i < in; i++) {
            double u = values[in + i];
            int p = 16 * cell[i];
            int at = 2 * in + 4 * i;
            values[at] = ((c[p] * u + c[p + 4]) * u + c[p + 8]) * u + c[p + 12];
            values[at + 1] = ((c[p + 1] * u + c[p + 5]) * u + c[p + 9]) * u + c[p + 13];
            values[at + 2] = ((c[p + 2] * u + c[p + 6]) * u + c[p + 10]) * u + c[p + 14];
            values[at + 3] = ((c[p + 3] * u + c[p + 7]) * u + c[p + 11]) * u + c[p + 15];
        }
    }

    private void horner(int[] cell, double[] values) {
        int n = order + 1;
        for (int i = 0; i < in; i++) {
            double u = values[in + i];
            for (int j = 0; j < n; j++) {
                double value = Double.isNaN(u) ? u : 0; // order 0 has nothing to multiply by u
                for (int d = 0; d < n; d++) {
                    value = value * u + coefficients[(cell[i] * n + d) * n + j];
                }
                values[2 * in + n * i + j] = value;
            }
        }
    }
}
