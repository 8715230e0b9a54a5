// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Texts compared as the values they stand for: {@code 1}, {@code 1.0} and {@code true} are one. */
final class Values {

    private Values() {
    }

    /** What texts of one value have in common. */
    static String canonical(String text) {
        String bool = truth(text);
        double number = bool == null ? Cells.plain(text) : Double.NaN;
        return bool != null ? bool.equals("true") ? "1" : "0" : Double.isNaN(number) ? text : Cells.text(number);
    }

    /** {@code true} or {@code false}, however it is written; null if the text is neither. */
    static String truth(String text) {
        if (text.length() < 4 || text.length() > 5) {
            return null;
        }
        String lower = text.toLowerCase(Locale.ROOT);
        return lower.equals("true") || lower.equals("false") ? lower : null;
    }

    /** The place of each of some values, found by text or, where no text is the same, by value. */
    static final class Index {

        private final Map<String, Integer> exact = new HashMap<>();
        private final Map<String, Integer> canonical = new HashMap<>();

        Index(List<String> values) {
            for (int i = 0; i < values.size(); i++) {
                exact.put(values.get(i), i);
                // Two texts of one value are apart for whoever told them apart: neither is found by it.
                canonical.merge(canonical(values.get(i)), i, (a, b) -> -1);
            }
        }

        /** The place; -1 if it is none of the values. */
        int of(String value) {
            Integer place = exact.get(value);
            return place != null ? place : canonical.getOrDefault(canonical(value), -1);
        }
    }
}
