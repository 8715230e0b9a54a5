// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.scorer;

import java.util.Arrays;

/**
 * B-splines of an order on knots of each input's own. What the recursion of Cox and de Boor gives in a cell is a
 * polynomial of the place within it, whose coefficients are computed once: evaluation is to find the cell and Horner's
 * scheme.
 */
final class Spline {

    /** Places in a cell: its ends, 1 / its width; behind them (k + 1) x (k + 1) coefficients, those of degree k first. */
    private static final int START = 0;
    private static final int END = 1;
    private static final int UNIT = 2;
    private static final int COEFFICIENTS = 3;

    private final int count; // knots of an input
    private final int k;
    private final boolean zero; // outside the grid: on along the knots, then 0
    private final boolean linear;
    private final int low; // cells that x may lie in: from this one
    private final int high; // to before this one
    private final int inputs; // 1 where all have the same knots
    private final double[][] cells; // by input and cell; null for those that are empty
    private final double[] grids; // by input: where the cells begin and end, cells a unit of x
    private final int[] ends; // by input: the first and the last cell that is not empty

    Spline(double[] knots, int in, int order, String outside) {
        this.count = knots.length / in;
        this.k = order;
        this.zero = outside.equals("zero");
        this.linear = outside.equals("linear");
        this.low = zero ? 0 : k;
        this.high = zero ? count - 1 : count - 1 - k;
        this.inputs = isShared(knots, count) ? 1 : in;
        this.cells = new double[inputs * (count - 1)][];
        this.grids = new double[3 * inputs];
        this.ends = new int[2 * inputs];
        for (int i = 0; i < inputs; i++) {
            double[] t = Arrays.copyOfRange(knots, i * count, (i + 1) * count);
            grids[3 * i] = t[low];
            grids[3 * i + 1] = t[high];
            grids[3 * i + 2] = (high - low) / (t[high] - t[low]);
            ends[2 * i] = -1;
            for (int m = 0; m < count - 1; m++) {
                if (!(t[m] <= t[m + 1])) {
                    throw new ModelFormatException("the knots of input " + i + " do not ascend");
                }
                if (t[m] < t[m + 1]) {
                    cells[i * (count - 1) + m] = cell(t, m);
                    if (m >= low && m < high) {
                        ends[2 * i] = ends[2 * i] < 0 ? m : ends[2 * i];
                        ends[2 * i + 1] = m;
                    }
                }
            }
            if (ends[2 * i] < 0) {
                throw new ModelFormatException("the knots of input " + i + " are all the same");
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
    private double[] cell(double[] t, int m) {
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
        double[] cell = new double[COEFFICIENTS + (k + 1) * (k + 1)];
        cell[START] = t[m];
        cell[END] = t[m + 1];
        cell[UNIT] = 1 / width;
        for (int p = 0; p <= k; p++) {
            for (int j = 0; j <= k; j++) {
                cell[COEFFICIENTS + (k - p) * (k + 1) + j] = n[j + 1][p];
            }
        }
        return cell;
    }

    /** 1 / (t_{c+d} - t_c); 0 where that is 0 or one of the two is not there. */
    private double inverse(double[] t, int c, int d) {
        double width = c < 0 || c + d >= count ? 0 : t[c + d] - t[c];
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
        int input = inputs == 1 ? 0 : i;
        double first = grids[3 * input];
        if (!(z >= first && z < grids[3 * input + 1])) {
            return outside(input, z, taps);
        }
        int from = input * (count - 1);
        int m = low + Math.min((int) ((z - first) * grids[3 * input + 2]), high - low - 1); // were knots evenly spaced
        double[] cell = cells[from + m];
        while (cell == null || z < cell[START]) {
            m--;
            cell = cells[from + m];
        }
        while (cell == null || z >= cell[END]) {
            m++;
            cell = cells[from + m];
        }
        double u = (z - cell[START]) * cell[UNIT];
        if (k == 3) {
            cubic(cell, u, taps);
        } else {
            horner(cell, u, taps);
        }
        return m;
    }

    private static void cubic(double[] c, double u, double[] taps) {
        taps[0] = ((c[3] * u + c[7]) * u + c[11]) * u + c[15];
        taps[1] = ((c[4] * u + c[8]) * u + c[12]) * u + c[16];
        taps[2] = ((c[5] * u + c[9]) * u + c[13]) * u + c[17];
        taps[3] = ((c[6] * u + c[10]) * u + c[14]) * u + c[18];
    }

    private void horner(double[] cell, double u, double[] taps) {
        for (int j = 0; j <= k; j++) {
            double value = 0;
            for (int d = 0; d <= k; d++) {
                value = value * u + cell[COEFFICIENTS + d * (k + 1) + j];
            }
            taps[j] = value;
        }
    }

    private int outside(int input, double z, double[] taps) {
        if (z != z || zero) {
            Arrays.fill(taps, 0, k + 1, z != z ? z : 0);
            return low;
        }
        boolean left = z < grids[3 * input];
        int m = ends[2 * input + (left ? 0 : 1)];
        double[] cell = cells[input * (count - 1) + m];
        double u = left ? 0 : 1;
        horner(cell, u, taps);
        double beyond = z - grids[3 * input + (left ? 0 : 1)];
        if (linear && beyond != 0) {
            for (int j = 0; j <= k; j++) {
                double slope = 0;
                for (int d = 0; d < k; d++) {
                    slope = slope * u + (k - d) * cell[COEFFICIENTS + d * (k + 1) + j];
                }
                taps[j] += beyond * cell[UNIT] * slope;
            }
        }
        return m;
    }
}
