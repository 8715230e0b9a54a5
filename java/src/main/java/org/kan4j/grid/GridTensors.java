// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.grid;

import java.lang.foreign.Arena;
import org.kan4j.basis.BSpline;
import org.kan4j.internal.model.EdgeWeights;
import org.kan4j.layer.KanLayer;
import org.kan4j.model.Parameters;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/** Coefficients and knots of a B-spline layer in double precision, to read, change and store back. */
final class GridTensors {

    private final KanLayer spec;
    private final DType dtype;
    private final String prefix;
    private final double[] coef; // (out, in, n)
    private final double[] knots; // (in, G + 2k + 1)
    private final EdgeWeights edges;
    private final int in;
    private final int out;
    private final int n;
    private final int knotCount;

    GridTensors(Parameters parameters, int layer) {
        this.spec = (KanLayer) parameters.model().layers().get(layer);
        this.dtype = parameters.model().dtype();
        this.prefix = "layers." + layer + ".";
        this.edges = new EdgeWeights(parameters, layer);
        BSpline spline = (BSpline) spec.basis();
        this.in = Math.toIntExact(spec.in());
        this.out = Math.toIntExact(spec.out());
        this.n = spline.functions();
        this.knotCount = spline.grid() + 2 * spline.order() + 1;
        try (Arena arena = Arena.ofConfined()) {
            this.coef = parameters.get(arena, prefix + "coef").toDoubles();
            this.knots = parameters.get(arena, prefix + "knots").toDoubles();
        }
    }

    KanLayer spec() {
        return spec;
    }

    EdgeWeights edges() {
        return edges;
    }

    DType dtype() {
        return dtype;
    }

    int in() {
        return in;
    }

    double[] knots(int input) {
        return java.util.Arrays.copyOfRange(knots, input * knotCount, (input + 1) * knotCount);
    }

    void setKnots(int input, double[] values) {
        System.arraycopy(values, 0, knots, input * knotCount, knotCount);
    }

    /** [out][n] of an input. */
    double[][] coefficients(int input) {
        double[][] result = new double[out][n];
        for (int o = 0; o < out; o++) {
            System.arraycopy(coef, (o * in + input) * n, result[o], 0, n);
        }
        return result;
    }

    void setCoefficients(int input, double[][] values) {
        for (int o = 0; o < out; o++) {
            System.arraycopy(values[o], 0, coef, (o * in + input) * n, n);
        }
    }

    /** Rounds to the model's type, so that a fit sees the knots that the kernels will. */
    void round(double[] values) {
        if (dtype == DType.F32) {
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) values[i];
            }
        }
    }

    void store(Parameters parameters) {
        store(parameters, prefix + "knots", knots);
        store(parameters, prefix + "coef", coef);
    }

    /** Replaces a tensor by doubles in its natural order. */
    static void store(Parameters parameters, String name, double[] values) {
        try (Arena arena = Arena.ofConfined()) {
            HostTensor tensor = parameters.get(arena, name);
            for (int i = 0; i < values.length; i++) {
                tensor.setFlat(i, values[i]);
            }
            parameters.set(name, tensor);
        }
    }
}
