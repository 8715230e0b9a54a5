// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.export;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.kan4j.tensor.DType;
import org.kan4j.error.UnsupportedException;
import org.kan4j.model.Parameters;
import org.kan4j.export.Expr.Op;

/** Prints a {@link Program} as nodes of an ONNX graph. Functions of a feature are tensors (rows, in, width). */
final class OnnxPrinter {

    private final OnnxGraph graph;
    private final DType dtype;
    private final int opset;
    private int step;
    private String x;
    private String z;
    private int in;
    private final Map<Expr, String> done = new IdentityHashMap<>();

    OnnxPrinter(OnnxGraph graph, DType dtype, int opset) {
        this.graph = graph;
        this.dtype = dtype;
        this.opset = opset;
    }

    /** Adds a model's steps behind a tensor (rows, in); gives the last one's (rows, out). */
    String print(Parameters parameters, String input) {
        x = input;
        Lowering.steps(parameters, dtype, this::print);
        return x;
    }

    private void print(Program.Step next) {
        graph.scope("layers." + step++);
        done.clear();
        in = next.in();
        x = switch (next) {
            case Program.Product product -> print(product);
            case Program.Edges edges -> print(edges);
            case Program.Normalise norm -> print(norm);
            case Program.Elementwise map -> print(map);
            case Program.Products products -> print(products);
        };
    }

    private String print(Program.Normalise norm) {
        if (dtype == DType.F64) {
            return normalise64(norm);
        }
        return graph.node("LayerNormalization", Map.of("axis", -1L, "epsilon", (float) norm.eps()), x,
                graph.constant(dtype, norm.weight(), norm.in()), graph.constant(dtype, norm.bias(), norm.in()));
    }

    /** The operator's epsilon is a float32, which is not the float64 number meant. */
    private String normalise64(Program.Normalise norm) {
        String n = graph.constant(dtype, new double[] {norm.in()});
        String centred = graph.node("Sub", x, graph.node("Div", graph.node("ReduceSum", x, graph.wholes(1)), n));
        String variance = graph.node("Div", graph.node("ReduceSum", graph.node("Mul", centred, centred),
                graph.wholes(1)), n);
        String deviation = graph.node("Sqrt", graph.node("Add", variance,
                graph.constant(dtype, new double[] {norm.eps()})));
        return graph.node("Add", graph.node("Mul", graph.node("Div", centred, deviation),
                graph.constant(dtype, norm.weight(), norm.in())), graph.constant(dtype, norm.bias(), norm.in()));
    }

    private String print(Program.Product product) {
        z = product.norm() == null ? x : print(product.norm());
        String columns;
        double[] weights = product.weights();
        if (product.columns().equals(List.of(Expr.X))) {
            columns = x;
        } else {
            List<String> parts = new ArrayList<>();
            for (Expr column : product.columns()) {
                parts.add(column instanceof Expr.Spline spline ? spline(spline) : tensor(column));
            }
            String all = parts.size() == 1 ? parts.getFirst() : graph.node("Concat", Map.of("axis", 2L),
                    parts.toArray(String[]::new));
            columns = graph.node("Reshape", all, graph.wholes(0, (long) product.in() * product.width()));
            weights = scaled(product);
        }
        String w = graph.constant(dtype, weights, (long) product.in() * product.width(), product.out());
        return product.bias() == null ? graph.node("MatMul", columns, w)
                : graph.node("Gemm", columns, w, graph.constant(dtype, product.bias(), product.out()));
    }

    /** The weights of even splines, whose truncated powers lack the factor 1 / k!. */
    private double[] scaled(Program.Product product) {
        double[] weights = product.weights().clone();
        int all = product.width();
        int at = 0;
        for (Expr column : product.columns()) {
            if (column instanceof Expr.Spline spline && spline.even()) {
                for (int i = 0; i < product.in(); i++) {
                    for (int p = (i * all + at) * product.out(); p < (i * all + at
                            + column.width()) * product.out(); p++) {
                        weights[p] /= factorial(spline.order());
                    }
                }
            }
            at += column.width();
        }
        return weights;
    }

    private String print(Program.Edges edges) {
        String sum = graph.node("ReduceSum", Map.of("keepdims", 0L), tensor(edges.edge()), graph.wholes(1));
        return edges.bias() == null ? sum : graph.node("Add", sum, graph.constant(dtype, edges.bias(), edges.out()));
    }

