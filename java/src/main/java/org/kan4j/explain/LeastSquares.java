// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

/** Dense least squares by Householder reflections. */
final class LeastSquares {

    private LeastSquares() {
    }

    /**
     * The coefficients c of least |sum_k c_k column_k - target|^2 + ridge^2 sum_k (c_k |column_k|)^2.
     *
     * @param columns each as long as the target; a column of zeros gets 0
     */
    static double[] solve(double[][] columns, double[] target, double ridge) {
        int n = columns.length;
        int m = target.length + n; // a row a column for the ridge
        double[][] a = new double[n][];
        double[] norms = new double[n];
        for (int k = 0; k < n; k++) {
            a[k] = new double[m];
            norms[k] = norm(columns[k], 0);
            for (int b = 0; b < target.length; b++) {
                a[k][b] = norms[k] > 0 ? columns[k][b] / norms[k] : 0;
            }
            a[k][target.length + k] = norms[k] > 0 ? ridge : 1;
        }
        double[] y = new double[m];
        System.arraycopy(target, 0, y, 0, target.length);
        double[] diagonal = new double[n];
        for (int k = 0; k < n; k++) {
            double length = norm(a[k], k);
            diagonal[k] = a[k][k] > 0 ? -length : length;
            a[k][k] -= diagonal[k];
            double squares = 0;
            for (int b = k; b < m; b++) {
                squares += a[k][b] * a[k][b];
            }
            for (int j = k + 1; j < n; j++) {
                reflect(a[k], a[j], k, squares);
            }
            reflect(a[k], y, k, squares);
        }
        double[] c = new double[n];
        for (int k = n - 1; k >= 0; k--) {
            double value = y[k];
            for (int j = k + 1; j < n; j++) {
                value -= a[j][k] * c[j];
            }
            c[k] = diagonal[k] == 0 ? 0 : value / diagonal[k];
        }
        for (int k = 0; k < n; k++) {
            c[k] = norms[k] > 0 ? c[k] / norms[k] : 0;
        }
        return c;
    }

    private static void reflect(double[] v, double[] x, int from, double squares) {
        if (squares == 0) {
            return;
        }
        double dot = 0;
        for (int b = from; b < x.length; b++) {
            dot += v[b] * x[b];
        }
        double factor = 2 * dot / squares;
        for (int b = from; b < x.length; b++) {
            x[b] -= factor * v[b];
        }
    }

    private static double norm(double[] x, int from) {
        double sum = 0;
        for (int b = from; b < x.length; b++) {
            sum += x[b] * x[b];
        }
        return Math.sqrt(sum);
    }
}
