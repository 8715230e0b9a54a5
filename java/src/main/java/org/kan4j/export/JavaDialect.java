// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.export;

import java.util.List;
import org.kan4j.tensor.DType;

/** Java's spelling. */
final class JavaDialect implements Dialect {

    /** Chars of a string constant: each takes up to 3 bytes, of which a class file holds 65,535 of one constant. */
    static final int CHARS_A_STRING = 16_000;

    private final DType dtype;

    /** For a model of a type. */
    JavaDialect(DType dtype) {
        this.dtype = dtype;
    }

    @Override
    public String function(String type) {
        return "private static " + type;
    }

    @Override
    public String array(String type, String name, boolean constant) {
        return type + "[] " + name;
    }

    @Override
    public String squareRoot(String argument) {
        return "Math.sqrt(" + argument + ")";
    }

    @Override
    public String call(Expr.Op op, boolean wide, List<String> v) {
        String cast = wide ? "" : "(float) ";
        return switch (op) {
            case ADD -> v.get(0) + " + " + v.get(1);
            case SUB -> v.get(0) + " - " + v.get(1);
            case MUL -> v.get(0) + " * " + v.get(1);
            case DIV -> v.get(0) + " / " + v.get(1);
            case MIN -> "Math.min(" + v.get(0) + ", " + v.get(1) + ")";
            case MAX -> "Math.max(" + v.get(0) + ", " + v.get(1) + ")";
            case NEG -> "-" + v.getFirst();
            case ABS -> "Math.abs(" + v.getFirst() + ")";
            case EXP -> wide ? "Math.exp(" + v.getFirst() + ")" : "exp(" + v.getFirst() + ")";
            case SIN -> cast + "Math.sin(" + v.getFirst() + ")";
            case COS -> cast + "Math.cos(" + v.getFirst() + ")";
            case TANH -> wide ? "Math.tanh(" + v.getFirst() + ")" : "tanh(" + v.getFirst() + ")";
            case ERF -> cast + "erf(" + v.getFirst() + ")";
            case WIDEN -> cast(v.getFirst(), "double");
            case NARROW -> cast(v.getFirst(), "float");
        };
    }

    /** In a float64 model everything is a double already. */
    private String cast(String value, String type) {
        return dtype == DType.F64 ? value : "(" + type + ") " + value;
    }

    /** As many as fill a vector; below that loops over them are not worth one. */
    @Override
    public int fewestInRows() {
        return dtype == DType.F64 ? 16 : 32;
    }

    @Override
    public void rows(Text text, String type, String name, double[] values, int out) {
        text.line("private static final %s[][] %s = rows(%d, %ss(%d,", type, name, out, type, values.length);
        numbers(text, values, "\"));");
    }

    @Override
    public void table(Text text, String type, String name, double[] values) {
        text.line("private static final %s[] %s = %ss(%d,", type, name, type, values.length);
        numbers(text, values, "\");");
    }

    private void numbers(Text text, double[] values, String end) {
        int each = CHARS_A_STRING / (dtype == DType.F64 ? 4 : 2);
        for (int from = 0; from < values.length; from += each) {
            int to = Math.min(values.length, from + each);
            StringBuilder string = new StringBuilder((to - from) * 10).append('"');
            for (int i = from; i < to; i++) {
                long bits = dtype == DType.F64 ? Double.doubleToRawLongBits(values[i])
                        : Float.floatToRawIntBits((float) values[i]) & 0xffffffffL;
                for (int shift = dtype == DType.F64 ? 48 : 16; shift >= 0; shift -= 16) {
                    append(string, (char) (bits >>> shift));
                }
            }
            text.line("%s", string.append(to == values.length ? end : "\",").toString());
        }
        text.line("");
    }

    /** Appends a char to a literal of ASCII. */
    static void append(StringBuilder string, char c) {
        if (c >= ' ' && c <= '~' && c != '"' && c != '\\') {
            string.append(c);
        } else if (c < 256) {
            string.append('\\').append((char) ('0' + (c >> 6))).append((char) ('0' + (c >> 3 & 7)))
                    .append((char) ('0' + (c & 7)));
        } else {
            string.append("\\u").append(String.format("%04x", (int) c));
        }
    }
}
