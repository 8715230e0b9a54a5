// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import org.kan4j.device.Context;

/**
 * How far a network is from rows: what each row adds to the loss.
 *
 * @param rows the mean squared error, or the log-loss, of each
 * @param root whether {@link #value} is the root of their mean
 */
record Quality(double[] rows, boolean root) {

    static Quality of(Context context, KanGraph graph, Rows data) {
        return of(graph.predict(context, data.x()), data, graph.out());
    }

    static Quality of(double[] y, Rows data, int out) {
        double[] losses = new double[data.size()];
        for (int b = 0; b < losses.length; b++) {
            losses[b] = data.classes() > 0 ? logLoss(y, b * out, out, (int) data.y()[b]) : squares(y, data.y(), b, out);
        }
        return new Quality(losses, data.classes() == 0);
    }

    private static double squares(double[] y, double[] t, int row, int out) {
        double sum = 0;
        for (int k = row * out; k < (row + 1) * out; k++) {
            sum += (y[k] - t[k]) * (y[k] - t[k]);
        }
        return sum / out;
    }

    private static double logLoss(double[] y, int start, int out, int label) {
        double most = Double.NEGATIVE_INFINITY;
        for (int k = 0; k < out; k++) {
            most = Math.max(most, y[start + k]);
        }
        double sum = 0;
        for (int k = 0; k < out; k++) {
            sum += Math.exp(y[start + k] - most);
        }
        return Math.log(sum) + most - y[start + label];
    }

    /** The root mean square error, or the mean log-loss; infinite rather than NaN. */
    double value() {
        double mean = Moments.mean(rows);
        double value = root ? Math.sqrt(mean) : mean;
        return Double.isNaN(value) ? Double.POSITIVE_INFINITY : value;
    }

    /** That of errors so many times as large. */
    Quality times(double factor) {
        double by = root ? factor * factor : factor;
        return new Quality(java.util.Arrays.stream(rows).map(loss -> by * loss).toArray(), root);
    }

    /** Whether this is no worse than another on the same rows, by so many standard errors of the paired difference. */
    boolean within(Quality other, double errors) {
        double[] difference = new double[rows.length];
        for (int b = 0; b < rows.length; b++) {
            difference[b] = rows[b] - other.rows[b];
        }
        double mean = Moments.mean(difference);
        return mean <= errors * Moments.sampleDeviation(difference) / Math.sqrt(rows.length);
    }
}
