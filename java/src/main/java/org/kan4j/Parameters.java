// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The numbers of a model: one flat array of trainable parameters and one of buffers (knots, masks, running statistics),
 * both off the heap and owned by this object. Tensors are named {@code layers.<layer>.<tensor>}, as
 * {@link KanModel#tensors} lists them, and copied in and out in their natural shape.
 *
 * <p>Many threads may read the parameters at once (a {@link Predictor} does); training them at the same time is the
 * caller's to prevent.
 */
public final class Parameters implements AutoCloseable {

    private final KanModel model;
    private final NativeLayers layers;
    private final ParameterVector values;
    private final Arena arena;
    private final HostTensor buffers;
    private final MemorySegment[] bufferParts;

    private Parameters(KanModel model) {
        this.model = model;
        this.layers = NativeLayers.create(model);
        this.arena = Arena.ofShared();
        ParameterVector vector = null;
        try {
            vector = new ParameterVector(layers);
            ModelLayout layout = layers.layout();
            this.buffers = HostTensor.allocate(arena, model.dtype(), layout.bufferLength());
            this.bufferParts = new MemorySegment[layers.count()];
            for (int i = 0; i < bufferParts.length; i++) {
                ModelLayout.Layer layer = layout.layers().get(i);
                bufferParts[i] = buffers.segment().asSlice(layer.bufferOffset() * model.dtype().bytes(),
                    layer.buffers() * model.dtype().bytes());
            }
        } catch (RuntimeException | Error e) {
            if (vector != null) {
                vector.close();
            }
            arena.close();
            layers.close();
            throw e;
        }
        this.values = vector;
    }

    /**
     * Parameters whose weights are zero. What gives a basis its form (knots, centres, frequencies) is as the model
     * says, masks are 1, norms are the identity.
     */
    public static Parameters zeros(KanModel model) {
        Parameters parameters = new Parameters(model);
        try {
            new Initialiser(parameters, Initialisation.PUBLISHED, 0).structure();
            return parameters;
        } catch (RuntimeException | Error e) {
            parameters.close();
            throw e;
        }
    }

    /** Random initial parameters, each layer's as published for its basis. The same seed gives the same numbers. */
    public static Parameters initialise(KanModel model, long seed) {
        return initialise(model, Initialisation.PUBLISHED, seed);
    }

    /** Random initial parameters. The same seed gives the same numbers. */
    public static Parameters initialise(KanModel model, Initialisation initialisation, long seed) {
        Parameters parameters = new Parameters(model);
        try {
            Initialiser initialiser = new Initialiser(parameters, initialisation, seed);
            initialiser.structure();
            initialiser.weights();
            return parameters;
        } catch (RuntimeException | Error e) {
            parameters.close();
            throw e;
        }
    }

    /** The topology. */
    public KanModel model() {
        return model;
    }

    /** The trainable numbers. */
    public ParameterVector values() {
        return values;
    }

    /** The numbers that are not trained, in the kernels' own order. */
    public HostTensor buffers() {
        return buffers;
    }

    /** Every tensor, trainable or not. */
    public List<TensorInfo> tensors() {
        return layers.layout().tensors();
    }

    /** A copy of one tensor in its natural shape. */
    public HostTensor get(Arena target, String name) {
        TensorInfo tensor = layers.layout().tensor(name);
        HostTensor natural = HostTensor.allocate(target, model.dtype(), tensor.shape());
        layers.get(tensor, flat(tensor), natural);
        return natural;
    }

    /**
     * Replaces one tensor.
     *
     * @param natural of the model's type and the tensor's natural shape
     */
    public void set(String name, HostTensor natural) {
        TensorInfo tensor = layers.layout().tensor(name);
        layers.set(tensor, natural, flat(tensor));
    }

    private MemorySegment flat(TensorInfo tensor) {
        return tensor.role() == TensorInfo.Role.PARAMETER ? values.flat().segment() : buffers.segment();
    }

    /** A vector of zeros in the layout of the trainable numbers: for gradients, moments. The caller closes it. */
    public ParameterVector newVector() {
        return new ParameterVector(layers);
    }

    /** Copies all numbers, buffers included, of parameters of an equal model. */
    public void copyFrom(Parameters other) {
        if (!model.equals(other.model)) {
            throw new ShapeException("the parameters belong to a different model: " + other.model);
        }
        values.copyFrom(other.values);
        buffers.copyFrom(other.buffers);
    }

    /** A copy that owns its memory. */
    public Parameters copy() {
        Parameters parameters = new Parameters(model);
        parameters.copyFrom(this);
        return parameters;
    }

    NativeLayers layers() {
        return layers;
    }

    /** The buffers of one layer. */
    MemorySegment bufferPart(int layer) {
        return bufferParts[layer];
    }

    /**
     * Frees the numbers; does nothing the second time.
     *
     * @throws IllegalStateException while a call that uses them runs; nothing is freed then, or it can be closed again
     */
    @Override
    public void close() {
        values.close();
        layers.close();
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
