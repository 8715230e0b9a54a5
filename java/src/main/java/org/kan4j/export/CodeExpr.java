// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.export;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.kan4j.tensor.DType;
import org.kan4j.export.Dialect.Text;

/**
 * Prints {@link Expr}s as statements on feature i, x[p + i], normalised s[t + i]. Numbers of width 1 become local
 * variables, vectors are written into the scratch array {@code s}.
 */
final class CodeExpr {

    private final Dialect dialect;
    private final DType dtype;
    private final Text text;
    private final String constants;
    private final List<double[]> tables = new ArrayList<>();
    private final Map<Expr, String> scalars = new IdentityHashMap<>();
    private final Map<Expr, String> vectors = new IdentityHashMap<>();
    private final Map<Expr.Spline, Integer> knots = new IdentityHashMap<>();
    private final Set<Integer> splines;
    private int stored;
    private int variables;
    private int scratch;

    /**
     * Statements of one step.
     *
     * @param constants name of the table of its constants
     * @param scratch first free number of {@code s}
     * @param splines receives which functions of {@link SplineTables} are called, as 2 order + closed
     */
    CodeExpr(Dialect dialect, DType dtype, Text text, String constants, int scratch, Set<Integer> splines) {
        this.dialect = dialect;
        this.dtype = dtype;
        this.text = text;
        this.constants = constants;
        this.scratch = scratch;
        this.splines = splines;
    }

    /** Numbers of {@code s} in use. */
    int scratch() {
        return scratch;
    }

    /** Takes numbers of {@code s}; gives the place of the first. */
    int take(int count) {
        scratch += count;
        return scratch - count;
    }

    /** The constants met. */
    double[] constants() {
        double[] all = new double[stored];
        int at = 0;
        for (double[] table : tables) {
            System.arraycopy(table, 0, all, at, table.length);
            at += table.length;
        }
        return all;
    }

    /** Stores constants; gives the place of the first. */
    int store(double[] values) {
        tables.add(values);
        stored += values.length;
        return stored - values.length;
    }

    private String type(boolean wide) {
        return wide || dtype == DType.F64 ? "double" : "float";
    }

    private boolean wide(Expr expr) {
        return expr.wide() || dtype == DType.F64;
    }

    /** An expression of width 1: a local variable, declared where it is not yet, or a literal. */
    String scalar(Expr expr) {
        String known = scalars.get(expr);
        if (known == null) {
            known = switch (expr) {
                case Expr.Constant c when c.rows() == 1 -> Dialect.literal(c.values()[0], dtype == DType.F64);
                case Expr.Constant c -> constants + "[" + plus(store(c.values()), "i") + "]";
                case Expr.Call call -> declared(call, call.arguments().stream().map(this::scalar).toList());
                case Expr.Recurrence r -> element(recurrence(r, place(1)));
                case Expr.Spline spline -> throw new IllegalArgumentException("a spline of width 1");
                case Expr.Input input -> {
                    text.line("%s %s = %s;", type(false), input.normalised() ? "z" : "a",
                            input.normalised() ? "s[t + i]" : "x[p + i]");
                    yield input.normalised() ? "z" : "a";
                }
            };
            scalars.put(expr, known);
        }
        return known;
    }

    private String declared(Expr.Call call, List<String> arguments) {
        String name = "e" + variables++;
        text.line("%s %s = %s;", type(call.wide()), name, dialect.call(call.op(), wide(call), arguments));
        return name;
    }

    private String place(int count) {
        return "t + " + take(count);
    }

    private static String element(String place) {
        return "s[" + place + "]";
    }

    private static String plus(int number, String term) {
        return number == 0 ? term : number + " + " + term;
    }

    /** Writes an expression to a place of {@code s}. */
    void write(Expr expr, String place) {
        if (expr.width() == 1) {
            text.line("s[%s] = %s;", place, scalar(expr));
            return;
        }
        switch (expr) {
            case Expr.Recurrence r -> recurrence(r, place);
            case Expr.Spline spline -> all(spline, place);
            default -> {
                prepare(expr);
                text.line("for (int c = 0; c < %d; c++) {", expr.width());
                text.line("s[%s + c] = %s;", place, vector(expr, new IdentityHashMap<>()));
                text.line("}");
            }
        }
    }

    /** Makes what an expression's loop over its elements takes from before it. */
    void prepare(Expr expr) {
        if (expr.width() == 1) {
            scalar(expr);
            return;
        }
        switch (expr) {
            case Expr.Call call -> call.arguments().forEach(this::prepare);
            case Expr.Constant c -> {
                int at = store(c.values());
                vectors.put(c, constants + "[" + (at == 0 ? "" : at + " + ") + (c.rows() == 1 ? "c" : "i * "
                        + c.width() + " + c") + "]");
            }
            default -> {
                if (!vectors.containsKey(expr)) {
                    String place = place(expr.width());
                    write(expr, place);
                    vectors.put(expr, "s[" + place + " + c]");
                }
            }
        }
    }

