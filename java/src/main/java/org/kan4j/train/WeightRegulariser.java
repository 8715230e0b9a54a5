// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import java.lang.foreign.Arena;
import org.kan4j.device.Context;
import org.kan4j.internal.Checks;
import org.kan4j.model.ParameterVector;
import org.kan4j.model.Parameters;
import org.kan4j.model.TensorInfo;
import org.kan4j.tensor.HostTensor;

/**
 * Penalties on the coefficients of KAN layers, which need no data: sparsity as efficient-kan has it (its stand-in for
 * the activation-based one of arXiv 2404.19756, section 2.5), and smoothness.
 *
 * <p>With a_oi the mean of |coef_oi| over an edge's functions, A = sum a_oi and p_oi = a_oi / A of a layer, the penalty
 * is the sum over layers of l1 A - entropy sum p log p, where 0 log 0 = 0, plus the sum over edges of
 * firstDifference mean (c_{j+1} - c_j)^2 + secondDifference mean (c_{j+2} - 2 c_{j+1} + c_j)^2.
 *
 * @param l1 factor of the sum of the edges' sizes, at least 0
 * @param entropy factor of the entropy of the edges' shares, at least 0
 * @param firstDifference factor of the squared first differences of neighbouring coefficients, at least 0
 * @param secondDifference factor of the squared second differences, at least 0
 */
public record WeightRegulariser(double l1, double entropy, double firstDifference, double secondDifference)
        implements Regulariser {

    /** Checks the values. */
    public WeightRegulariser {
        Checks.nonNegative("the L1 factor", l1);
        Checks.nonNegative("the entropy factor", entropy);
        Checks.nonNegative("the factor of first differences", firstDifference);
        Checks.nonNegative("the factor of second differences", secondDifference);
    }

    @Override
    public double addTo(Context context, Parameters parameters, ParameterVector gradient) {
        double penalty = 0;
        for (TensorInfo tensor : parameters.tensors()) {
            if (tensor.tensor().equals("coef")) {
                penalty += addTo(parameters, gradient, tensor);
            }
        }
        return penalty;
    }

    private double addTo(Parameters parameters, ParameterVector gradient, TensorInfo tensor) {
        int n = Math.toIntExact(tensor.shape().axis(2));
        int edges = Math.toIntExact(tensor.shape().size() / n);
        try (Arena arena = Arena.ofConfined()) {
            double[] coef = parameters.get(arena, tensor.name()).toDoubles();
            HostTensor sum = gradient.get(arena, tensor.name());
            double[] sizes = new double[edges];
            double total = 0;
            for (int e = 0; e < edges; e++) {
                for (int j = 0; j < n; j++) {
                    sizes[e] += Math.abs(coef[e * n + j]) / n;
                }
                total += sizes[e];
            }
            double disorder = 0;
            for (double size : sizes) {
                disorder -= size > 0 ? size / total * Math.log(size / total) : 0;
            }
            double[] slope = new double[coef.length];
            double rough = 0;
            for (int e = 0; e < edges; e++) {
                double bySize = l1 - (sizes[e] > 0 ? entropy * (Math.log(sizes[e] / total) + disorder) / total : 0);
                for (int j = 0; j < n; j++) {
                    slope[e * n + j] = bySize * Math.signum(coef[e * n + j]) / n;
                }
                for (int j = e * n; j + 1 < (e + 1) * n; j++) {
                    double d = coef[j + 1] - coef[j];
                    double factor = firstDifference / (n - 1);
                    rough += factor * d * d;
                    slope[j] -= 2 * factor * d;
                    slope[j + 1] += 2 * factor * d;
                }
                for (int j = e * n; j + 2 < (e + 1) * n; j++) {
                    double d = coef[j + 2] - 2 * coef[j + 1] + coef[j];
                    double factor = secondDifference / (n - 2);
                    rough += factor * d * d;
                    slope[j] += 2 * factor * d;
                    slope[j + 1] -= 4 * factor * d;
                    slope[j + 2] += 2 * factor * d;
                }
            }
            for (int j = 0; j < slope.length; j++) {
                sum.setFlat(j, sum.getFlat(j) + slope[j]);
            }
            gradient.set(tensor.name(), sum);
            return l1 * total + entropy * disorder + rough;
        }
    }
}
