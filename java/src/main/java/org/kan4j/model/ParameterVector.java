// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.model;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;
import org.kan4j.error.KanException;
import org.kan4j.error.ShapeException;
import org.kan4j.internal.Inside;
import org.kan4j.internal.memory.Memory;
import org.kan4j.internal.passes.NativeVector;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/**
 * Numbers in the layout of a model's trainable parameters: the parameters themselves, their gradients, an optimizer's
 * moments. One flat array off the heap or on a device; single tensors are copied in and out in their natural shape.
 * Closing it frees the array (closing the {@link Parameters} it came from does not).
 */
public final class ParameterVector implements AutoCloseable {

    static {
        Inside.show(ParameterVector.class, NativeVector.class, vector -> vector.inside);
    }

    private final NativeVector inside = new NativeVector() {
        @Override
        public MemorySegment array() {
            requireOpen();
            changed();
            return array;
        }

        @Override
        public MemorySegment part(int layer) {
            return parts[layer];
        }

        @Override
        public Memory memory() {
            return memory;
        }
    };

    private final NativeLayers layers;
    private final Memory memory;
    private final MemorySegment array;
    private final HostTensor flat;
    private final MemorySegment[] parts;
    /** Whose numbers these are, kept from being taken for forgotten; null where they are nobody else's. */
    private final Parameters owner;
    /** Of the vectors that share the memory; null where an owner sees to it. */
    private final AtomicInteger open;
    private volatile boolean closed;

    /**
     * A vector of zeros.
     *
     * @param open how many vectors share the memory; whose closing makes it 0 frees it
     */
    ParameterVector(NativeLayers layers, Memory memory, AtomicInteger open) {
        this(layers, memory, null, open);
    }

    /** The numbers of some parameters, who see to the memory. */
    ParameterVector(NativeLayers layers, Memory memory, Parameters owner) {
        this(layers, memory, owner, null);
    }

    private ParameterVector(NativeLayers layers, Memory memory, Parameters owner, AtomicInteger open) {
        this.owner = owner;
        this.open = open;
        this.layers = layers;
        this.memory = memory;
        ModelLayout layout = layers.layout();
        try {
            this.array = memory.allocate(bytes());
            this.flat = memory.context() == null ? HostTensor.wrap(array, layout.dtype(), layout.parameterLength()) : null;
            this.parts = new MemorySegment[layout.layers().size()];
            for (int i = 0; i < parts.length; i++) {
                ModelLayout.Layer layer = layout.layers().get(i);
                parts[i] = memory.slice(array, layer.parameterOffset() * layout.dtype().bytes(),
                        layer.parameters() * layout.dtype().bytes());
            }
        } catch (RuntimeException | Error e) {
            memory.close();
            throw e;
        }
    }

    /**
     * All numbers, in the kernels' own order; between layers there may be zeros that belong to no tensor.
     *
     * @throws KanException if they are on a device
     */
    public HostTensor flat() {
        requireOpen();
        if (flat == null) {
            throw KanException.invalid("the numbers are on %s, out of the host's reach; copy them into a vector of "
                    + "parameters in the host's memory with ParameterVector.copyFrom", memory.place());
        }
        if (owner != null) {
            owner.requireOpen();
            owner.lent();
        }
        return flat;
    }

    /** Number of them, gaps included. */
    public long length() {
        return layers.layout().parameterLength();
    }

    /** Of each number. */
    public DType dtype() {
        return layers.layout().dtype();
    }

    /** Bytes of all numbers. */
    public long bytes() {
        return length() * dtype().bytes();
    }

    Memory memory() {
        return memory;
    }

    /** The numbers of one layer. */
    MemorySegment part(int layer) {
        return parts[layer];
    }

    /** A copy of one tensor in its natural shape. */
    public HostTensor get(Arena target, String name) {
        requireOpen();
        TensorInfo tensor = parameter(name);
        HostTensor natural = HostTensor.allocate(target, dtype(), tensor.shape());
        layers.get(tensor, memory, parts[tensor.layer()], natural);
        return natural;
    }

    /** Replaces one tensor. */
    public void set(String name, HostTensor natural) {
        requireOpen();
        TensorInfo tensor = parameter(name);
        layers.set(tensor, natural, memory, parts[tensor.layer()]);
        changed();
    }

    /** Others may keep the memory of one that is closed. */
    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the vector is closed");
        }
    }

    private void changed() {
        if (owner != null) {
            owner.changed();
        }
    }

    private TensorInfo parameter(String name) {
        TensorInfo tensor = layers.layout().tensor(name);
        if (tensor.role() != TensorInfo.Role.PARAMETER) {
            throw KanException.invalid("'%s' is a buffer, not a trainable parameter: it has no gradient", name);
        }
        return tensor;
    }

    /** Copies all numbers of a vector of the same model, wherever either is. */
    public void copyFrom(ParameterVector other) {
        requireOpen();
        other.requireOpen();
        if (!layers.layout().tensors().equals(other.layers.layout().tensors())) {
            throw new ShapeException("the vectors belong to different models");
        }
        Memory.transfer(other.memory, other.array, memory, array, bytes());
        changed();
    }

    /** Sets all numbers to 0. */
    public void clear() {
        requireOpen();
        memory.clear(array, bytes());
        changed();
    }

    /**
     * Does nothing the second time, and nothing to {@link Parameters#values}, which live as long as the parameters.
     *
     * @throws IllegalStateException while a call on the numbers runs; nothing is freed then
     */
    @Override
    public void close() {
        if (open == null) {
            return;
        }
        synchronized (open) {
            if (!closed) {
                if (open.get() == 1) {
                    memory.close();
                }
                open.decrementAndGet();
                closed = true;
            }
        }
    }
}
