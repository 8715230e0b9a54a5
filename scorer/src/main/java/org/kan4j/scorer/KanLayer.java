// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.scorer;

/** A KAN layer: y_o = bias_o + sum over i of mask_oi (base_oi b(x_i) + scale_oi sum over c of coef_oic phi_c(z_i)). */
final class KanLayer extends Layer {

    private static final double NORM_EPS = 1e-5;

    private final Basis basis;
    private final Layer norm;
    private final boolean normalBase;
    private final Activation base;
    private final double[] weights; // (in, functions, out)
    private final double[] baseWeights; // (in, out)
    private final double[] bias;

    private KanLayer(LayerFields f, int in, int out, Basis basis) {
        super(in, out);
        this.basis = basis;
        this.norm = f.flag("input_norm")
                ? Layers.norm(in, NORM_EPS, f.tensor("norm_weight", in), f.tensor("norm_bias", in)) : null;
        this.normalBase = f.flag("base_norm");
        this.base = Activation.of(f, f.text("base"));
        int n = basis.functions();
        double[] coef = f.tensor("coef", out, in, n);
        double[] scale = f.flag("scale") ? f.tensor("coef_scale", out, in) : null;
        double[] mask = f.flag("mask") ? f.tensor("mask", out, in) : null;
        double[] baseWeight = base == Activation.NONE ? null : f.tensor("base_weight", out, in);
        this.weights = new double[coef.length];
        this.baseWeights = baseWeight == null ? null : new double[in * out];
        for (int o = 0; o < out; o++) {
            for (int i = 0; i < in; i++) {
                int edge = o * in + i;
                double factor = mask == null ? 1 : mask[edge];
                if (baseWeights != null) {
                    baseWeights[i * out + o] = baseWeight[edge] * factor;
                }
                for (int c = 0; c < n; c++) {
                    weights[(i * n + c) * out + o] = coef[edge * n + c] * (scale == null ? 1 : scale[edge]) * factor;
                }
            }
        }
        this.bias = f.flag("bias") ? f.tensor("bias", out) : new double[out];
    }

    static Layer read(LayerFields f) {
        int in = f.whole("in");
        int out = f.whole("out");
        LayerFields b = f.inner("basis");
        if (b.text("type").equals("wavkan")) {
            return new WaveletLayer(f, b.text("kind"), in, out);
        }
        return new KanLayer(f, in, out, Basis.read(b, in));
    }

    @Override
    void apply(double[] x, double[] y) {
        double[] z = x;
        if (norm != null) {
            z = new double[in];
            norm.apply(x, z);
        }
        double[] phi = new double[basis.values()];
        System.arraycopy(bias, 0, y, 0, out);
        int n = basis.functions();
        for (int i = 0; i < in; i++) {
            int first = basis.evaluate(i, z[i], phi);
            double b = baseWeights == null ? 0 : base.of(normalBase ? z[i] : x[i]);
            if (baseWeights != null && phi.length == 4 && first >= 0 && first + 4 <= n) {
                addCubic(y, (i * n + first) * out, phi, i * out, b);
                continue;
            }
            if (baseWeights != null) {
                add(y, baseWeights, i * out, b);
            }
            for (int c = Math.max(0, -first); c < phi.length && first + c < n; c++) {
                add(y, weights, (i * n + first + c) * out, phi[c]);
            }
        }
    }

    /** The most common edges, cubic splines with a base branch, in one walk over the outputs. */
    private void addCubic(double[] y, int row, double[] phi, int baseRow, double b) {
        double[] w = weights;
        double[] u = baseWeights;
        double p0 = phi[0];
        double p1 = phi[1];
        double p2 = phi[2];
        double p3 = phi[3];
        int n = out;
        for (int o = 0; o < n; o++) {
            y[o] += b * u[baseRow + o] + (p0 * w[row + o] + p1 * w[row + n + o])
                    + (p2 * w[row + 2 * n + o] + p3 * w[row + 3 * n + o]);
        }
    }

    private void add(double[] y, double[] w, int row, double value) {
        for (int o = 0; o < out; o++) {
            y[o] += value * w[row + o];
        }
    }
}
