// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.serve;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.kan4j.device.Context;
import org.kan4j.device.ContextOptions;
import org.kan4j.device.Device;
import org.kan4j.error.KanException;
import org.kan4j.error.ShapeException;
import org.kan4j.ffi.CriticalCalls;
import org.kan4j.internal.Checks;
import org.kan4j.internal.memory.Memory;
import org.kan4j.internal.passes.NativeParameters;
import org.kan4j.internal.passes.Passes;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/**
 * Serves a model to any number of threads at once. Each call borrows memory and a context of one thread from a pool,
 * which grows to as many as there are concurrent calls; {@link #predict(float[], float[])} allocates nothing. The
 * parameters must stay open, and should not be trained meanwhile. Closing it is refused while calls run.
 *
 * <p>On a CUDA device it runs a copy of the parameters as they are when it is made, each call on a stream of its own.
 */
public final class Predictor implements AutoCloseable {

    /** Rows that pass through the kernels at a time: on the CPU what stays in cache, on a device what fills it. */
    private static final int CPU_ROWS = 64;
    private static final int CUDA_ROWS = 4096;

    private final Parameters parameters;
    private final Device device;
    /** On a device: the context whose parameters all run, and these; null on the CPU. */
    private final Context owner;
    private final Parameters copy;
    private final int blockRows;
    private final int in;
    private final int out;
    private final DType dtype;
    private final boolean tiny;
    private final Object growth = new Object();
    private volatile Slot[] slots = {};
    private volatile boolean closed;

    private Predictor(Parameters parameters, Device device) {
        KanModel model = parameters.model();
        this.parameters = parameters;
        this.device = device;
        this.in = Math.toIntExact(model.in());
        this.out = Math.toIntExact(model.out());
        this.dtype = model.dtype();
        boolean cuda = device instanceof Device.Cuda;
        this.blockRows = cuda ? CUDA_ROWS : CPU_ROWS;
        this.tiny = !cuda && model.parameterCount() <= CriticalCalls.MAX_MULTIPLY_ADDS;
        this.owner = cuda ? Context.open(device) : null;
        Parameters onDevice = null;
        try {
            if (cuda) {
                onDevice = parameters.onto(owner);
                owner.synchronize(); // other streams are to read them
            }
            this.copy = onDevice;
            grow(0).busy.set(false);
        } catch (RuntimeException | Error e) {
            if (onDevice != null) {
                onDevice.close();
            }
            if (cuda) {
                owner.close();
            }
            throw e;
        }
    }

    /** A predictor for these parameters, on the device they are on. */
    public static Predictor of(Parameters parameters) {
        return new Predictor(parameters, parameters.device());
    }

    /**
     * A predictor for these parameters on a device, which need not be the one they are on.
     *
     * @throws org.kan4j.error.UnsupportedException if the device is not there
     * @throws org.kan4j.error.DeviceMemoryException if it has not enough memory left
     */
    public static Predictor of(Parameters parameters, Device device) {
        if (device instanceof Device.Cpu && !(parameters.device() instanceof Device.Cpu)) {
            throw KanException.invalid("the parameters are on %s, the predictor is to be on the CPU; copy them with "
                + "Parameters.onto", parameters.device());
        }
        return new Predictor(parameters, device);
    }

    /** The parameters. */
    public Parameters parameters() {
        return parameters;
    }

    // ----------------------------------------------------------------------------------------------------------- calls

    /**
     * Outputs of rows given one after the other.
     *
     * @param x the features of one row, or of several
     * @return the outputs of each
     */
    public float[] predict(float... x) {
        float[] y = new float[Math.multiplyExact(rows(x.length), out)];
        predict(x, y);
        return y;
    }

    /** As {@link #predict(float...)}. */
    public double[] predict(double... x) {
        double[] y = new double[Math.multiplyExact(rows(x.length), out)];
        predict(x, y);
        return y;
    }

