// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Values as a sum of factors times columns, plus an unknown smooth function of one number: least squares of what each row leaves
 * of the line through its neighbours along that number, of which such a function leaves next to nothing. It is the estimator
 * by differences of the partially linear model (Yatchew, An elementary estimator of the partial linear model, 1997).
 */
final class PartialLinear {

    /** Share of a column that may be left where it is a function of the number, and of other columns. */
    private static final double NOTHING = 1e-4;
    private static final double ROUNDING = 1e-13;
    private static final int ROW_BITS = 12;

    /** The columns, and the values as the last of them. */
    private final double[][] columns;
    private final double[] weights;
    private final double[] spreads;
    private final double alone;

    /**
     * @param columns [column][row], of at most 4096 rows
     * @param values to be explained
     * @param weights of rows
     */
    PartialLinear(List<double[]> columns, double[] values, double[] weights) {
        this.columns = new double[columns.size() + 1][];
        for (int k = 0; k < columns.size(); k++) {
            this.columns[k] = columns.get(k);
        }
        this.columns[columns.size()] = values;
        this.weights = weights;
        double[][] apart = gram(new SplittableRandom(1).doubles(values.length).toArray(), true);
        spreads = new double[columns.size() + 1];
        Arrays.setAll(spreads, k -> apart[k][k]);
        solve(apart);
        alone = apart[columns.size()][columns.size()];
    }

    /**
     * Factors of the columns.
     *
     * @param share of the squares left, of those left along a number that explains nothing
     */
    record Fit(double[] factors, double share) {
    }

    /** Elementary operations of a fit. */
    double operations() {
        return weights.length * (columns.length * columns.length / 2.0 + 60);
    }

    /** Whether the columns alone leave something. */
    boolean leavesSomething() {
        return alone > ROUNDING * spreads[columns.length - 1];
    }

    /** The fit along a number. */
    Fit along(double[] z) {
        double[][] gram = gram(z, false);
        double[] factors = solve(gram);
        int last = columns.length - 1;
        return new Fit(factors, Math.max(0, gram[last][last]) / alone);
    }

    /** Rows in the order of a number; its lowest bits are the price of sorting whole numbers. */
    private static int[] order(double[] z) {
        long[] keys = new long[z.length];
        long mask = (1L << ROW_BITS) - 1;
        for (int b = 0; b < z.length; b++) {
            long bits = Double.doubleToLongBits(z[b]);
            keys[b] = (bits < 0 ? ~bits ^ Long.MIN_VALUE : bits) & ~mask | b;
        }
        Arrays.sort(keys);
        int[] order = new int[z.length];
        for (int k = 0; k < order.length; k++) {
            order[k] = (int) (keys[k] & mask);
        }
        return order;
    }

    /** Products of what rows leave of the lines through their neighbours. */
    private double[][] gram(double[] z, boolean middle) {
        int[] order = order(z);
        int p = columns.length;
        double[][] gram = new double[p][p];
        double[] left = new double[p];
        for (int k = 1; k + 1 < order.length; k++) {
            int a = order[k - 1];
            int b = order[k];
            int c = order[k + 1];
            double gap = z[c] - z[a];
            double first = middle || !(gap > 0) ? 0.5 : (z[c] - z[b]) / gap;
            double second = 1 - first;
            double weight = Math.min(weights[b], Math.min(weights[a], weights[c]))
                    / Math.sqrt(1 + first * first + second * second);
            if (weight == 0) {
                continue;
            }
            for (int j = 0; j < p; j++) {
                double[] column = columns[j];
                left[j] = weight * (column[b] - first * column[a] - second * column[c]);
                double[] row = gram[j];
                for (int i = 0; i <= j; i++) {
                    row[i] += left[i] * left[j];
                }
            }
        }
        return gram;
    }

    /** By Cholesky's factor of the columns' products; what is left of the values' squares stands in the last place then. */
    private double[] solve(double[][] gram) {
        int p = columns.length - 1;
        boolean[] dropped = new boolean[p + 1];
        for (int j = 0; j <= p; j++) {
            double[] row = gram[j];
            for (int i = 0; i < j; i++) {
                if (dropped[i]) {
                    row[i] = 0;
                    continue;
                }
                for (int k = 0; k < i; k++) {
                    row[i] -= row[k] * gram[i][k];
                }
                row[i] /= gram[i][i];
            }
            for (int k = 0; k < j; k++) {
                row[j] -= row[k] * row[k];
            }
            if (j < p) {
                dropped[j] = !(row[j] > NOTHING * spreads[j]);
                row[j] = dropped[j] ? 0 : Math.sqrt(row[j]);
            }
        }
        double[] factors = new double[p];
        for (int j = p - 1; j >= 0; j--) {
            if (!dropped[j]) {
                double sum = gram[p][j];
                for (int i = j + 1; i < p; i++) {
                    sum -= gram[i][j] * factors[i];
                }
                factors[j] = sum / gram[j][j];
            }
        }
        return factors;
    }
}
