// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.encoding;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedSet;

/** Values as texts: categories and labels are compared as values, so {@code 1}, {@code 1.0} and {@code true} are one. */
public final class Values {

    private Values() {
    }

    /** A number as a text: a whole one without a point. */
    public static String text(double value) {
        return value == Math.rint(value) && Math.abs(value) < 0x1p63 ? Long.toString((long) value) : Double.toString(value);
    }

    /** A cell of Java's as a text; null where it is null. */
    public static String text(Object cell) {
        return switch (cell) {
            case null -> null;
            case Double number -> text(number.doubleValue());
            case Float number -> number == Math.rint(number) ? text(number.doubleValue()) : number.toString();
            case Enum<?> constant -> constant.name();
            default -> cell.toString();
        };
    }

    /** {@code true} or {@code false}, however it is written; null if the text is neither. */
    public static String truth(String text) {
        if (text.length() < 4 || text.length() > 5) {
            return null;
        }
        String lower = text.toLowerCase(Locale.ROOT);
        return lower.equals("true") || lower.equals("false") ? lower : null;
    }

    /** What texts that stand for one value have in common: a number without a point where it is whole, true as 1. */
    public static String canonical(String text) {
        String truth = truth(text);
        if (truth != null) {
            return truth.equals("true") ? "1" : "0";
        }
        String lower = text.strip().toLowerCase(Locale.ROOT);
        if (lower.isEmpty() || "+-.0123456789".indexOf(lower.charAt(0)) < 0
                || Character.isLetter(lower.charAt(lower.length() - 1)) || lower.indexOf('x') >= 0) {
            return text;
        }
        try {
            return text(Double.parseDouble(lower));
        } catch (NumberFormatException e) {
            return text;
        }
    }

    /** By what texts of one value are called: a number as it is written shortest, a truth value as first found, others as is. */
    public static Map<String, String> names(Iterable<String> texts) {
        Map<String, String> names = new HashMap<>();
        for (String text : texts) {
            String value = canonical(text);
            names.merge(value, truth(text) != null ? text : value,
                    (before, now) -> truth(before) != null && truth(now) == null ? now : before);
        }
        return names;
    }

    /** Some texts by the alphabet, those of one value under one text. */
    public static List<String> merged(SortedSet<String> texts) {
        return names(texts).values().stream().sorted().toList();
    }

    /** The place of each of some values, found by text or, where no text is the same, by value. */
    public static final class Index {

        private final Map<String, Integer> exact = new HashMap<>();
        private final Map<String, Integer> canonical = new HashMap<>();

        /** Of these values. */
        public Index(List<String> values) {
            for (int i = 0; i < values.size(); i++) {
                exact.put(values.get(i), i);
                // Two texts of one value are apart for whoever told them apart: neither is found by it.
                canonical.merge(canonical(values.get(i)), i, (a, b) -> -1);
            }
        }

        /** The place; -1 if it is none of the values. */
        public int of(String value) {
            Integer place = exact.get(value);
            return place != null ? place : canonical.getOrDefault(canonical(value), -1);
        }
    }
}
