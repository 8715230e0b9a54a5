// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A target as a sum of columns by least squares.
 *
 * @param factors of the columns
 * @param error root of the squares left, per row less columns, as a share of the target's deviation
 */
record LinearFit(double[] factors, double error) {

    private static final double RANK = 1e-13;

    /** @param columns [column][row]; kept */
    static LinearFit of(List<double[]> columns, double[] target) {
        double[][] copies = columns.stream().map(double[]::clone).toArray(double[][]::new);
        TriangularFactor factor = new TriangularFactor(copies, target.clone(), RANK);
        double spread = VariableProjection.squares(VariableProjection.centred(target));
        int n = target.length;
        double left = factor.left() / Math.max(1, n - factor.rank());
        return new LinearFit(factor.solve(0), spread > 0 ? Math.sqrt(left / (spread / n)) : 0);
    }

    /** Of columns from one on, as many as factors, the sum. */
    double[] values(List<double[]> columns, int from, int count) {
        double[] sum = new double[columns.getFirst().length];
        for (int k = from; k < from + count; k++) {
            double[] column = columns.get(k);
            for (int b = 0; b < sum.length; b++) {
                sum[b] += factors[k] * column[b];
            }
        }
        return sum;
    }

    /** Chebyshev polynomials of a column brought to -1..1, of the degrees 1 up to one. */
    static List<double[]> waves(double[] x, int degree) {
        double low = Arrays.stream(x).min().orElse(-1);
        double high = Arrays.stream(x).max().orElse(1);
        double half = high > low ? (high - low) / 2 : 1;
        double[] u = new double[x.length];
        Arrays.setAll(u, b -> (x[b] - low) / half - 1);
        List<double[]> waves = new ArrayList<>(List.of(u));
        double[] before = ones(x.length);
        for (int k = 2; k <= degree; k++) {
            double[] last = waves.getLast();
            double[] older = before;
            double[] next = new double[x.length];
            Arrays.setAll(next, b -> 2 * u[b] * last[b] - older[b]);
            before = last;
            waves.add(next);
        }
        return waves.subList(0, Math.max(0, degree));
    }

    static double[] ones(int rows) {
        double[] ones = new double[rows];
        Arrays.fill(ones, 1);
        return ones;
    }

    /** Products of Chebyshev polynomials of several columns, the constant first, up to the total degree that so many allow. */
    static List<double[]> products(List<double[]> columns, int most) {
        return products(columns, most, -1);
    }

    /** Those of the products of so many columns in which the first one is. */
    static List<double[]> ofFirst(List<double[]> products, int columns) {
        int degree = 0;
        while (count(columns, degree) < products.size()) {
            degree++;
        }
        return products.subList((int) count(columns - 1, degree), products.size());
    }

    /** Their sum's derivative with respect to one of the columns, row by row. */
    static double[] slopes(List<double[]> columns, int most, int along, double[] factors) {
        List<double[]> products = products(columns, most, along);
        double[] sum = new double[columns.getFirst().length];
        for (int k = 0; k < factors.length; k++) {
            double[] column = products.get(k);
            for (int b = 0; b < sum.length; b++) {
                sum[b] += factors[k] * column[b];
            }
        }
        return sum;
    }

    /** @param along the column in the place of whose polynomials their derivatives stand; none where it is -1 */
    private static List<double[]> products(List<double[]> columns, int most, int along) {
        int degree = 1;
        while (count(columns.size(), degree + 1) <= most && degree < 30) {
            degree++;
        }
        int rows = columns.isEmpty() ? 0 : columns.getFirst().length;
        List<List<double[]>> waves = new ArrayList<>();
        for (int i = 0; i < columns.size(); i++) {
            List<double[]> all = new ArrayList<>(List.of(ones(rows)));
            all.addAll(waves(columns.get(i), degree));
            waves.add(i == along ? derivatives(columns.get(i), all) : all);
        }
        List<double[]> products = new ArrayList<>();
        multiply(waves, 0, degree, ones(rows), products);
        return products;
    }

    /** T_k' = k U_(k-1), where U_k = 2 u U_(k-1) - U_(k-2), over the half width of the column. */
    private static List<double[]> derivatives(double[] x, List<double[]> waves) {
        double[] u = waves.get(1);
        double half = (Arrays.stream(x).max().orElse(1) - Arrays.stream(x).min().orElse(-1)) / 2;
        List<double[]> second = new ArrayList<>(List.of(new double[x.length], ones(x.length)));
        List<double[]> all = new ArrayList<>();
        for (int k = 0; k < waves.size(); k++) {
            double factor = half > 0 ? k / half : 0;
            all.add(Arrays.stream(second.get(k)).map(v -> factor * v).toArray());
            double[] last = second.get(k + 1);
            double[] older = second.get(k);
            double[] next = new double[x.length];
            Arrays.setAll(next, b -> 2 * u[b] * last[b] - older[b]);
            second.add(next);
        }
        return all;
    }

    private static long count(int variables, int degree) {
        long count = 1;
        for (int i = 1; i <= variables; i++) {
            count = count * (degree + i) / i;
        }
        return count;
    }

    private static void multiply(List<List<double[]>> waves, int variable, int degree, double[] product, List<double[]> into) {
        if (variable == waves.size()) {
            into.add(product);
            return;
        }
        for (int k = 0; k <= degree; k++) {
            multiply(waves, variable + 1, degree - k, times(product, waves.get(variable).get(k)), into);
        }
    }

    static double[] times(double[] a, double[] b) {
        double[] product = new double[a.length];
        Arrays.setAll(product, i -> a[i] * b[i]);
        return product;
    }
}
