// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.serve;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.kan4j.device.Context;
import org.kan4j.device.ContextOptions;
import org.kan4j.device.Device;
import org.kan4j.error.Counted;
import org.kan4j.error.KanException;
import org.kan4j.error.ShapeException;
import org.kan4j.ffi.CriticalCalls;
import org.kan4j.internal.Checks;
import org.kan4j.internal.Forgotten;
import org.kan4j.internal.memory.Memory;
import org.kan4j.internal.passes.NativeParameters;
import org.kan4j.internal.passes.Passes;
import org.kan4j.io.Checkpoint;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/**
 * Serves a model to any number of threads at once. Each call borrows memory and a context of one thread from a pool,
 * which grows to as many as there are concurrent calls; {@link #predict(float[], float[])} of one row allocates nothing. Many
 * rows are shared among the processors that no other call of it uses. The parameters should not be trained while a call runs; what
 * has changed between two calls is seen.
 * Closing it, or the parameters, refuses new calls and waits for those that run.
 *
 * <p>On a CUDA device it runs a copy of the parameters as they are when it is made, each call on a stream of its own.
 */
public final class Predictor implements AutoCloseable {

    /** Rows that pass through the kernels at a time: on the CPU what stays in cache, on a device what fills it. */
    private static final int CPU_ROWS = 64;
    private static final int CUDA_ROWS = 4096;
    /** Who stands for the threads of other processors where memory is asked who may use it. */
    private static final Thread NOBODY = Thread.ofPlatform().unstarted(() -> {
    });
    /** Fewer rows are not worth another processor. */
    private static final int ROWS_A_PROCESSOR = 256;

    private final Parameters parameters;
    private final ContextOptions options;
    private final int blockRows;
    private final int in;
    private final int out;
    private final DType dtype;
    private final PredictorPool pool;
    /** Frees the pool and what came with it; knows no predictor, so that one that is forgotten can be freed. */
    private final Runnable free;
    private final Forgotten forgotten;

    /**
     * A predictor.
     *
     * @param owned to be closed with it
     */
    private Predictor(Parameters parameters, ContextOptions options, Runnable owned) {
        KanModel model = parameters.model();
        this.parameters = parameters;
        this.options = options;
        this.in = Math.toIntExact(model.in());
        this.out = Math.toIntExact(model.out());
        this.dtype = model.dtype();
        boolean cuda = options.device() instanceof Device.Cuda;
        this.blockRows = cuda ? CUDA_ROWS : CPU_ROWS;
        boolean tiny = !cuda && model.parameterCount() <= CriticalCalls.MAX_MULTIPLY_ADDS;
        Context owner = cuda ? Context.open(options) : null;
        Parameters copy = null;
        try {
            if (cuda) {
                copy = parameters.onto(owner);
                owner.synchronize(); // other streams are to read them
            }
            NativeParameters.of(parameters).uses(this);
            this.pool = new PredictorPool(cuda ? copy : parameters, options.withThreads(1), blockRows, tiny);
        } catch (RuntimeException | Error e) {
            NativeParameters.of(parameters).usesNoMore(this);
            closeCopy(copy, owner);
            throw e;
        }
        PredictorPool slots = pool;
        Parameters onDevice = copy;
        this.free = () -> {
            slots.close();
            closeCopy(onDevice, owner);
            owned.run();
        };
        this.forgotten = Forgotten.watch(this, "a Predictor of " + Counted.of(model.parameterCount(), "parameter"), free);
    }

    private static void closeCopy(Parameters copy, Context owner) {
        if (copy != null) {
            copy.close();
        }
        if (owner != null) {
            owner.close();
        }
    }

    /** A predictor for these parameters, on the device they are on, with all processors. */
    public static Predictor of(Parameters parameters) {
        return of(parameters, parameters.device());
    }

    /** A predictor for the model of a checkpoint, which it closes with itself. */
    public static Predictor of(Checkpoint checkpoint) {
        Parameters parameters = checkpoint.parameters();
        return new Predictor(parameters, ContextOptions.defaults().withDevice(parameters.device()), checkpoint::close);
    }

    /**
     * A predictor for these parameters on a device, which need not be the one they are on, with all processors.
     *
     * @throws org.kan4j.error.UnsupportedException if the device is not there
     * @throws org.kan4j.error.DeviceMemoryException if it has not enough memory left
     */
    public static Predictor of(Parameters parameters, Device device) {
        return of(parameters, ContextOptions.defaults().withDevice(device));
    }

    /**
     * A predictor for these parameters on a device, which need not be the one they are on.
     *
     * @param options the device and how it computes; their threads are the most processors that many rows are shared among
     * @throws org.kan4j.error.UnsupportedException if the device is not there
     * @throws org.kan4j.error.DeviceMemoryException if it has not enough memory left
     */
    public static Predictor of(Parameters parameters, ContextOptions options) {
        if (options.device() instanceof Device.Cpu && !(parameters.device() instanceof Device.Cpu)) {
            throw KanException.invalid("the parameters are on %s, the predictor is to be on the CPU; copy them with "
                    + "Parameters.onto", parameters.device());
        }
        return new Predictor(parameters, options, () -> {
        });
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
        if (rows > blockRows) {
            forEachBlock(rows, processors(), (slot, row, count) -> block(slot, x, y, (int) row, count));
            return;
        }
        PredictorPool.Slot slot = pool.acquire();
        try {
            block(slot, x, y, 0, rows);
        } finally {
            slot.release();
        }
    }

