// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.model;

import java.lang.foreign.MemorySegment;
import org.kan4j.device.Context;
import org.kan4j.error.DeviceMemoryException;
import org.kan4j.error.KanException;
import org.kan4j.error.ShapeException;
import org.kan4j.error.Status;
import org.kan4j.ffi.CriticalCalls;
import org.kan4j.ffi.Kan;
import org.kan4j.internal.Checks;
import org.kan4j.internal.Native;
import org.kan4j.internal.memory.Memory;
import org.kan4j.optim.Optimizer;
import org.kan4j.optim.OptimizerState;
import org.kan4j.tensor.DeviceTensor;
import org.kan4j.tensor.HostTensor;
import org.kan4j.tensor.Shape;
import org.kan4j.tensor.Tensor;
import org.kan4j.train.EdgeGradient;

/**
 * The memory to run a model in, for batches up to a size, on a context: activations, what the backward pass needs of
 * the forward pass, and scratch. All of it is allocated at the start, where the context's kernels want it; the passes
 * allocate nothing off the heap. Used by the thread that made it, and closed by it.
 *
 * <p>On a CUDA device parameters and tensors are those of the same context ({@link Parameters#onto},
 * {@link DeviceTensor}), and the passes only queue what the device is to do.
 */
public final class Workspace implements AutoCloseable {

    private final Context context;
    private final Parameters parameters;
    private final boolean training;
    private final long maxRows;
    private final Memory memory;
    private final int count;
    private final MemorySegment[] outputs;
    private final MemorySegment[] saved;
    private final long[] savedBytes;
    private final MemorySegment[] deltas;
    private final MemorySegment scratch;
    private final long scratchBytes;
    private final long bytes;
    private final long deltaBytes;
    private long checkedRows = -1;
    private long forwardRows = -1;
    private MemorySegment forwardInput;

    private Workspace(Context context, Parameters parameters, long maxRows, boolean training, Memory memory) {
        this.context = context;
        this.parameters = parameters;
        this.training = training;
        this.maxRows = maxRows;
        this.memory = memory;
        try {
            Checks.atLeast("the rows of a workspace", maxRows, 1);
            KanModel model = parameters.model();
            this.count = model.layers().size();
            this.outputs = new MemorySegment[count];
            this.saved = new MemorySegment[count];
            this.savedBytes = new long[count];
            this.deltas = new MemorySegment[2];
            long total = 0;
            long widest = 0;
            long most = 0;
            for (int l = 0; l < count; l++) {
                NativeLayers.Sizes sizes = sizes(l, maxRows);
                most = Math.max(most, sizes.scratchBytes());
                if (training) {
                    // Edge statistics, which a penalty may ask for, take the scratch of an inference pass.
                    most = Math.max(most, inferenceScratchBytes(l, maxRows));
                }
                widest = Math.max(widest, model.layers().get(l).out());
                savedBytes[l] = training ? sizes.savedBytes() : 0;
                saved[l] = training ? allocate(savedBytes[l]) : MemorySegment.NULL;
                total += savedBytes[l];
            }
            for (int l = 0; l < count; l++) {
                // Without a backward pass two buffers take turns.
                long bytes = activationBytes(training ? model.layers().get(l).out() : widest);
                outputs[l] = training || l < 2 ? allocate(bytes) : outputs[l - 2];
                total += training || l < 2 ? bytes : 0;
            }
            if (training) {
                for (int i = 0; i < 2; i++) {
                    deltas[i] = allocate(activationBytes(widest));
                }
            }
            this.scratchBytes = most;
            this.scratch = allocate(most);
            this.deltaBytes = training ? 2 * activationBytes(widest) : 0;
            this.bytes = total + deltaBytes + scratchBytes;
        } catch (RuntimeException | Error e) {
            memory.close();
            throw e;
        }
    }

    /**
     * To run the model forward only.
     *
     * @throws DeviceMemoryException if the context's device has not so much memory left
     */
    public static Workspace inference(Context context, Parameters parameters, long maxRows) {
        parameters.requireUsableOn(context);
        return new Workspace(context, parameters, maxRows, false, Memory.confined(context));
    }

