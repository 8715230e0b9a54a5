// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.util.Locale;
import java.util.OptionalDouble;
import java.util.Set;

/** Reading single cells of text: what counts as missing, what is a number. */
final class Cells {

    private static final Set<String> MISSING = Set.of("", "na", "n/a", "nan", "null", "none", "?");

    private Cells() {
    }

    /** Whether a cell says that there is no value. */
    static boolean missing(String cell) {
        return cell.length() <= 4 && MISSING.contains(cell.toLowerCase(Locale.ROOT));
    }

    /** A decimal number, possibly infinite; empty if the text is none. Java's suffixes (1d) and hexadecimals are none. */
    static OptionalDouble parse(String text) {
        if (text.isEmpty()) {
            return OptionalDouble.empty();
        }
        char last = text.charAt(text.length() - 1);
        if (last == 'd' || last == 'f' || last == 'D' || last == 'F' || text.indexOf('x') >= 0 || text.indexOf('X') >= 0) {
            return switch (text.toLowerCase(Locale.ROOT)) {
                case "inf", "+inf" -> OptionalDouble.of(Double.POSITIVE_INFINITY);
                case "-inf" -> OptionalDouble.of(Double.NEGATIVE_INFINITY);
                default -> OptionalDouble.empty();
            };
        }
        try {
            return OptionalDouble.of(Double.parseDouble(text));
        } catch (NumberFormatException e) {
            return OptionalDouble.empty();
        }
    }

    /** A number as a text: a whole one without a point. */
    static String text(double value) {
        return value == Math.rint(value) && Math.abs(value) < 0x1p63 ? Long.toString((long) value) : Double.toString(value);
    }
}
