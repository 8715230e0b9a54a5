// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.kan4j.basis.Basis;
import org.kan4j.basis.Wavelet;
import org.kan4j.error.Counted;
import org.kan4j.error.KanException;
import org.kan4j.error.ShapeException;
import org.kan4j.layer.Activation;
import org.kan4j.layer.ActivationLayer;
import org.kan4j.layer.BatchNorm;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerSpec;
import org.kan4j.layer.Linear;
import org.kan4j.tensor.DType;

/** A network's topology: layers in a row, and the type they compute in. Immutable; holds no numbers and no memory. */
public final class KanModel {

    private final DType dtype;
    private final List<LayerSpec> layers;
    private volatile ModelLayout layout;

    private KanModel(DType dtype, List<LayerSpec> layers) {
        this.dtype = Objects.requireNonNull(dtype, "dtype");
        this.layers = List.copyOf(layers);
        if (!dtype.isFloating()) {
            throw KanException.invalid("a model's dtype must be F32 or F64, given %s", dtype);
        }
        if (layers.isEmpty()) {
            throw KanException.invalid("a model needs at least one layer");
        }
        for (int i = 1; i < layers.size(); i++) {
            if (layers.get(i).in() != layers.get(i - 1).out()) {
                throw new ShapeException("layer " + i + " takes " + Counted.of(layers.get(i).in(), "feature") + ", but layer "
                        + (i - 1) + " gives " + layers.get(i - 1).out());
            }
        }
    }

    /** A model of these layers. */
    public static KanModel of(DType dtype, LayerSpec... layers) {
        return new KanModel(dtype, List.of(layers));
    }

    /** A model of these layers. */
    public static KanModel of(DType dtype, List<? extends LayerSpec> layers) {
        return new KanModel(dtype, List.copyOf(layers));
    }

    /** A float32 network of KAN layers of one basis, each as {@link KanLayer#of} makes it. */
    public static KanModel kan(Basis basis, long... widths) {
        return kan(DType.F32, basis, widths);
    }

    /**
     * A network of KAN layers of one basis, each as {@link KanLayer#of} makes it; after a wavelet layer a batch norm,
     * as published.
     *
     * @param widths features of the input, of each layer between, and of the output
     */
    public static KanModel kan(DType dtype, Basis basis, long... widths) {
        requireWidths(widths);
        List<LayerSpec> layers = new ArrayList<>();
        for (int i = 1; i < widths.length; i++) {
            layers.add(KanLayer.of(widths[i - 1], widths[i], basis));
            if (basis instanceof Wavelet) {
                layers.add(BatchNorm.of(widths[i]));
            }
        }
        return new KanModel(dtype, layers);
    }

    /** A multi-layer perceptron: linear layers with biases, an activation between each two. */
    public static KanModel mlp(DType dtype, Activation activation, long... widths) {
        requireWidths(widths);
        List<LayerSpec> layers = new ArrayList<>();
        for (int i = 1; i < widths.length; i++) {
            layers.add(Linear.of(widths[i - 1], widths[i]));
            if (i < widths.length - 1) {
                layers.add(new ActivationLayer(widths[i], activation));
            }
        }
        return new KanModel(dtype, layers);
    }

    private static void requireWidths(long[] widths) {
        if (widths.length < 2) {
            throw new ShapeException("a network needs at least 2 widths, its inputs and its outputs, given "
                    + widths.length);
        }
    }

    /** The type of parameters and activations. */
    public DType dtype() {
        return dtype;
    }

    /** The same layers in another type. */
    public KanModel withDType(DType other) {
        return new KanModel(other, layers);
    }

    /** The layers, input first. */
    public List<LayerSpec> layers() {
        return layers;
    }

    /** Input features. */
    public long in() {
        return layers.getFirst().in();
    }

    /** Output features. */
    public long out() {
        return layers.getLast().out();
    }

    /** Number of trainable parameters. */
    public long parameterCount() {
        return layout().parameterCount();
    }

    /** Every tensor of the model, layer by layer, in the order of the C ABI. */
    public List<TensorInfo> tensors() {
        return layout().tensors();
    }

    /** Sizes and places of the tensors; asks libkan4j the first time. */
    ModelLayout layout() {
        if (layout == null) {
            NativeLayers.create(this).close();
        }
        return layout;
    }

    /** What libkan4j says of it, by whoever asks first. */
    void learned(ModelLayout of) {
        layout = of;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof KanModel model && dtype == model.dtype && layers.equals(model.layers);
    }

    @Override
    public int hashCode() {
        return Objects.hash(dtype, layers);
    }

    /** One line a layer. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("KanModel ").append(dtype);
        for (int i = 0; i < layers.size(); i++) {
            text.append(System.lineSeparator()).append("  ").append(i).append(": ").append(layers.get(i));
        }
        return text.toString();
    }
}