    /**
     * To run the model forward and backward.
     *
     * @throws DeviceMemoryException if the context's device has not so much memory left
     */
    public static Workspace training(Context context, Parameters parameters, long maxRows) {
        parameters.requireUsableOn(context);
        return new Workspace(context, parameters, maxRows, true, Memory.confined(context));
    }

    /** To run the model forward only, from any thread, one at a time; parameters of any context on the same device. */
    static Workspace shared(Context context, Parameters parameters, long maxRows) {
        return new Workspace(context, parameters, maxRows, false, Memory.shared(context));
    }

    private MemorySegment allocate(long size) {
        try {
            return memory.allocate(size);
        } catch (DeviceMemoryException e) {
            throw new DeviceMemoryException("a workspace for " + maxRows + " rows: " + e.getMessage());
        } catch (KanException e) {
            throw new KanException(e.status(), "a workspace for " + maxRows + " rows: " + e.getMessage(), e);
        }
    }

    private long activationBytes(long features) {
        return Math.multiplyExact(Math.multiplyExact(maxRows, features), (long) parameters.model().dtype().bytes());
    }

    private NativeLayers.Sizes sizes(int layer, long rows) {
        return NativeLayers.sizes(context, parameters.layers().handle(layer), rows,
            training ? Kan.KAN_MODE_TRAIN() : Kan.KAN_MODE_INFER());
    }

    private long inferenceScratchBytes(int layer, long rows) {
        return NativeLayers.sizes(context, parameters.layers().handle(layer), rows, Kan.KAN_MODE_INFER()).scratchBytes();
    }

    /** The parameters it runs with. */
    public Parameters parameters() {
        return parameters;
    }

    /** The most rows of a batch. */
    public long maxRows() {
        return maxRows;
    }

    Memory memory() {
        return memory;
    }

    /** Bytes of memory it holds, parameters not counted. */
    public long bytes() {
        return bytes;
    }

    /** Of {@link #bytes}, what the forward pass uses: activations, what it saves for the backward pass, and scratch. */
    public long forwardBytes() {
        return bytes - deltaBytes;
    }

    // -------------------------------------------------------------------------------------------------------- forward

    /**
     * Runs the model on the CPU.
     *
     * @param x (..., in), the last axis the features, at most {@link #maxRows} rows
     * @return (..., out), a view of this workspace's memory, valid until the next forward or backward pass
     */
    public HostTensor forward(HostTensor x) {
        long rows = requireInput(x);
        MemorySegment y = forward(rows, array("the input", x));
        return HostTensor.wrap(y.asSlice(0, rows * parameters.model().out() * x.dtype().bytes()), x.dtype(),
            outputShape(x.shape()));
    }

    /** As {@link #forward(HostTensor)} on a CUDA device. */
    public DeviceTensor forward(DeviceTensor x) {
        long rows = requireInput(x);
        return DeviceTensor.view(memory, forward(rows, array("the input", x)), x.dtype(), outputShape(x.shape()));
    }

    /**
     * Runs the model into memory of the caller's.
     *
     * @param x (..., in), the last axis the features, at most {@link #maxRows} rows
     * @param y receives (..., out); must not overlap x
     */
    public void forward(Tensor x, Tensor y) {
        long rows = requireInput(x);
        Shape expected = outputShape(x.shape());
        if (y.dtype() != x.dtype() || y.size() != expected.size()) {
            throw new ShapeException("the output for an input " + x + " must be " + x.dtype() + expected + ", given "
                + y);
        }
        forward(rows, array("the input", x), writable("the output", y));
    }

    /** What kernels are passed for a tensor; refuses one that this workspace's cannot reach. */
    private MemorySegment array(String what, Tensor tensor) {
        return context.array(what, tensor);
    }

    private MemorySegment writable(String what, Tensor tensor) {
        if (tensor instanceof HostTensor host) {
            Checks.writable(what, host);
        }
        return array(what, tensor);
    }