    /**
     * Outputs of rows given one after the other; allocates nothing.
     *
     * @param x (rows, in)
     * @param y receives (rows, out)
     */
    public void predict(float[] x, float[] y) {
        int rows = rows(x.length);
        requireOutputs(rows, y.length);
        Slot slot = acquire();
        try {
            for (int row = 0; row < rows; row += blockRows) {
                int block = Math.min(blockRows, rows - row);
                if (dtype == DType.F32) {
                    MemorySegment.copy(x, row * in, slot.x, ValueLayout.JAVA_FLOAT, 0, block * in);
                    MemorySegment.copy(slot.run(block), ValueLayout.JAVA_FLOAT, 0, y, row * out, block * out);
                } else {
                    for (int i = 0; i < block * in; i++) {
                        slot.x.setAtIndex(ValueLayout.JAVA_DOUBLE, i, x[row * in + i]);
                    }
                    MemorySegment result = slot.run(block);
                    for (int i = 0; i < block * out; i++) {
                        y[row * out + i] = (float) result.getAtIndex(ValueLayout.JAVA_DOUBLE, i);
                    }
                }
            }
        } finally {
            slot.busy.set(false);
        }
    }

    /** As {@link #predict(float[], float[])}. A float32 model sees the numbers rounded. */
    public void predict(double[] x, double[] y) {
        int rows = rows(x.length);
        requireOutputs(rows, y.length);
        Slot slot = acquire();
        try {
            for (int row = 0; row < rows; row += blockRows) {
                int block = Math.min(blockRows, rows - row);
                if (dtype == DType.F64) {
                    MemorySegment.copy(x, row * in, slot.x, ValueLayout.JAVA_DOUBLE, 0, block * in);
                    MemorySegment.copy(slot.run(block), ValueLayout.JAVA_DOUBLE, 0, y, row * out, block * out);
                } else {
                    for (int i = 0; i < block * in; i++) {
                        slot.x.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) x[row * in + i]);
                    }
                    MemorySegment result = slot.run(block);
                    for (int i = 0; i < block * out; i++) {
                        y[row * out + i] = result.getAtIndex(ValueLayout.JAVA_FLOAT, i);
                    }
                }
            }
        } finally {
            slot.busy.set(false);
        }
    }

    /**
     * Outputs of a tensor of any rank, whose last axis is the features.
     *
     * @param arena for the result
     * @param x (..., in) of the model's type
     * @return (..., out)
     */
    public HostTensor predict(Arena arena, HostTensor x) {
        long[] axes = x.shape().toArray();
        if (axes.length == 0 || axes[axes.length - 1] != in) {
            throw new ShapeException("the model takes " + in + " features as the last axis, given an input of shape "
                + x.shape());
        }
        axes[axes.length - 1] = out;
        HostTensor y = HostTensor.allocate(arena, dtype, axes);
        predict(x, y);
        return y;
    }

    /**
     * Outputs of a tensor of any rank into memory of the caller's.
     *
     * @param x (..., in) of the model's type
     * @param y receives (..., out)
     */
    public void predict(HostTensor x, HostTensor y) {
        if (x.dtype() != dtype || y.dtype() != dtype) {
            throw KanException.invalid("the model computes in %s, given an input of %s and an output of %s", dtype,
                x.dtype(), y.dtype());
        }
        if (x.shape().rank() == 0 || x.shape().axis(-1) != in || y.size() != x.rows() * out) {
            throw new ShapeException("the model takes (..., " + in + ") to (..., " + out + "), given " + x + " and "
                + y);
        }
        Checks.writable("the output", y.segment(), y);
        long rows = x.rows();
        long inBytes = (long) in * dtype.bytes();
        long outBytes = (long) out * dtype.bytes();
        Slot slot = acquire();
        try {
            for (long row = 0; row < rows; row += blockRows) {
                int block = (int) Math.min(blockRows, rows - row);
                MemorySegment result = slot.forward(block, x.segment().asSlice(row * inBytes, block * inBytes));
                MemorySegment.copy(result, 0, y.segment(), row * outBytes, block * outBytes);
            }
        } finally {
            slot.busy.set(false);
        }
    }

    private int rows(int length) {
        if (length == 0 || length % in != 0) {
            throw new ShapeException("the model takes rows of " + in + " features, given " + length + " numbers");
        }
        return length / in;
    }

    private void requireOutputs(int rows, int length) {
        if (length != (long) rows * out) {
            throw new ShapeException(rows + (rows == 1 ? " row gives " : " rows give ") + (long) rows * out
                + " outputs, given an array of " + length);
        }
    }

    // ------------------------------------------------------------------------------------------------------------ pool

    private Slot acquire() {
        while (true) {
            if (closed) {
                throw new IllegalStateException("the predictor is closed");
            }
            Slot[] all = slots;
            int start = (int) (Thread.currentThread().threadId() % all.length);
            for (int i = 0; i < all.length; i++) {
                Slot slot = all[start + i < all.length ? start + i : start + i - all.length];
                if (!slot.busy.get() && slot.busy.compareAndSet(false, true)) {
                    if (closed) {
                        slot.busy.set(false);
                        throw new IllegalStateException("the predictor is closed");
                    }
                    return slot;
                }
            }
            Slot added = grow(all.length);
            if (added != null) {
                return added;
            }
        }
    }

    /** Adds a slot, busy, unless another thread did since this one saw {@code seen} of them. */
    private Slot grow(int seen) {
        synchronized (growth) {
            if (slots.length != seen || closed) {
                return null;
            }
            Slot[] more = java.util.Arrays.copyOf(slots, seen + 1);
            more[seen] = new Slot();
            slots = more;
            return more[seen];
        }
    }

    /** A context of one thread and memory for a block of rows. */
    private final class Slot {

        private final AtomicBoolean busy = new AtomicBoolean(true);
        private final Context context;
        private final Arena arena = Arena.ofShared();
        private final Memory memory;
        private final Passes workspace;
        /** For one row on the CPU, which needs less memory to go through; else null. */
        private final Passes single;
        private final MemorySegment x;
        /** On a device, where the kernels read and where the host reads; else null. */
        private final MemorySegment deviceX;
        private final MemorySegment y;

        Slot() {
            List<AutoCloseable> made = new ArrayList<>();
            try {
                made.add(arena::close);
                context = Context.open(ContextOptions.defaults().withDevice(device).withThreads(1));
                made.add(context);
                memory = Memory.shared(context);
                made.add(memory);
                Parameters run = copy == null ? parameters : copy;
                single = copy == null ? NativeParameters.of(run).passes(context, 1) : null;
                made.add(single == null ? () -> { } : single);
                workspace = NativeParameters.of(run).passes(context, blockRows);
                made.add(workspace);
                x = HostTensor.allocate(arena, dtype, blockRows, in).segment();
                deviceX = copy == null ? null : memory.allocate(x.byteSize());
                y = copy == null ? null : HostTensor.allocate(arena, dtype, blockRows, out).segment();
            } catch (RuntimeException | Error e) {
                closeAll(made, e);
                throw e;
            }
        }

        /** Runs the rows in {@link #x}. */
        MemorySegment run(int rows) {
            return rows > 1 || single == null ? forward(rows, x)
                : tiny ? single.forwardCritical(1, x) : single.forward(1, x);
        }

        /** Runs rows of the host's memory; the outputs are where the host can read them. */
        MemorySegment forward(int rows, MemorySegment input) {
            if (deviceX == null) {
                return workspace.forward(rows, input);
            }
            memory.write(input, deviceX, (long) rows * in * dtype.bytes());
            memory.read(workspace.forward(rows, deviceX), y, (long) rows * out * dtype.bytes());
            return y;
        }

        void close() {
            try (arena; context; memory; single; workspace) {
                busy.set(true);
            }
        }
    }

    private static void closeAll(List<AutoCloseable> resources, Throwable cause) {
        for (AutoCloseable resource : resources.reversed()) {
            try {
                resource.close();
            } catch (Exception e) {
                cause.addSuppressed(e);
            }
        }
    }

    /**
     * Frees contexts and memory, not the parameters; does nothing the second time.
     *
     * @throws IllegalStateException while calls run
     */
    @Override
    public void close() {
        synchronized (growth) {
            if (closed) {
                return;
            }
            closed = true;
            for (Slot slot : slots) {
                if (!slot.busy.compareAndSet(false, true)) {
                    for (Slot taken : slots) {
                        if (taken == slot) {
                            break;
                        }
                        taken.busy.set(false);
                    }
                    closed = false;
                    throw new IllegalStateException("the predictor cannot be closed while calls on it are running");
                }
            }
            for (Slot slot : slots) {
                slot.close();
            }
            if (owner != null) {
                copy.close();
                owner.close();
            }
        }
    }
}
