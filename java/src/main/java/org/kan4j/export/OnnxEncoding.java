// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.export;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.DoubleStream;
import org.kan4j.encoding.Encoding;
import org.kan4j.encoding.Transform;
import org.kan4j.error.UnsupportedException;
import org.kan4j.tensor.DType;

/**
 * Raw columns in, predictions out: an {@link Encoding} as nodes of an ONNX graph. Numbers are float64 until they are
 * scaled, as in kan4j: what leaves -1..1 may need more digits than float32 has.
 */
final class OnnxEncoding {

    private final OnnxGraph graph;
    private final Encoding encoding;
    private final DType dtype;
    private final Set<String> inputs = new TreeSet<>();

    OnnxEncoding(OnnxGraph graph, Encoding encoding, DType dtype) {
        this.graph = graph;
        this.encoding = encoding;
        this.dtype = dtype;
    }

    /** Adds an input a column, (rows, 1); gives what the model sees, (rows, features). */
    String inputs() {
        List<String> columns = new ArrayList<>();
        for (Encoding.Column column : encoding.columns()) {
            graph.scope("inputs." + columns.size());
            columns.add(switch (column) {
                case Encoding.Numeric n -> {
                    String raw = input(n.name(), OnnxGraph.DOUBLE, 1);
                    String scaled = narrow(numeric(n, raw));
                    yield !n.indicator() ? scaled : graph.node("Concat", Map.of("axis", 1L), scaled,
                            graph.node("Cast", Map.of("to", (long) OnnxGraph.type(dtype)), graph.node("IsNaN", raw)));
                }
                case Encoding.Pixels p -> {
                    String pixels = input("pixels", OnnxGraph.DOUBLE, p.count());
                    yield narrow(sub(mul(div(pixels, p.maximum()), 2), 1));
                }
                case Encoding.Categorical c -> categorical(c, input(c.name(), OnnxGraph.STRING, 1));
            });
        }
        graph.scope("inputs");
        return columns.size() == 1 ? columns.getFirst()
                : graph.node("Concat", Map.of("axis", 1L), columns.toArray(String[]::new));
    }

    private String input(String name, int type, long width) {
        if (!inputs.add(name)) {
            throw new UnsupportedException("the model has two inputs named '" + name
                    + "', which an ONNX file cannot tell apart");
        }
        return graph.input(name, type, width);
    }

    private String constant(double... values) {
        return graph.constant(DType.F64, values, 1, values.length);
    }

    private String div(String x, double value) {
        return graph.node("Div", x, constant(value));
    }

    private String mul(String x, double value) {
        return graph.node("Mul", x, constant(value));
    }

    private String sub(String x, double value) {
        return graph.node("Sub", x, constant(value));
    }

    private String narrow(String x) {
        return dtype == DType.F64 ? x : graph.node("Cast", Map.of("to", (long) OnnxGraph.FLOAT), x);
    }

    private String numeric(Encoding.Numeric column, String raw) {
        String x = encoding.missing() == Encoding.Missing.FILL
                ? graph.node("Where", graph.node("IsNaN", raw), constant(column.mean()), raw) : raw;
        if (!(column.high() > column.low())) {
            return mul(x, 0);
        }
        double[] q = column.quantiles().stream().mapToDouble(Double::doubleValue).toArray();
        if (q.length > 2) {
            return quantiles(x, q);
        }
        double range = column.high() - column.low();
        return sub(mul(Double.isInfinite(range) ? div(sub(div(x, 2), column.low() / 2),
                column.high() / 2 - column.low() / 2) : div(sub(x, column.low()), range), 2), 1);
    }

    /** Which part x lies in is how many inner quantiles are below it. */
    private String quantiles(String x, double[] q) {
        int parts = q.length - 1;
        double[] inner = DoubleStream.of(q).skip(1).limit(parts - 1).toArray();
        String below = graph.node("Cast", Map.of("to", (long) OnnxGraph.INT64), graph.node("Greater", x,
                constant(inner)));
        String part = graph.node("ReduceSum", Map.of("keepdims", 1L), below, graph.wholes(1));
        String lower = graph.constant(DType.F64, DoubleStream.of(q).limit(parts).toArray(), parts);
        String upper = graph.constant(DType.F64, DoubleStream.of(q).skip(1).toArray(), parts);
        String from = graph.node("Gather", lower, part);
        String within = graph.node("Div", graph.node("Sub", x, from),
                graph.node("Sub", graph.node("Gather", upper, part), from));
        String place = graph.node("Add", graph.node("Cast", Map.of("to", (long) OnnxGraph.DOUBLE), part), within);
        return sub(mul(div(place, parts), 2), 1);
    }

