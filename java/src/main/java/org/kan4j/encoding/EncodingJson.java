// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.encoding;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.kan4j.error.FormatException;
import org.kan4j.internal.Json;

/** Encodings as JSON. */
final class EncodingJson {

    private EncodingJson() {
    }

    private static Map<String, Object> object(Object... namesAndValues) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            map.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return map;
    }

    static String write(Encoding encoding) {
        Map<String, Object> root = object("data", encoding.data(),
                "columns", encoding.columns().stream().map(EncodingJson::column).toList(), "target", target(encoding.target()),
                "missing", encoding.missing().name());
        if (encoding.unseen() != Encoding.Unseen.REFUSE) {
            root.put("unseen", encoding.unseen().name());
        }
        return Json.write(root);
    }

    private static Map<String, Object> column(Encoding.Column column) {
        return switch (column) {
            case Encoding.Numeric n -> {
                Map<String, Object> number = object("type", "numeric", "name", n.name(), "low", n.low(), "high", n.high(),
                        "mean", n.mean());
                if (!n.quantiles().isEmpty()) {
                    number.put("quantiles", n.quantiles());
                }
                if (n.indicator()) {
                    number.put("indicator", true);
                }
                yield number;
            }
            case Encoding.Categorical c -> object("type", "categorical", "name", c.name(), "values", c.values());
            case Encoding.Pixels p -> object("type", "pixels", "count", p.count(), "maximum", p.maximum());
        };
    }

    private static Map<String, Object> target(Encoding.Target target) {
        return switch (target) {
            case Encoding.Classes c -> object("type", "classes", "name", c.name(), "labels", c.labels());
            case Encoding.Labels l -> object("type", "labels", "name", l.name(), "labels", l.labels());
            case Encoding.Value v -> {
                Map<String, Object> value = object("type", "value", "name", v.name(), "mean", v.mean(), "deviation",
                        v.deviation());
                if (v.transform().bends()) {
                    value.putAll(object("transform", v.transform().kind().name(), "centre", v.transform().centre(), "scale",
                            v.transform().scale()));
                }
                yield value;
            }
            case Encoding.Numbers n -> object("type", "values", "values", n.values().stream().map(EncodingJson::target).toList());
            case Encoding.Quantiles q -> object("type", "quantiles", "value", target(q.value()), "levels", q.levels());
        };
    }

    static Encoding read(String json) {
        try {
            Node root = new Node("the encoding", Json.parseObject(json));
            root.only("data", "columns", "target", "missing", "unseen");
            List<Encoding.Column> columns = new ArrayList<>();
            for (Object item : root.list("columns")) {
                columns.add(column(Node.of("a column", item)));
            }
            return new Encoding(root.text("data"), columns, target(Node.of("the target", root.get("target"))),
                    root.has("missing") ? root.constant("missing", Encoding.Missing.class) : null,
                    root.has("unseen") ? root.constant("unseen", Encoding.Unseen.class) : null);
        } catch (Json.ParseException e) {
            throw new FormatException("the model's metadata '" + Encoding.KEY + "' is damaged: " + e.getMessage(), e);
        }
    }

    private static Encoding.Column column(Node node) {
        return switch (node.text("type")) {
            case "numeric" -> {
                node.only("type", "name", "low", "high", "mean", "quantiles", "indicator");
                double low = node.number("low");
                double high = node.number("high");
                // Models of before missing values could be filled have no mean.
                yield new Encoding.Numeric(node.text("name"), low, high,
                        node.has("mean") ? node.number("mean") : low + (high - low) / 2,
                        node.has("quantiles") ? node.numbers("quantiles") : List.of(),
                        node.has("indicator") && node.truth("indicator"));
            }
            case "categorical" -> {
                node.only("type", "name", "values");
                yield new Encoding.Categorical(node.text("name"), node.texts("values"));
            }
            case "pixels" -> {
                node.only("type", "count", "maximum");
                yield new Encoding.Pixels(node.count("count"), node.number("maximum"));
            }
            default -> throw node.bad("type", "numeric, categorical or pixels");
        };
    }

    private static Encoding.Target target(Node node) {
        return switch (node.text("type")) {
            case "classes" -> {
                node.only("type", "name", "labels");
                yield new Encoding.Classes(node.text("name"), node.texts("labels"));
            }
            case "labels" -> {
                node.only("type", "name", "labels");
                yield new Encoding.Labels(node.text("name"), node.texts("labels"));
            }
            case "value" -> {
                node.only("type", "name", "mean", "deviation", "transform", "centre", "scale");
                yield new Encoding.Value(node.text("name"), node.number("mean"), node.number("deviation"),
                        node.has("transform") ? new Transform(node.constant("transform", Transform.Kind.class),
                                node.number("centre"), node.number("scale")) : Transform.NONE);
            }
            case "values" -> {
                node.only("type", "values");
                List<Encoding.Value> values = new ArrayList<>();
                for (Object item : node.list("values")) {
                    values.add(value(item));
                }
                yield new Encoding.Numbers(values);
            }
            case "quantiles" -> {
                node.only("type", "value", "levels");
                yield new Encoding.Quantiles(value(node.get("value")), node.numbers("levels"));
            }
            default -> throw node.bad("type", "classes, labels, value, values or quantiles");
        };
    }

    private static Encoding.Value value(Object item) {
        Node node = Node.of("the target", item);
        if (target(node) instanceof Encoding.Value value) {
            return value;
        }
        throw node.bad("type", "value");
    }

    /** A JSON object whose fields must be as expected. */
    private record Node(String what, Map<String, Object> map) {

        @SuppressWarnings("unchecked")
        static Node of(String what, Object value) {
            if (value instanceof Map<?, ?> map) {
                return new Node(what, (Map<String, Object>) map);
            }
            throw new FormatException("the model's metadata '" + Encoding.KEY + "' is damaged: " + what
                    + " must be an object, given " + value);
        }

        FormatException bad(String field, String expected) {
            return new FormatException("the model's metadata '" + Encoding.KEY + "' is damaged: '" + field + "' of " + what
                    + " must be " + expected + ", given " + map.get(field));
        }

        void only(String... names) {
            for (String name : map.keySet()) {
                if (!List.of(names).contains(name)) {
                    throw new FormatException("the model's metadata '" + Encoding.KEY + "' has the unknown field '" + name
                            + "' in " + what + "; known are " + String.join(", ", names));
                }
            }
        }

        boolean has(String field) {
            return map.get(field) != null;
        }

        Object get(String field) {
            return map.get(field);
        }

        String text(String field) {
            if (map.get(field) instanceof String text) {
                return text;
            }
            throw bad(field, "a text");
        }

        double number(String field) {
            if (map.get(field) instanceof Number number) {
                return number.doubleValue();
            }
            throw bad(field, "a number");
        }

        List<Double> numbers(String field) {
            List<Double> numbers = new ArrayList<>();
            for (Object item : list(field)) {
                if (!(item instanceof Number number)) {
                    throw bad(field, "a list of numbers");
                }
                numbers.add(number.doubleValue());
            }
            return numbers;
        }

        boolean truth(String field) {
            if (map.get(field) instanceof Boolean truth) {
                return truth;
            }
            throw bad(field, "true or false");
        }

        int count(String field) {
            if (map.get(field) instanceof Long count && count > 0 && count <= Integer.MAX_VALUE) {
                return count.intValue();
            }
            throw bad(field, "a whole number above 0");
        }

        List<?> list(String field) {
            if (map.get(field) instanceof List<?> list) {
                return list;
            }
            throw bad(field, "a list");
        }

        List<String> texts(String field) {
            List<String> texts = new ArrayList<>();
            for (Object item : list(field)) {
                if (!(item instanceof String text)) {
                    throw bad(field, "a list of texts");
                }
                texts.add(text);
            }
            return texts;
        }

        <E extends Enum<E>> E constant(String field, Class<E> type) {
            String text = text(field).toUpperCase(Locale.ROOT);
            for (E constant : type.getEnumConstants()) {
                if (constant.name().equals(text)) {
                    return constant;
                }
            }
            throw bad(field, "one of " + List.of(type.getEnumConstants()));
        }
    }
}
