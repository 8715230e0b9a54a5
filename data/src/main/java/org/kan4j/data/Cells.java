// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.Set;

/** Reading single cells: what counts as missing, what is a number. */
final class Cells {

    private static final Set<String> MISSING = Set.of("", "na", "n/a", "nan", "null", "none", "?");
    private static final int SHOWN = 20;

    private Cells() {
    }

    /** The text of a cell, or an error naming the place if it is missing. */
    static String text(CsvFile file, CsvFile.Row row, String column, int at) {
        String cell = row.cells().get(at).strip();
        if (MISSING.contains(cell.toLowerCase(Locale.ROOT))) {
            throw file.cellError(row, column, (cell.isEmpty() ? "the cell is empty" : "'" + cell + "' marks a missing value")
                    + "; missing values are not supported, remove or fill such rows first");
        }
        return cell;
    }

    /** The finite number in a cell, or an error naming the place. */
    static double number(CsvFile file, CsvFile.Row row, String column, int at) {
        String cell = text(file, row, column, at);
        OptionalDouble value = parse(cell);
        if (value.isEmpty()) {
            throw file.cellError(row, column, "expected a number, got '" + cell + "'");
        }
        if (!Double.isFinite(value.getAsDouble())) {
            throw file.cellError(row, column, "expected a finite number, got '" + cell + "'");
        }
        return value.getAsDouble();
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

    /** A list for a message, cut where it is long. */
    static String some(List<String> values) {
        return values.size() <= SHOWN ? String.join(", ", values)
                : String.join(", ", values.subList(0, SHOWN)) + ", ... (" + values.size() + " in all)";
    }
}