    /** Unknown and missing texts become none of the values. */
    private String categorical(Encoding.Categorical column, String raw) {
        long[] places = new long[column.values().size()];
        double[] numbers = new double[places.length];
        for (int i = 0; i < places.length; i++) {
            places[i] = i;
            numbers[i] = i;
        }
        Map<String, Object> attributes = new LinkedHashMap<>();
        attributes.put("keys_strings", column.values());
        attributes.put("values_int64s", places);
        attributes.put("default_int64", -1L);
        String place = graph.node(OnnxGraph.MACHINE_LEARNING, "LabelEncoder", attributes, "place of " + column.name(),
                raw);
        return graph.node("Cast", Map.of("to", (long) OnnxGraph.type(dtype)),
                graph.node("Equal", place, graph.constant(DType.I64, numbers, 1, numbers.length)));
    }

    /** Adds the outputs: {@code label} and {@code probabilities}, {@code value} or {@code values}. */
    void outputs(String y) {
        graph.scope("outputs");
        int type = OnnxGraph.type(dtype);
        switch (encoding.target()) {
            case Encoding.Classes classes -> {
                String best = graph.node("ArgMax", Map.of("axis", 1L, "keepdims", 0L), y);
                output("Gather", Map.of(), "label", OnnxGraph.STRING, -1, graph.texts(classes.labels()), best);
                output("Softmax", Map.of("axis", -1L), "probabilities", type, classes.width(), y);
            }
            case Encoding.Labels labels -> {
                String one = graph.constant(dtype, new double[] {1}, 1, 1);
                output("Div", Map.of(), "probabilities", type, labels.width(), one,
                        graph.node("Add", one, graph.node("Exp", graph.node("Neg", y))));
            }
            case Encoding.Value value -> values("value", y);
            case Encoding.Numbers several -> values("values", y);
            case Encoding.Quantiles q -> {
                // In order, as Outputs puts them.
                values("quantiles", graph.first("TopK", Map.of("axis", 1L, "largest", 0L, "sorted", 1L), 2, y,
                        graph.wholes(q.width())));
            }
        }
    }

    /** The numbers in their own units. */
    private void values(String name, String y) {
        String wide = dtype == DType.F64 ? y : graph.node("Cast", Map.of("to", (long) OnnxGraph.DOUBLE), y);
        double[] deviations = encoding.values().stream().mapToDouble(Encoding.Value::deviation).toArray();
        double[] means = encoding.values().stream().mapToDouble(Encoding.Value::mean).toArray();
        String scaled = graph.node("Mul", wide, constant(deviations));
        if (!encoding.bends()) {
            output("Add", Map.of(), name, OnnxGraph.DOUBLE, means.length, scaled, constant(means));
            return;
        }
        String bent = graph.node("Add", scaled, constant(means));
        List<Transform> transforms = encoding.values().stream().map(Encoding.Value::transform).toList();
        if (transforms.stream().allMatch(t -> t.kind() == Transform.Kind.LOG)) {
            output("Exp", Map.of(), name, OnnxGraph.DOUBLE, means.length, bent);
        } else if (transforms.stream().allMatch(t -> t.kind() == Transform.Kind.ASINH)) {
            // sinh by exp: runtimes have no Sinh of doubles.
            String rising = graph.node("Exp", bent);
            String falling = graph.node("Exp", graph.node("Neg", bent));
            String sinh = mul(graph.node("Sub", rising, falling), 0.5);
            output("Add", Map.of(), name, OnnxGraph.DOUBLE, means.length,
                    graph.node("Mul", sinh, constant(transforms.stream().mapToDouble(Transform::scale).toArray())),
                    constant(transforms.stream().mapToDouble(Transform::centre).toArray()));
        } else {
            throw new UnsupportedException("the targets have different transforms, for which raw ONNX outputs have no form yet; "
                    + "without raw columns the file gives the model's own numbers, and Java and C sources take raw rows");
        }
    }

    private void output(String op, Map<String, ?> attributes, String name, int type, long width, String... arguments) {
        String free = name;
        while (inputs.contains(free)) {
            free = "predicted " + free;
        }
        graph.node("", op, attributes, free, arguments);
        if (width < 0) {
            graph.output(free, type);
        } else {
            graph.output(free, type, width);
        }
    }
}
