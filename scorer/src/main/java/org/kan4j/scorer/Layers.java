// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.scorer;

/** The layers of kan4j's models but KAN layers. */
final class Layers {

    private Layers() {
    }

    /** A layer with its numbers. */
    static Layer read(LayerFields f) {
        String type = f.text("type");
        switch (type) {
            case "kan" :
                return KanLayer.read(f);
            case "linear" :
                return linear(f);
            case "layer_norm" :
                return norm(f.positive("features"), f.number("eps"), f.tensor("weight", f.positive("features")),
                        f.tensor("bias", f.positive("features")));
            case "batch_norm" :
                return batchNorm(f);
            case "activation" :
                return activation(f);
            case "multiply" :
                return multiply(f);
            case "affine" :
                return affine(f);
            default :
                throw f.unknown("type", type);
        }
    }

    private static Layer linear(LayerFields f) {
        int in = f.positive("in");
        int out = f.positive("out");
        double[] weight = f.tensor("weight", out, in);
        final double[] bias = f.flag("bias") ? f.tensor("bias", out) : new double[out];
        final Rows rows = new Rows(in, 1, out);
        for (int e = 0; e < weight.length; e++) {
            rows.set(e % in, 0, e / in, weight[e]);
        }
        return new Layer(in, out) {
            @Override
            void apply(double[] x, double[] y, Work work) {
                System.arraycopy(bias, 0, y, 0, out);
                rows.add(x, y);
            }
        };
    }

    /** (x - mean) / sqrt(var + eps) * weight + bias over a row's features. */
    static Layer norm(int features, final double eps, final double[] weight, final double[] bias) {
        return new Layer(features, features) {
            @Override
            void apply(double[] x, double[] y, Work work) {
                double sum = 0;
                for (int i = 0; i < in; i++) {
                    sum += x[i];
                }
                double mean = sum / in;
                double squares = 0;
                for (int i = 0; i < in; i++) {
                    squares += (x[i] - mean) * (x[i] - mean);
                }
                double deviation = Math.sqrt(squares / in + eps);
                for (int i = 0; i < in; i++) {
                    y[i] = (x[i] - mean) / deviation * weight[i] + bias[i];
                }
            }
        };
    }

    private static Layer batchNorm(LayerFields f) {
        int features = f.positive("features");
        final double eps = f.number("eps");
        final double[] weight = f.tensor("weight", features);
        final double[] bias = f.tensor("bias", features);
        final double[] mean = f.tensor("running_mean", features);
        final double[] variance = f.tensor("running_var", features);
        return new Layer(features, features) {
            @Override
            void apply(double[] x, double[] y, Work work) {
                for (int i = 0; i < in; i++) {
                    y[i] = (x[i] - mean[i]) / Math.sqrt(variance[i] + eps) * weight[i] + bias[i];
                }
            }
        };
    }

    private static Layer activation(LayerFields f) {
        final Activation activation = Activation.of(f, f.text("activation"));
        return new Layer(f.positive("features"), f.positive("features")) {
            @Override
            void apply(double[] x, double[] y, Work work) {
                activation.apply(x, in, y, 0, 1);
            }
        };
    }

    private static Layer multiply(LayerFields f) {
        final int passed = f.whole("passed");
        final int products = f.whole("products");
        final int arity = f.whole("arity");
        return new Layer(passed + products * arity, passed + products) {
            @Override
            void apply(double[] x, double[] y, Work work) {
                System.arraycopy(x, 0, y, 0, passed);
                for (int p = 0; p < products; p++) {
                    double product = 1;
                    for (int j = 0; j < arity; j++) {
                        product *= x[passed + p * arity + j];
                    }
                    y[passed + p] = product;
                }
            }
        };
    }

    private static Layer affine(LayerFields f) {
        int features = f.positive("features");
        final double[] scale = f.tensor("scale", features);
        final double[] bias = f.tensor("bias", features);
        return new Layer(features, features) {
            @Override
            void apply(double[] x, double[] y, Work work) {
                for (int i = 0; i < in; i++) {
                    y[i] = scale[i] * x[i] + bias[i];
                }
            }
        };
    }
}
