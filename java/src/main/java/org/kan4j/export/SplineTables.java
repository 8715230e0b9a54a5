// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.export;

import org.kan4j.export.Dialect.Text;

/** Knots as generated code wants them, and the function that evaluates a spline on them. */
final class SplineTables {

    private SplineTables() {
    }

    /** Numbers of a row of {@link #knots}. */
    static int row(Expr.Spline s) {
        return s.count() + 2 * s.order() + 1;
    }

    /**
     * Rows of knots, the first and the last one k times more, so that the recursion needs no ends; then the cells a
     * unit of x.
     */
    static double[] knots(Expr.Spline s) {
        int row = row(s);
        double[] table = new double[s.rows() * row];
        for (int i = 0; i < s.rows(); i++) {
            for (int j = 0; j < row - 1; j++) {
                table[i * row + j] = s.knots()[i * s.count() + Math.clamp(j - s.order(), 0, s.count() - 1)];
            }
            table[(i + 1) * row - 1] = (s.count() - 1)
                    / (s.knots()[(i + 1) * s.count() - 1] - s.knots()[i * s.count()]);
        }
        return table;
    }

    /** Whether taps are polynomials of the place within the cell, so that no {@link #inverses} are needed. */
    static boolean closed(Expr.Spline s) {
        return s.even() && s.order() <= 3;
    }

    /** For each row and d = 1..k a row of 1 / (t_{j+d} - t_j), 0 where that is 0 or reaches beyond the knots. */
    static double[] inverses(Expr.Spline s) {
        int row = row(s);
        int k = s.order();
        double[] table = new double[s.rows() * row * k];
        for (int i = 0; i < s.rows(); i++) {
            for (int d = 1; d <= k; d++) {
                for (int j = 0; j + d < s.count(); j++) {
                    table[(i * k + d - 1) * row + j + k] = Splines.inverse(s.knots(), i * s.count(), j, d);
                }
            }
        }
        return table;
    }

    /** The function spline{order}: the recursion of de Boor written out, or the polynomials of evenly spaced knots. */
    static void print(Text text, Dialect dialect, String type, int order, boolean closed) {
        int k = order;
        text.line("/* The %d B-splines of order %d that may not be 0 at x, into b; gives the number of the first. */",
                k + 1, k);
        text.line("%s spline%d%s(%s x, %s, int from, %sint count, %s, int at) {", dialect.function("int"), k, closed
                ? "even" : "", type, dialect.array(type, "w", true), closed ? "" : "int unit, ",
                dialect.array(type, "b", false));
        cell(text, type, k);
        if (closed) {
            polynomials(text, type, k);
        } else {
            recursion(text, type, k);
        }
        for (int j = 0; j <= k; j++) {
            text.line("b[at + %d] = n%d;", j, j);
        }
        text.line("return m - first - %d;", k);
        text.line("}");
        text.line("");
    }

    /** Finds m with w[m] <= x < w[m + 1]; returns where there is none. */
    private static void cell(Text text, String type, int k) {
        text.line("int first = from + %d;", k);
        text.line("int last = first + count - 1;");
        text.line("if (!(x >= w[first] && x < w[last])) {");
        text.line("%s v = x != x ? x : 0;", type);
        text.line("for (int j = 0; j <= %d; j++) {", k);
        text.line("b[at + j] = v;");
        text.line("}");
        text.line("return 0;");
        text.line("}");
        text.line("int m = first + (int) ((x - w[first]) * w[last + %d]);", k + 1);
        text.line("if (m > last - 1) {");
        text.line("m = last - 1;");
        text.line("}");
        text.line("while (x < w[m]) {");
        text.line("m--;");
        text.line("}");
        text.line("while (x >= w[m + 1]) {");
        text.line("m++;");
        text.line("}");
    }

    private static void recursion(Text text, String type, int k) {
        text.line("int r = unit + m - from;");
        text.line("%s n0 = 1;", type);
        for (int d = 1; d <= k; d++) {
            String row = d == 1 ? "" : " + " + (d - 1) + " * (count + " + (2 * k + 1) + ")";
            for (int j = 0; j < d; j++) {
                text.line("%s u%d%d = n%d * w[r%s%s];", type, d, j, j, row, offset(j + 1 - d));
            }
            for (int j = 0; j <= d; j++) {
                String right = j < d ? "(w[m + " + (j + 1) + "] - x) * u" + d + j : null;
                String left = j > 0 ? "(x - w[m" + offset(j - d) + "]) * u" + d + (j - 1) : null;
                text.line("%sn%d = %s;", j == d ? type + " " : "", j,
                        left == null ? right : right == null ? left : left + " + " + right);
            }
        }
    }

    /** In the place t within the cell, 0 to 1, and r = 1 - t: sums of positive terms. */
    private static void polynomials(Text text, String type, int k) {
        text.line("%s t = (x - w[m]) * w[last + %d];", type, k + 1);
        text.line("%s r = 1 - t;", type);
        String[] taps = polynomials(k, type.equals("double"), "t", "r");
        for (int j = 0; j <= k; j++) {
            text.line("%s n%d = %s;", type, j, taps[j]);
        }
    }

    /** Expressions of the functions of a cell in variables t and r = 1 - t. */
    static String[] polynomials(int k, boolean wide, String t, String r) {
        String sixth = Dialect.literal(1 / 6.0, wide);
        String half = Dialect.literal(0.5, wide);
        String thirds = Dialect.literal(2 / 3.0, wide);
        String[] taps = switch (k) {
            case 1 -> new String[] {"r", "t"};
            case 2 -> new String[] {half + " * r * r", half + " + t * r", half + " * t * t"};
            default -> new String[] {sixth + " * r * r * r", thirds + " - t * t * (1 - " + half + " * t)",
                thirds + " - r * r * (1 - " + half + " * r)", sixth + " * t * t * t"};
        };
        for (int j = 0; j <= k; j++) {
            taps[j] = taps[j].replaceAll("\\bt\\b", t).replaceAll("\\br\\b", r);
        }
        return taps;
    }

    private static String offset(int number) {
        return number == 0 ? "" : number > 0 ? " + " + number : " - " + -number;
    }
}
