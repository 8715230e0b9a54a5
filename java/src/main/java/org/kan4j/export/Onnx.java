// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.export;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.kan4j.basis.Basis;
import org.kan4j.basis.Chebyshev;
import org.kan4j.basis.Jacobi;
import org.kan4j.tensor.DType;
import org.kan4j.device.NativeLibrary;
import org.kan4j.layer.KanLayer;
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
     * Writes a model. The file appears, or is replaced, whole; so does the file of the weights, before it, if they are
     * more than {@link OnnxOptions#most}.
     *
     * @throws UnsupportedException if a number of the model is not finite, or ONNX Runtime lacks a kernel for it (GELU
     *     in float64)
     */
    public static void write(Path file, Parameters parameters, OnnxOptions options) throws IOException {
        DType dtype = dtype(parameters.model(), options);
        write(file, parameters.model(), options, graph -> {
            graph.scope("model");
            String y = new OnnxPrinter(graph, dtype, options.opset()).print(parameters, graph.input(options.input(),
                    OnnxGraph.type(dtype), parameters.model().in()));
            graph.scope("output");
            graph.node("", options.softmax() ? "Softmax" : "Identity", options.softmax() ? Map.of("axis", -1L)
                    : Map.of(), options.output(), y);
            graph.output(options.output(), OnnxGraph.type(dtype), parameters.model().out());
        });
    }

    /**
     * Writes a model that takes raw columns and gives predictions. An input a column, named as the column, of shape
     * (rows, 1): float64 for numbers, texts for categories; images are one input {@code pixels} (rows, count). Outputs:
     * {@code label} (rows) and {@code probabilities} (rows, classes) of classes, {@code probabilities} (rows, labels)
     * of labels, {@code value} (rows, 1) of a number, {@code values} (rows, numbers) of several, {@code quantiles}
     * (rows, levels), ascending. What the encoding would refuse cannot be refused there: a missing number gives NaN, a
     * category that is not known is taken as none of the known.
     *
     * @param encoding of the model's inputs and outputs; the options' names and softmax are not used
     */
    public static void write(Path file, Parameters parameters, Encoding encoding,
            OnnxOptions options) throws IOException {
        RawTable.require(parameters.model(), encoding);
        DType dtype = dtype(parameters.model(), options);
        write(file, parameters.model(), options, graph -> {
            OnnxEncoding raw = new OnnxEncoding(graph, encoding, dtype);
            raw.outputs(new OnnxPrinter(graph, dtype, options.opset()).print(parameters, raw.inputs()));
        });
    }

    /** The file beside an ONNX file that has the weights where they are too many for it. */
    public static Path weights(Path file) {
        return file.resolveSibling(file.getFileName() + ".data");
    }

    private static DType dtype(KanModel model, OnnxOptions options) {
        return options.dtype() == null ? model.dtype() : options.dtype();
    }

    /** Bytes that a model's file has for certain: those of the weights. */
    static long leastBytes(KanModel model, DType dtype) {
        long numbers = 0;
        for (TensorInfo tensor : model.tensors()) {
            LayerSpec layer = model.layers().get(tensor.layer());
            numbers += switch (tensor.tensor()) {
                case "coef" -> tensor.shape().size() - (layer instanceof KanLayer kan && hasConstant(kan.basis())
                        ? layer.in() * layer.out() : 0);
                case "base_weight", "weight", "scale", "translation" -> tensor.shape().size();
                default -> 0;
            };
        }
        return numbers * dtype.bytes();
    }

    /** Whether one of the functions is the constant 1, whose weights become a bias. */
    private static boolean hasConstant(Basis basis) {
        return basis instanceof Chebyshev || basis instanceof Jacobi;
    }

    /** Whether a model's weights go into a file of their own: known from its shapes, before its numbers take memory. */
    public static boolean hasWeightsFile(KanModel model, OnnxOptions options) {
        return options.most() == 0 || leastBytes(model, dtype(model, options)) > options.most();
    }

    private static void write(Path file, KanModel model, OnnxOptions options, Consumer<OnnxGraph> print)
            throws IOException {
        OnnxGraph graph;
        if (hasWeightsFile(model, options)) {
            graph = withWeights(file, print);
        } else {
            graph = new OnnxGraph();
            print.accept(graph);
        }
        write(file, model, graph, options);
    }

    /** Writes the weights as they come: no more than those of a layer are in memory. */
    private static OnnxGraph withWeights(Path file, Consumer<OnnxGraph> print) throws IOException {
        Path target = AtomicFile.target(file);
        if (Files.exists(target) && !Files.isRegularFile(target)) {
            throw new IOException("cannot write " + file + ": the model's weights need a file beside it, and it is no "
                    + "regular file");
        }
        Path weights = weights(file);
        OnnxGraph[] graph = new OnnxGraph[1];
        AtomicFile.write(weights, channel -> {
            graph[0] = new OnnxGraph(new OnnxData(weights.getFileName().toString(), channel));
            try {
                print.accept(graph[0]);
            } catch (UncheckedIOException e) {
                throw e.getCause();
            }
        });
        return graph[0];
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
            throw new UnsupportedException("the ONNX file would have " + model.size() + " bytes, at most " + LARGEST
                    + " are possible (a protobuf message); the model has " + topology.parameterCount()
                    + " parameters: with its weights in a file of their own it can be written");
        }
        AtomicFile.write(file, model::writeTo);
    }
}
