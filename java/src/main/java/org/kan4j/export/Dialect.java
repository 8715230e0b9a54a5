// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.export;

import java.util.List;

/**
 * How Java and C spell what {@link CodePrinter} prints. Statements, {@code int}, {@code float}, {@code double} and
 * hexadecimal literals are the same in both.
 */
interface Dialect {

    /** The start of a function's head, such as {@code static void}. */
    String function(String type);

    /** A parameter that is an array; in C, of constant numbers or not. */
    String array(String type, String name, boolean constant);

    /** An elementary function. */
    String call(Expr.Op op, boolean wide, List<String> arguments);

    /** A square root in double precision. */
    String squareRoot(String argument);

    /** Declares numbers that are known at export. */
    void table(Text text, String type, String name, double[] values);

    /**
     * Outputs from which on weights are declared by {@link #rows}: those of an output after the other behind each column
     * are an array then.
     */
    int fewestInRows();

    /** Declares weights (rows, out) as an array of rows. */
    void rows(Text text, String type, String name, double[] values, int out);

    /** Lines of source. */
    final class Text {
        private final StringBuilder lines = new StringBuilder();
        private int depth;

        Text(int depth) {
            this.depth = depth;
        }

        /** A line; one that ends in an opening brace indents those after it. */
        Text line(String format, Object... arguments) {
            String line = arguments.length == 0 ? format : String.format(java.util.Locale.ROOT, format, arguments);
            if (line.startsWith("}")) {
                depth--;
            }
            lines.append(line.isEmpty() ? "" : "    ".repeat(depth)).append(line).append('\n');
            if (line.endsWith("{")) {
                depth++;
            }
            return this;
        }

        @Override
        public String toString() {
            return lines.toString();
        }
    }

    /** A number, exactly. */
    static String literal(double value, boolean wide) {
        if (value == (int) value && Double.doubleToRawLongBits(value) != Double.doubleToRawLongBits(-0.0)) {
            return (int) value + (wide ? ".0" : ".0f");
        }
        return wide ? Double.toHexString(value) : Float.toHexString((float) value) + "f";
    }
}