    private String print(Program.Elementwise map) {
        return graph.node("Squeeze", tensor(map.function()), graph.wholes(2));
    }

    private String print(Program.Products products) {
        int passed = products.passed();
        String first = passed == 0 ? null : slice(0, passed);
        if (products.products() == 0) {
            return first;
        }
        String runs = graph.node("Reshape", slice(passed, products.in()),
                graph.wholes(0, products.products(), products.arity()));
        // The axes became an input with opset 18.
        String product = opset < 18 ? graph.node("ReduceProd", Map.of("axes", new long[] {2}, "keepdims", 0L), runs)
                : graph.node("ReduceProd", Map.of("keepdims", 0L), runs, graph.wholes(2));
        return first == null ? product : graph.node("Concat", Map.of("axis", 1L), first, product);
    }

    private String slice(long from, long to) {
        return graph.node("Slice", x, graph.wholes(from), graph.wholes(to), graph.wholes(1));
    }

    // -------------------------------------------------------------------------------------------------------- functions

    private String tensor(Expr expr) {
        String known = done.get(expr);
        if (known == null) {
            known = make(expr);
            done.put(expr, known);
        }
        return known;
    }

    private String make(Expr expr) {
        return switch (expr) {
            case Expr.Input input -> graph.node("Unsqueeze", input.normalised() ? z : x, graph.wholes(2));
            case Expr.Constant constant -> constant(constant, false);
            case Expr.Call call -> call(call);
            case Expr.Recurrence recurrence -> recurrence(recurrence);
            case Expr.Spline spline -> spline.even() ? graph.node("Mul", spline(spline),
                    number(1 / factorial(spline.order()))) : spline(spline);
        };
    }

    private String constant(Expr.Constant constant, boolean wide) {
        return graph.constant(wide ? DType.F64 : dtype, constant.values(), 1, constant.rows(), constant.width());
    }

    private String number(double value) {
        return graph.constant(dtype, new double[] {value}, 1, 1, 1);
    }

    private String call(Expr.Call call) {
        String[] arguments = call.arguments().stream().map(argument -> argument instanceof Expr.Constant constant
                ? constant(constant, call.wide()) : tensor(argument)).toArray(String[]::new);
        String op = switch (call.op()) {
            case ADD -> "Add";
            case SUB -> "Sub";
            case MUL -> "Mul";
            case DIV -> "Div";
            case MIN -> "Min";
            case MAX -> "Max";
            case NEG -> "Neg";
            case ABS -> "Abs";
            case EXP -> "Exp";
            case SIN -> "Sin";
            case COS -> "Cos";
            case TANH -> "Tanh";
            case ERF -> "Erf";
            case WIDEN, NARROW -> "Cast";
        };
        if (call.op() == Op.ERF && dtype == DType.F64) {
            throw new UnsupportedException("the model has GELU in float64, for which ONNX Runtime has no kernel (Erf); "
                    + "dtype=F32 writes a file in float32");
        }
        if (call.op() == Op.TANH && dtype == DType.F32) {
            // Runtimes approximate it to some 1e-7, which polynomials of tanh multiply by the square of their degree.
            return graph.node("Cast", Map.of("to", (long) OnnxGraph.FLOAT),
                    graph.node(op, graph.node("Cast", Map.of("to", (long) OnnxGraph.DOUBLE), arguments)));
        }
        if (!op.equals("Cast")) {
            return graph.node(op, arguments);
        }
        return dtype == DType.F64 ? arguments[0] : graph.node("Cast",
                Map.of("to", (long) (call.op() == Op.WIDEN ? OnnxGraph.DOUBLE : OnnxGraph.FLOAT)), arguments);
    }

    private String recurrence(Expr.Recurrence r) {
        String t = tensor(r.t());
        String[] p = new String[r.width()];
        for (int d = 0; d < p.length; d++) {
            String line = r.a()[d] == 1 ? t : graph.node("Mul", t, number(r.a()[d]));
            line = r.b()[d] == 0 ? line : graph.node("Add", line, number(r.b()[d]));
            p[d] = d == 0 ? line : graph.node("Mul", line, p[d - 1]);
            if (d > 0 && r.c()[d] != 0) {
                String c = number(r.c()[d]);
                p[d] = graph.node("Sub", p[d], d == 1 ? c : r.c()[d] == 1 ? p[d - 2] : graph.node("Mul", p[d - 2], c));
            }
        }
        return p.length == 1 ? p[0] : graph.node("Concat", Map.of("axis", 2L), p);
    }

