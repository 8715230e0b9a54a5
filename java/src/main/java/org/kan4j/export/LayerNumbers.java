// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.export;

import java.lang.foreign.Arena;
import java.util.HashSet;
import java.util.Set;
import org.kan4j.error.UnsupportedException;
import org.kan4j.model.Parameters;
import org.kan4j.model.TensorInfo;
import org.kan4j.tensor.HostTensor;

/** The tensors of a layer of a model. */
final class LayerNumbers {

    /** Numbers of one layer; one of more is refused. */
    private static final long MOST = 1L << 28;

    private final Parameters parameters;
    private final Arena arena;
    private final Set<String> names = new HashSet<>();
    private final int layer;

    LayerNumbers(Parameters parameters, int layer, Arena arena) {
        this.parameters = parameters;
        this.layer = layer;
        this.arena = arena;
        for (TensorInfo tensor : parameters.tensors()) {
            names.add(tensor.name());
        }
    }

    /** (out, in, n) as (in, n, out). */
    double[] transposed(double[] natural, long out, long in, int n) {
        requireSize(natural.length);
        double[] result = new double[natural.length];
        for (int o = 0; o < out; o++) {
            for (int i = 0; i < in; i++) {
                for (int c = 0; c < n; c++) {
                    result[(int) ((i * n + c) * out + o)] = natural[(int) ((o * in + i) * n + c)];
                }
            }
        }
        return result;
    }

    /** A number of features, as an int. */
    int features(long features) {
        requireSize(features);
        return (int) features;
    }

    /** Refuses more than a layer may have. */
    void requireSize(long numbers) {
        if (numbers > MOST) {
            throw new UnsupportedException("layer " + layer + " of the model has " + numbers
                    + " numbers; exports hold up to " + MOST + " a layer");
        }
    }

    /** A tensor of the layer, or null where it has none of the name. */
    double[] optional(String tensor) {
        return names.contains("layers." + layer + "." + tensor) ? tensor(tensor) : null;
    }

    /** A tensor of the layer; a number that is not finite is refused. */
    double[] tensor(String tensor) {
        String name = "layers." + layer + "." + tensor;
        HostTensor values = parameters.get(arena, name);
        requireSize(values.size());
        double[] numbers = values.toDoubles();
        for (int i = 0; i < numbers.length; i++) {
            if (!Double.isFinite(numbers[i])) {
                throw new UnsupportedException(name + "[" + i + "] is " + numbers[i]
                        + "; only models of finite numbers are exported");
            }
        }
        return numbers;
    }
}
