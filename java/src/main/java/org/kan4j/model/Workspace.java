// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.model;

import java.lang.foreign.MemorySegment;
import org.kan4j.device.Context;
import org.kan4j.error.DeviceMemoryException;
import org.kan4j.error.ShapeException;
import org.kan4j.internal.Inside;
import org.kan4j.internal.memory.DeviceArray;
import org.kan4j.internal.memory.Memory;
import org.kan4j.internal.passes.NativeVector;
import org.kan4j.internal.passes.Passes;
import org.kan4j.internal.passes.TensorArrays;
import org.kan4j.tensor.DeviceTensor;
import org.kan4j.tensor.HostTensor;
import org.kan4j.tensor.Shape;
import org.kan4j.tensor.Tensor;

/**
 * The memory to run a model in, for batches up to a size, on a context: activations, what the backward pass needs of
 * the forward pass, and scratch. All of it is allocated at the start, where the context's kernels want it; the passes
 * allocate nothing off the heap. Used by the thread that made it, and closed by it.
 *
 * <p>On a CUDA device parameters and tensors are those of the same context ({@link Parameters#onto},
 * {@link DeviceTensor}), and the passes only queue what the device is to do.
 */
public final class Workspace implements AutoCloseable {

    static {
        Inside.show(Workspace.class, Passes.class, workspace -> workspace.passes);
    }

    private final Context context;
    private final Parameters parameters;
    private final long maxRows;
    private final LayerPasses passes;

    private Workspace(Context context, Parameters parameters, long maxRows, boolean training) {
        parameters.requireUsableOn(context);
        this.context = context;
        this.parameters = parameters;
        this.maxRows = maxRows;
        this.passes = new LayerPasses(context, parameters, maxRows, training, Memory.confined(context));
    }

    /**
     * To run the model forward only.
     *
     * @throws DeviceMemoryException if the context's device has not so much memory left
     */
    public static Workspace inference(Context context, Parameters parameters, long maxRows) {
        return new Workspace(context, parameters, maxRows, false);
    }

    /**
     * To run the model forward and backward.
     *
     * @throws DeviceMemoryException if the context's device has not so much memory left
     */
    public static Workspace training(Context context, Parameters parameters, long maxRows) {
        return new Workspace(context, parameters, maxRows, true);
    }

    /** The parameters it runs with. */
    public Parameters parameters() {
        return parameters;
    }

    /** The most rows of a batch. */
    public long maxRows() {
        return maxRows;
    }

    /** Bytes of memory it holds, parameters not counted. */
    public long bytes() {
        return passes.bytes();
    }

    /** Of {@link #bytes}, what the forward pass uses: activations, what it saves for the backward pass, and scratch. */
    public long forwardBytes() {
        return passes.forwardBytes();
    }

    /**
     * Runs the model on the CPU.
     *
     * @param x (..., in), the last axis the features, at most {@link #maxRows} rows
     * @return (..., out), a view of this workspace's memory, valid until the next forward or backward pass
     */
    public HostTensor forward(HostTensor x) {
        long rows = passes.requireInput(x);
        MemorySegment y = passes.forward(rows, TensorArrays.array(context, "the input", x));
        return HostTensor.wrap(y.asSlice(0, rows * parameters.model().out() * x.dtype().bytes()), x.dtype(),
                passes.outputShape(x.shape()));
    }

    /** As {@link #forward(HostTensor)} on a CUDA device. */
    public DeviceTensor forward(DeviceTensor x) {
        long rows = passes.requireInput(x);
        MemorySegment y = passes.forward(rows, TensorArrays.array(context, "the input", x));
        return DeviceArray.of(x).view(passes.memory(), y, passes.outputShape(x.shape()).toArray());
    }

    /**
     * Runs the model into memory of the caller's.
     *
     * @param x (..., in), the last axis the features, at most {@link #maxRows} rows
     * @param y receives (..., out); must not overlap x
     */
    public void forward(Tensor x, Tensor y) {
        long rows = passes.requireInput(x);
        Shape expected = passes.outputShape(x.shape());
        if (y.dtype() != x.dtype() || y.size() != expected.size()) {
            throw new ShapeException("the output for an input " + x + " must be " + x.dtype() + expected + ", given "
                    + y);
        }
        passes.forward(rows, TensorArrays.array(context, "the input", x),
                TensorArrays.writable(context, "the output", y));
    }

    /**
     * The gradients of the last forward pass, overwriting what is there.
     *
     * @param x the input of that pass, unchanged
     * @param gradOutput the derivative of a scalar by the output, of its shape
     * @param gradients receives the derivative by the parameters; or null
     * @param gradInput receives the derivative by the input, of its shape; or null
     */
    public void backward(Tensor x, Tensor gradOutput, ParameterVector gradients, Tensor gradInput) {
        backward(x, gradOutput, gradients, gradInput, false);
    }

    /**
     * As {@link #backward(Tensor, Tensor, ParameterVector, Tensor)}, or adding to the gradients that are
     * there.
     */
    public void backward(Tensor x, Tensor gradOutput, ParameterVector gradients, Tensor gradInput,
            boolean accumulate) {
        Passes.Batch batch = passes.check(x, gradOutput);
        MemorySegment inputDelta = MemorySegment.NULL;
        if (gradInput != null) {
            if (gradInput.dtype() != x.dtype() || gradInput.size() != x.size()) {
                throw new ShapeException("the input's gradient must be " + x + ", given " + gradInput);
            }
            inputDelta = TensorArrays.writable(context, "the input's gradient", gradInput);
        }
        if (gradients != null) {
            parameters.requireFit(gradients);
        }
        passes.backward(batch.rows(), batch.x(), batch.gradOutput(),
                gradients == null ? null : NativeVector.of(gradients), inputDelta, accumulate, null);
    }

    /** Frees the memory; does nothing the second time. */
    @Override
    public void close() {
        passes.close();
    }
}
