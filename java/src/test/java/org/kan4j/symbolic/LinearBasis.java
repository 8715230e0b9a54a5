// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

/** Functions on -1..1 that are fitted by least squares, as the edges of a network would be. */
interface LinearBasis {

    int size();

    /** All functions at a point. */
    double[] at(double u);

    static LinearBasis spline(int intervals) {
        return new LinearBasis() {
            @Override
            public int size() {
                return intervals + 3;
            }

            @Override
            public double[] at(double u) {
                double place = (u + 1) / 2 * intervals;
                int cell = Math.min((int) place, intervals - 1);
                double t = place - cell;
                double[] values = new double[size()];
                values[cell] = (1 - t) * (1 - t) * (1 - t) / 6;
                values[cell + 1] = (3 * t * t * t - 6 * t * t + 4) / 6;
                values[cell + 2] = (-3 * t * t * t + 3 * t * t + 3 * t + 1) / 6;
                values[cell + 3] = t * t * t / 6;
                return values;
            }
        };
    }

    static LinearBasis chebyshev(int degree) {
        return new LinearBasis() {
            @Override
            public int size() {
                return degree + 1;
            }

            @Override
            public double[] at(double u) {
                double[] values = new double[size()];
                for (int k = 0; k <= degree; k++) {
                    values[k] = Math.cos(k * Math.acos(u));
                }
                return values;
            }
        };
    }

    /** With the straight line that a base branch and a bias add. */
    static LinearBasis gaussians(int centres) {
        return new LinearBasis() {
            @Override
            public int size() {
                return centres + 2;
            }

            @Override
            public double[] at(double u) {
                double[] values = new double[size()];
                double distance = 2.0 / (centres - 1);
                for (int k = 0; k < centres; k++) {
                    values[k] = Math.exp(-Math.pow((u + 1 - k * distance) / (1.5 * distance), 2));
                }
                values[centres] = u;
                values[centres + 1] = 1;
                return values;
            }
        };
    }

    default double[] values(double[] coefficients, double[] u) {
        double[] values = new double[u.length];
        for (int i = 0; i < u.length; i++) {
            values[i] = VariableProjection.dot(at(u[i]), coefficients);
        }
        return values;
    }

    /** By normal equations with a little ridge, and one step of refinement. */
    default double[] fit(double[] u, double[] y) {
        int n = size();
        double[][] matrix = new double[n][n];
        for (double point : u) {
            double[] values = at(point);
            for (int j = 0; j < n; j++) {
                for (int k = 0; k < n; k++) {
                    matrix[j][k] += values[j] * values[k];
                }
            }
        }
        for (int j = 0; j < n; j++) {
            matrix[j][j] *= 1 + 1e-13;
            for (int k = 0; k < j; k++) {
                for (int l = 0; l < k; l++) {
                    matrix[j][k] -= matrix[j][l] * matrix[k][l];
                }
                matrix[j][k] /= matrix[k][k];
            }
            for (int l = 0; l < j; l++) {
                matrix[j][j] -= matrix[j][l] * matrix[j][l];
            }
            matrix[j][j] = Math.sqrt(matrix[j][j]);
        }
        double[] coefficients = new double[n];
        for (int pass = 0; pass < 3; pass++) {
            double[] fitted = values(coefficients, u);
            double[] right = new double[n];
            for (int i = 0; i < u.length; i++) {
                double[] values = at(u[i]);
                for (int j = 0; j < n; j++) {
                    right[j] += values[j] * (y[i] - fitted[i]);
                }
            }
            for (int j = 0; j < n; j++) {
                for (int k = 0; k < j; k++) {
                    right[j] -= matrix[j][k] * right[k];
                }
                right[j] /= matrix[j][j];
            }
            for (int j = n - 1; j >= 0; j--) {
                for (int k = j + 1; k < n; k++) {
                    right[j] -= matrix[k][j] * right[k];
                }
                right[j] /= matrix[j][j];
                coefficients[j] += right[j];
            }
        }
        return coefficients;
    }
}
