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
    private int front; // numbers of s before the rows between layers: sums that loops walk from 0 on
    private int step;
    private boolean rows; // whether the step's weights are rows

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
            ProductFunction.print(functions, dialect, type, false);
        }
        if (printed.indexOf(" productOfRows(") >= 0) {
            ProductFunction.print(functions, dialect, type, true);
        }
        printed.append(functions);
    }

    private static void requireAtMost(long most, String language, long numbers) {
        if (numbers > most) {
            throw new UnsupportedException("the model needs tables of " + numbers + " numbers; as " + language
                    + " source at most " + most + " are printed. kan4j-scorer evaluates models of up to 2 GiB in plain Java");
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
        return front + 2 * widest() + scratch;
    }

    /** Statements of a function that has x, p, y, q and s: the layers one after the other. */
    Text body(Text text) {
        int widest = widest();
        int steps = program.steps().size();
        for (int l = 0; l < steps; l++) {
            String from = l == 0 ? "x, p" : "s, " + (front + (l % 2 == 1 ? 0 : widest));
            String to = l == steps - 1 ? "y, q" : "s, " + (front + (l % 2 == 0 ? 0 : widest));
            text.line("layer%d(%s, %s%s);", l, from, to, usesScratch.get(l) ? ", s, " + (front + 2 * widest) : "");
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
        boolean scratched = body.contains("s[") || body.contains(" s, ") || body.contains("(s, ");
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
        functions.line("%s = %s;", sum(), bias == null ? "0" : "B" + step + "[o]");
        functions.line("}");
        if (bias != null) {
            table("B" + step, bias);
        }
    }

    /** Output o while it is summed up. */
    private String sum() {
        return rows ? "s[o]" : "y[q + o]";
    }

    private void print(Program.Product product) {
        rows = product.out() >= dialect.fewestInRows();
        start(product.out(), product.bias());
        if (rows) {
            numbers += product.weights().length;
            dialect.rows(tables, type, "W" + step, product.weights(), product.out());
            front = Math.max(front, product.out());
        } else {
            table("W" + step, product.weights());
        }
        if (product.columns().equals(List.of(Expr.X))) {
            product(product, "0", "x, p", "" + product.in());
        } else {
            edges(product);
        }
        if (rows) {
            functions.line("for (int o = 0; o < %d; o++) {", product.out());
            functions.line("y[q + o] = s[o];");
            functions.line("}");
            rows = false;
        }
    }

    private void edges(Program.Product product) {
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
        for (int c = 0; c <= k && !closed; c++) {
            functions.line("%s b%d = s[t + %d];", type, c, place + c);
        }
        functions.line("int r = %s;", row("i * " + product.width() + " + " + first, out));
        functions.line("int u = %s;", row("i * " + product.width() + " + " + spline.width(), out));
        StringBuilder sum = new StringBuilder(value + " * " + weight("u", 0, out));
        for (int c = 0; c <= k; c++) {
            sum.append(c % 2 == 0 ? " + (" : " + ").append("b").append(c).append(" * ").append(weight("r", c, out))
                    .append(c % 2 == 1 || c == k ? ")" : "");
        }
        if (out <= UNROLLED) {
            for (int o = 0; o < out; o++) {
                functions.line("y%d += %s;", o, sum.toString().replace("+ o]", "+ " + o + "]"));
            }
        } else {
            functions.line("for (int o = 0; o < %d; o++) {", out);
            functions.line("%s += %s;", sum(), sum.toString());
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
            product(product, "i * " + product.width() + " + " + from, "s, t + " + place, "" + (to - from));
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
        product(product, "i * " + product.width() + " + " + at + " + f", "s, t + " + place + " + f - " + first, "l - f");
    }

    /** Adds count rows of the weights times values. */
    private void product(Program.Product product, String row, String values, String count) {
        functions.line("%s%d, W%d, %s, %s, %s);", rows ? "productOfRows(s, " : "product(y, q, ", product.out(), step,
                row(row, product.out()), values, count);
    }

    /** The place of a row of the weights. */
    private String row(String number, int out) {
        return rows || number.equals("0") ? number : "(" + number + ") * " + out;
    }

    /** The weight of output o in a row so many behind one; of rows the row is declared. */
    private String weight(String row, int behind, int out) {
        if (rows) {
            functions.line("%s[] %s%d = W%d[%s + %d];", type, row, behind, step, row, behind);
            return row + behind + "[o]";
        }
        return "W" + step + "[" + row + (behind == 0 ? "" : " + " + behind * out) + " + o]";
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
}
