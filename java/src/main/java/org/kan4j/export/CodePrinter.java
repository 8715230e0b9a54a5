// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.export;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.TreeSet;
import org.kan4j.tensor.DType;
import org.kan4j.error.UnsupportedException;
import org.kan4j.export.Dialect.Text;

/**
 * Prints a {@link Program} as functions of Java or C, one a step: {@code layerN(x, p, y, q, s, t)} reads its features
 * from x[p], writes its outputs to y[q] and uses s from t on. Numbers are in tables, work is in loops: no function
 * grows with the model.
 */
final class CodePrinter {

    /** Outputs up to which a loop over them is written out: it would take longer than what it does. */
    private static final int UNROLLED = 4;

    private final Program program;
    private final Dialect dialect;
    private final String type;
    private final Text tables = new Text(1);
    private final StringBuilder printed = new StringBuilder();
    private final List<Boolean> usesScratch = new ArrayList<>();
    private Text functions;
    private final TreeSet<Integer> splines = new TreeSet<>();
    private long numbers;
    private int scratch;
    private int step;

    /**
     * Prints a program.
     *
     * @param most numbers that the tables may have
     */
    CodePrinter(Program program, Dialect dialect, long most, String language) {
        this.program = program;
        this.dialect = dialect;
        this.type = program.dtype() == DType.F64 ? "double" : "float";
        requireAtMost(most, language, program.steps().stream()
                .mapToLong(s -> s instanceof Program.Product product ? product.weights().length : 0).sum());
        for (Program.Step next : program.steps()) {
            print(next);
            step++;
        }
        requireAtMost(most, language, numbers);
        functions = new Text(1);
        splines.forEach(s -> SplineTables.print(functions, dialect, type, s / 2, s % 2 == 1));
        if (printed.indexOf(" product(") >= 0) {
            product();
        }
        printed.append(functions);
    }

    private static void requireAtMost(long most, String language, long numbers) {
        if (numbers > most) {
            throw new UnsupportedException("the model needs tables of " + numbers + " numbers; as " + language
                    + " source at most " + most + " are printed. kan4j-scorer evaluates models of any size in plain Java");
        }
    }

    /** Declarations of the tables. */
    String tables() {
        return tables.toString();
    }

    /** The functions. */
    String functions() {
        return printed.toString();
    }

    /** Numbers of scratch: two rows between layers, then what the widest layer needs. */
    int scratch() {
        return 2 * widest() + scratch;
    }

    /** Statements of a function that has x, p, y, q and s: the layers one after the other. */
    Text body(Text text) {
        int widest = widest();
        int steps = program.steps().size();
        for (int l = 0; l < steps; l++) {
            String from = l == 0 ? "x, p" : "s, " + (l % 2 == 1 ? 0 : widest);
            String to = l == steps - 1 ? "y, q" : "s, " + (l % 2 == 0 ? 0 : widest);
            text.line("layer%d(%s, %s%s);", l, from, to, usesScratch.get(l) ? ", s, " + 2 * widest : "");
        }
        return text;
    }

    private int widest() {
        int widest = 0;
        for (Program.Step next : program.steps()) {
            widest = Math.max(widest, next.out());
        }
        return widest;
    }

    private void table(String name, double[] values) {
        numbers += values.length;
        if (values.length > 0) {
            dialect.table(tables, type, name, values);
        }
    }

    private void print(Program.Step next) {
        functions = new Text(2);
        switch (next) {
            case Program.Product product -> print(product);
            case Program.Edges edges -> print(edges);
            case Program.Normalise norm -> normalise(norm, "y", "q");
            case Program.Elementwise map -> print(map);
            case Program.Products products -> print(products);
        }
        String body = functions.toString();
        boolean scratched = body.contains("s[") || body.contains(" s, ");
        usesScratch.add(scratched);
        printed.append(new Text(1).line("%s layer%d(%s, int p, %s, int q%s) {", dialect.function("void"), step,
                dialect.array(type, "x", true), dialect.array(type, "y", false),
                scratched ? ", " + dialect.array(type, "s", false) + ", int t" : "")).append(body).append("    }\n\n");
    }

    private CodeExpr expressions(int taken) {
        return new CodeExpr(dialect, program.dtype(), functions, "C" + step, taken, splines);
    }

    private void finish(CodeExpr code) {
        table("C" + step, code.constants());
        scratch = Math.max(scratch, code.scratch());
    }

    private void start(int out, double[] bias) {
        functions.line("for (int o = 0; o < %d; o++) {", out);
        functions.line("y[q + o] = %s;", bias == null ? "0" : "B" + step + "[o]");
        functions.line("}");
        if (bias != null) {
            table("B" + step, bias);
        }
    }

