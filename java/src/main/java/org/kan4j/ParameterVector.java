// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Numbers in the layout of a model's trainable parameters: the parameters themselves, their gradients, an optimizer's
 * moments. One flat array off the heap; single tensors are copied in and out in their natural shape. Closing it frees
 * the array (closing the {@link Parameters} it came from does not).
 */
public final class ParameterVector implements AutoCloseable {

    private final NativeLayers layers;
    private final Arena arena;
    private final HostTensor flat;
    private final MemorySegment[] parts;

    ParameterVector(NativeLayers layers) {
        this.layers = layers;
        this.arena = Arena.ofShared();
        ModelLayout layout = layers.layout();
        try {
            this.flat = HostTensor.allocate(arena, layout.dtype(), layout.parameterLength());
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
        this.parts = new MemorySegment[layout.layers().size()];
        for (int i = 0; i < parts.length; i++) {
            ModelLayout.Layer layer = layout.layers().get(i);
            parts[i] = flat.segment().asSlice(layer.parameterOffset() * layout.dtype().bytes(),
                layer.parameters() * layout.dtype().bytes());
        }
    }

    /** All numbers, in the kernels' own order; between layers there may be zeros that belong to no tensor. */
    public HostTensor flat() {
        return flat;
    }

    /** The numbers of one layer. */
    MemorySegment part(int layer) {
        return parts[layer];
    }

    /** A copy of one tensor in its natural shape. */
    public HostTensor get(Arena target, String name) {
        TensorInfo tensor = parameter(name);
        HostTensor natural = HostTensor.allocate(target, layers.layout().dtype(), tensor.shape());
        layers.get(tensor, flat.segment(), natural);
        return natural;
    }

    /** Replaces one tensor. */
    public void set(String name, HostTensor natural) {
        layers.set(parameter(name), natural, flat.segment());
    }

    private TensorInfo parameter(String name) {
        TensorInfo tensor = layers.layout().tensor(name);
        if (tensor.role() != TensorInfo.Role.PARAMETER) {
            throw KanException.invalid("'%s' is a buffer, not a trainable parameter: it has no gradient", name);
        }
        return tensor;
    }

    /** Copies all numbers of a vector of the same model. */
    public void copyFrom(ParameterVector other) {
        if (!layers.layout().tensors().equals(other.layers.layout().tensors())) {
            throw new ShapeException("the vectors belong to different models");
        }
        flat.copyFrom(other.flat);
    }

    /** Sets all numbers to 0. */
    public void clear() {
        flat.fill(0);
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