    /** Element c of an expression that is prepared; declares what it needs inside the loop. */
    String vector(Expr expr, Map<Expr, String> declared) {
        if (expr.width() == 1) {
            return scalar(expr);
        }
        if (vectors.containsKey(expr)) {
            return vectors.get(expr);
        }
        String known = declared.get(expr);
        if (known == null) {
            Expr.Call call = (Expr.Call) expr;
            known = declared(call, call.arguments().stream().map(argument -> vector(argument, declared)).toList());
            declared.put(expr, known);
        }
        return known;
    }

    private String recurrence(Expr.Recurrence r, String place) {
        String t = scalar(r.t());
        int a = store(r.a());
        int b = store(r.b());
        int c = store(r.c());
        String type = type(r.wide());
        String before = "e" + variables++;
        String last = "e" + variables++;
        text.line("%s %s = 1;", type, before);
        text.line("%s %s = %s * %s[%d] + %s[%d];", type, last, t, constants, a, constants, b);
        text.line("s[%s] = %s;", place, last);
        text.line("for (int c = 1; c < %d; c++) {", r.width());
        text.line("%s n = (%s * %s[%s] + %s[%s]) * %s - %s * %s[%s];", type, t, constants, plus(a, "c"), constants,
                plus(b, "c"), last, before, constants, plus(c, "c"));
        text.line("%s = %s;", before, last);
        text.line("%s = n;", last);
        text.line("s[%s + c] = n;", place);
        text.line("}");
        return place;
    }

    // ---------------------------------------------------------------------------------------------------------- splines

    /**
     * The functions of a spline that may not be zero, at a place of {@code s}.
     *
     * @return the name of a variable that holds the number of the first one, which may be below 0
     */
    String taps(Expr.Spline spline, String place) {
        boolean closed = SplineTables.closed(spline);
        splines.add(2 * spline.order() + (closed ? 1 : 0));
        int row = SplineTables.row(spline);
        String knots = knots(spline) + (spline.rows() == 1 ? "" : " + i * " + row);
        String inverses = closed ? "" : store(SplineTables.inverses(spline))
                + (spline.rows() == 1 ? ", " : " + i * " + row * spline.order() + ", ");
        String name = "m" + variables++;
        text.line("int %s = spline%d%s(%s, %s, %s, %s%d, s, %s);", name, spline.order(), closed ? "even" : "",
                scalar(spline.x()), constants, knots, inverses, spline.count(), place);
        return name;
    }

    private int knots(Expr.Spline spline) {
        return knots.computeIfAbsent(spline, s -> store(SplineTables.knots(s)));
    }

    /**
     * Opens a branch for arguments in whose cell all functions of evenly spaced knots are there, and declares their values b0
     * to bk in it: no call and no way through memory.
     *
     * @return the name of a variable in the branch that holds the number of the first one
     */
    String inside(Expr.Spline spline) {
        int k = spline.order();
        int row = SplineTables.row(spline);
        int from = knots(spline);
        String index = spline.rows() == 1 ? "" : " + i * " + row;
        double[] table = SplineTables.knots(spline);
        // The first and the last knot with all functions, cells a unit: known numbers where all inputs share them.
        int[] places = {2 * k, k + spline.width(), row - 1};
        String[] known = new String[places.length];
        for (int n = 0; n < known.length; n++) {
            known[n] = spline.rows() == 1 ? Dialect.literal(table[places[n]], dtype == DType.F64)
                    : constants + "[" + (from + places[n]) + index + "]";
        }
        String x = scalar(spline.x());
        String cell = "m" + variables++;
        text.line("if (%s >= %s && %s < %s) {", x, known[0], x, known[1]);
        text.line("int %s = (int) ((%s - %s) * %s);", cell, x, known[0], known[2]);
        text.line("%s = %s > %d ? %d : %s;", cell, cell, spline.width() - k - 1, spline.width() - k - 1, cell); // rounded up
        text.line("%s g = (%s - %s[%d%s + %s]) * %s;", type(false), x, constants, from + 2 * k, index, cell, known[2]);
        text.line("%s h = 1 - g;", type(false));
        String[] taps = SplineTables.polynomials(k, dtype == DType.F64, "g", "h");
        for (int j = 0; j <= k; j++) {
            text.line("%s b%d = %s;", type(false), j, taps[j]);
        }
        return cell;
    }

    /** All functions of a spline. */
    private void all(Expr.Spline spline, String place) {
        String taps = place(spline.order() + 1);
        String first = taps(spline, taps);
        text.line("for (int c = 0; c < %d; c++) {", spline.width());
        text.line("int d = c - %s;", first);
        text.line("s[%s + c] = d >= 0 && d <= %d ? s[%s + d] : %s;", place, spline.order(), taps,
                Dialect.literal(0, dtype == DType.F64));
        text.line("}");
    }
}
