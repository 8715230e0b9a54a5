// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.internal.passes;

import java.lang.foreign.MemorySegment;
import org.kan4j.internal.memory.Memory;
import org.kan4j.internal.Inside;
import org.kan4j.tensor.Tensor;

/** The inside of a workspace: a model's passes on memory that has been checked. */
public interface Passes extends AutoCloseable {

    /** Of a {@link org.kan4j.model.Workspace}. */
    static Passes of(Object workspace) {
        return Inside.of(workspace, Passes.class);
    }

    /**
     * A batch of the backward pass, checked.
     *
     * @param rows of the batch
     * @param x the input of the forward pass
     * @param gradOutput the derivative of a scalar by the output
     */
    record Batch(long rows, MemorySegment x, MemorySegment gradOutput) {
    }

    /** What sees each layer's input before the layer runs. */
    interface LayerInputs {

        /** Called with the (rows, in) numbers of a layer. */
        void at(int layer, MemorySegment input);
    }

    /** What adds to the gradients of each layer once the layer's are there. */
    interface LayerGradients {

        /**
         * Called from the last layer to the first.
         *
         * @param input of the layer
         * @param gradInput the derivative by it; null for the first layer
         * @param gradParameters the layer's part of the gradient
         */
        void at(int layer, MemorySegment input, MemorySegment gradInput, MemorySegment gradParameters);
    }

    /** Checks the tensors of a backward pass. */
    Batch check(Tensor x, Tensor gradOutput);

    /** Runs the model; the result is the start of the last layer's output. */
    MemorySegment forward(long rows, MemorySegment x);

    /** Runs the model and shows each layer's input; no backward pass can follow. */
    void forward(long rows, MemorySegment x, LayerInputs inputs);

    /**
     * The input of a layer: runs the layers before it. For workspaces that keep nothing for a backward pass; one
     * follows only after a whole forward pass.
     */
    MemorySegment inputOf(int layer, long rows, MemorySegment x);

    /** A layer's input in the last forward pass of a training workspace, whose input was x. */
    MemorySegment inputOfPass(int layer, MemorySegment x);

    /** Refuses a backward pass that does not follow a forward pass on the same input. */
    void requireForward(long rows, MemorySegment x);

    /**
     * The gradients by the parameters.
     *
     * @param more what adds to them; or null
     */
    void backward(long rows, MemorySegment x, MemorySegment gradOutput, NativeVector gradients, LayerGradients more);

    /**
     * The backward pass with an AdamW step in it.
     *
     * @param config the struct of the C ABI, which has counted the step already
     * @param m first moments
     * @param v second moments
     */
    void backwardAdamW(long rows, MemorySegment x, MemorySegment gradOutput, MemorySegment config, NativeVector m,
            NativeVector v);

    /** Where inputs, outputs and gradients of the passes lie. */
    Memory memory();

    /** The statistics of a layer's edges on its input: three arrays of (out, in) doubles, the host's. */
    void edgeStatistics(int layer, long rows, MemorySegment input, MemorySegment meanAbs, MemorySegment mean,
            MemorySegment deviation);

    /** Adds the gradients of a scalar of those statistics, given its derivatives, the host's; by the input unless null. */
    void edgeBackward(int layer, long rows, MemorySegment input, MemorySegment meanAbs, MemorySegment mean,
            MemorySegment meanSquare, MemorySegment gradInput, MemorySegment gradParameters);

    /** Frees the memory; does nothing the second time. */
    @Override
    void close();
}