    private void print(Program.Product product) {
        start(product.out(), product.bias());
        table("W" + step, product.weights());
        if (product.columns().equals(List.of(Expr.X))) {
            functions.line("product(y, q, %d, W%d, 0, x, p, %d);", product.out(), step, product.in());
            return;
        }
        if (product.norm() != null) {
            normalise(product.norm(), "s", "t");
        }
        CodeExpr code = expressions(product.norm() == null ? 0 : product.in());
        boolean common = product.columns().size() == 2 && product.columns().get(0) instanceof Expr.Spline
                && product.columns().get(1).width() == 1;
        int sums = common && product.out() <= UNROLLED ? product.out() : 0; // in local variables
        for (int o = 0; o < sums; o++) {
            functions.line("%s y%d = 0;", type, o);
        }
        functions.line("for (int i = 0; i < %d; i++) {", product.in());
        if (common) {
            splineAndBase(code, product, (Expr.Spline) product.columns().get(0), product.columns().get(1));
        } else {
            columns(code, product);
        }
        functions.line("}");
        for (int o = 0; o < sums; o++) {
            functions.line("y[q + %d] += y%d;", o, o);
        }
        finish(code);
    }

    private void columns(CodeExpr code, Program.Product product) {
        int width = product.width();
        int at = 0;
        int dense = -1; // the first of a run of dense columns
        int place = 0;
        for (Expr column : product.columns()) {
            if (column instanceof Expr.Spline spline) {
                add(product, dense, at, place);
                dense = -1;
                taps(code, product, spline, at);
            } else {
                int there = code.take(column.width());
                if (dense < 0) {
                    dense = at;
                    place = there;
                } else if (there != place + at - dense) {
                    add(product, dense, at, place);
                    dense = at;
                    place = there;
                }
                code.write(column, "t + " + there);
            }
            at += column.width();
        }
        add(product, dense, width, place);
    }

    /**
     * The most common layer: where all taps are there, one loop over the outputs for all of them and the base branch.
     */
    private void splineAndBase(CodeExpr code, Program.Product product, Expr.Spline spline, Expr base) {
        int k = spline.order();
        int out = product.out();
        int place = code.take(k + 1);
        int basePlace = code.take(1);
        String value = code.scalar(base);
        boolean closed = SplineTables.closed(spline);
        String first = closed ? code.inside(spline) : code.taps(spline, "t + " + place);
        if (!closed) {
            functions.line("if (%s >= 0 && %s <= %d) {", first, first, spline.width() - k - 1);
        }
        StringBuilder sum = new StringBuilder(value + " * W" + step + "[u + o]");
        for (int c = 0; c <= k; c++) {
            if (!closed) {
                functions.line("%s b%d = s[t + %d];", type, c, place + c);
            }
            sum.append(c % 2 == 0 ? " + (" : " + ").append("b").append(c).append(" * W").append(step).append("[r + ")
                    .append(c * out).append(" + o]").append(c % 2 == 1 || c == k ? ")" : "");
        }
        functions.line("int r = (i * %d + %s) * %d;", product.width(), first, out);
        functions.line("int u = (i * %d + %d) * %d;", product.width(), spline.width(), out);
        if (out <= UNROLLED) {
            for (int o = 0; o < out; o++) {
                functions.line("y%d += %s;", o, sum.toString().replace("+ o]", "+ " + o + "]"));
            }
        } else {
            functions.line("for (int o = 0; o < %d; o++) {", out);
            functions.line("y[q + o] += %s;", sum.toString());
            functions.line("}");
        }
        functions.line("} else {");
        product(product, spline, 0, place, closed ? code.taps(spline, "t + " + place) : first);
        functions.line("s[t + %d] = %s;", basePlace, value);
        add(product, spline.width(), product.width(), basePlace);
        functions.line("}");
    }

    /** Adds the columns from one to before another, whose values are in scratch. */
    private void add(Program.Product product, int from, int to, int place) {
        if (from >= 0 && to > from) {
            functions.line("product(y, q, %d, W%d, (i * %d + %d) * %d, s, t + %d, %d);", product.out(), step,
                    product.width(), from, product.out(), place, to - from);
        }
    }

    private void taps(CodeExpr code, Program.Product product, Expr.Spline spline, int at) {
        int place = code.take(spline.order() + 1);
        product(product, spline, at, place, code.taps(spline, "t + " + place));
    }