    private long requireInput(Tensor x) {
        KanModel model = parameters.model();
        if (x.dtype() != model.dtype()) {
            throw KanException.invalid("the model computes in %s, given an input of %s; convert it with HostTensor.to",
                model.dtype(), x.dtype());
        }
        if (x.shape().rank() == 0 || x.shape().axis(-1) != model.in()) {
            throw new ShapeException("the model takes " + model.in() + " features as the last axis, given an input of "
                + "shape " + x.shape());
        }
        long rows = x.shape().rows();
        if (rows > maxRows) {
            throw new ShapeException("this workspace is for at most " + maxRows + " rows, given " + rows);
        }
        return rows;
    }

    private Shape outputShape(Shape input) {
        long[] axes = input.toArray();
        axes[axes.length - 1] = parameters.model().out();
        return Shape.of(axes);
    }

    /** Runs the model on memory that has been checked; the result is the start of the last layer's output. */
    MemorySegment forward(long rows, MemorySegment x) {
        forward(rows, x, outputs[count - 1]);
        return outputs[count - 1];
    }

    /**
     * The input of a layer, on memory that has been checked: runs the layers before it. For workspaces that keep
     * nothing for a backward pass; one follows only after a whole forward pass.
     */
    MemorySegment inputOf(int layer, long rows, MemorySegment x) {
        requireSizes(rows);
        forwardRows = -1;
        return run(layer, rows, x, outputs[Math.max(0, layer - 1)]);
    }

    /** What sees each layer's input before the layer runs. */
    interface LayerInputs {

        void at(int layer, MemorySegment input);
    }

    /** Runs the model on memory that has been checked and shows each layer's input. */
    void forward(long rows, MemorySegment x, LayerInputs inputs) {
        requireSizes(rows);
        forwardRows = -1;
        run(count, rows, x, outputs[count - 1], inputs);
    }

    /** A layer's input in the last forward pass of a training workspace, whose input was x. */
    MemorySegment inputOfPass(int layer, MemorySegment x) {
        return layer == 0 ? x : outputs[layer - 1];
    }

    private void forward(long rows, MemorySegment x, MemorySegment y) {
        requireSizes(rows);
        run(count, rows, x, y);
        forwardRows = rows;
        forwardInput = x;
    }

    /** Runs the first layers, the last of them into y; its output, x itself if there are none. */
    private MemorySegment run(int layersToRun, long rows, MemorySegment x, MemorySegment y) {
        return run(layersToRun, rows, x, y, null);
    }

    private MemorySegment run(int layersToRun, long rows, MemorySegment x, MemorySegment y, LayerInputs inputs) {
        MemorySegment handle = context.handle();
        NativeLayers layers = parameters.layers();
        int mode = training ? Kan.KAN_MODE_TRAIN() : Kan.KAN_MODE_INFER();
        MemorySegment input = x;
        for (int l = 0; l < layersToRun; l++) {
            MemorySegment output = l == layersToRun - 1 ? y : outputs[l];
            if (inputs != null) {
                inputs.at(l, input);
            }
            int status = Kan.kan_layer_forward(handle, layers.handle(l), mode, rows, input,
                parameters.values().part(l), parameters.bufferPart(l), output, saved[l], scratch);
            Native.check(status, handle);
            input = output;
        }
        return input;
    }

    /** A library that wants more memory for fewer rows must not write past what was allocated for the most. */
    private void requireSizes(long rows) {
        if (rows == checkedRows) {
            return;
        }
        for (int l = 0; l < count; l++) {
            NativeLayers.Sizes sizes = sizes(l, rows);
            if (sizes.scratchBytes() > scratchBytes || training && sizes.savedBytes() > savedBytes[l]) {
                throw new KanException(Status.INTERNAL, "layer " + l + " wants more memory for " + rows
                    + " rows than for " + maxRows);
            }
        }
        checkedRows = rows;
    }

