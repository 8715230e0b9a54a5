// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.scorer;

/** Wav-KAN: y_o = bias_o + sum over i of weight_oi window_i psi((x_i - translation_oi) / scale_oi). */
final class WaveletLayer extends Layer {

    private final String kind;
    private final double[] weight;
    private final double[] scale;
    private final double[] translation;
    private final double[] bias;

    WaveletLayer(LayerFields f, String kind, int in, int out) {
        super(in, out);
        this.kind = kind;
        if (Double.isNaN(psi(kind, 1))) {
            throw f.unknown("wavelet", kind);
        }
        this.weight = f.tensor("weight", out, in);
        for (int e = 0; e < weight.length && kind.equals("shannon") && in > 1; e++) {
            weight[e] *= 0.54 - 0.46 * Math.cos(2 * Math.PI * (e % in) / (in - 1)); // Hamming's window over the inputs
        }
        this.scale = f.tensor("scale", out, in);
        this.translation = f.tensor("translation", out, in);
        this.bias = f.flag("bias") ? f.tensor("bias", out) : new double[out];
    }

    @Override
    void apply(double[] x, double[] y, Work work) {
        for (int o = 0; o < out; o++) {
            double sum = bias[o];
            for (int i = 0; i < in; i++) {
                int edge = o * in + i;
                sum += weight[edge] * psi(kind, (x[i] - translation[edge]) / scale[edge]);
            }
            y[o] = sum;
        }
    }

    private static double psi(String kind, double u) {
        double bell = Math.exp(-u * u / 2);
        switch (kind) {
            case "mexican_hat" :
                return 2 / (Math.sqrt(3) * Math.pow(Math.PI, 0.25)) * (u * u - 1) * bell;
            case "morlet" :
                return Math.cos(5 * u) * bell;
            case "dog" :
                return -u * bell;
            case "meyer" :
                double v = Math.abs(u);
                double t = 2 * v - 1;
                double nu = t * t * t * t * (35 - 84 * t + 70 * t * t - 20 * t * t * t);
                return v >= 1 ? 0 : Math.sin(Math.PI * v) * (v <= 0.5 ? 1 : Math.cos(Math.PI / 2 * nu));
            case "shannon" :
                return u == 0 ? 1 : Math.sin(u) / u;
            default :
                return Double.NaN;
        }
    }
}
