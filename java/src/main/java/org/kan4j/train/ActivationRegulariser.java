// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import java.lang.foreign.Arena;
import java.util.Objects;
import org.kan4j.device.Context;
import org.kan4j.internal.Checks;
import org.kan4j.measure.EdgeStatistics;
import org.kan4j.model.ParameterVector;
import org.kan4j.model.Parameters;
import org.kan4j.model.TensorInfo;
import org.kan4j.tensor.HostTensor;

/**
 * pykan's sparsity penalty (arXiv 2404.19756, section 2.5, as MultKAN of pykan 0.2.8 computes it): how much each edge
 * gives over the data, its sum and its entropy among the edges of an output and of an input.
 *
 * <p>With v_oi the {@link Measure} of an edge, p_oi = v_oi / (1 + sum_i v_oi) its share of its output and q_oi = v_oi /
 * (1 + sum_o v_oi) that of its input, the penalty is the sum over KAN layers of l1 sum v + entropy (mean_o H(p_o) +
 * mean_i H(q_i)), H(p) = -sum p log2(p + 1e-4), plus coefficients sum_ic mean_o |coef_oic| + differences sum_ic mean_o
 * |coef_oi,c+1 - coef_oic|. pykan's {@code lamb} multiplies all four. Edges without a coefficient have no part in the
 * last two.
 *
 * <p>In a training by mini-batches the data is the mini-batch's, as in pykan.
 *
 * @param measure what an edge's size is
 * @param l1 factor of the sum of sizes, at least 0; pykan's default is 1
 * @param entropy factor of the entropies, at least 0; pykan's default is 2
 * @param coefficients factor of the coefficients' sizes, at least 0
 * @param differences factor of the sizes of their differences, at least 0
 */
public record ActivationRegulariser(Measure measure, double l1, double entropy, double coefficients, double differences)
        implements Regulariser {

    private static final double SMALL = 1e-4;

    /** The size of an edge over some rows. */
    public enum Measure {

        /** The mean of |phi|: the paper's. */
        MEAN_ABS,

        /** The standard deviation of phi, that of the rows as a sample: pykan's edge_forward_spline_u. */
        DEVIATION,

        /** The same over that of the edge's input + 0.1: pykan's edge_forward_spline_n, its default. */
        NORMALISED_DEVIATION
    }

    /** Checks the values. */
    public ActivationRegulariser {
        Objects.requireNonNull(measure, "measure");
        Checks.nonNegative("the L1 factor", l1);
        Checks.nonNegative("the entropy factor", entropy);
        Checks.nonNegative("the factor of coefficients", coefficients);
        Checks.nonNegative("the factor of differences", differences);
    }

    /** As pykan's {@code fit(lamb=…)} has it: {@link Measure#NORMALISED_DEVIATION}, L1 and entropy 1 : 2. */
    public static ActivationRegulariser of(double lambda) {
        return new ActivationRegulariser(Measure.NORMALISED_DEVIATION, lambda, 2 * lambda, 0, 0);
    }

    @Override
    public boolean readsEdges() {
        return l1 > 0 || entropy > 0;
    }

    @Override
    public double addTo(EdgeStatistics statistics, EdgeGradient gradient) {
        double penalty = 0;
        for (int l = 0; l < statistics.layers().size(); l++) {
            penalty += addTo(statistics.layers().get(l), statistics.rows(), gradient.layers().get(l));
        }
        return penalty;
    }

    private double addTo(EdgeStatistics.Layer layer, long rows, EdgeGradient.Layer gradient) {
        int out = layer.out();
        int in = layer.in();
        double[] meanAbs = layer.meanAbs();
        double[] deviation = layer.deviation();
        double[] inputDeviation = layer.inputDeviation();
        double[] v = new double[out * in];
        double[] scale = new double[in]; // v is the deviation of the rows as a population times this
        double sample = Math.sqrt(rows / Math.max(1.0, rows - 1.0));
        for (int i = 0; i < in; i++) {
            scale[i] = measure == Measure.NORMALISED_DEVIATION ? sample / (sample * inputDeviation[i] + 0.1) : sample;
        }
        for (int e = 0; e < v.length; e++) {
            v[e] = measure == Measure.MEAN_ABS ? meanAbs[e] : deviation[e] * scale[e % in];
        }
        double[] slope = new double[v.length];
        double sum = 0;
        for (int e = 0; e < v.length; e++) {
            sum += v[e];
            slope[e] = l1;
        }
        double disorder = 0;
        for (int o = 0; o < out; o++) {
            disorder += entropy(v, slope, o * in, in, 1, entropy / out) / out;
        }
        for (int i = 0; i < in; i++) {
            disorder += entropy(v, slope, i, out, in, entropy / in) / in;
        }
        for (int e = 0; e < v.length; e++) {
            int i = e % in;
            if (measure == Measure.MEAN_ABS) {
                gradient.meanAbs()[e] += slope[e];
                continue;
            }
            gradient.deviation()[e] += slope[e] * scale[i];
            if (measure == Measure.NORMALISED_DEVIATION) {
                gradient.inputDeviation()[i] -= slope[e] * v[e] * scale[i];
            }
        }
        return l1 * sum + entropy * disorder;
    }

    /** The entropy of count sizes from an index on, {@code step} apart; adds the factor times its slope. */
    private static double entropy(double[] v, double[] slope, int from, int count, int step, double factor) {
        double total = 1;
        for (int k = 0; k < count; k++) {
            total += v[from + k * step];
        }
        double disorder = 0;
        double weighted = 0;
        for (int k = 0; k < count; k++) {
            double p = v[from + k * step] / total;
            disorder -= p * log2(p + SMALL);
            weighted += p * byShare(p);
        }
        for (int k = 0; k < count; k++) {
            slope[from + k * step] += factor * (byShare(v[from + k * step] / total) - weighted) / total;
        }
        return disorder;
    }

    private static double byShare(double p) {
        return -log2(p + SMALL) - p / ((p + SMALL) * Math.log(2));
    }

    private static double log2(double x) {
        return Math.log(x) / Math.log(2);
    }

    @Override
    public double addTo(Context context, Parameters parameters, ParameterVector gradient) {
        if (coefficients == 0 && differences == 0) {
            return 0;
        }
        double penalty = 0;
        for (TensorInfo tensor : parameters.tensors()) {
            if (!tensor.tensor().equals("coef")) {
                continue;
            }
            int n = Math.toIntExact(tensor.shape().axis(2));
            double out = tensor.shape().axis(0);
            try (Arena arena = Arena.ofConfined()) {
                double[] coef = parameters.get(arena, tensor.name()).toDoubles();
                HostTensor sum = gradient.get(arena, tensor.name());
                for (int j = 0; j < coef.length; j++) {
                    double slope = coefficients * Math.signum(coef[j]);
                    penalty += coefficients * Math.abs(coef[j]) / out;
                    if (j % n > 0) {
                        slope += differences * Math.signum(coef[j] - coef[j - 1]);
                        penalty += differences * Math.abs(coef[j] - coef[j - 1]) / out;
                    }
                    if (j % n < n - 1) {
                        slope -= differences * Math.signum(coef[j + 1] - coef[j]);
                    }
                    sum.setFlat(j, sum.getFlat(j) + slope / out);
                }
                gradient.set(tensor.name(), sum);
            }
        }
        return penalty;
    }
}