    // ------------------------------------------------------------------------------------------------------- backward

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
        long rows = requireInput(x);
        requireGradOutput(x, gradOutput);
        MemorySegment inputDelta = MemorySegment.NULL;
        if (gradInput != null) {
            if (gradInput.dtype() != x.dtype() || gradInput.size() != x.size()) {
                throw new ShapeException("the input's gradient must be " + x + ", given " + gradInput);
            }
            inputDelta = writable("the input's gradient", gradInput);
        }
        if (gradients != null) {
            OptimizerState.requireFit(parameters, gradients);
        }
        backward(rows, array("the input", x), array("the output's gradient", gradOutput), gradients, inputDelta,
            accumulate);
    }

    private void requireGradOutput(Tensor x, Tensor gradOutput) {
        Shape output = outputShape(x.shape());
        if (gradOutput.dtype() != x.dtype() || gradOutput.size() != output.size()) {
            throw new ShapeException("the output's gradient must be " + x.dtype() + output + ", given " + gradOutput);
        }
    }

    /** The gradients by the parameters on memory that has been checked. */
    void backward(long rows, MemorySegment x, MemorySegment gradOutput, ParameterVector gradients) {
        backward(rows, x, gradOutput, gradients, MemorySegment.NULL, false);
    }

    /**
     * The same with a penalty on edges.
     *
     * @param edges the penalty's derivatives by the statistics of {@code total} rows; or null
     */
    void backward(long rows, MemorySegment x, MemorySegment gradOutput, ParameterVector gradients, EdgeGradient edges,
                  long total) {
        backward(rows, x, gradOutput, gradients, MemorySegment.NULL, false, edges, total);
    }

    private void backward(long rows, MemorySegment x, MemorySegment gradOutput, ParameterVector gradients,
                          MemorySegment gradInput, boolean accumulate) {
        backward(rows, x, gradOutput, gradients, gradInput, accumulate, null, 0);
    }

    private void backward(long rows, MemorySegment x, MemorySegment gradOutput, ParameterVector gradients,
                          MemorySegment gradInput, boolean accumulate, EdgeGradient edges, long total) {
        requireForward(rows, x);
        int wanted = accumulate ? Kan.KAN_GRAD_ACCUMULATE() : Kan.KAN_GRAD_OVERWRITE();
        int paramsMode = gradients == null ? Kan.KAN_GRAD_NONE() : wanted;
        boolean hasGradInput = gradInput.address() != 0;
        MemorySegment handle = context.handle();
        MemorySegment delta = gradOutput;
        for (int l = count - 1; l >= 0; l--) {
            MemorySegment input = l == 0 ? x : outputs[l - 1];
            MemorySegment inputDelta = l == 0 ? gradInput : deltas[l % 2];
            int inputMode = l > 0 ? Kan.KAN_GRAD_OVERWRITE() : hasGradInput ? wanted : Kan.KAN_GRAD_NONE();
            int status = Kan.kan_layer_backward(handle, parameters.layers().handle(l), rows, input,
                parameters.values().part(l), parameters.bufferPart(l), saved[l], delta, inputMode, inputDelta,
                paramsMode, gradients == null ? MemorySegment.NULL : gradients.part(l), scratch);
            Native.check(status, handle);
            if (edges != null) {
                edges.pull(this, l, rows, total, input, l > 0 ? inputDelta : null, gradients.part(l));
            }
            delta = inputDelta;
        }
    }

    /**
     * The backward pass and a step of AdamW in one: parameters and moments are updated while their gradient is in cache,
     * and the gradient is never written to memory. The same bits as {@link #backward} followed by
     * {@link OptimizerState#step}, in less time. The next backward pass needs a forward pass before it.
     *
     * @param x the input of the last forward pass, unchanged
     * @param gradOutput the derivative of a scalar by the output, of its shape
     * @param state of AdamW, for this workspace's parameters
     * @param learningRate of this step
     */
    public void backwardStep(Tensor x, Tensor gradOutput, OptimizerState state, double learningRate) {
        if (!(state.optimizer() instanceof Optimizer.AdamW)) {
            throw KanException.invalid("a backward pass with a step in it is for AdamW, given %s; use backward and "
                + "OptimizerState.step", state.optimizer());
        }
        if (state.parameters() != parameters) {
            throw KanException.invalid("the optimizer's state belongs to other parameters than this workspace's");
        }
        long rows = requireInput(x);
        requireGradOutput(x, gradOutput);
        MemorySegment input = array("the input", x);
        MemorySegment delta = array("the output's gradient", gradOutput);
        requireForward(rows, input);
        state.next(learningRate);
        backwardAdamW(rows, input, delta, state);
    }

    /** The backward pass with an AdamW step in it; {@code state} has counted the step already. */
    void backwardAdamW(long rows, MemorySegment x, MemorySegment gradOutput, OptimizerState state) {
        requireForward(rows, x);
        MemorySegment handle = context.handle();
        ParameterVector m = state.moment("m");
        ParameterVector v = state.moment("v");
        MemorySegment delta = gradOutput;
        for (int l = count - 1; l >= 0; l--) {
            MemorySegment input = l == 0 ? x : outputs[l - 1];
            MemorySegment inputDelta = l > 0 ? deltas[l % 2] : MemorySegment.NULL;
            int status = Kan.kan_layer_backward_adamw(handle, parameters.layers().handle(l), rows, input,
                parameters.values().part(l), parameters.bufferPart(l), saved[l], delta,
                l > 0 ? Kan.KAN_GRAD_OVERWRITE() : Kan.KAN_GRAD_NONE(), inputDelta, state.config(), m.part(l),
                v.part(l), scratch);
            Native.check(status, handle);
            delta = inputDelta;
        }
        forwardRows = -1; // what was saved belongs to the parameters before the step
    }

    private void requireForward(long rows, MemorySegment x) {
        if (!training) {
            throw new IllegalStateException("an inference workspace keeps nothing for a backward pass; use "
                + "Workspace.training");
        }
        if (rows != forwardRows || !x.equals(forwardInput)) {
            throw new IllegalStateException("a backward pass needs a forward pass on the same input before it");
        }
    }

    // ---------------------------------------------------------------------------------------------------------- edges

    /** The statistics of a layer's edges on its input: three arrays of (out, in) doubles. */
    void edgeStatistics(int layer, long rows, MemorySegment input, MemorySegment meanAbs, MemorySegment mean,
                        MemorySegment deviation) {
        if (inferenceScratchBytes(layer, rows) > scratchBytes) {
            throw new KanException(Status.INTERNAL, "the edges of layer " + layer + " want more memory for " + rows
                + " rows than was allocated for " + maxRows);
        }
        Native.check(Kan.kan_layer_edge_statistics(context.handle(), parameters.layers().handle(layer), rows, input,
            parameters.values().part(layer), parameters.bufferPart(layer), meanAbs, mean, deviation, scratch),
            context.handle());
    }

    /** Adds the gradients of a scalar of those statistics, given its derivatives; by the input unless null. */
    void edgeBackward(int layer, long rows, MemorySegment input, MemorySegment meanAbs, MemorySegment mean,
                      MemorySegment meanSquare, MemorySegment gradInput, MemorySegment gradParameters) {
        Native.check(Kan.kan_layer_edge_backward(context.handle(), parameters.layers().handle(layer), rows, input,
            parameters.values().part(layer), parameters.bufferPart(layer), meanAbs, mean, meanSquare,
            gradInput == null ? Kan.KAN_GRAD_NONE() : Kan.KAN_GRAD_ACCUMULATE(),
            gradInput == null ? MemorySegment.NULL : gradInput, Kan.KAN_GRAD_ACCUMULATE(), gradParameters, scratch),
            context.handle());
    }

    /** Frees the memory; does nothing the second time. */
    @Override
    public void close() {
        memory.close();
    }

    /** The thread-safe predictors' tiny forward pass: as {@link #forward(long, MemorySegment)}, by critical calls. */
    MemorySegment forwardCritical(long rows, MemorySegment x) {
        requireSizes(rows);
        MemorySegment handle = context.handle();
        NativeLayers layers = parameters.layers();
        MemorySegment input = x;
        for (int l = 0; l < count; l++) {
            int status = CriticalCalls.kan_layer_forward(handle, layers.handle(l), Kan.KAN_MODE_INFER(),
                rows, input, parameters.values().part(l), parameters.bufferPart(l), outputs[l], saved[l], scratch);
            Native.check(status, handle);
            input = outputs[l];
        }
        return input;
    }
}
