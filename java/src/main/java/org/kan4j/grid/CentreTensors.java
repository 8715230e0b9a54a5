// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.grid;

import java.lang.foreign.Arena;
import org.kan4j.basis.GaussianRbf;
import org.kan4j.internal.model.EdgeWeights;
import org.kan4j.layer.KanLayer;
import org.kan4j.model.Parameters;
import org.kan4j.tensor.DType;

/** Coefficients, centres and width of a layer of Gaussians or RSWAF in double precision, and fits on other centres. */
final class CentreTensors {

    private final KanLayer spec;
    private final DType dtype;
    private final String prefix;
    private final double[] coef; // (out, in, n)
    private final double[] centres;
    private final double inverseWidth;
    private final EdgeWeights edges;
    private final int in;
    private final int out;

    CentreTensors(Parameters parameters, int layer) {
        this.spec = (KanLayer) parameters.model().layers().get(layer);
        this.dtype = parameters.model().dtype();
        this.prefix = "layers." + layer + ".";
        this.edges = new EdgeWeights(parameters, layer);
        this.in = Math.toIntExact(spec.in());
        this.out = Math.toIntExact(spec.out());
        try (Arena arena = Arena.ofConfined()) {
            this.coef = parameters.get(arena, prefix + "coef").toDoubles();
            this.centres = parameters.get(arena, prefix + "centres").toDoubles();
            this.inverseWidth = parameters.get(arena, prefix + "inv_width").getFlat(0);
        }
    }

    DType dtype() {
        return dtype;
    }

    int in() {
        return in;
    }

    double[] centres() {
        return centres;
    }

    double inverseWidth() {
        return inverseWidth;
    }

    private void evaluate(double[] at, double width, double z, double[] values) {
        boolean gaussian = spec.basis() instanceof GaussianRbf;
        for (int g = 0; g < at.length; g++) {
            double u = (z - at[g]) * width;
            double tanh = gaussian ? 0 : Math.tanh(u);
            values[g] = gaussian ? Math.exp(-u * u) : 1 - tanh * tanh;
        }
    }

    private void evaluateEdges(double[] values, int input, double[] result) {
        int n = values.length;
        for (int o = 0; o < out; o++) {
            double sum = 0;
            for (int g = 0; g < n; g++) {
                sum += values[g] * coef[(o * in + input) * n + g];
            }
            result[o] = sum;
        }
    }

    /** Coefficients [out][n] on other centres that fit an input's functions on samples, weakly between the centres. */
    double[][] fit(int input, double[] at, double width, double[] samples) {
        int n = at.length;
        BandedLeastSquares system = new BandedLeastSquares(n, n, out);
        double[] before = new double[centres.length];
        double[] after = new double[n];
        double[] targets = new double[out];
        int between = 4 * n;
        for (int r = 0; r < samples.length + between; r++) {
            boolean sample = r < samples.length;
            double z = sample ? samples[r]
                    : at[0] + (at[n - 1] - at[0]) * (r - samples.length + 0.5) / between;
            evaluate(centres, inverseWidth, z, before);
            evaluateEdges(before, input, targets);
            evaluate(at, width, z, after);
            system.add(0, after, targets, sample ? 1 : GridUpdate.ELSEWHERE * Math.sqrt(samples.length));
        }
        // Wide functions are nearly dependent: a weak pull to 0 keeps their coefficients of the functions' own size.
        double[] pull = {1e-9 * Math.sqrt(samples.length)};
        java.util.Arrays.fill(targets, 0);
        for (int g = 0; g < n; g++) {
            system.add(g, pull, targets, 1);
        }
        double[][] fitted = new double[out][];
        for (int o = 0; o < out; o++) {
            fitted[o] = system.solve(o);
        }
        return fitted;
    }

    /** As {@link SplineFit#residual}. */
    double residual(int input, double[] at, double width, double[][] fitted, double[] samples) {
        double[] before = new double[centres.length];
        double[] after = new double[at.length];
        double[] targets = new double[out];
        double difference = 0;
        double size = 0;
        for (double z : samples) {
            evaluate(centres, inverseWidth, z, before);
            evaluateEdges(before, input, targets);
            evaluate(at, width, z, after);
            double base = edges.base(z);
            for (int o = 0; o < out; o++) {
                double change = -targets[o];
                for (int g = 0; g < at.length; g++) {
                    change += after[g] * fitted[o][g];
                }
                change = edges.change(o, input, change);
                double value = edges.edge(o, input, base, targets[o]);
                size += value * value;
                difference += change * change;
            }
        }
        return difference == 0 ? 0 : Math.sqrt(difference / size);
    }

    /** Stores into parameters whose layer has as many centres as given. */
    void store(Parameters parameters, double[] at, double width, double[][][] fitted) {
        int n = at.length;
        double[] values = new double[out * in * n];
        for (int i = 0; i < in; i++) {
            for (int o = 0; o < out; o++) {
                System.arraycopy(fitted[i][o], 0, values, (o * in + i) * n, n);
            }
        }
        GridTensors.store(parameters, prefix + "centres", at);
        GridTensors.store(parameters, prefix + "inv_width", new double[] {width});
        GridTensors.store(parameters, prefix + "coef", values);
    }
}
