// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.IntFunction;
import org.kan4j.error.Counted;
import org.kan4j.encoding.RawRow;
import org.kan4j.encoding.Values;
import org.kan4j.error.KanException;
import org.kan4j.error.ShapeException;

/**
 * A row of Java objects as raw cells: numbers, truth values, texts, constants of enums; null and NaN are missing.
 *
 * @param where for messages, such as {@code row 3}
 * @param names of the cells
 * @param cells their values
 */
record CellRow(String where, List<String> names, IntFunction<?> cells) implements RawRow {

    /** A row of numbers. */
    static CellRow of(String where, List<String> names, double[] row) {
        if (row.length != names.size()) {
            throw new ShapeException(
                    where + " has " + Counted.of(row.length, "number") + ", the model takes " + names.size() + ": "
                            + names);
        }
        return new CellRow(where, names, i -> row[i]);
    }

    /** The named cells of a map. */
    static CellRow of(String where, List<String> names, Map<String, ?> row) {
        return of(where, names, row, "which the model was trained on");
    }

    /** @param why each name is to be there */
    static CellRow of(String where, List<String> names, Map<String, ?> row, String why) {
        return new CellRow(where, names, i -> {
            Object value = row.get(names.get(i));
            if (value == null && !row.containsKey(names.get(i))) {
                throw KanException.invalid("%s has no '%s', %s; it has %s", where, names.get(i), why,
                        row.keySet());
            }
            return value;
        });
    }

    /** The named columns of an object. */
    static <R> CellRow of(String where, List<String> names, Columns<R> columns, R row) {
        int[] at = names.stream().mapToInt(name -> columns.names().indexOf(name)).toArray();
        for (int i = 0; i < at.length; i++) {
            if (at[i] < 0) {
                throw KanException.invalid("%s has no '%s', which the model was trained on; it has %s", where, names.get(i),
                        columns.names());
            }
        }
        return new CellRow(where, names, i -> columns.all().get(at[i]).cell().apply(row));
    }

    Object cell(int at) {
        return switch (cells.apply(at)) {
            case null -> null;
            case Optional<?> optional -> optional.orElse(null);
            case OptionalDouble optional -> optional.isPresent() ? optional.getAsDouble() : null;
            case OptionalInt optional -> optional.isPresent() ? optional.getAsInt() : null;
            case OptionalLong optional -> optional.isPresent() ? optional.getAsLong() : null;
            case Character letter -> letter.toString();
            case Object other -> other;
        };
    }

    static boolean missing(Object cell) {
        return cell == null || cell instanceof Double d && d.isNaN() || cell instanceof Float f && f.isNaN();
    }

    /** Whether a cell is one of numbers by its type, or a text that says a number. */
    static boolean isNumber(Object cell) {
        return cell instanceof Number || cell instanceof Boolean
                || cell instanceof CharSequence text && parse(text.toString()) != null;
    }

    private static Double parse(String cell) {
        String text = cell.strip();
        char last = text.isEmpty() ? 'x' : text.charAt(text.length() - 1);
        if (last != '.' && (last < '0' || last > '9') || text.indexOf('x') >= 0 || text.indexOf('X') >= 0) {
            return null; // no suffixes, hexadecimals and names of numbers that are none
        }
        try {
            return Double.valueOf(text);
        } catch (NumberFormatException e) {
            return null;
        }
    }

    @Override
    public boolean missing(int at) {
        return missing(cell(at));
    }

    @Override
    public double number(int at) {
        Object cell = cell(at);
        Double parsed = cell instanceof CharSequence text ? parse(text.toString()) : null;
        return switch (cell) {
            case Number number -> number.doubleValue();
            case Boolean truth -> truth ? 1 : 0;
            case CharSequence text when parsed != null -> parsed;
            default -> throw error(at, "expected a number, got '" + cell + "'");
        };
    }

    @Override
    public String text(int at) {
        Object cell = cell(at);
        if (cell != null && !hasText(cell.getClass())) {
            throw error(at, "expected a number, a truth value, a text or a constant of an enum, got a value of "
                    + cell.getClass().getTypeName());
        }
        return Values.text(cell);
    }

    /** Whether two equal values of a type have the same text, which is not so of arrays, say; lists and maps are no category. */
    private static boolean hasText(Class<?> type) {
        return !Collection.class.isAssignableFrom(type) && !Map.class.isAssignableFrom(type) && TEXTS.get(type);
    }

    private static final ClassValue<Boolean> TEXTS = new ClassValue<>() {
        @Override
        protected Boolean computeValue(Class<?> type) {
            try {
                return type.getMethod("toString").getDeclaringClass() != Object.class;
            } catch (NoSuchMethodException e) {
                throw new IllegalStateException("every object has it", e);
            }
        }
    };

    @Override
    public KanException error(int at, String what) {
        return KanException.invalid("%s, '%s': %s", where, names.get(at), what);
    }
}
