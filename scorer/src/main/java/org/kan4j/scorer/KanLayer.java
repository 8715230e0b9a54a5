// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.scorer;

/**
 * A KAN layer: y_o = bias_o + sum over i of mask_oi (base_oi b(x_i) + scale_oi sum over c of coef_oic phi_c(z_i)). What
 * is done to z and to the base is here; a subclass has the functions phi.
 */
abstract class KanLayer extends Layer {

    private static final double NORM_EPS = 1e-5;

    /** The base branch. */
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
        this.base = Activation.of(f, f.text("base"));
        double[] coef = f.tensor("coef", out, in, functions);
        double[] scale = f.flag("scale") ? f.tensor("coef_scale", out, in) : null;
        double[] mask = f.flag("mask") ? f.tensor("mask", out, in) : null;
        double[] baseWeight = base == Activation.NONE ? null : f.tensor("base_weight", out, in);
        int each = before + functions + behind + 1;
        f.product(in, each * (out <= Rows.FEW ? Rows.FEW : 1));
        this.weights = new Rows(in, each, out);
        for (int e = 0; e < in * out; e++) {
            double kept = mask == null ? 1 : mask[e];
            for (int c = 0; c < functions; c++) {
                weights.set(e % in, before + c, e / in, coef[e * functions + c] * (scale == null ? 1 : scale[e]) * kept);
            }
            if (baseWeight != null) {
                weights.set(e % in, each - 1, e / in, baseWeight[e] * kept);
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
    final void apply(double[] x, double[] y, Work work) {
        double[] normal = x;
        if (norm != null) {
            norm.apply(x, work.z, work);
            normal = work.z;
        }
        for (int o = 0; o < out; o++) {
            y[o] = bias[o];
        }
        add(normalBase ? normal : x, normal, y, work);
    }

    /** Adds the edges' values: the base's of x, the functions' of z. */
    abstract void add(double[] x, double[] z, double[] y, Work work);

    /** B-splines. */
    private static final class SplineLayer extends KanLayer {
        private final Spline spline;

        SplineLayer(LayerFields f, int in, int out, Spline spline) {
            super(f, in, out, spline.functions(), spline.taps() - 1, spline.taps() - 1);
            this.spline = spline;
        }

        @Override
        int scratch() {
            return spline.offset() + in * spline.taps();
        }

        @Override
        void add(double[] x, double[] z, double[] y, Work work) {
            base.apply(x, in, work.values, 0, 1);
            spline.evaluate(z, work.places, work.values);
            weights.add(work.places, work.values, spline.offset(), spline.taps(), y);
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
        void add(double[] x, double[] z, double[] y, Work work) {
            basis.evaluate(z, in, work.values, each);
            base.apply(x, in, work.values, each - 1, each);
            weights.add(work.values, y);
        }
    }
}
