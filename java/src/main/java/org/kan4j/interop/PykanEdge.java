// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.kan4j.formula.Expression;

/**
 * A symbolic edge as pykan holds it: c f(a x + b) + d, f one of its library.
 *
 * @param name of f there
 * @param spline whether the edge's spline is added
 */
record PykanEdge(String name, double a, double b, double c, double d, boolean spline) {

    private static final String X = "x";
    private static final String SPLINE = "phi";
    private static final Map<String, String> CALLS = Map.ofEntries(Map.entry("exp", "exp"), Map.entry("log", "log"),
            Map.entry("abs", "abs"), Map.entry("sin", "sin"), Map.entry("cos", "cos"), Map.entry("tan", "tan"),
            Map.entry("tanh", "tanh"), Map.entry("sign", "sgn"), Map.entry("asin", "arcsin"), Map.entry("acos", "arccos"),
            Map.entry("atan", "arctan"), Map.entry("atanh", "arctanh"));

    /** The polynomial q2 x^2 + q1 x + q0. */
    private record Quadratic(double q2, double q1, double q0) {
        static final Quadratic NONE = new Quadratic(0, 0, 0);

        Quadratic plus(Quadratic other) {
            return new Quadratic(q2 + other.q2, q1 + other.q1, q0 + other.q0);
        }

        Quadratic times(double factor) {
            return new Quadratic(factor * q2, factor * q1, factor * q0);
        }
    }

    /** The edge of an expression of x, and of phi where the spline is added; null where pykan has none such. */
    static PykanEdge of(Expression function) {
        List<Expression> terms = new ArrayList<>(function instanceof Expression.Sum sum ? sum.terms() : List.of(function));
        boolean spline = terms.remove(Expression.variable(SPLINE));
        Expression rest = Expression.sum(terms);
        if (!List.of(X).containsAll(rest.variables())) {
            return null;
        }
        PykanEdge edge = scaled(rest, 1, 0);
        return edge == null || !edge.isFinite() ? null
                : new PykanEdge(edge.name, edge.a, edge.b, edge.c, edge.d, spline);
    }

    private boolean isFinite() {
        return Double.isFinite(a) && Double.isFinite(b) && Double.isFinite(c) && Double.isFinite(d);
    }

    private static boolean moves(Expression e) {
        return !e.variables().isEmpty();
    }

    private static double number(List<Expression> terms, boolean product) {
        return (product ? Expression.product(terms) : Expression.sum(terms)).evaluate(Map.of());
    }

    /** c e + d. */
    private static PykanEdge scaled(Expression e, double c, double d) {
        List<Expression> parts = e.children();
        List<Expression> moving = parts.stream().filter(PykanEdge::moves).toList();
        List<Expression> fixed = parts.stream().filter(part -> !moves(part)).toList();
        if (e instanceof Expression.Sum && moving.size() == 1) {
            return scaled(moving.getFirst(), c, d + c * number(fixed, false));
        }
        if (e instanceof Expression.Product && moving.size() == 1) {
            return scaled(moving.getFirst(), c * number(fixed, true), d);
        }
        if (!moves(e)) {
            return new PykanEdge("0", 1, 0, 1, d + c * e.evaluate(Map.of()), false);
        }
        PykanEdge edge = plain(e, c, d);
        Quadratic square = edge == null ? quadratic(e) : null;
        if (square == null) {
            return edge;
        }
        double b = square.q2() == 0 ? 0 : square.q1() / (2 * square.q2());
        return square.q2() == 0 ? new PykanEdge("x", 1, 0, c * square.q1(), d + c * square.q0(), false)
                : new PykanEdge("x^2", 1, b, c * square.q2(), d + c * (square.q0() - square.q2() * b * b), false);
    }

    /** c e + d of a single function of a linear argument. */
    private static PykanEdge plain(Expression e, double c, double d) {
        if (e instanceof Expression.Variable) {
            return new PykanEdge("x", 1, 0, c, d, false);
        }
        if (e instanceof Expression.Power power) {
            Quadratic base = quadratic(power.base());
            String name = moves(power.exponent()) ? null : power(power.exponent().evaluate(Map.of()));
            if (name != null && base != null && base.q2() == 0) {
                return new PykanEdge(name, base.q1(), base.q0(), c, d, false);
            }
            Quadratic exponent = quadratic(power.exponent());
            double log = moves(power.base()) ? Double.NaN : Math.log(power.base().evaluate(Map.of()));
            return exponent != null && exponent.q2() == 0 && Double.isFinite(log)
                    ? new PykanEdge("exp", exponent.q1() * log, exponent.q0() * log, c, d, false) : null;
        }
        if (!(e instanceof Expression.Call call) || !CALLS.containsKey(call.function().name())) {
            return null;
        }
        String name = CALLS.get(call.function().name());
        Quadratic argument = quadratic(call.argument());
        if (argument != null && argument.q2() == 0) {
            return new PykanEdge(name, argument.q1(), argument.q0(), c, d, false);
        }
        if (argument == null || !name.equals("exp") || argument.q2() >= 0) {
            return null;
        }
        double a = Math.sqrt(-argument.q2());
        double b = -argument.q1() / (2 * a);
        return new PykanEdge("gaussian", a, b, c * Math.exp(argument.q0() + b * b), d, false);
    }

    private static String power(double exponent) {
        if (exponent == 0.5 || exponent == 1.5) {
            return exponent == 0.5 ? "sqrt" : "x^1.5";
        }
        if (exponent == -0.5) {
            return "1/sqrt(x)";
        }
        boolean whole = exponent == Math.rint(exponent) && Math.abs(exponent) <= 5;
        return !whole || exponent == 0 || exponent == 1 ? null
                : exponent > 0 ? "x^" + (int) exponent : exponent == -1 ? "1/x" : "1/x^" + (int) -exponent;
    }

    /** An expression of degree two at most; null for any other. */
    private static Quadratic quadratic(Expression e) {
        if (!moves(e)) {
            return new Quadratic(0, 0, e.evaluate(Map.of()));
        }
        return switch (e) {
            case Expression.Variable variable -> new Quadratic(0, 1, 0);
            case Expression.Sum sum -> {
                Quadratic total = Quadratic.NONE;
                for (Expression term : sum.terms()) {
                    Quadratic each = quadratic(term);
                    total = total == null || each == null ? null : total.plus(each);
                }
                yield total;
            }
            case Expression.Product product -> {
                List<Expression> moving = product.factors().stream().filter(PykanEdge::moves).toList();
                Quadratic of = moving.size() == 1 ? quadratic(moving.getFirst()) : null;
                yield of == null ? null
                        : of.times(number(product.factors().stream().filter(f -> !moves(f)).toList(), true));
            }
            case Expression.Power power -> {
                Quadratic of = quadratic(power.base());
                boolean square = !moves(power.exponent()) && power.exponent().evaluate(Map.of()) == 2;
                yield !square || of == null || of.q2() != 0 ? null
                        : new Quadratic(of.q1() * of.q1(), 2 * of.q1() * of.q0(), of.q0() * of.q0());
            }
            default -> null;
        };
    }
}
