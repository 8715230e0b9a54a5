// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.internal;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A strict JSON reader (RFC 8259; names unique, depth limited) and writer. Objects are {@link LinkedHashMap}s, arrays
 * {@link ArrayList}s, whole numbers {@link Long}s where they fit, other numbers {@link Double}s.
 */
public final class Json {

    private static final int MAX_DEPTH = 64;

    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    /** A text that is not JSON; the message says where and why. */
    public static final class ParseException extends Exception {

        private static final long serialVersionUID = 1L;

        ParseException(String message) {
            super(message);
        }
    }

    // -------------------------------------------------------------------------------------------------------- reading

    /** Reads one value and nothing after it. */
    public static Object parse(String text) throws ParseException {
        Json json = new Json(text);
        json.space();
        Object value = json.value(0);
        json.space();
        if (json.at < text.length()) {
            throw json.error("nothing more");
        }
        return value;
    }

    /** Reads one object. */
    @SuppressWarnings("unchecked")
    public static Map<String, Object> parseObject(String text) throws ParseException {
        if (parse(text) instanceof Map<?, ?> map) {
            return (Map<String, Object>) map;
        }
        throw new ParseException("a JSON object was expected");
    }

    private ParseException error(String expected) {
        String found = at >= text.length() ? "the end"
                : text.charAt(at) < ' ' ? String.format("U+%04X", (int) text.charAt(at)) : "'" + text.charAt(at) + "'";
        return new ParseException("at position " + at + ": expected " + expected + ", found " + found);
    }

    private void space() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private boolean next(char c) {
        if (at < text.length() && text.charAt(at) == c) {
            at++;
            return true;
        }
        return false;
    }

    private Object value(int depth) throws ParseException {
        if (depth > MAX_DEPTH) {
            throw new ParseException("at position " + at + ": nested deeper than " + MAX_DEPTH);
        }
        if (at >= text.length()) {
            throw error("a value");
        }
        return switch (text.charAt(at)) {
            case '{' -> object(depth);
            case '[' -> array(depth);
            case '"' -> string();
            case 't' -> word("true", Boolean.TRUE);
            case 'f' -> word("false", Boolean.FALSE);
            case 'n' -> word("null", null);
            default -> number();
        };
    }

    private Object word(String word, Object value) throws ParseException {
        if (!text.startsWith(word, at)) {
            throw error("'" + word + "'");
        }
        at += word.length();
        return value;
    }

    private Map<String, Object> object(int depth) throws ParseException {
        Map<String, Object> map = new LinkedHashMap<>();
        at++;
        space();
        if (next('}')) {
            return map;
        }
        do {
            space();
            if (at >= text.length() || text.charAt(at) != '"') {
                throw error("a name");
            }
            int start = at;
            String name = string();
            space();
            if (!next(':')) {
                throw error("':'");
            }
            space();
            Object value = value(depth + 1);
            if (map.containsKey(name)) {
                throw new ParseException("at position " + start + ": the name \"" + name + "\" appears twice");
            }
            map.put(name, value);
            space();
        } while (next(','));
        if (!next('}')) {
            throw error("',' or '}'");
        }
        return map;
    }

    private List<Object> array(int depth) throws ParseException {
        List<Object> list = new ArrayList<>();
        at++;
        space();
        if (next(']')) {
            return list;
        }
        do {
            space();
            list.add(value(depth + 1));
            space();
        } while (next(','));
        if (!next(']')) {
            throw error("',' or ']'");
        }
        return list;
    }

    private String string() throws ParseException {
        StringBuilder result = new StringBuilder();
        at++;
        while (true) {
            if (at >= text.length()) {
                throw error("'\"'");
            }
            char c = text.charAt(at);
            if (c == '"') {
                at++;
                return result.toString();
            }
            if (c < ' ') {
                throw error("no control character in a string");
            }
            at++;
            result.append(c == '\\' ? escaped() : c);
        }
    }

    private char escaped() throws ParseException {
        if (at >= text.length()) {
            throw error("an escaped character");
        }
        char c = text.charAt(at++);
        switch (c) {
            case '"', '\\', '/' :
                return c;
            case 'b' :
                return '\b';
            case 'f' :
                return '\f';
            case 'n' :
                return '\n';
            case 'r' :
                return '\r';
            case 't' :
                return '\t';
            case 'u' :
                int code = 0;
                for (int i = 0; i < 4; i++) {
                    int digit = at < text.length() ? Character.digit(text.charAt(at), 16) : -1;
                    if (digit < 0 || text.charAt(at) > 'f') {
                        throw error("four hexadecimal digits");
                    }
                    code = code * 16 + digit;
                    at++;
                }
                return (char) code;
            default :
                at--;
                throw error("one of \"\\/bfnrtu");
        }
    }

    private int digits() throws ParseException {
        int start = at;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            at++;
        }
        if (at == start) {
            throw error(start == 0 || "-.eE+".indexOf(text.charAt(start - 1)) < 0 ? "a value" : "a digit");
        }
        return start;
    }

    private Object number() throws ParseException {
        int start = at;
        next('-');
        int first = digits();
        if (text.charAt(first) == '0' && at > first + 1) {
            throw new ParseException("at position " + first + ": a number with a leading zero");
        }
        boolean whole = true;
        if (next('.')) {
            digits();
            whole = false;
        }
        if (next('e') || next('E')) {
            if (!next('+')) {
                next('-');
            }
            digits();
            whole = false;
        }
        String number = text.substring(start, at);
        if (whole) {
            try {
                return Long.valueOf(number);
            } catch (NumberFormatException e) {
                return Double.valueOf(number); // beyond 64 bits
            }
        }
        return Double.valueOf(number);
    }

    // -------------------------------------------------------------------------------------------------------- writing

    /** Writes a value on one line: maps, iterables, strings, numbers, booleans, null. Numbers must be finite. */
    public static String write(Object value) {
        StringBuilder out = new StringBuilder();
        write(value, out);
        return out.toString();
    }

    private static void write(Object value, StringBuilder out) {
        switch (value) {
            case null -> out.append("null");
            case Map<?, ?> map -> {
                String separator = "{";
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    out.append(separator);
                    writeString((String) entry.getKey(), out);
                    out.append(':');
                    write(entry.getValue(), out);
                    separator = ",";
                }
                out.append(map.isEmpty() ? "{}" : "}");
            }
            case Iterable<?> list -> {
                out.append('[');
                String separator = "";
                for (Object element : list) {
                    out.append(separator);
                    write(element, out);
                    separator = ",";
                }
                out.append(']');
            }
            case String string -> writeString(string, out);
            case Boolean bool -> out.append(bool);
            case Number number when number instanceof Double || number instanceof Float -> {
                double d = number.doubleValue();
                if (Double.isNaN(d) || Double.isInfinite(d)) {
                    throw new IllegalArgumentException("JSON has no number for " + d);
                }
                out.append(number);
            }
            case Number number -> out.append(number.longValue());
            default -> throw new IllegalArgumentException("no JSON for " + value.getClass());
        }
    }

    private static void writeString(String string, StringBuilder out) {
        out.append('"');
        for (int i = 0; i < string.length(); i++) {
            char c = string.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    if (c < ' ') {
                        out.append(String.format("\\u%04x", (int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }
}
