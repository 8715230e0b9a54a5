// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.scorer;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads JSON (RFC 8259): objects as Map, arrays as List, texts as String, numbers as Double, true, false, null. */
final class Json {

    private static final int DEEPEST = 64;

    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    /** An object. */
    @SuppressWarnings("unchecked")
    static Map<String, Object> object(String text) {
        Json json = new Json(text);
        Object value = json.value(0);
        json.space();
        if (json.at < text.length() || !(value instanceof Map)) {
            throw json.bad("expected one object");
        }
        return (Map<String, Object>) value;
    }

    private ModelFormatException bad(String what) {
        return new ModelFormatException("bad JSON at character " + at + ": " + what);
    }

    private void space() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private char next() {
        space();
        if (at >= text.length()) {
            throw bad("it ends too early");
        }
        return text.charAt(at);
    }

    private boolean take(char c) {
        if (next() == c) {
            at++;
            return true;
        }
        return false;
    }

    private void expect(char c) {
        if (!take(c)) {
            throw bad("expected '" + c + "'");
        }
    }

    private Object value(int depth) {
        if (depth > DEEPEST) {
            throw bad("nested too deeply");
        }
        switch (next()) {
            case '{' :
                at++;
                Map<String, Object> map = new LinkedHashMap<>();
                if (!take('}')) {
                    do {
                        next();
                        String key = string();
                        expect(':');
                        map.put(key, value(depth + 1));
                    } while (take(','));
                    expect('}');
                }
                return map;
            case '[' :
                at++;
                List<Object> list = new ArrayList<>();
                if (!take(']')) {
                    do {
                        list.add(value(depth + 1));
                    } while (take(','));
                    expect(']');
                }
                return list;
            case '"' :
                return string();
            default :
                return word();
        }
    }

    private Object word() {
        int from = at;
        while (at < text.length() && "+-.".indexOf(text.charAt(at)) >= 0
                || at < text.length() && Character.isLetterOrDigit(text.charAt(at))) {
            at++;
        }
        String word = text.substring(from, at);
        switch (word) {
            case "true" :
                return true;
            case "false" :
                return false;
            case "null" :
                return null;
            default :
                if (!word.matches("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?")) {
                    throw bad("'" + word + "' is no value");
                }
                return Double.parseDouble(word);
        }
    }

    private String string() {
        if (text.charAt(at) != '"') {
            throw bad("expected a text");
        }
        StringBuilder result = new StringBuilder();
        for (at++; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c == '"') {
                at++;
                return result.toString();
            }
            result.append(c == '\\' ? escaped() : c);
        }
        throw bad("a text does not end");
    }

    private char escaped() {
        at++;
        char c = at < text.length() ? text.charAt(at) : 0;
        int known = "\"\\/bfnrt".indexOf(c);
        if (known >= 0) {
            return "\"\\/\b\f\n\r\t".charAt(known);
        }
        if (c == 'u' && at + 4 < text.length() && text.substring(at + 1, at + 5).matches("[0-9a-fA-F]{4}")) {
            at += 4;
            return (char) Integer.parseInt(text.substring(at - 3, at + 1), 16);
        }
        throw bad("a bad escape");
    }
}
