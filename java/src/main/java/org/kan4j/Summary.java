// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.kan4j.error.Counted;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerSpec;
import org.kan4j.model.KanModel;
import org.kan4j.model.TensorInfo;

/**
 * The layers of a model with their shapes and counts, and the memory that its numbers take.
 *
 * @param layers input first
 * @param parameters trainable numbers of all layers
 * @param buffers other numbers: knots, masks, running statistics
 * @param bytes of both
 * @param trainingBytes of what a training with AdamW holds besides the data: parameters, gradient, two moments
 */
public record Summary(List<Layer> layers, long parameters, long buffers, long bytes, long trainingBytes) {

    /**
     * A layer.
     *
     * @param what it is
     * @param in features
     * @param out features
     * @param tensors such as {@code coef [16, 4, 8]}
     * @param parameters trainable numbers
     */
    public record Layer(String what, long in, long out, List<String> tensors, long parameters) {
    }

    /** Of a model; takes no memory for its numbers. */
    public static Summary of(KanModel model) {
        List<Layer> layers = new ArrayList<>();
        long parameters = 0;
        long buffers = 0;
        for (int l = 0; l < model.layers().size(); l++) {
            LayerSpec spec = model.layers().get(l);
            List<String> tensors = new ArrayList<>();
            long count = 0;
            for (TensorInfo tensor : model.tensors()) {
                if (tensor.layer() == l) {
                    tensors.add(tensor.tensor() + " " + tensor.shape());
                    count += tensor.role() == TensorInfo.Role.PARAMETER ? tensor.shape().size() : 0;
                    buffers += tensor.role() == TensorInfo.Role.PARAMETER ? 0 : tensor.shape().size();
                }
            }
            layers.add(new Layer(name(spec), spec.in(), spec.out(), List.copyOf(tensors), count));
            parameters += count;
        }
        long width = model.dtype().bytes();
        return new Summary(List.copyOf(layers), parameters, buffers, (parameters + buffers) * width,
                (4 * parameters + buffers) * width);
    }

    private static String name(LayerSpec spec) {
        return spec instanceof KanLayer kan ? "KAN of " + kan.basis() : spec.getClass().getSimpleName();
    }

    /** A line a layer, and the sums. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (int l = 0; l < layers.size(); l++) {
            Layer layer = layers.get(l);
            text.append(String.format(Locale.ROOT, "%2d  %d -> %d  %s  %s  %s%n", l, layer.in(), layer.out(),
                    Counted.grouped(layer.parameters(), "parameter"), layer.what(), String.join(", ", layer.tensors())));
        }
        return text.append(String.format(Locale.ROOT, "%s, %,d other numbers, %,d bytes; %,d to train with AdamW%n",
                Counted.grouped(parameters, "parameter"), buffers, bytes, trainingBytes)).toString();
    }
}
