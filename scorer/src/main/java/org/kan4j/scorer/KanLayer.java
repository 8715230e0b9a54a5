// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.scorer;

/**
 * A KAN layer: y_o = bias_o + sum over i of mask_oi (base_oi b(x_i) + scale_oi sum over c of coef_oic phi_c(z_i)). What
 * is done to z and to the base is here; a subclass has the functions phi.
 */
abstract class KanLayer extends Layer {

    private static final double NORM_EPS = 1e-5;

    /** The base branch; null where there is none. */
    final Activation base;
    /** For each input, {@code before} rows of zeros, its functions' rows, {@code behind} rows of zeros, its base's row. */
    final Rows weights;
    private final Layer norm;
    private final boolean normalBase;
    private final double[] bias;

    KanLayer(LayerFields f, int in, int out, int functions, int before, int behind) {
        super(in, out);
        this.norm = f.flag("input_norm")
                ? Layers.norm(in, NORM_EPS, f.tensor("norm_weight", in), f.tensor("norm_bias", in)) : null;
        this.normalBase = f.flag("base_norm");
        Activation activation = Activation.of(f, f.text("base"));
        this.base = activation == Activation.NONE ? null : activation;
        double[] coef = f.tensor("coef", out, in, functions);
        double[] scale = f.flag("scale") ? f.tensor("coef_scale", out, in) : null;
        double[] mask = f.flag("mask") ? f.tensor("mask", out, in) : null;
        double[] baseWeight = base == null ? null : f.tensor("base_weight", out, in);
        int each = before + functions + behind + 1;
        this.weights = new Rows(f.product(in, each), out);
        for (int i = 0; i < in; i++) {
            for (int c = 0; c < functions; c++) {
                double[] row = weights.own(i * each + before + c);
                for (int o = 0; o < out; o++) {
                    int edge = o * in + i;
                    row[o] = coef[edge * functions + c] * (scale == null ? 1 : scale[edge])
                            * (mask == null ? 1 : mask[edge]);
                }
            }
            if (base != null) {
                double[] row = weights.own(i * each + each - 1);
                for (int o = 0; o < out; o++) {
                    row[o] = baseWeight[o * in + i] * (mask == null ? 1 : mask[o * in + i]);
                }
            }
        }
        this.bias = f.flag("bias") ? f.tensor("bias", out) : new double[out];
    }

    static Layer read(LayerFields f) {
        int in = f.positive("in");
        int out = f.positive("out");
        LayerFields b = f.inner("basis");
        String type = b.text("type");
        if (type.equals("wavkan")) {
            return new WaveletLayer(f, b.text("kind"), in, out);
        }
        return type.equals("bspline") ? new SplineLayer(f, in, out, Basis.spline(b, in, b.text("outside")))
                : new DenseLayer(f, in, out, Basis.read(b, in));
    }

    @Override
    final void apply(double[] x, double[] y, double[] z, double[] values) {
        double[] normal = x;
        if (norm != null) {
            norm.apply(x, z, z, values);
            normal = z;
        }
        System.arraycopy(bias, 0, y, 0, out);
        add(normalBase ? normal : x, normal, y, values);
    }

    /** Adds the edges' values: the base's of x, the functions' of z. */
    abstract void add(double[] x, double[] z, double[] y, double[] values);

    /** B-splines. */
    private static final class SplineLayer extends KanLayer {
        private final Spline spline;

        SplineLayer(LayerFields f, int in, int out, Spline spline) {
            super(f, in, out, spline.functions(), spline.taps() - 1, spline.taps() - 1);
            this.spline = spline;
        }

        @Override
        int scratch() {
            return spline.taps() + in;
        }

        @Override
        void add(double[] x, double[] z, double[] y, double[] values) {
            int taps = spline.taps();
            int each = spline.functions() + 2 * taps - 1;
            if (base != null) {
                base.apply(x, in, values, taps, 1);
            }
            for (int i = 0; i < in; i++) {
                int row = i * each + spline.evaluate(i, z[i], values);
                double b = base == null ? 0 : values[taps + i];
                if (taps == 4) {
                    weights.addCubic(row, values, i * each + each - 1, b, y);
                } else {
                    weights.add(row, values, taps, y);
                    weights.add(i * each + each - 1, b, y);
                }
            }
        }
    }

    /** Functions of which none is zero. */
    private static final class DenseLayer extends KanLayer {
        private final Basis basis;
        private final int each;

        DenseLayer(LayerFields f, int in, int out, Basis basis) {
            super(f, in, out, basis.functions(), 0, 0);
            this.basis = basis;
            this.each = basis.functions() + 1;
        }

        @Override
        int scratch() {
            return in * each;
        }

        @Override
        void add(double[] x, double[] z, double[] y, double[] values) {
            basis.evaluate(z, in, values, each);
            if (base == null) {
                for (int i = 0; i < in; i++) {
                    values[i * each + each - 1] = 0;
                }
            } else {
                base.apply(x, in, values, each - 1, each);
            }
            weights.add(values, y);
        }
    }
}
