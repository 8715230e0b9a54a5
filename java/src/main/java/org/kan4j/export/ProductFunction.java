// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.export;

import org.kan4j.export.Dialect.Text;

/** The function of generated code that adds rows of weights times values to sums, four at a time. */
final class ProductFunction {

    private ProductFunction() {
    }

    /** The function {@code product}, or {@code productOfRows}, where each row of weights is an array. */
    static void print(Text text, Dialect dialect, String type, boolean ofRows) {
        String sum = ofRows ? "s[o]" : "y[q + o]";
        text.line("/* %s.. += the sum of count rows of w, each of out numbers, times v[at..]. */", ofRows ? "s[0]"
                : "y[q]");
        text.line("%s %s, int out, %s, int row, %s, int at, int count) {", dialect.function("void"), ofRows
                ? "productOfRows(" + dialect.array(type, "s", false)
                : "product(" + dialect.array(type, "y", false) + ", int q",
                ofRows ? type + "[][] w" : dialect.array(type, "w", true), dialect.array(type, "v", true));
        text.line("int c = 0;");
        for (int many : new int[] {4, 1}) {
            text.line(many > 1 ? "for (; c + 3 < count; c += 4) {" : "for (; c < count; c++) {");
            for (int j = 0; j < many; j++) {
                text.line("%s v%d = v[at + c + %d];", type, j, j);
            }
            if (!ofRows) {
                text.line("int r = row + c * out;");
            }
            String[] terms = new String[many];
            for (int j = 0; j < many; j++) {
                if (ofRows) {
                    text.line("%s[] w%d = w[row + c + %d];", type, j, j);
                }
                terms[j] = "v" + j + " * " + (ofRows ? "w" + j + "[o]" : "w[r + " + (j == 0 ? "" : j + " * out + ") + "o]");
            }
            text.line("for (int o = 0; o < out; o++) {");
            text.line("%s += %s;", sum, many == 1 ? terms[0]
                    : "(" + terms[0] + " + " + terms[1] + ") + (" + terms[2] + " + " + terms[3] + ")");
            text.line("}");
            text.line("}");
        }
        text.line("}");
    }
}
