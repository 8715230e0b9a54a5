// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** What a formula leaves of a target: noise, or a function of the inputs that the formula does not have. */
final class Residuals {

    private static final int FEW = 30;
    /** Of the statistic of Durbin and Watson (Testing for serial correlation in least squares regression, 1950), 2 for noise. */
    private static final double LOW = 1.5;
    private static final double HIGH = 2.5;
    /** Columns of a smooth function of all inputs, and the deviations by which it has to do better than it does by chance. */
    private static final int COLUMNS = 60;
    private static final double CHANCE = 4;

    private Residuals() {
    }

    /** Whether neighbours along an input are alike, or opposite, or a smooth function of all inputs explains a part. */
    static boolean goTogether(double[] residuals, List<double[]> inputs) {
        return residuals.length >= FEW
                && (inputs.stream().anyMatch(x -> goAlong(residuals, x)) || smooth(residuals, inputs));
    }

    private static boolean goAlong(double[] residuals, double[] input) {
        Integer[] order = new Integer[residuals.length];
        Arrays.setAll(order, b -> b);
        Arrays.sort(order, Comparator.comparingDouble(b -> input[b]));
        double steps = 0;
        for (int b = 1; b < order.length; b++) {
            steps += Math.pow(residuals[order[b]] - residuals[order[b - 1]], 2);
        }
        double squares = VariableProjection.squares(residuals);
        return steps < LOW * squares || steps > HIGH * squares;
    }

    /** The share left per degree of freedom is 1 for noise, give or take sqrt(2 p/(n (n - p))) for p columns. */
    private static boolean smooth(double[] residuals, List<double[]> inputs) {
        int rows = residuals.length;
        int most = Math.min(COLUMNS, rows / 8);
        if (inputs.size() >= most) {
            return false;
        }
        List<double[]> columns = LinearFit.products(inputs, most);
        double p = columns.size();
        double share = Math.pow(LinearFit.of(columns, residuals).error(), 2);
        return share < 1 - CHANCE * Math.sqrt(2 * p / (rows * (rows - p)));
    }
}
