// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.grid;

import org.kan4j.internal.model.EdgeWeights;

/** Splines of one grid as splines of another: by least squares, or exactly where the new knots contain the old. */
final class SplineFit {

    private SplineFit() {
    }

    /**
     * Fits, on samples and weakly on the whole new grid.
     *
     * @param old coefficients [out][n]
     * @return coefficients [out][n of after]
     */
    static double[][] fit(SplineBasis before, double[][] old, SplineBasis after, double[] samples) {
        int out = old.length;
        int taps = after.values().length;
        int order = taps - 1;
        BandedLeastSquares system = new BandedLeastSquares(after.functions(), taps, out);
        double[] targets = new double[out];
        for (double x : samples) {
            row(system, before, old, after, x, targets, 1);
        }
        double weight = GridUpdate.ELSEWHERE * Math.sqrt(samples.length);
        for (int cell = order; cell < after.functions(); cell++) {
            for (int p = 0; p <= order; p++) {
                double x = after.knot(cell) + (p + 0.5) / (order + 1) * (after.knot(cell + 1) - after.knot(cell));
                row(system, before, old, after, x, targets, weight);
            }
        }
        double[][] fitted = new double[out][];
        for (int o = 0; o < out; o++) {
            fitted[o] = system.solve(o);
        }
        return fitted;
    }

    private static void row(BandedLeastSquares system, SplineBasis before, double[][] old, SplineBasis after, double x,
            double[] targets, double weight) {
        int first = before.evaluate(x);
        for (int o = 0; o < targets.length; o++) {
            targets[o] = before.combine(first, old[o], 0);
        }
        system.add(after.evaluate(x), after.values(), targets, weight);
    }

    /**
     * Root mean square change of an input's edges on samples over their root mean square before, all outputs together;
     * NaN if not finite.
     */
    static double residual(SplineBasis before, double[][] old, SplineBasis after, double[][] fitted, double[] samples,
            EdgeWeights edges, int input) {
        double difference = 0;
        double size = 0;
        for (double x : samples) {
            int first = before.evaluate(x);
            int firstAfter = after.evaluate(x);
            double base = edges.base(x);
            for (int o = 0; o < old.length; o++) {
                double part = before.combine(first, old[o], 0);
                double value = edges.edge(o, input, base, part);
                double change = edges.change(o, input, after.combine(firstAfter, fitted[o], 0) - part);
                size += value * value;
                difference += change * change;
            }
        }
        return difference == 0 ? 0 : Math.sqrt(difference / size);
    }

    /**
     * The same splines on knots whose inner part contains the old inner knots, by the blossom: exact to rounding from
     * the first inner knot to the last, whatever the knots outside.
     */
    static double[][] insertKnots(SplineBasis before, double[][] old, double[] knots, int order) {
        int grid = knots.length - 1 - 2 * order;
        int n = grid + order;
        double[] scratch = new double[order + 1];
        double[][] inserted = new double[old.length][n];
        for (int j = 0; j < n; j++) {
            // Any inner cell under the new function will do; the widest is the best conditioned.
            int best = Math.max(j, order);
            for (int m = best + 1; m <= Math.min(j + order, n - 1); m++) {
                if (knots[m + 1] - knots[m] > knots[best + 1] - knots[best]) {
                    best = m;
                }
            }
            int cell = before.cell(0.5 * (knots[best] + knots[best + 1]), order, before.functions() - 1);
            for (int o = 0; o < old.length; o++) {
                inserted[o][j] = before.blossom(cell, old[o], 0, knots, j + 1, scratch);
            }
        }
        return inserted;
    }
}
