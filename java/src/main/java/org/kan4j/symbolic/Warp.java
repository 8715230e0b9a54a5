// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.Arrays;
import java.util.List;
import java.util.function.DoublePredicate;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import org.kan4j.formula.Expression;
import org.kan4j.formula.UnaryFunction;

/**
 * A function of the target that may be simpler than the target: its logarithm is a sum where the target is a product.
 *
 * @param domain of the target's values
 * @param back from an expression of the warped values to one of the target's
 */
record Warp(String name, DoubleUnaryOperator forward, DoublePredicate domain, UnaryOperator<Expression> back) {

    private static final Expression ONE = Expression.integer(1);
    private static final Expression HALF = Expression.rational(1, 2);

    private static final String RECIPROCAL = "1 over";
    private static final double LOST = 1e-3;

    static final Warp NONE = new Warp("", v -> v, v -> true, e -> e);

    private static final Warp OVER_ROOT = new Warp("1 over the root of", v -> 1 / Math.sqrt(v), v -> v > 0,
            e -> Expression.power(e, Expression.integer(-2)));

    private static final List<Warp> ALL = List.of(NONE,
            new Warp("log", Math::log, v -> v > 0, e -> Expression.call(UnaryFunction.EXP, e)),
            new Warp("log of minus", v -> Math.log(-v), v -> v < 0, e -> Expression.call(UnaryFunction.EXP, e).negated()),
            new Warp("square of", v -> v * v, v -> v >= 0, e -> Expression.power(e, HALF)),
            new Warp("square of minus", v -> v * v, v -> v <= 0, e -> Expression.power(e, HALF).negated()),
            new Warp(RECIPROCAL, v -> 1 / v, v -> v != 0, e -> ONE.over(e)),
            new Warp("1 over the square of", v -> 1 / (v * v), v -> v > 0, e -> Expression.power(e, Expression.rational(-1, 2))),
            new Warp("root of", Math::sqrt, v -> v >= 0, e -> Expression.power(e, Expression.integer(2))),
            new Warp("exp", Math::exp, v -> Math.abs(v) < 30, e -> Expression.call(UnaryFunction.LOG, e)),
            new Warp("artanh", v -> 0.5 * Math.log((1 + v) / (1 - v)), v -> Math.abs(v) < 1,
                    e -> Expression.call(UnaryFunction.TANH, e)),
            new Warp("sin", Math::sin, v -> Math.abs(v) <= Math.PI / 2, e -> Expression.call(UnaryFunction.ASIN, e)),
            new Warp("tan", Math::tan, v -> Math.abs(v) < 1.5, e -> Expression.call(UnaryFunction.ATAN, e)),
            new Warp("cos", Math::cos, v -> v >= 0 && v <= Math.PI, e -> Expression.call(UnaryFunction.ACOS, e)),
            new Warp("arcsin", Math::asin, v -> Math.abs(v) <= 1, e -> Expression.call(UnaryFunction.SIN, e)),
            new Warp("logit", v -> Math.log(1 / v - 1), v -> v > 0 && v < 1,
                    e -> ONE.over(ONE.plus(Expression.call(UnaryFunction.EXP, e)))));

    /** Those that are defined on all values, none first. */
    static List<Warp> of(double[] values) {
        return ALL.stream().filter(w -> Arrays.stream(values).allMatch(w.domain))
                .filter(w -> w == NONE || !loses(values, w.apply(values))).toList();
    }

    /** Those and one over the root, for functions of one input. */
    static List<Warp> ofOne(double[] values) {
        return java.util.stream.Stream.concat(of(values).stream(), java.util.stream.Stream.of(OVER_ROOT))
                .filter(w -> Arrays.stream(values).allMatch(w.domain)).toList();
    }

    /** None, and one over them. */
    static List<Warp> reciprocal(double[] values) {
        return of(values).stream().filter(w -> w == NONE || w.isReciprocal()).toList();
    }

    /** Whether values of which others are made vary so much less that digits are gone, as those of 1 + x of a small x. */
    private static boolean loses(double[] values, double[] warped) {
        return variation(warped) < LOST * Math.min(1, variation(values));
    }

    private static double variation(double[] values) {
        double[] centred = VariableProjection.centred(values);
        return Math.sqrt(VariableProjection.squares(centred) / VariableProjection.squares(values));
    }

    /** Whether it is none, or a logarithm: sums and products. */
    boolean plain() {
        return this == NONE || name.startsWith("log");
    }

    /** Whether roots, exponentials and such of quotients are looked for. */
    boolean ofQuotients() {
        return plain() || name.startsWith("square");
    }

    boolean isSquare() {
        return name.contains("square");
    }

    boolean isReciprocal() {
        return name.equals(RECIPROCAL);
    }

    /** The warped values; not all finite where an end of the domain is met. */
    double[] apply(double[] values) {
        return Arrays.stream(values).map(forward).toArray();
    }
}
