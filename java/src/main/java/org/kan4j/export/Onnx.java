// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.export;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.kan4j.tensor.DType;
import org.kan4j.device.NativeLibrary;
import org.kan4j.layer.LayerSpec;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.model.TensorInfo;
import org.kan4j.encoding.Encoding;
import org.kan4j.error.UnsupportedException;
import org.kan4j.internal.AtomicFile;

/**
 * Writes models as ONNX files, for ONNX Runtime and everything else that reads them: one input (rows, in), one output
 * (rows, out), any number of rows, operators of the standard domain only. Two exports of one model are the same bytes.
 */
public final class Onnx {

    private static final long LARGEST = Integer.MAX_VALUE;
    private static final int IR_VERSION = 8;
    private static final int MACHINE_LEARNING_VERSION = 3;

    private Onnx() {
    }

    /**
     * Writes a model. The file appears, or is replaced, whole.
     *
     * @throws UnsupportedException if a number of the model is not finite, ONNX Runtime lacks a kernel for it (GELU in
     *     float64), or the file would have more than 2 GiB, the most a protobuf message can hold
     */
    public static void write(Path file, Parameters parameters, OnnxOptions options) throws IOException {
        DType dtype = dtype(parameters.model(), options);
        requireRoom(parameters.model(), dtype);
        OnnxGraph graph = new OnnxGraph();
        Program program = Lowering.program(parameters, dtype);
        graph.scope("model");
        String y = new OnnxPrinter(graph, dtype, options.opset()).print(program, graph.input(options.input(),
                OnnxGraph.type(dtype), program.in()));
        graph.scope("output");
        graph.node("", options.softmax() ? "Softmax" : "Identity", options.softmax() ? Map.of("axis", -1L) : Map.of(),
                options.output(), y);
        graph.output(options.output(), OnnxGraph.type(dtype), program.out());
        write(file, parameters.model(), graph, options);
    }

    /**
     * Writes a model that takes raw columns and gives predictions. An input a column, named as the column, of shape
     * (rows, 1): float64 for numbers, texts for categories; images are one input {@code pixels} (rows, count). Outputs:
     * {@code label} (rows) and {@code probabilities} (rows, classes) of classes, {@code probabilities} (rows, labels)
     * of labels,
     * {@code value} (rows, 1) of a number. What the encoding would refuse cannot be refused there: a missing number
     * gives NaN, a category that is not known is taken as none of the known.
     *
     * @param encoding of the model's inputs and outputs; the options' names and softmax are not used
     */
    public static void write(Path file, Parameters parameters, Encoding encoding,
            OnnxOptions options) throws IOException {
        RawTable.require(parameters.model(), encoding);
        DType dtype = dtype(parameters.model(), options);
        requireRoom(parameters.model(), dtype);
        OnnxGraph graph = new OnnxGraph();
        OnnxEncoding raw = new OnnxEncoding(graph, encoding, dtype);
        raw.outputs(new OnnxPrinter(graph, dtype, options.opset()).print(Lowering.program(parameters, dtype),
                raw.inputs()));
        write(file, parameters.model(), graph, options);
    }

    private static DType dtype(KanModel model, OnnxOptions options) {
        return options.dtype() == null ? model.dtype() : options.dtype();
    }

    /** Refuses a model that is too large by its shapes alone, before its numbers take memory twice more. */
    static void requireRoom(KanModel model, DType dtype) {
        long least = leastBytes(model, dtype);
        if (least > LARGEST) {
            throw tooLarge(model, "at least " + least, dtype);
        }
    }

    /** Bytes that a model's file has for certain: those of the weights. */
    static long leastBytes(KanModel model, DType dtype) {
        long numbers = 0;
        for (TensorInfo tensor : model.tensors()) {
            LayerSpec layer = model.layers().get(tensor.layer());
            numbers += switch (tensor.tensor()) {
                // The constant among a basis's functions, if there is one, becomes a bias.
                case "coef" -> tensor.shape().size() - layer.in() * layer.out();
                case "base_weight", "weight" -> tensor.shape().size();
                default -> 0;
            };
        }
        return numbers * dtype.bytes();
    }

    private static UnsupportedException tooLarge(KanModel model, String bytes, DType dtype) {
        return new UnsupportedException("the ONNX file would have " + bytes + " bytes, at most " + LARGEST
                + " are possible (a protobuf message); the model has " + model.parameterCount() + " parameters; "
                + (dtype == DType.F64 ? "dtype=F32 halves the file, " : "") + "kan4j-scorer reads models of any size");
    }

    /** Writes a graph; one that is too large is refused before there is a file. */
    static void write(Path file, KanModel topology, OnnxGraph graph, OnnxOptions options) throws IOException {
        Map<String, String> metadata = new TreeMap<>(options.metadata());
        metadata.put("kan4j.model", topology.toString());
        Protobuf model = new Protobuf().whole(1, IR_VERSION).text(2, "kan4j").text(3, NativeLibrary.version())
                .message(7, graph.build("kan4j"))
                .message(8, new Protobuf().text(1, "").whole(2, options.opset()));
        if (graph.usesMachineLearningDomain()) {
            model.message(8, new Protobuf().text(1, OnnxGraph.MACHINE_LEARNING).whole(2, MACHINE_LEARNING_VERSION));
        }
        metadata.forEach((key, value) -> model.message(14, new Protobuf().text(1, key).text(2, value)));
        if (model.size() > LARGEST) {
            throw tooLarge(topology, Long.toString(model.size()), dtype(topology, options));
        }
        AtomicFile.write(file, model::writeTo);
    }
}
