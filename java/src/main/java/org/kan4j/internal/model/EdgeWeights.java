// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.internal.model;

import java.lang.foreign.Arena;
import java.util.Arrays;
import org.kan4j.layer.Activation;
import org.kan4j.layer.KanLayer;
import org.kan4j.model.Parameters;

/**
 * What a KAN layer's edges are made of besides their coefficients, to measure a change of the basis part against the
 * whole edge, mask (base_weight b(x) + coef_scale spline(x)).
 */
public final class EdgeWeights {

    private final Activation activation;
    private final double[] base;
    private final double[] scale;
    private final double[] mask;
    private final int in;

    public EdgeWeights(Parameters parameters, int layer) {
        KanLayer spec = (KanLayer) parameters.model().layers().get(layer);
        this.activation = spec.base();
        this.in = Math.toIntExact(spec.in());
        int edges = Math.multiplyExact(in, Math.toIntExact(spec.out()));
        String prefix = "layers." + layer + ".";
        try (Arena arena = Arena.ofConfined()) {
            base = spec.base() == Activation.NONE ? new double[edges]
                    : parameters.get(arena, prefix + "base_weight").toDoubles();
            scale = spec.scale() ? parameters.get(arena, prefix + "coef_scale").toDoubles() : ones(edges);
            mask = spec.mask() ? parameters.get(arena, prefix + "mask").toDoubles() : ones(edges);
        }
    }

    private static double[] ones(int n) {
        double[] values = new double[n];
        Arrays.fill(values, 1);
        return values;
    }

    /** The edge from an input to an output, given b(x) and its basis part. */
    public double edge(int output, int input, double baseValue, double part) {
        int e = output * in + input;
        return mask[e] * (base[e] * baseValue + scale[e] * part);
    }

    /** What a change of the basis part changes the edge by. */
    public double change(int output, int input, double part) {
        int e = output * in + input;
        return mask[e] * scale[e] * part;
    }

    /** b(x); GELU by its sigmoid approximation, which is enough to know an edge's size. */
    public double base(double x) {
        return switch (activation) {
            case NONE -> 0;
            case IDENTITY -> x;
            case SILU -> x / (1 + Math.exp(-x));
            case RELU -> Math.max(0, x);
            case GELU -> x / (1 + Math.exp(-1.702 * x));
            case TANH -> Math.tanh(x);
            case SIGMOID -> 1 / (1 + Math.exp(-x));
        };
    }
}
