// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.export;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.kan4j.tensor.DType;
import org.kan4j.device.NativeLibrary;
import org.kan4j.model.Parameters;
import org.kan4j.error.UnsupportedException;
import org.kan4j.internal.AtomicFile;

/**
 * Writes models as ONNX files, for ONNX Runtime and everything else that reads them: one input (rows, in), one output
 * (rows, out), any number of rows, operators of the standard domain only. Two exports of one model are the same bytes.
 */
public final class Onnx {

    private static final long LARGEST = Integer.MAX_VALUE;
    private static final int IR_VERSION = 8;

    private Onnx() {
    }

    /**
     * Writes a model. The file appears, or is replaced, whole.
     *
     * @throws UnsupportedException if a number of the model is not finite, ONNX Runtime lacks a kernel for it (GELU in
     *     float64), or the file would have more than 2 GiB, the most a protobuf message can hold
     */
    public static void write(Path file, Parameters parameters, OnnxOptions options) throws IOException {
        DType dtype = options.dtype() == null ? parameters.model().dtype() : options.dtype();
        Program program = Lowering.program(parameters, dtype);
        OnnxGraph graph = new OnnxGraph();
        graph.scope("model");
        String y = new OnnxPrinter(graph, dtype, options.opset()).print(program, graph.input(options.input(), OnnxGraph.type(dtype),
            program.in()));
        graph.scope("output");
        graph.node("", options.softmax() ? "Softmax" : "Identity", options.softmax() ? Map.of("axis", -1L) : Map.of(),
            options.output(), y);
        graph.output(options.output(), OnnxGraph.type(dtype), program.out());
        Map<String, String> metadata = new TreeMap<>(options.metadata());
        metadata.put("kan4j.model", parameters.model().toString());
        Protobuf model = new Protobuf().whole(1, IR_VERSION).text(2, "kan4j").text(3, NativeLibrary.version())
            .message(7, graph.build("kan4j"))
            .message(8, new Protobuf().text(1, "").whole(2, options.opset()));
        metadata.forEach((key, value) -> model.message(14, new Protobuf().text(1, key).text(2, value)));
        if (model.size() > LARGEST) {
            throw new UnsupportedException("the ONNX file would have " + model.size() + " bytes, at most " + LARGEST
                + " are possible; the model has " + parameters.model().parameterCount() + " parameters");
        }
        AtomicFile.write(file, model::writeTo);
    }
}
