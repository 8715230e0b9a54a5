// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.scorer;

import java.util.Arrays;

/**
 * Weights of a layer: y_o += sum over inputs i and their functions c of v_ic w_ico. The weights of a function are an
 * array of their own, because HotSpot uses vector instructions for loops that walk all their arrays by one index, and
 * not for places in an array that are known only when the loop begins. For a few outputs a loop would take longer than
 * what it does: their sums are variables, and all weights are one array.
 */
final class Rows {

    /** Outputs up to which they are a few; y has as many numbers at least. */
    static final int FEW = 4;

    private final int in;
    private final int each;
    private final int out;
    private final double[] flat; // (in, each, FEW) of a few outputs, else null
    private final double[][] rows; // (in each, out)
    private final double[] zeros;

    /**
     * Weights that are 0.
     *
     * @param each functions of an input
     */
    Rows(int in, int each, int out) {
        this.in = in;
        this.each = each;
        this.out = out;
        this.flat = out <= FEW ? new double[in * each * FEW] : null;
        this.zeros = new double[out];
        this.rows = new double[out <= FEW ? 0 : in * each][];
        Arrays.fill(rows, zeros);
    }

    /** Sets the weight of function c of input i for output o. */
    void set(int i, int c, int o, double weight) {
        int r = i * each + c;
        if (flat != null) {
            flat[r * FEW + o] = weight;
            return;
        }
        if (rows[r] == zeros) {
            rows[r] = new double[out];
        }
        rows[r][o] = weight;
    }

    /** Adds all functions; v has those of the first input, then those of the second, ... */
    void add(double[] v, double[] y) {
        if (flat != null) {
            addFew(0, v, 0, in * each, y);
        } else {
            add(0, v, 0, in * each, y);
        }
    }

    /**
     * Adds for each input functions that follow each other, and its last.
     *
     * @param first of the functions
     * @param v the last ones' values, and from {@code at} on {@code count} for each input
     */
    void add(int[] first, double[] v, int at, int count, double[] y) {
        if (flat != null && count == 4) {
            addFewCubic(first, v, at, y);
            return;
        }
        for (int i = 0; i < in; i++) {
            int r = i * each + first[i];
            int last = i * each + each - 1;
            int c = at + i * count;
            if (flat != null) {
                addFew(r, v, c, count, y);
                addFew(last, v, i, 1, y);
            } else if (count == 4) {
                add(v[c], rows[r], v[c + 1], rows[r + 1], v[c + 2], rows[r + 2], v[c + 3], rows[r + 3], v[i], rows[last],
                        y, out);
            } else {
                add(r, v, c, count, y);
                add(v[i], rows[last], y, out);
            }
        }
    }

    private void addFew(int from, double[] v, int at, int count, double[] y) {
        double[] w = flat;
        double y0 = y[0];
        double y1 = y[1];
        double y2 = y[2];
        double y3 = y[3];
        for (int c = 0; c < count; c++) {
            double p = v[at + c];
            int a = (from + c) * FEW;
            y0 += p * w[a];
            y1 += p * w[a + 1];
            y2 += p * w[a + 2];
            y3 += p * w[a + 3];
        }
        y[0] = y0;
        y[1] = y1;
        y[2] = y2;
        y[3] = y3;
    }

    /** Cubic splines with their base branch. */
    private void addFewCubic(int[] first, double[] v, int at, double[] y) {
        double[] w = flat;
        double y0 = y[0];
        double y1 = y[1];
        double y2 = y[2];
        double y3 = y[3];
        for (int i = 0; i < in; i++) {
            int a = (i * each + first[i]) * FEW;
            int e = (i * each + each - 1) * FEW;
            int c = at + i * 4;
            double u = v[i];
            double p = v[c];
            double q = v[c + 1];
            double r = v[c + 2];
            double s = v[c + 3];
            y0 += u * w[e] + (p * w[a] + q * w[a + 4]) + (r * w[a + 8] + s * w[a + 12]);
            y1 += u * w[e + 1] + (p * w[a + 1] + q * w[a + 5]) + (r * w[a + 9] + s * w[a + 13]);
            y2 += u * w[e + 2] + (p * w[a + 2] + q * w[a + 6]) + (r * w[a + 10] + s * w[a + 14]);
            y3 += u * w[e + 3] + (p * w[a + 3] + q * w[a + 7]) + (r * w[a + 11] + s * w[a + 15]);
        }
        y[0] = y0;
        y[1] = y1;
        y[2] = y2;
        y[3] = y3;
    }

    private void add(int from, double[] v, int at, int count, double[] y) {
        int c = 0;
        for (; c + 3 < count; c += 4) {
            int r = from + c;
            add(v[at + c], rows[r], v[at + c + 1], rows[r + 1], v[at + c + 2], rows[r + 2], v[at + c + 3], rows[r + 3], 0,
                    zeros, y, out);
        }
        for (; c < count; c++) {
            add(v[at + c], rows[from + c], y, out);
        }
    }

    private static void add(double p, double[] a, double[] y, int out) {
        for (int o = 0; o < out; o++) {
            y[o] += p * a[o];
        }
    }

    private static void add(double p, double[] a, double q, double[] b, double r, double[] c, double s, double[] d,
            double u, double[] e, double[] y, int out) {
        for (int o = 0; o < out; o++) {
            y[o] += u * e[o] + (p * a[o] + q * b[o]) + (r * c[o] + s * d[o]);
        }
    }
}
