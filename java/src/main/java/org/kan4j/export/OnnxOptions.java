// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.export;

import java.util.Map;
import java.util.Objects;
import org.kan4j.tensor.DType;
import org.kan4j.error.KanException;
import org.kan4j.error.Status;

/**
 * How an ONNX file is written.
 *
 * @param opset version of the operators, 17 to 21
 * @param dtype F32 or F64, or null for the model's own
 * @param input name of the input
 * @param output name of the output
 * @param softmax whether outputs are the softmax of the model's
 * @param metadata texts written into the file beside the model's description
 * @param most bytes of weights that the file itself holds; of a model with more they are in a file of the same name with
 *     {@code .data} behind it, from which readers of the ONNX file take them
 */
public record OnnxOptions(int opset, DType dtype, String input, String output, boolean softmax,
        Map<String, String> metadata, long most) {

    /** Opset 17, the model's type, {@code x} and {@code y}; 1.5 GiB in the file, which can have 2. */
    public static final OnnxOptions DEFAULT = new OnnxOptions(17, null, "x", "y", false, Map.of(), 3L << 29);

    /** Checks the values. */
    public OnnxOptions {
        if (opset < 17 || opset > 21) {
            throw new KanException(Status.INVALID_ARGUMENT, "the opset of an ONNX file must be 17 to 21, given "
                    + opset);
        }
        if (dtype != null && !dtype.isFloating()) {
            throw new KanException(Status.INVALID_ARGUMENT, "an ONNX file is written in F32 or F64, given " + dtype);
        }
        if (input.isEmpty() || output.isEmpty() || input.equals(output)) {
            throw new KanException(Status.INVALID_ARGUMENT,
                    "the names of input and output must be two different texts, " + "given '" + input + "' and '" + output
                            + "'");
        }
        if (most < 0) {
            throw new KanException(Status.INVALID_ARGUMENT, "an ONNX file holds 0 or more bytes of weights, given " + most);
        }
        metadata = Map.copyOf(Objects.requireNonNull(metadata, "metadata"));
    }

    /** With another opset. */
    public OnnxOptions withOpset(int version) {
        return new OnnxOptions(version, dtype, input, output, softmax, metadata, most);
    }

    /** In a type. */
    public OnnxOptions withDType(DType type) {
        return new OnnxOptions(opset, type, input, output, softmax, metadata, most);
    }

    /** With a softmax behind the model or not. */
    public OnnxOptions withSoftmax(boolean on) {
        return new OnnxOptions(opset, dtype, input, output, on, metadata, most);
    }

    /** With texts in the file. */
    public OnnxOptions withMetadata(Map<String, String> texts) {
        return new OnnxOptions(opset, dtype, input, output, softmax, texts, most);
    }

    /** With another limit of what the file itself holds; 0: weights in a file of their own. */
    public OnnxOptions withMost(long bytes) {
        return new OnnxOptions(opset, dtype, input, output, softmax, metadata, bytes);
    }
}
