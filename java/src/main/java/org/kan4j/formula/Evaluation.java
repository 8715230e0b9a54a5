// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.formula;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.kan4j.error.Counted;
import org.kan4j.error.KanException;
import org.kan4j.error.Status;
import org.kan4j.formula.Expression.Call;
import org.kan4j.formula.Expression.Constant;
import org.kan4j.formula.Expression.Power;
import org.kan4j.formula.Expression.Product;
import org.kan4j.formula.Expression.Rational;
import org.kan4j.formula.Expression.Real;
import org.kan4j.formula.Expression.Sum;
import org.kan4j.formula.Expression.Variable;

/** Values of expressions, computed as they are printed: what stands below a fraction line is multiplied, then divided by. */
final class Evaluation {

    private Evaluation() {
    }

    static double at(Expression e, Map<String, Double> point) {
        return at(e, variable -> {
            Double value = point.get(variable.name());
            if (value == null) {
                throw missing(variable, point.keySet());
            }
            return value;
        });
    }

    static double at(Expression e, ToDoubleFunction<Variable> values) {
        return switch (e) {
            case Rational r -> Numbers.value(r);
            case Real r -> r.value();
            case Constant c -> c.value();
            case Variable v -> values.applyAsDouble(v);
            case Sum sum -> {
                double total = at(sum.terms().get(0), values);
                for (int i = 1; i < sum.terms().size(); i++) {
                    total += at(sum.terms().get(i), values);
                }
                yield total;
            }
            case Product product -> {
                double above = 1;
                double below = 1;
                for (Expression factor : product.factors()) {
                    if (Normal.isDivisor(factor)) {
                        below *= power(at(((Power) factor).base(), values), -exponent((Power) factor));
                    } else if (factor instanceof Rational r) {
                        above *= r.numerator();
                        below *= r.denominator();
                    } else {
                        above *= at(factor, values);
                    }
                }
                yield below == 1 ? above : above / below;
            }
            case Power power when Normal.isDivisor(power) -> 1 / power(at(power.base(), values), -exponent(power));
            case Power power -> power(at(power.base(), values), at(power.exponent(), values));
            case Call call -> call.function().at(at(call.argument(), values));
        };
    }

    private static double exponent(Power power) {
        return Numbers.value(power.exponent());
    }

    static double power(double base, double exponent) {
        if (exponent == 1) {
            return base;
        }
        if (exponent == 2) {
            return base * base;
        }
        return exponent == 0.5 ? StrictMath.sqrt(base) : StrictMath.pow(base, exponent);
    }

    static double[] columns(Expression e, Map<String, double[]> columns, int rows) {
        double[] result = new double[rows];
        switch (e) {
            case Rational r -> Arrays.fill(result, Numbers.value(r));
            case Real r -> Arrays.fill(result, r.value());
            case Constant c -> Arrays.fill(result, c.value());
            case Variable v -> copy(v, columns, result);
            case Sum sum -> addUp(sum.terms(), columns, result);
            case Product product -> multiply(product, columns, result);
            case Power power when Normal.isDivisor(power) -> {
                Arrays.fill(result, 1);
                divide(power, columns, result);
            }
            case Power power -> {
                double[] base = columns(power.base(), columns, rows);
                double[] exponent = columns(power.exponent(), columns, rows);
                Arrays.setAll(result, b -> power(base[b], exponent[b]));
            }
            case Call call -> {
                double[] argument = columns(call.argument(), columns, rows);
                Arrays.setAll(result, b -> call.function().at(argument[b]));
            }
        }
        return result;
    }

    private static void copy(Variable variable, Map<String, double[]> columns, double[] result) {
        double[] column = columns.get(variable.name());
        if (column == null) {
            throw missing(variable, columns.keySet());
        }
        if (column.length != result.length) {
            throw new KanException(Status.SHAPE_MISMATCH,
                    "the column '" + variable.name() + "' must have " + Counted.of(result.length, "value")
                            + ", given " + column.length);
        }
        System.arraycopy(column, 0, result, 0, result.length);
    }

    private static void addUp(List<Expression> terms, Map<String, double[]> columns, double[] result) {
        for (int t = 0; t < terms.size(); t++) {
            double[] term = columns(terms.get(t), columns, result.length);
            for (int b = 0; b < result.length; b++) {
                result[b] = t == 0 ? term[b] : result[b] + term[b];
            }
        }
    }

    private static void multiply(Product product, Map<String, double[]> columns, double[] result) {
        double[] below = new double[result.length];
        Arrays.fill(result, 1);
        Arrays.fill(below, 1);
        for (Expression factor : product.factors()) {
            if (Normal.isDivisor(factor)) {
                double[] base = columns(((Power) factor).base(), columns, result.length);
                double exponent = -exponent((Power) factor);
                for (int b = 0; b < below.length; b++) {
                    below[b] *= power(base[b], exponent);
                }
            } else {
                double numerator = factor instanceof Rational r ? r.numerator() : 1;
                double denominator = factor instanceof Rational r ? r.denominator() : 1;
                double[] values = factor instanceof Rational ? null : columns(factor, columns, result.length);
                for (int b = 0; b < below.length; b++) {
                    result[b] *= values == null ? numerator : values[b];
                    below[b] *= denominator;
                }
            }
        }
        for (int b = 0; b < below.length; b++) {
            result[b] = below[b] == 1 ? result[b] : result[b] / below[b];
        }
    }

    private static void divide(Power power, Map<String, double[]> columns, double[] result) {
        double[] base = columns(power.base(), columns, result.length);
        double exponent = -exponent(power);
        for (int b = 0; b < result.length; b++) {
            result[b] /= power(base[b], exponent);
        }
    }

    private static KanException missing(Variable variable, Iterable<String> known) {
        return new KanException(Status.INVALID_ARGUMENT, "the variable '" + variable.name() + "' has no value; given are "
                + String.join(", ", known));
    }
}
