// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.kan4j.error.KanException;
import org.kan4j.error.Status;
import org.kan4j.internal.Json;

/**
 * Constructor arguments of a published implementation: those given, over the published defaults. Where none were given
 * at all ({@link #given()} is false) the tensors decide what they can.
 */
final class Config {

    /** Keys whose arrays are of the model, not of a layer each. */
    private static final Set<String> WHOLE = Set.of("layers", "width", "mult_arity", "symbolic");

    private final String variant;
    private final Map<String, Object> defaults;
    private final Map<String, Object> values;
    private final boolean given;

    private Config(String variant, Map<String, Object> defaults, Map<String, Object> values, boolean given) {
        this.variant = variant;
        this.defaults = defaults;
        this.values = values;
        this.given = given;
    }

    /** The configuration of a variant from its JSON text, or from nothing with null. An unknown key is an error. */
    static Config parse(Variant variant, String json) {
        Map<String, Object> values = new LinkedHashMap<>();
        if (json != null) {
            Object parsed;
            try {
                parsed = Json.parse(json);
            } catch (Json.ParseException e) {
                throw bad(variant.name(), "is not JSON: " + e.getMessage());
            }
            if (!(parsed instanceof Map<?, ?> object)) {
                throw bad(variant.name(), "must be a JSON object, given " + json);
            }
            for (Map.Entry<?, ?> entry : object.entrySet()) {
                String key = String.valueOf(entry.getKey());
                if (!variant.defaults().containsKey(key) && !variant.ignoredKeys().contains(key)) {
                    throw bad(variant.name(), "has no key '" + key + "'; known are "
                            + String.join(", ", variant.defaults().keySet())
                            + (variant.ignoredKeys().isEmpty() ? ""
                                    : " (and without effect here " + String.join(", ", new TreeSet<>(variant.ignoredKeys()))
                                            + ")"));
                }
                values.put(key, entry.getValue());
            }
        }
        return new Config(variant.name(), variant.defaults(), values, json != null);
    }

    private static KanException bad(String variant, String what) {
        return new KanException(Status.INVALID_ARGUMENT, "the config of variant " + variant + " " + what);
    }

    /** What was given, with another value of a key. */
    Map<String, Object> with(String key, Object value) {
        Map<String, Object> changed = new LinkedHashMap<>(values);
        changed.put(key, value);
        return changed;
    }

    /** What was given, with the values of today where they are others; null where nothing is. */
    Map<String, Object> updated(Map<String, Object> today) {
        Map<String, Object> changed = new LinkedHashMap<>(values);
        today.forEach((key, value) -> {
            if (!alike(value(key), value)) {
                changed.put(key, value);
            }
        });
        return changed.equals(values) ? null : changed;
    }

    /** Numbers are alike to the digits of float32, in which tensors hold them. */
    private static boolean alike(Object a, Object b) {
        if (a instanceof Number x && b instanceof Number y) {
            return Math.abs(x.doubleValue() - y.doubleValue()) <= 1e-6 * Math.max(1, Math.abs(x.doubleValue()));
        }
        if (a instanceof List<?> x && b instanceof List<?> y && x.size() == y.size()) {
            return IntStream.range(0, x.size()).allMatch(i -> alike(x.get(i), y.get(i)));
        }
        return Objects.equals(a, b);
    }

    /** As this one, with another value of a key. */
    Config having(String key, Object value) {
        return new Config(variant, defaults, with(key, value), given);
    }

    /** The keys that were given whole numbers. */
    List<String> numbers() {
        return values.keySet().stream()
                .filter(key -> values.get(key) instanceof Number number && number.doubleValue() == number.intValue()).toList();
    }

    /** What was given for a key, or else the value. */
    Object given(String key, Object otherwise) {
        return values.getOrDefault(key, otherwise);
    }

    /** Whether there was a configuration, however empty. */
    boolean given() {
        return given;
    }

    /** Whether the key was given and is not null. */
    boolean has(String key) {
        return values.get(key) != null;
    }

    private Object value(String key) {
        Object value = values.get(key);
        return value == null ? defaults.get(key) : value;
    }

    private KanException expected(String key, String what) {
        return bad(variant, "needs " + what + " for '" + key + "', given " + Json.write(value(key)));
    }

    double number(String key) {
        if (value(key) instanceof Number number && Double.isFinite(number.doubleValue())) {
            return number.doubleValue();
        }
        throw expected(key, "a number");
    }

    int integer(String key) {
        return toInteger(key, value(key));
    }

    private int toInteger(String key, Object value) {
        if (value instanceof Number number && number.doubleValue() == number.intValue()) {
            return number.intValue();
        }
        throw expected(key, "a whole number");
    }

    boolean flag(String key) {
        if (value(key) instanceof Boolean bool) {
            return bool;
        }
        throw expected(key, "true or false");
    }

    String text(String key) {
        if (value(key) instanceof String string) {
            return string;
        }
        throw expected(key, "a text");
    }

    /** One of some texts. */
    String text(String key, List<String> allowed) {
        String text = text(key);
        if (!allowed.contains(text)) {
            throw expected(key, "one of " + String.join(", ", allowed));
        }
        return text;
    }

    /** The elements of an array, or null where the key is missing and has no default. */
    List<Object> list(String key) {
        Object value = value(key);
        if (value == null) {
            return null;
        }
        if (value instanceof List<?> list) {
            return new ArrayList<>(list);
        }
        throw expected(key, "an array");
    }

    /** The layer widths of key {@code layers}, all at least 1, or null. */
    int[] widths(String key) {
        List<Object> list = list(key);
        if (list == null) {
            return null;
        }
        int[] widths = new int[list.size()];
        for (int i = 0; i < widths.length; i++) {
            widths[i] = toInteger(key, list.get(i));
            if (widths[i] < 1) {
                throw expected(key, "widths of at least 1");
            }
        }
        if (widths.length < 2) {
            throw expected(key, "at least two widths");
        }
        return widths;
    }

    /** The two numbers of a range, the second larger. */
    double[] range(String key) {
        List<Object> list = Objects.requireNonNull(list(key));
        if (list.size() == 2 && list.get(0) instanceof Number lo && list.get(1) instanceof Number hi
                && lo.doubleValue() < hi.doubleValue()) {
            return new double[] {lo.doubleValue(), hi.doubleValue()};
        }
        throw expected(key, "two numbers [low, high]");
    }

    boolean isList(String key) {
        return value(key) instanceof List<?>;
    }

    /** The arguments of a layer: where a value of one thing is an array, it has an element a layer. */
    Config at(int layer) {
        Map<String, Object> own = new LinkedHashMap<>(values);
        for (String key : defaults.keySet()) {
            if (eachLayers(key)) {
                List<Object> list = list(key);
                if (layer >= list.size()) {
                    throw expected(key, "a value for each layer");
                }
                own.put(key, list.get(layer));
            }
        }
        return new Config(variant, defaults, own, given);
    }

    /** Whether the value is an array with an element a layer: of a key whose value is otherwise none, or an array of numbers. */
    boolean eachLayers(String key) {
        return values.get(key) instanceof List<?> list && !WHOLE.contains(key)
                && (!(defaults.get(key) instanceof List<?>) || !list.isEmpty() && list.getFirst() instanceof List<?>);
    }
}