    private void block(PredictorPool.Slot slot, float[] x, float[] y, int row, int count) {
        if (dtype == DType.F32) {
            MemorySegment.copy(x, row * in, slot.x, ValueLayout.JAVA_FLOAT, 0, count * in);
            MemorySegment.copy(slot.run(count), ValueLayout.JAVA_FLOAT, 0, y, row * out, count * out);
            return;
        }
        for (int i = 0; i < count * in; i++) {
            slot.x.setAtIndex(ValueLayout.JAVA_DOUBLE, i, x[row * in + i]);
        }
        MemorySegment result = slot.run(count);
        for (int i = 0; i < count * out; i++) {
            y[row * out + i] = (float) result.getAtIndex(ValueLayout.JAVA_DOUBLE, i);
        }
    }

    /** As {@link #predict(float[], float[])}. A float32 model sees the numbers rounded. */
    public void predict(double[] x, double[] y) {
        int rows = rows(x.length);
        requireOutputs(rows, y.length);
        if (rows > blockRows) {
            forEachBlock(rows, processors(), (slot, row, count) -> block(slot, x, y, (int) row, count));
            return;
        }
        PredictorPool.Slot slot = pool.acquire();
        try {
            block(slot, x, y, 0, rows);
        } finally {
            slot.release();
        }
    }

    private void block(PredictorPool.Slot slot, double[] x, double[] y, int row, int count) {
        if (dtype == DType.F64) {
            MemorySegment.copy(x, row * in, slot.x, ValueLayout.JAVA_DOUBLE, 0, count * in);
            MemorySegment.copy(slot.run(count), ValueLayout.JAVA_DOUBLE, 0, y, row * out, count * out);
            return;
        }
        for (int i = 0; i < count * in; i++) {
            slot.x.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) x[row * in + i]);
        }
        MemorySegment result = slot.run(count);
        for (int i = 0; i < count * out; i++) {
            y[row * out + i] = result.getAtIndex(ValueLayout.JAVA_FLOAT, i);
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
            throw new ShapeException(
                    "the model takes " + Counted.of(in, "feature") + " as the last axis, given an input of shape "
                            + x.shape());
        }
        axes[axes.length - 1] = out;
        HostTensor y = HostTensor.allocate(arena, dtype, axes);
        predict(x, y);
        return y;
    }

    /**
     * Outputs of a tensor of any rank into memory of the caller's, on several processors where all threads may use both, as
     * in memory of {@code Arena.ofShared()}.
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
        long inBytes = (long) in * dtype.bytes();
        long outBytes = (long) out * dtype.bytes();
        boolean shared = x.segment().isAccessibleBy(NOBODY) && y.segment().isAccessibleBy(NOBODY);
        forEachBlock(x.rows(), shared ? processors() : 1, (slot, row, count) -> {
            MemorySegment result = slot.forward(count, x.segment().asSlice(row * inBytes, count * inBytes));
            MemorySegment.copy(result, 0, y.segment(), row * outBytes, count * outBytes);
        });
    }

    @FunctionalInterface
    private interface Block {
        void run(PredictorPool.Slot slot, long row, int count);
    }

    /** Runs all rows, block by block, on this thread and on processors that no other call of this predictor uses. */
    private void forEachBlock(long rows, int most, Block block) {
        PredictorPool.Slot[] taken = new PredictorPool.Slot[(int) Math.max(1, Math.min(most, rows / ROWS_A_PROCESSOR))];
        int count = 0;
        try {
            for (; count < taken.length; count++) { // all before the first runs: a close meanwhile lets the call end
                taken[count] = pool.acquire();
            }
            if (taken.length == 1) {
                for (long row = 0; row < rows; row += blockRows) {
                    block.run(taken[0], row, (int) Math.min(blockRows, rows - row));
                }
                return;
            }
            AtomicLong next = new AtomicLong();
            IntStream.range(0, taken.length).parallel().forEach(i -> {
                for (long row = next.getAndAdd(blockRows); row < rows; row = next.getAndAdd(blockRows)) {
                    block.run(taken[i], row, (int) Math.min(blockRows, rows - row));
                }
            });
        } finally {
            for (int i = 0; i < count; i++) {
                taken[i].release();
            }
        }
    }

    private int processors() {
        return options.device() instanceof Device.Cuda ? 1 : options.threads() - pool.busy();
    }

    private int rows(int length) {
        if (length == 0 || length % in != 0) {
            throw new ShapeException(
                    "the model takes rows of " + Counted.of(in, "feature") + ", given " + Counted.of(length, "number"));
        }
        return length / in;
    }

    private void requireOutputs(int rows, int length) {
        if (length != (long) rows * out) {
            throw new ShapeException(rows + (rows == 1 ? " row gives " : " rows give ") + Counted.of((long) rows * out, "output")
                    + ", given an array of " + length);
        }
    }

    /** Refuses new calls, waits for those that run, and frees contexts and memory; does nothing the second time. */
    @Override
    public synchronized void close() {
        if (!pool.isClosed()) {
            NativeParameters.of(parameters).usesNoMore(this);
            free.run();
            forgotten.closed();
        }
    }
}