    // ---------------------------------------------------------------------------------------------------------- splines

    /** Evenly spaced ones lack the factor 1 / k!. */
    private String spline(Expr.Spline s) {
        return s.even() ? even(s) : uneven(s);
    }

    /** k! times the splines: sum over m of (-1)^m binomial(k + 1, m) relu((k + 1)/2 - m - |x - c| / h)^k. */
    private String even(Expr.Spline s) {
        int n = s.width();
        int k = s.order();
        double[] centre = new double[s.rows() * n];
        double[] inverse = new double[s.rows()];
        for (int i = 0; i < s.rows(); i++) {
            int from = i * s.count();
            for (int c = 0; c < n; c++) {
                centre[i * n + c] = k % 2 == 1 ? s.knots()[from + c + (k + 1) / 2]
                        : (s.knots()[from + c + k / 2] + s.knots()[from + c + k / 2 + 1]) / 2;
            }
            inverse[i] = (s.count() - 1) / (s.knots()[from + s.count() - 1] - s.knots()[from]);
        }
        String distance = graph.node("Abs", graph.node("Mul",
                graph.node("Sub", tensor(s.x()), graph.constant(dtype, centre, 1, s.rows(), n)),
                graph.constant(dtype, inverse, 1, s.rows(), 1)));
        String sum = null;
        double binomial = 1;
        for (int m = 0; 2 * m < k + 1; m++) {
            String power = power(graph.node("Max", graph.node("Sub", number((k + 1) / 2.0 - m), distance), number(0)),
                    k);
            String term = m == 0 ? power : graph.node("Mul", power, number(m % 2 == 0 ? binomial : -binomial));
            sum = sum == null ? term : graph.node("Add", sum, term);
            binomial = binomial * (k + 1 - m) / (m + 1);
        }
        return sum;
    }

    private String power(String base, int exponent) {
        String result = base;
        for (int e = 1; e < exponent; e++) {
            result = graph.node("Mul", result, base);
        }
        return result;
    }

    private static double factorial(int k) {
        double product = 1;
        for (int i = 2; i <= k; i++) {
            product *= i;
        }
        return product;
    }

    /** Cox and de Boor's recursion for all functions at once. */
    private String uneven(Expr.Spline s) {
        int count = s.count();
        double[] low = new double[s.rows()];
        double[] high = new double[s.rows()];
        for (int i = 0; i < s.rows(); i++) {
            double first = s.knots()[i * count];
            high[i] = s.knots()[(i + 1) * count - 1];
            low[i] = first - (high[i] - first);
        }
        // Where every function is 0, so that no infinity is multiplied by 0.
        String x = graph.node("Min", graph.node("Max", tensor(s.x()), graph.constant(dtype, low, 1, s.rows(), 1)),
                graph.constant(dtype, high, 1, s.rows(), 1));
        String knots = graph.constant(dtype, s.knots(), 1, s.rows(), count);
        String reached = graph.node("Cast", Map.of("to", (long) OnnxGraph.type(dtype)),
                graph.node("GreaterOrEqual", x, knots));
        String distance = graph.node("Sub", x, knots);
        String n = graph.node("Sub", columns(reached, 0, count - 1), columns(reached, 1, count));
        for (int d = 1; d <= s.order(); d++) {
            int functions = count - 1 - d;
            double[] inverse = new double[s.rows() * (functions + 1)];
            for (int i = 0; i < s.rows(); i++) {
                for (int c = 0; c <= functions; c++) {
                    inverse[i * (functions + 1) + c] = Splines.inverse(s.knots(), i * count, c, d);
                }
            }
            String unit = graph.node("Mul", n, graph.constant(dtype, inverse, 1, s.rows(), functions + 1));
            n = graph.node("Sub",
                    graph.node("Mul", columns(distance, 0, functions), columns(unit, 0, functions)),
                    graph.node("Mul", columns(distance, d + 1, count), columns(unit, 1, functions + 1)));
        }
        return n;
    }

    private String columns(String tensor, long from, long to) {
        return graph.node("Slice", tensor, graph.wholes(from), graph.wholes(to), graph.wholes(2));
    }
}
