// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli.bench;

import java.util.List;
import org.kan4j.layer.Activation;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.Basis;
import org.kan4j.tensor.DType;
import org.kan4j.layer.KanLayer;
import org.kan4j.model.KanModel;
import org.kan4j.layer.LayerSpec;
import org.kan4j.layer.Linear;
import org.kan4j.basis.Rational;
import org.kan4j.model.TensorInfo;
import org.kan4j.basis.Wavelet;

/**
 * The least that a phase must do, whatever the kernel: multiply-adds between activations and parameters, and bytes of
 * parameters, gradients, moments and activations that must cross the memory bus once. Evaluating basis functions,
 * normalisation and sorting are not counted, so no kernel reaches the whole floor.
 *
 * @param multiplyAdds of products with parameters
 * @param readBytes read and not written
 * @param updateBytes read or written where something is written: gradients, moments, updated parameters
 */
public record Work(double multiplyAdds, double readBytes, double updateBytes) {

    /** Of a forward pass. */
    public static Work forward(KanModel model, long batch) {
        double madds = 0;
        for (LayerSpec layer : model.layers()) {
            madds += madds(layer, batch);
        }
        return new Work(madds, (double) model.parameterCount() * model.dtype().bytes() + inputBytes(model, batch), 0);
    }

    /** Of the backward pass. */
    public static Work backward(KanModel model, long batch, boolean inputGradient) {
        double madds = 0;
        double read = inputBytes(model, batch);
        List<LayerSpec> layers = model.layers();
        for (int l = 0; l < layers.size(); l++) {
            LayerSpec layer = layers.get(l);
            boolean through = l > 0 || inputGradient || layer instanceof KanLayer kan
                    && (kan.inputNorm() || kan.trainBasis());
            madds += madds(layer, batch) * (through ? 2 : 1);
            read += through ? bytes(model, l) : 0;
        }
        return new Work(madds, read, (double) model.parameterCount() * model.dtype().bytes());
    }

    /** Of a whole step: forward, backward, and AdamW on a gradient that never leaves the cache. */
    public static Work step(KanModel model, long batch) {
        Work forward = forward(model, batch);
        Work backward = backward(model, batch, false);
        double bytes = (double) model.parameterCount() * model.dtype().bytes();
        return new Work(forward.multiplyAdds + backward.multiplyAdds, forward.readBytes + inputBytes(model, batch),
                6 * bytes); // parameters and two moments, read and written
    }

    private static double inputBytes(KanModel model, long batch) {
        return (double) batch * model.in() * model.dtype().bytes();
    }

    private static double bytes(KanModel model, int layer) {
        return model.tensors().stream().filter(t -> t.layer() == layer && t.role() == TensorInfo.Role.PARAMETER)
                .mapToDouble(t -> t.shape().size()).sum() * model.dtype().bytes();
    }

    private static double madds(LayerSpec layer, long batch) {
        double edges = (double) layer.in() * layer.out();
        return switch (layer) {
            case KanLayer kan -> batch * edges * (terms(kan.basis()) + (kan.base() == Activation.NONE ? 0 : 1));
            case Linear linear -> batch * edges;
            default -> 0; // element by element
        };
    }

    /** Basis functions of an edge that are not 0 at a point. */
    private static int terms(Basis basis) {
        return switch (basis) {
            case BSpline spline -> spline.order() + 1;
            case Rational rational -> 1;
            case Wavelet wavelet -> 1;
            default -> basis.functions();
        };
    }

    /** Seconds it takes at least. */
    public double seconds(Rates rates) {
        return Math.max(multiplyAdds / rates.multiplyAdds(), readBytes / rates.readBytes() + updateBytes / rates.copyBytes());
    }

    /** Whether arithmetic, not memory, sets the floor. */
    public boolean computeBound(Rates rates) {
        return multiplyAdds / rates.multiplyAdds() > readBytes / rates.readBytes() + updateBytes / rates.copyBytes();
    }

    /**
     * Bytes of memory a measurement of a model needs at most: parameters, gradients and both moments, the activations of
     * a training workspace and the margin its kernels may take.
     */
    public static double memoryEstimate(KanModel model, long batch) {
        DType dtype = model.dtype();
        double numbers = 4.0 * model.parameterCount() + (double) batch * (model.in() + model.out());
        for (LayerSpec layer : model.layers()) {
            int depth = layer instanceof KanLayer kan && kan.basis() instanceof BSpline spline ? spline.order() + 2 : 4;
            numbers += 3.0 * batch * (layer.in() + layer.out()) * depth;
        }
        return numbers * dtype.bytes();
    }
}
