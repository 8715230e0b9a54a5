// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.kan4j.error.FormatException;

/**
 * The constructor arguments in pykan's {@code NAME_config.yml}: what {@code yaml.dump} writes of flat keys with scalars
 * and nested lists, and nothing else of YAML.
 */
final class PykanConfig {

    private final String what;
    private final String[] lines;
    private int at;

    private PykanConfig(String what, String text) {
        this.what = what;
        this.lines = text.lines().filter(line -> !line.isBlank() && !line.startsWith("#")).toArray(String[]::new);
    }

    /** The arguments by the names of {@link Pykan}'s configuration. */
    static Map<String, Object> of(String what, String text) {
        Map<String, Object> config = new PykanConfig(what, text).read();
        List<Object> functions = new ArrayList<>();
        for (Object layer; (layer = config.remove("symbolic.funs_name." + functions.size())) != null;) {
            functions.add(layer);
        }
        if (functions.toString().matches(".*[^\\[\\], 0].*")) { // "0" is no function
            config.put("symbolic", functions);
        }
        if (config.containsKey("base_fun_name")) {
            config.put("base_fun", config.remove("base_fun_name"));
        }
        return config;
    }

    /** As {@code yaml.dump} writes it: keys with scalars and nested lists. */
    static String text(Map<String, Object> config) {
        StringBuilder text = new StringBuilder();
        config.forEach((key, value) -> {
            text.append(key).append(':');
            if (value instanceof List<?> list && !list.isEmpty()) {
                text.append('\n');
                items(list, "", "", text);
            } else {
                text.append(' ').append(word(value)).append('\n');
            }
        });
        return text.toString();
    }

    /** @param first what stands before the first item, which may be the dash of a list around it */
    private static void items(List<?> list, String first, String indent, StringBuilder text) {
        String before = first;
        for (Object item : list) {
            if (item instanceof List<?> inner && !inner.isEmpty()) {
                items(inner, before + "- ", indent + "  ", text);
            } else {
                text.append(before).append("- ").append(word(item)).append('\n');
            }
            before = indent;
        }
    }

    private static String word(Object value) {
        return value instanceof String string ? "'" + string.replace("'", "''") + "'" : String.valueOf(value);
    }

    private FormatException bad(String expected) {
        return new FormatException(what + ": expected " + expected + ", found '" + (at < lines.length ? lines[at]
                : "its end") + "'");
    }

    private Map<String, Object> read() {
        Map<String, Object> values = new LinkedHashMap<>();
        while (at < lines.length) {
            String line = lines[at];
            int colon = line.indexOf(':');
            if (colon < 1 || line.startsWith(" ") || line.startsWith("-")) {
                throw bad("'key: value' as pykan writes it");
            }
            String rest = line.substring(colon + 1).strip();
            at++;
            values.put(line.substring(0, colon), rest.isEmpty() ? list(0) : scalar(rest));
        }
        return values;
    }

    /** The items at an indentation; {@code - - 1} begins a list in a list. */
    private List<Object> list(int indent) {
        List<Object> items = new ArrayList<>();
        String dash = " ".repeat(indent) + "- ";
        while (at < lines.length && lines[at].startsWith(dash)) {
            String rest = lines[at].substring(indent + 2);
            if (rest.startsWith("- ")) {
                if (indent > 16) {
                    throw bad("lists nested less deeply");
                }
                lines[at] = " ".repeat(indent + 2) + rest;
                items.add(list(indent + 2));
            } else {
                items.add(scalar(rest.strip()));
                at++;
            }
        }
        if (items.isEmpty()) {
            throw bad("a list");
        }
        return items;
    }

    private static Object scalar(String text) {
        if (text.equals("[]")) {
            return new ArrayList<>();
        }
        if (text.equals("true") || text.equals("false")) {
            return text.equals("true");
        }
        if (text.equals("null") || text.equals("~")) {
            return null;
        }
        if (text.matches("[+-]?\\d{1,18}")) {
            return Long.parseLong(text);
        }
        if (text.matches("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?")) {
            return Double.parseDouble(text);
        }
        return text.length() > 1 && (text.startsWith("'") && text.endsWith("'") || text.startsWith("\"")
                && text.endsWith("\"")) ? text.substring(1, text.length() - 1) : text;
    }
}
