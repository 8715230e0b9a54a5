// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.model;

import java.lang.foreign.MemorySegment;
import org.kan4j.device.Context;
import org.kan4j.error.Counted;
import org.kan4j.error.DeviceMemoryException;
import org.kan4j.error.KanException;
import org.kan4j.error.ShapeException;
import org.kan4j.error.Status;
import org.kan4j.ffi.Kan;
import org.kan4j.internal.Checks;
import org.kan4j.internal.Native;
import org.kan4j.internal.NativeContext;
import org.kan4j.internal.memory.Memory;
import org.kan4j.internal.passes.NativeVector;
import org.kan4j.internal.passes.Passes;
import org.kan4j.internal.passes.TensorArrays;
import org.kan4j.tensor.Shape;
import org.kan4j.tensor.Tensor;

/** A model's passes, layer by layer, in memory that is allocated once; sizes and tensors have been checked. */
final class LayerPasses implements Passes {

    private final Context owner;
    private final NativeContext context;
    private final Parameters parameters;
    private final NativeVector values;
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

    LayerPasses(Context context, Parameters parameters, long maxRows, boolean training, Memory memory) {
        this.context = NativeContext.of(context);
        this.owner = context;
        this.parameters = parameters;
        this.values = NativeVector.of(parameters.values());
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

    long requireInput(Tensor x) {
        KanModel model = parameters.model();
        if (x.dtype() != model.dtype()) {
            throw KanException.invalid("the model computes in %s, given an input of %s; convert it with HostTensor.to",
                    model.dtype(), x.dtype());
        }
        if (x.shape().rank() == 0 || x.shape().axis(-1) != model.in()) {
            throw new ShapeException(
                    "the model takes " + Counted.of(model.in(), "feature") + " as the last axis, given an input of "
                            + "shape " + x.shape());
        }
        long rows = x.shape().rows();
        if (rows > maxRows) {
            throw new ShapeException("this workspace is for at most " + Counted.of(maxRows, "row") + ", given " + rows);
        }
        return rows;
    }

    Shape outputShape(Shape input) {
        long[] axes = input.toArray();
        axes[axes.length - 1] = parameters.model().out();
        return Shape.of(axes);
    }

    private void requireGradOutput(Tensor x, Tensor gradOutput) {
        Shape output = outputShape(x.shape());
        if (gradOutput.dtype() != x.dtype() || gradOutput.size() != output.size()) {
            throw new ShapeException("the output's gradient must be " + x.dtype() + output + ", given " + gradOutput);
        }
    }

    @Override
    public Batch check(Tensor x, Tensor gradOutput) {
        long rows = requireInput(x);
        requireGradOutput(x, gradOutput);
        return new Batch(rows, TensorArrays.array(owner, "the input", x),
                TensorArrays.array(owner, "the output's gradient", gradOutput));
    }

    private MemorySegment allocate(long size) {
        try {
            return memory.allocate(size);
        } catch (DeviceMemoryException e) {
            throw new DeviceMemoryException("a workspace for " + Counted.of(maxRows, "row") + ": " + e.getMessage());
        } catch (KanException e) {
            throw new KanException(e.status(), "a workspace for " + Counted.of(maxRows, "row") + ": " + e.getMessage(), e);
        }
    }

    private long activationBytes(long features) {
        return Math.multiplyExact(Math.multiplyExact(maxRows, features), (long) parameters.model().dtype().bytes());
    }

    private NativeLayers.Sizes sizes(int layer, long rows) {
        return NativeLayers.sizes(owner, parameters.layers().handle(layer), rows,
                training ? Kan.KAN_MODE_TRAIN() : Kan.KAN_MODE_INFER());
    }

    private long inferenceScratchBytes(int layer, long rows) {
        return NativeLayers.sizes(owner, parameters.layers().handle(layer), rows, Kan.KAN_MODE_INFER()).scratchBytes();
    }

    long bytes() {
        return bytes;
    }

    long forwardBytes() {
        return bytes - deltaBytes;
    }

    @Override
    public MemorySegment forward(long rows, MemorySegment x) {
        forward(rows, x, outputs[count - 1]);
        return outputs[count - 1];
    }

    @Override
    public MemorySegment inputOf(int layer, long rows, MemorySegment x) {
        requireSizes(rows);
        forwardRows = -1;
        return run(layer, rows, x, outputs[Math.max(0, layer - 1)]);
    }

    @Override
    public void forward(long rows, MemorySegment x, LayerInputs inputs) {
        requireSizes(rows);
        forwardRows = -1;
        run(count, rows, x, outputs[count - 1], inputs);
    }

    @Override
    public MemorySegment inputOfPass(int layer, MemorySegment x) {
        return layer == 0 ? x : outputs[layer - 1];
    }

    /** Runs the model into memory of the caller's. */
    void forward(long rows, MemorySegment x, MemorySegment y) {
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
                    values.part(l), parameters.bufferPart(l), output, saved[l], scratch);
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
                throw new KanException(Status.INTERNAL, "layer " + l + " wants more memory for " + Counted.of(rows, "row")
                        + " than for " + maxRows);
            }
        }
        checkedRows = rows;
    }

    @Override
    public void backward(long rows, MemorySegment x, MemorySegment gradOutput, NativeVector gradients,
            LayerGradients more) {
        backward(rows, x, gradOutput, gradients, MemorySegment.NULL, false, more);
    }

    /**
     * The gradients of the last forward pass.
     *
     * @param gradients receives the derivative by the parameters; or null
     * @param gradInput receives the derivative by the input; or NULL
     * @param accumulate whether they are added to what is there
     */
    void backward(long rows, MemorySegment x, MemorySegment gradOutput, NativeVector gradients, MemorySegment gradInput,
            boolean accumulate, LayerGradients more) {
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
                    values.part(l), parameters.bufferPart(l), saved[l], delta, inputMode, inputDelta,
                    paramsMode, gradients == null ? MemorySegment.NULL : gradients.part(l), scratch);
            Native.check(status, handle);
            if (more != null) {
                more.at(l, input, l > 0 ? inputDelta : null, gradients.part(l));
            }
            delta = inputDelta;
        }
    }

    @Override
    public void backwardAdamW(long rows, MemorySegment x, MemorySegment gradOutput, MemorySegment config,
            NativeVector m, NativeVector v) {
        requireForward(rows, x);
        MemorySegment handle = context.handle();
        MemorySegment delta = gradOutput;
        for (int l = count - 1; l >= 0; l--) {
            MemorySegment input = l == 0 ? x : outputs[l - 1];
            MemorySegment inputDelta = l > 0 ? deltas[l % 2] : MemorySegment.NULL;
            int status = Kan.kan_layer_backward_adamw(handle, parameters.layers().handle(l), rows, input,
                    values.part(l), parameters.bufferPart(l), saved[l], delta,
                    l > 0 ? Kan.KAN_GRAD_OVERWRITE() : Kan.KAN_GRAD_NONE(), inputDelta, config, m.part(l),
                    v.part(l), scratch);
            Native.check(status, handle);
            delta = inputDelta;
        }
        parameters.changed();
        forwardRows = -1; // what was saved belongs to the parameters before the step
    }

    @Override
    public void requireForward(long rows, MemorySegment x) {
        if (!training) {
            throw new IllegalStateException("an inference workspace keeps nothing for a backward pass; use "
                    + "Workspace.training");
        }
        if (rows != forwardRows || !x.equals(forwardInput)) {
            throw new IllegalStateException("a backward pass needs a forward pass on the same input before it");
        }
    }

    @Override
    public void edgeStatistics(int layer, long rows, MemorySegment input, MemorySegment meanAbs, MemorySegment mean,
            MemorySegment deviation) {
        if (inferenceScratchBytes(layer, rows) > scratchBytes) {
            throw new KanException(Status.INTERNAL,
                    "the edges of layer " + layer + " want more memory for " + Counted.of(rows, "row")
                            + " than was allocated for " + maxRows);
        }
        try (Edges edges = new Edges(meanAbs, mean, deviation)) {
            Native.check(Kan.kan_layer_edge_statistics(context.handle(), parameters.layers().handle(layer), rows, input,
                    values.part(layer), parameters.bufferPart(layer), edges.arrays[0], edges.arrays[1], edges.arrays[2],
                    scratch), context.handle());
            edges.read();
        }
    }

    @Override
    public void edgeBackward(int layer, long rows, MemorySegment input, MemorySegment meanAbs, MemorySegment mean,
            MemorySegment meanSquare, MemorySegment gradInput, MemorySegment gradParameters) {
        try (Edges edges = new Edges(meanAbs, mean, meanSquare)) {
            edges.write();
            Native.check(Kan.kan_layer_edge_backward(context.handle(), parameters.layers().handle(layer), rows, input,
                    values.part(layer), parameters.bufferPart(layer), edges.arrays[0], edges.arrays[1], edges.arrays[2],
                    gradInput == null ? Kan.KAN_GRAD_NONE() : Kan.KAN_GRAD_ACCUMULATE(),
                    gradInput == null ? MemorySegment.NULL : gradInput, Kan.KAN_GRAD_ACCUMULATE(), gradParameters,
                    scratch), context.handle());
        }
    }

    @Override
    public Memory memory() {
        return memory;
    }

    /** Numbers of the host about a layer's edges, where kernels want them: as they lie, or copies on a device. */
    private final class Edges implements AutoCloseable {

        private final MemorySegment[] ofHost;
        private final MemorySegment[] arrays;
        private final Memory room;

        Edges(MemorySegment... ofHost) {
            this.ofHost = ofHost;
            this.room = memory.context() == null ? null : memory.another();
            this.arrays = room == null ? ofHost : new MemorySegment[ofHost.length];
            for (int k = 0; room != null && k < ofHost.length; k++) {
                arrays[k] = room.allocate(ofHost[k].byteSize());
            }
        }

        void write() {
            for (int k = 0; room != null && k < ofHost.length; k++) {
                room.write(ofHost[k], arrays[k], ofHost[k].byteSize());
            }
        }

        void read() {
            for (int k = 0; room != null && k < ofHost.length; k++) {
                room.read(arrays[k], ofHost[k], ofHost[k].byteSize());
            }
        }

        @Override
        public void close() {
            if (room != null) {
                room.close();
            }
        }
    }

    @Override
    public void close() {
        memory.close();
    }
}
