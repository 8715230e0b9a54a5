// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

/** Means and spreads of columns, in two passes: squares are summed about the mean. */
final class Moments {

    private Moments() {
    }

    static double mean(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        return sum / values.length;
    }

    /** That of the rows as a population. */
    static double variance(double[] values) {
        return covariance(values, values);
    }

    static double deviation(double[] values) {
        return Math.sqrt(variance(values));
    }

    /** That of a sample: over n - 1. */
    static double sampleDeviation(double[] values) {
        return values.length < 2 ? Double.NaN : Math.sqrt(variance(values) * values.length / (values.length - 1));
    }

    static double covariance(double[] a, double[] b) {
        double meanA = mean(a);
        double meanB = mean(b);
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (a[i] - meanA) * (b[i] - meanB);
        }
        return sum / a.length;
    }

    /** 0 where one of them is constant. */
    static double correlation(double[] a, double[] b) {
        double spread = Math.sqrt(variance(a) * variance(b));
        return spread > 0 ? covariance(a, b) / spread : 0;
    }

    static double rms(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (a[i] - b[i]) * (a[i] - b[i]);
        }
        return Math.sqrt(sum / a.length);
    }
}
