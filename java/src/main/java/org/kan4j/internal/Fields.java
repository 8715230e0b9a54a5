// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.kan4j.error.FormatException;

/** The fields of a JSON object from a file, each with a clear message where it is not as expected. */
public final class Fields {

    private final String where;
    private final Map<String, Object> map;

    public Fields(String where, Map<String, Object> map) {
        this.where = where;
        this.map = map;
    }

    private Object get(String name) {
        if (!map.containsKey(name)) {
            throw new FormatException("'" + where + "' has no field '" + name + "'");
        }
        return map.get(name);
    }

    private FormatException bad(String name, String expected) {
        return new FormatException("the field '" + name + "' of '" + where + "' must be " + expected + ", given "
                + map.get(name));
    }

    /** Refuses fields of other names. */
    public Fields only(String... names) {
        for (String name : map.keySet()) {
            if (!List.of(names).contains(name)) {
                throw new FormatException("'" + where + "' has the unknown field '" + name + "'; known are "
                        + String.join(", ", names));
            }
        }
        return this;
    }

    public boolean has(String name) {
        return map.containsKey(name);
    }

    public Set<String> names() {
        return map.keySet();
    }

    public boolean isNull(String name) {
        return get(name) == null;
    }

    public String text(String name) {
        if (get(name) instanceof String text) {
            return text;
        }
        throw bad(name, "a text");
    }

    public boolean bool(String name) {
        if (get(name) instanceof Boolean bool) {
            return bool;
        }
        throw bad(name, "true or false");
    }

    public long whole(String name) {
        if (get(name) instanceof Long whole) {
            return whole;
        }
        throw bad(name, "a whole number");
    }

    public int integer(String name, int least) {
        long whole = whole(name);
        if (whole < least || whole > Integer.MAX_VALUE) {
            throw bad(name, "a whole number of " + least + " to " + Integer.MAX_VALUE);
        }
        return (int) whole;
    }

    /** A number, or NaN for null. */
    public double numberOrNaN(String name) {
        return isNull(name) ? Double.NaN : number(name);
    }

    /** A list of numbers. */
    public List<Double> numbers(String name) {
        if (!(get(name) instanceof List<?> list) || !list.stream().allMatch(Number.class::isInstance)) {
            throw bad(name, "a list of numbers");
        }
        return list.stream().map(item -> ((Number) item).doubleValue()).toList();
    }

    public double number(String name) {
        if (get(name) instanceof Number number) {
            return number.doubleValue();
        }
        throw bad(name, "a number");
    }

    public <E extends Enum<E>> E constant(String name, Class<E> type) {
        String text = text(name);
        for (E constant : type.getEnumConstants()) {
            if (constant.name().toLowerCase(Locale.ROOT).equals(text)) {
                return constant;
            }
        }
        throw bad(name, "one of " + List.of(type.getEnumConstants()).toString().toLowerCase(Locale.ROOT));
    }

    @SuppressWarnings("unchecked")
    public Fields object(String name) {
        if (get(name) instanceof Map<?, ?> object) {
            return new Fields(where + "." + name, (Map<String, Object>) object);
        }
        throw bad(name, "an object");
    }

    @SuppressWarnings("unchecked")
    public List<Fields> objects(String name) {
        if (!(get(name) instanceof List<?> list)) {
            throw bad(name, "a list");
        }
        List<Fields> objects = new ArrayList<>();
        for (Object item : list) {
            if (!(item instanceof Map<?, ?> object)) {
                throw bad(name, "a list of objects");
            }
            objects.add(new Fields(where + "." + name + "[" + objects.size() + "]", (Map<String, Object>) object));
        }
        return objects;
    }
}
