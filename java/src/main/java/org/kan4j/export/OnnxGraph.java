// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.export;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.kan4j.tensor.DType;

/**
 * The graph of an ONNX file while it is put together (onnx.proto: GraphProto; field numbers are named there). Values
 * are called by the names of their tensors; equal constants are stored once.
 */
final class OnnxGraph {

    /** Element types of onnx.proto. */
    static final int FLOAT = 1;
    static final int INT64 = 7;
    static final int STRING = 8;
    static final int DOUBLE = 11;

    /** The domain of operators on texts. */
    static final String MACHINE_LEARNING = "ai.onnx.ml";

    private static final int ATTRIBUTE_FLOAT = 1;
    private static final int ATTRIBUTE_INT = 2;
    private static final int ATTRIBUTE_STRING = 3;
    private static final int ATTRIBUTE_INTS = 7;
    private static final int ATTRIBUTE_STRINGS = 8;

    private final OnnxData data;
    private final Protobuf nodes = new Protobuf();
    private final Protobuf initializers = new Protobuf();
    private final Protobuf inputs = new Protobuf();
    private final Protobuf outputs = new Protobuf();
    private final Map<List<Object>, String> constants = new HashMap<>();
    private String scope = "";
    private int next;
    private boolean machineLearning;

    /** A graph that holds its numbers. */
    OnnxGraph() {
        this(null);
    }

    /** A graph whose large tensors are in another file. */
    OnnxGraph(OnnxData data) {
        this.data = data;
    }

    /** Names what is added from here on {@code scope.number}. */
    void scope(String name) {
        scope = name;
        next = 0;
    }

    private String fresh(String what) {
        return scope + "." + what.toLowerCase(java.util.Locale.ROOT) + "." + next++;
    }

    static int type(DType dtype) {
        return switch (dtype) {
            case F32 -> FLOAT;
            case F64 -> DOUBLE;
            case I64 -> INT64;
            case I32 -> throw new IllegalArgumentException("no I32 in graphs");
        };
    }

    /** Attributes of a node by name: Long, Float, String, long[] or List of String. */
    String node(String op, Map<String, ?> attributes, String... arguments) {
        return node("", op, attributes, fresh(op), arguments);
    }

    /** A node without attributes. */
    String node(String op, String... arguments) {
        return node(op, Map.of(), arguments);
    }

    /** A node of several outputs; gives the first, the others are not for use. */
    String first(String op, Map<String, ?> attributes, int outputs, String... arguments) {
        List<String> names = IntStream.range(0, outputs).mapToObj(o -> fresh(op)).toList();
        return node("", op, attributes, names, arguments);
    }

    /** A node of a domain whose output has a name. */
    String node(String domain, String op, Map<String, ?> attributes, String output, String... arguments) {
        return node(domain, op, attributes, List.of(output), arguments);
    }

    private String node(String domain, String op, Map<String, ?> attributes, List<String> outputNames,
            String... arguments) {
        Protobuf node = new Protobuf();
        for (String argument : arguments) {
            node.text(1, argument);
        }
        outputNames.forEach(output -> node.text(2, output));
        node.text(3, outputNames.getFirst()).text(4, op);
        attributes.keySet().stream().sorted().forEach(name -> node.message(5, attribute(name, attributes.get(name))));
        if (!domain.isEmpty()) {
            node.text(7, domain);
            machineLearning = true;
        }
        nodes.message(1, node);
        return outputNames.getFirst();
    }

    private static Protobuf attribute(String name, Object value) {
        Protobuf attribute = new Protobuf().text(1, name);
        switch (value) {
            case Float real -> attribute.real(2, real).whole(20, ATTRIBUTE_FLOAT);
            case Long whole -> attribute.whole(3, whole).whole(20, ATTRIBUTE_INT);
            case String text -> attribute.text(4, text).whole(20, ATTRIBUTE_STRING);
            case long[] wholes -> {
                for (long whole : wholes) {
                    attribute.whole(8, whole);
                }
                attribute.whole(20, ATTRIBUTE_INTS);
            }
            case List<?> texts -> {
                texts.forEach(text -> attribute.text(9, (String) text));
                attribute.whole(20, ATTRIBUTE_STRINGS);
            }
            default -> throw new IllegalArgumentException(value.toString());
        }
        return attribute;
    }

    /** A constant tensor. */
    String constant(DType dtype, double[] values, long... shape) {
        // Weights are not looked for: comparing them costs more than it saves.
        if (values.length > 4096) {
            return tensor(fresh("weight"), dtype, values, shape);
        }
        List<Object> key = List.of(dtype, Arrays.stream(values).boxed().toList(), Arrays.stream(shape).boxed()
                .toList());
        return constants.computeIfAbsent(key, k -> tensor(fresh("constant"), dtype, values, shape));
    }

    private String tensor(String name, DType dtype, double[] values, long... shape) {
        Protobuf tensor = new Protobuf().wholes(1, shape).whole(2, type(dtype)).text(8, name);
        if (data == null || !data.write(tensor, values, dtype)) {
            tensor.numbers(9, values, dtype);
        }
        initializers.message(5, tensor);
        return name;
    }

    /** A constant vector of whole numbers, such as axes. */
    String wholes(long... values) {
        return constant(DType.I64, Arrays.stream(values).asDoubleStream().toArray(), values.length);
    }

    /** A constant vector of texts. */
    String texts(List<String> values) {
        Protobuf tensor = new Protobuf().wholes(1, values.size()).whole(2, STRING);
        values.forEach(value -> tensor.text(6, value));
        String name = fresh("texts");
        initializers.message(5, tensor.text(8, name));
        return name;
    }

    /** An input whose first axis is any number of rows. */
    String input(String name, int type, long... others) {
        inputs.message(11, value(name, type, others));
        return name;
    }

    /** An output whose first axis is the rows. */
    void output(String name, int type, long... others) {
        outputs.message(12, value(name, type, others));
    }

    private static Protobuf value(String name, int type, long... others) {
        Protobuf shape = new Protobuf().message(1, new Protobuf().text(2, "rows"));
        for (long axis : others) {
            shape.message(1, new Protobuf().whole(1, axis));
        }
        return new Protobuf().text(1, name)
                .message(2, new Protobuf().message(1, new Protobuf().whole(1, type).message(2, shape)));
    }

    /** Whether a node is of {@link #MACHINE_LEARNING}. */
    boolean usesMachineLearningDomain() {
        return machineLearning;
    }

    /** The GraphProto. */
    Protobuf build(String name) {
        Protobuf graph = new Protobuf();
        graph.append(nodes).text(2, name);
        return graph.append(initializers).append(inputs).append(outputs);
    }
}
