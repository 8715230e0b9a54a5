// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.export;

import java.util.List;
import java.util.Locale;
import org.kan4j.tensor.DType;

/** C's spelling. */
final class CDialect implements Dialect {

    private final DType dtype;

    /** For a model of a type. */
    CDialect(DType dtype) {
        this.dtype = dtype;
    }

    @Override
    public String function(String type) {
        return "static " + type;
    }

    @Override
    public String array(String type, String name, boolean constant) {
        return (constant ? "const " : "") + type + " *" + name;
    }

    @Override
    public String squareRoot(String argument) {
        return "sqrt(" + argument + ")";
    }

    @Override
    public String call(Expr.Op op, boolean wide, List<String> v) {
        String f = wide ? "" : "f";
        return switch (op) {
            case ADD -> v.get(0) + " + " + v.get(1);
            case SUB -> v.get(0) + " - " + v.get(1);
            case MUL -> v.get(0) + " * " + v.get(1);
            case DIV -> v.get(0) + " / " + v.get(1);
            case MIN -> "smaller(" + v.get(0) + ", " + v.get(1) + ")";
            case MAX -> "larger(" + v.get(0) + ", " + v.get(1) + ")";
            case NEG -> "-" + v.getFirst();
            case ABS -> "fabs" + f + "(" + v.getFirst() + ")";
            case EXP, SIN, COS, TANH, ERF -> op.name().toLowerCase(Locale.ROOT) + f + "(" + v.getFirst() + ")";
            case WIDEN -> cast(v.getFirst(), "double");
            case NARROW -> cast(v.getFirst(), "float");
        };
    }

    /** In a float64 model everything is a double already. */
    private String cast(String value, String type) {
        return dtype == DType.F64 ? value : "(" + type + ") " + value;
    }

    @Override
    public void table(Text text, String type, String name, double[] values) {
        text.line("static const %s %s[%d] = {", type, name, values.length);
        StringBuilder line = new StringBuilder();
        for (double value : values) {
            line.append(Dialect.literal(value, dtype == DType.F64)).append(',');
            if (line.length() > 100) {
                text.line("%s", line.toString());
                line.setLength(0);
            } else {
                line.append(' ');
            }
        }
        if (!line.isEmpty()) {
            text.line("%s", line.toString().strip());
        }
        text.line("};").line("");
    }

    @Override
    public int fewestInRows() {
        return Integer.MAX_VALUE; // a compiler of C knows vectors in one array, too
    }

    @Override
    public void rows(Text text, String type, String name, double[] values, int out) {
        throw new UnsupportedOperationException("C has no use for rows");
    }
}