    /** Adds the taps from function {@code first} on, those that are there. */
    private void product(Program.Product product, Expr.Spline spline, int at, int place, String first) {
        functions.line("int f = %s < 0 ? 0 : %s;", first, first);
        functions.line("int l = %s > %d ? %d : %s + %d;", first, spline.width() - spline.order() - 1, spline.width(),
                first, spline.order() + 1);
        functions.line("product(y, q, %d, W%d, (i * %d + %d + f) * %d, s, t + %d + f - %s, l - f);", product.out(),
                step, product.width(), at, product.out(), place, first);
    }

    private void print(Program.Edges edges) {
        start(edges.out(), edges.bias());
        CodeExpr code = expressions(0);
        functions.line("for (int i = 0; i < %d; i++) {", edges.in());
        if (edges.out() == 1) {
            String value = code.scalar(edges.edge());
            functions.line("y[q] += %s;", value);
        } else {
            code.prepare(edges.edge());
            functions.line("for (int c = 0; c < %d; c++) {", edges.out());
            String value = code.vector(edges.edge(), new IdentityHashMap<>());
            functions.line("y[q + c] += %s;", value);
            functions.line("}");
        }
        functions.line("}");
        finish(code);
    }

    private void print(Program.Elementwise map) {
        CodeExpr code = expressions(0);
        functions.line("for (int i = 0; i < %d; i++) {", map.in());
        String value = code.scalar(map.function());
        functions.line("y[q + i] = %s;", value);
        functions.line("}");
        finish(code);
    }

    private void normalise(Program.Normalise norm, String target, String from) {
        int n = norm.in();
        table("N" + step, norm.weight());
        table("M" + step, norm.bias());
        functions.line("double sum = 0;");
        functions.line("for (int i = 0; i < %d; i++) {", n);
        functions.line("sum += x[p + i];");
        functions.line("}");
        functions.line("double mean = sum / %d;", n);
        functions.line("double squares = 0;");
        functions.line("for (int i = 0; i < %d; i++) {", n);
        functions.line("squares += (x[p + i] - mean) * (x[p + i] - mean);");
        functions.line("}");
        functions.line("double unit = 1 / %s;", dialect.squareRoot("squares / " + n + " + "
                + Dialect.literal(norm.eps(), true)));
        functions.line("for (int i = 0; i < %d; i++) {", n);
        functions.line("double v = (x[p + i] - mean) * unit * N%d[i] + M%d[i];", step, step);
        functions.line("%s[%s + i] = %sv;", target, from, program.dtype() == DType.F64 ? "" : "(float) ");
        functions.line("}");
        scratch = Math.max(scratch, n);
    }

    private void print(Program.Products products) {
        if (products.passed() > 0) {
            functions.line("for (int i = 0; i < %d; i++) {", products.passed());
            functions.line("y[q + i] = x[p + i];");
            functions.line("}");
        }
        functions.line("for (int i = 0; i < %d; i++) {", products.products());
        functions.line("%s a = x[p + %d + i * %d];", type, products.passed(), products.arity());
        functions.line("for (int j = 1; j < %d; j++) {", products.arity());
        functions.line("a *= x[p + %d + i * %d + j];", products.passed(), products.arity());
        functions.line("}");
        functions.line("y[q + %d + i] = a;", products.passed());
        functions.line("}");
    }

    /** y += rows of weights times values, four at a time. */
    private void product() {
        functions.line("/* y[q..] += the sum of count rows of w, each of out numbers, times v[at..]. */");
        functions.line("%s product(%s, int q, int out, %s, int row, %s, int at, int count) {", dialect.function("void"),
                dialect.array(type, "y", false), dialect.array(type, "w", true), dialect.array(type, "v", true));
        functions.line("int c = 0;");
        functions.line("for (; c + 3 < count; c += 4) {");
        functions.line("%s v0 = v[at + c];", type);
        functions.line("%s v1 = v[at + c + 1];", type);
        functions.line("%s v2 = v[at + c + 2];", type);
        functions.line("%s v3 = v[at + c + 3];", type);
        functions.line("int r = row + c * out;");
        functions.line("for (int o = 0; o < out; o++) {");
        functions
                .line("y[q + o] += (v0 * w[r + o] + v1 * w[r + out + o]) + (v2 * w[r + 2 * out + o] + v3 * w[r + 3 * out + o]);");
        functions.line("}");
        functions.line("}");
        functions.line("for (; c < count; c++) {");
        functions.line("%s v0 = v[at + c];", type);
        functions.line("int r = row + c * out;");
        functions.line("for (int o = 0; o < out; o++) {");
        functions.line("y[q + o] += v0 * w[r + o];");
        functions.line("}");
        functions.line("}");
        functions.line("}");
    }
}
