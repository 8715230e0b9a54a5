// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.grid;

import java.util.Arrays;

/**
 * Linear least squares whose rows have few neighbouring entries, such as splines' (or all of them, with a band as wide
 * as the unknowns), for several right sides at once: QR by Givens rotations, row by row. Memory is that of the
 * triangle, whatever the number of rows; nothing is squared, unlike with normal equations. Columns that the rows leave
 * undetermined, to rounding, get the value 0: callers add weak rows that say what they want there.
 */
final class BandedLeastSquares {

    private final int n;
    private final int band;
    private final int sides;
    private final double[][] triangle; // triangle[j][d] is R(j, j + d)
    private final double[][] right; // Q' b
    private final double[] row;
    private final double[] rowRight;

    BandedLeastSquares(int unknowns, int band, int sides) {
        this.n = unknowns;
        this.band = Math.min(band, unknowns);
        this.sides = sides;
        this.triangle = new double[n][this.band];
        this.right = new double[n][sides];
        this.row = new double[n + this.band];
        this.rowRight = new double[sides];
    }

    /**
     * Adds weight (sum_i entries[i] x[first + i] - b) = 0; entries of unknowns that do not exist are passed over.
     *
     * @param b the right sides
     */
    void add(int first, double[] entries, double[] b, double weight) {
        int from = Math.max(0, first);
        int to = Math.min(n, first + entries.length);
        if (from >= to) {
            return;
        }
        Arrays.fill(row, from, Math.min(row.length, to + band), 0);
        for (int j = from; j < to; j++) {
            row[j] = weight * entries[j - first];
        }
        for (int s = 0; s < sides; s++) {
            rowRight[s] = weight * b[s];
        }
        int end = to; // row[end ..] is zero
        for (int j = from; j < end && j < n; j++) {
            double a = row[j];
            if (a == 0) {
                continue;
            }
            double[] pivotRow = triangle[j];
            double p = pivotRow[0];
            if (p == 0 && isZero(pivotRow)) {
                // Nothing here yet: the row settles.
                for (int d = 0; d < band && j + d < n; d++) {
                    pivotRow[d] = j + d < end ? row[j + d] : 0;
                }
                System.arraycopy(rowRight, 0, right[j], 0, sides);
                return;
            }
            double r = Math.hypot(p, a);
            double c = p / r;
            double s = a / r;
            int reach = Math.min(band, n - j);
            for (int i = end; i < j + reach; i++) {
                row[i] = 0;
            }
            for (int d = 0; d < reach; d++) {
                double u = pivotRow[d];
                double v = row[j + d];
                pivotRow[d] = c * u + s * v;
                row[j + d] = c * v - s * u;
            }
            double[] rightRow = right[j];
            for (int q = 0; q < sides; q++) {
                double u = rightRow[q];
                double v = rowRight[q];
                rightRow[q] = c * u + s * v;
                rowRight[q] = c * v - s * u;
            }
            end = Math.max(end, j + reach);
        }
    }

    private static boolean isZero(double[] values) {
        for (double value : values) {
            if (value != 0) {
                return false;
            }
        }
        return true;
    }

    /** The solution of one right side. */
    double[] solve(int side) {
        double largest = 0;
        for (int j = 0; j < n; j++) {
            largest = Math.max(largest, Math.abs(triangle[j][0]));
        }
        double[] x = new double[n];
        for (int j = n - 1; j >= 0; j--) {
            double sum = right[j][side];
            for (int d = 1; d < band && j + d < n; d++) {
                sum -= triangle[j][d] * x[j + d];
            }
            double pivot = triangle[j][0];
            x[j] = Math.abs(pivot) > 1e-14 * largest ? sum / pivot : 0;
        }
        return x;
    }
}
