// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.tensor;

import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.kan4j.device.Context;
import org.kan4j.device.Device;
import org.kan4j.error.KanException;
import org.kan4j.error.ShapeException;
import org.kan4j.internal.Checks;
import org.kan4j.internal.Inside;
import org.kan4j.internal.NativeContext;
import org.kan4j.internal.memory.DeviceArray;
import org.kan4j.internal.memory.Memory;

/**
 * A dense, row-major tensor in the memory of a CUDA device. Its numbers are copied in and out; nothing on the host can
 * address them. It belongs to one {@link Context}, whose stream orders all that is done with it: kernels, copies, and
 * its release, which waits for the work that was queued before. So it may be closed as soon as nothing more is to be
 * queued.
 */
public final class DeviceTensor implements Tensor, AutoCloseable {

    static {
        Inside.show(DeviceTensor.class, DeviceArray.class, tensor -> tensor.inside);
    }

    private final DeviceArray<DeviceTensor> inside = new DeviceArray<>() {
        @Override
        public MemorySegment array() {
            return DeviceTensor.this.array();
        }

        @Override
        public DeviceTensor view(Memory ofArray, MemorySegment of, long... axes) {
            return new DeviceTensor(ofArray, false, of, dtype, Shape.of(axes));
        }
    };

    private final Memory memory;
    private final boolean owned;
    private final MemorySegment array;
    private final DType dtype;
    private final Shape shape;

    private DeviceTensor(Memory memory, boolean owned, MemorySegment array, DType dtype, Shape shape) {
        this.memory = memory;
        this.owned = owned;
        this.array = array;
        this.dtype = dtype;
        this.shape = shape;
    }

    /**
     * A tensor of zeros. The caller closes it; closing the context frees it too.
     *
     * @throws org.kan4j.error.DeviceMemoryException if the device has not so much memory left
     * @throws KanException if the context is not on a CUDA device
     */
    public static DeviceTensor allocate(Context context, DType dtype, long... shape) {
        return allocate(context, dtype, Shape.of(shape));
    }

    /** As {@link #allocate(Context, DType, long...)}. */
    public static DeviceTensor allocate(Context context, DType dtype, Shape shape) {
        if (!(context.device() instanceof Device.Cuda)) {
            throw KanException.invalid("a device tensor needs a context on a CUDA device, given one on %s; use "
                    + "HostTensor.allocate", context.device());
        }
        long bytes = HostTensor.bytes(dtype, shape);
        Memory memory = Memory.shared(context);
        try {
            return new DeviceTensor(memory, true, memory.allocate(bytes), dtype, shape);
        } catch (RuntimeException | Error e) {
            memory.close();
            throw e;
        }
    }

    /** A copy of a tensor of the host's on a device. The caller closes it. */
    public static DeviceTensor of(Context context, HostTensor source) {
        DeviceTensor tensor = allocate(context, source.dtype(), source.shape());
        try {
            return tensor.copyFrom(source);
        } catch (RuntimeException | Error e) {
            tensor.close();
            throw e;
        }
    }

    @Override
    public DType dtype() {
        return dtype;
    }

    @Override
    public Shape shape() {
        return shape;
    }

    /** The context it belongs to. */
    public Context context() {
        return memory.context();
    }

    /** The address on the device, for other code on the same device; nothing on the host may follow it. */
    public long address() {
        requireOpen();
        return array.address();
    }

    /** What kernels are passed. */
    private MemorySegment array() {
        requireOpen();
        return array;
    }

    /**
     * Copies a tensor of the host's in, of the same type and shape; it may be changed as soon as this returns.
     *
     * @return this
     */
    public DeviceTensor copyFrom(HostTensor source) {
        requireSame(source);
        memory.write(source.segment(), array(), source.segment().byteSize());
        return this;
    }

    /**
     * Copies a tensor of any device in, of the same type and shape.
     *
     * @return this
     */
    public DeviceTensor copyFrom(DeviceTensor source) {
        requireSame(source);
        Memory.transfer(source.memory, source.array(), memory, array(), HostTensor.bytes(dtype, shape));
        return this;
    }

    /**
     * Copies the numbers out, once all work that was queued before is done.
     *
     * @param target of the same type and shape
     * @return the target
     */
    public HostTensor copyTo(HostTensor target) {
        requireSame(target);
        Checks.writable("the target of a copy", target.segment(), target);
        memory.read(array(), target.segment(), target.segment().byteSize());
        return target;
    }

    private void requireSame(Tensor other) {
        Objects.requireNonNull(other, "tensor");
        if (other.dtype() != dtype || !other.shape().equals(shape)) {
            throw new ShapeException("copying between a tensor of the host or a device and another of the same type and "
                    + "shape, given " + other + " and " + this);
        }
    }

    private void requireOpen() {
        if (!memory.isAlive()) {
            throw new IllegalStateException("the device tensor is closed");
        }
        NativeContext.of(memory.context()).handle(); // refuses a closed one
    }

    /**
     * Frees the memory once the work that was queued before is done; does nothing the second time, or for a view of
     * memory that something else owns.
     */
    @Override
    public void close() {
        if (owned) {
            memory.close();
        }
    }

    /** Such as {@code F32[64, 784] on cuda:0}. */
    @Override
    public String toString() {
        return dtype + shape.toString() + " on " + memory.place();
    }
}
