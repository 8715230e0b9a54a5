// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.scorer;

import java.util.Arrays;

/**
 * Weights of a layer: y_o += sum over r of v_r row_ro. Each row is an array of its own, because HotSpot uses vector
 * instructions for loops that walk all their arrays by one index, and not for places in an array that are known only
 * when the loop begins.
 */
final class Rows {

    /** Outputs up to which a loop over them would take longer than what it does; rows have as many numbers at least. */
    static final int NARROW = 4;

    private final double[][] rows;
    private final int out;

    /** Rows of zeros. */
    Rows(int count, int out) {
        this.rows = new double[count][];
        this.out = out;
        Arrays.fill(rows, new double[Math.max(out, NARROW)]);
    }

    /** Makes a row one that may be written to. */
    double[] own(int r) {
        rows[r] = new double[Math.max(out, NARROW)];
        return rows[r];
    }

    /** Adds all rows, times v. */
    void add(double[] v, double[] y) {
        add(0, v, rows.length, y);
    }

    /** Adds count rows from one on, times the first numbers of v. */
    void add(int from, double[] v, int count, double[] y) {
        int c = 0;
        for (; c + 3 < count; c += 4) {
            int r = from + c;
            if (out <= NARROW) {
                addNarrow(v[c], rows[r], v[c + 1], rows[r + 1], v[c + 2], rows[r + 2], v[c + 3], rows[r + 3], y);
            } else {
                add(v[c], rows[r], v[c + 1], rows[r + 1], v[c + 2], rows[r + 2], v[c + 3], rows[r + 3], y, out);
            }
        }
        for (; c < count; c++) {
            add(from + c, v[c], y);
        }
    }

    /** Adds a row, times a number. */
    void add(int r, double v, double[] y) {
        double[] a = rows[r];
        for (int o = 0; o < out; o++) {
            y[o] += v * a[o];
        }
    }

    /** Adds four rows that follow each other and another one: cubic splines with a base branch. */
    void addCubic(int from, double[] v, int other, double u, double[] y) {
        double[] a = rows[from];
        double[] b = rows[from + 1];
        double[] c = rows[from + 2];
        double[] d = rows[from + 3];
        double[] e = rows[other];
        if (out <= NARROW) {
            addNarrow(v[0], a, v[1], b, v[2], c, v[3], d, u, e, y);
        } else {
            add(v[0], a, v[1], b, v[2], c, v[3], d, u, e, y, out);
        }
    }

    private static void add(double p, double[] a, double q, double[] b, double r, double[] c, double s, double[] d,
            double[] y, int out) {
        for (int o = 0; o < out; o++) {
            y[o] += (p * a[o] + q * b[o]) + (r * c[o] + s * d[o]);
        }
    }

    private static void add(double p, double[] a, double q, double[] b, double r, double[] c, double s, double[] d,
            double u, double[] e, double[] y, int out) {
        for (int o = 0; o < out; o++) {
            y[o] += u * e[o] + (p * a[o] + q * b[o]) + (r * c[o] + s * d[o]);
        }
    }

    private static void addNarrow(double p, double[] a, double q, double[] b, double r, double[] c, double s,
            double[] d, double[] y) {
        y[0] += (p * a[0] + q * b[0]) + (r * c[0] + s * d[0]);
        y[1] += (p * a[1] + q * b[1]) + (r * c[1] + s * d[1]);
        y[2] += (p * a[2] + q * b[2]) + (r * c[2] + s * d[2]);
        y[3] += (p * a[3] + q * b[3]) + (r * c[3] + s * d[3]);
    }

    private static void addNarrow(double p, double[] a, double q, double[] b, double r, double[] c, double s,
            double[] d, double u, double[] e, double[] y) {
        y[0] += u * e[0] + (p * a[0] + q * b[0]) + (r * c[0] + s * d[0]);
        y[1] += u * e[1] + (p * a[1] + q * b[1]) + (r * c[1] + s * d[1]);
        y[2] += u * e[2] + (p * a[2] + q * b[2]) + (r * c[2] + s * d[2]);
        y[3] += u * e[3] + (p * a[3] + q * b[3]) + (r * c[3] + s * d[3]);
    }
}
