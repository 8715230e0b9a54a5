// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.scorer;

import java.util.Arrays;

/**
 * B-splines of an order on knots of each input's own. What the recursion of Cox and de Boor gives in a cell is a
 * polynomial of the place within it, whose coefficients are computed once: evaluation is to find the cell and Horner's
 * scheme.
 */
final class Spline {

    private final double[] t;
    private final int in;
    private final int count;
    private final int k;
    private final boolean zero; // outside the grid: on along the knots, then 0
    private final boolean linear;
    private final int low; // cells that x may lie in: from this one
    private final int high; // to before this one
    private final int[] ends; // by input: the first and the last of them that is not empty
    private final int cell; // numbers of a cell in cells
    private final double[] cells; // by input and cell: the knot, 1 / width, (k + 1) x (k + 1) coefficients, degree k first
    private final double[] units; // cells a unit of x, by input

    Spline(double[] knots, int in, int order, String outside) {
        this.count = knots.length / in;
        this.k = order;
        this.zero = outside.equals("zero");
        this.linear = outside.equals("linear");
        this.low = zero ? 0 : k;
        this.high = zero ? count - 1 : count - 1 - k;
        this.in = isShared(knots, count) ? 1 : in;
        this.t = Arrays.copyOf(knots, this.in * count);
        this.cell = 2 + (k + 1) * (k + 1);
        this.cells = new double[this.in * (count - 1) * cell];
        this.units = new double[this.in];
        this.ends = new int[2 * this.in];
        for (int i = 0; i < this.in; i++) {
            int from = i * count;
            units[i] = (high - low) / (t[from + high] - t[from + low]);
            int first = low;
            while (first < high - 1 && t[from + first] == t[from + first + 1]) {
                first++;
            }
            int last = high - 1;
            while (last > low && t[from + last] == t[from + last + 1]) {
                last--;
            }
            ends[2 * i] = first;
            ends[2 * i + 1] = last;
            for (int m = 0; m < count - 1; m++) {
                polynomials(from, m);
            }
        }
    }

    /** Whether all inputs have the same knots, so that one row of them is enough. */
    private static boolean isShared(double[] knots, int count) {
        for (int i = count; i < knots.length; i++) {
            if (knots[i] != knots[i - count]) {
                return false;
            }
        }
        return true;
    }

    /** Functions of an input. */
    int functions() {
        return count - k - 1;
    }

    /** Functions that are not zero in a cell. */
    int taps() {
        return k + 1;
    }

    /** The order + 1 polynomials of the place in a cell, 0 to 1, by the recursion. */
    private void polynomials(int from, int m) {
        double width = t[from + m + 1] - t[from + m];
        if (!(width > 0)) {
            return;
        }
        double[][] n = new double[k + 2][k + 1]; // by function and power; after step d, n[1 .. d + 1] are those of order d
        n[1][0] = 1;
        for (int d = 1; d <= k; d++) {
            for (int j = d + 1; j >= 1; j--) {
                int c = m - d + j - 1; // of order d; its knots are c .. c + d + 1
                double[] next = new double[k + 1];
                double rising = inverse(from, c, d);
                double falling = inverse(from, c + 1, d);
                for (int p = 0; p <= k; p++) {
                    // (x - t_c) N_c + (t_{c+d+1} - x) N_{c+1} of order d - 1, x = t_m + width u; those are n[j - 1], n[j]
                    if (rising != 0) {
                        next[p] += rising * ((t[from + m] - t[from + c]) * n[j - 1][p]
                                + (p > 0 ? width * n[j - 1][p - 1] : 0));
                    }
                    if (falling != 0) {
                        next[p] += falling * ((t[from + c + d + 1] - t[from + m]) * n[j][p]
                                - (p > 0 ? width * n[j][p - 1] : 0));
                    }
                }
                n[j] = next;
            }
        }
        int at = (from / count * (count - 1) + m) * cell;
        cells[at++] = t[from + m];
        cells[at++] = 1 / width;
        for (int p = k; p >= 0; p--) {
            for (int j = 1; j <= k + 1; j++) {
                cells[at++] = n[j][p];
            }
        }
    }

    /** 1 / (t_{c+d} - t_c); 0 where that is 0 or one of the two is not there. */
    private double inverse(int from, int c, int d) {
        double width = c < 0 || c + d >= count ? 0 : t[from + c + d] - t[from + c];
        return width > 0 ? 1 / width : 0;
    }

    /**
     * Evaluates the functions of input i that are not zero at z.
     *
     * @param taps receives {@link #taps} numbers
     * @return the number of the first one's function plus the order: those below the order and from {@link #functions}
     *     plus the order on are not there
     */
    int evaluate(int i, double z, double[] taps) {
        int input = in == 1 ? 0 : i;
        int from = input * count;
        double first = t[from + low];
        if (!(z >= first && z < t[from + high])) {
            return outside(input, z, taps);
        }
        int m = low + Math.min((int) ((z - first) * units[input]), high - low - 1); // were knots evenly spaced
        while (z < t[from + m]) {
            m--;
        }
        while (z >= t[from + m + 1]) {
            m++;
        }
        int p = (input * (count - 1) + m) * cell;
        double u = (z - cells[p]) * cells[p + 1];
        if (k == 3) {
            cubic(p + 2, u, taps);
        } else {
            horner(p + 2, u, taps);
        }
        return m;
    }

    private void cubic(int p, double u, double[] taps) {
        double[] c = cells;
        taps[0] = ((c[p] * u + c[p + 4]) * u + c[p + 8]) * u + c[p + 12];
        taps[1] = ((c[p + 1] * u + c[p + 5]) * u + c[p + 9]) * u + c[p + 13];
        taps[2] = ((c[p + 2] * u + c[p + 6]) * u + c[p + 10]) * u + c[p + 14];
        taps[3] = ((c[p + 3] * u + c[p + 7]) * u + c[p + 11]) * u + c[p + 15];
    }

    private void horner(int p, double u, double[] taps) {
        for (int j = 0; j <= k; j++) {
            double value = cells[p + j];
            for (int d = 1; d <= k; d++) {
                value = value * u + cells[p + d * (k + 1) + j];
            }
            taps[j] = value;
        }
    }

    private int outside(int input, double z, double[] taps) {
        if (z != z || zero) {
            Arrays.fill(taps, 0, k + 1, z != z ? z : 0);
            return low;
        }
        int from = input * count;
        boolean left = z < t[from + low];
        int m = ends[2 * input + (left ? 0 : 1)];
        int p = (input * (count - 1) + m) * cell;
        double u = left ? 0 : 1;
        horner(p + 2, u, taps);
        double beyond = z - t[from + (left ? low : high)];
        if (linear && beyond != 0) {
            for (int j = 0; j <= k; j++) {
                double slope = 0;
                for (int d = 0; d < k; d++) {
                    slope = slope * u + (k - d) * cells[p + 2 + d * (k + 1) + j];
                }
                taps[j] += beyond * cells[p + 1] * slope;
            }
        }
        return m;
    }
}
