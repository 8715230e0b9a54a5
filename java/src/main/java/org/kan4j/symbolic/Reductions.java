// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.kan4j.error.KanException;
import org.kan4j.formula.Expression;
import org.kan4j.formula.Expression.Power;
import org.kan4j.formula.Expression.Product;
import org.kan4j.formula.Expression.Rational;
import org.kan4j.formula.Expression.Real;
import org.kan4j.formula.Expression.Sum;

/**
 * Expressions without one of their measured constants. Forms that are looked for have an offset and a factor wherever a law may have
 * one, and exponents in sixths; in noise these take each other's place: (v - 0.17)^(1/6) stands for v^0.16.
 */
final class Reductions {

    private Reductions() {
    }

    /**
     * The expression without an offset or without a factor, each in turn: as it is, with free exponents, and with one of the whole
     * exponents one larger or smaller, since over a narrow range a + b x^3 stands for x^4.
     */
    static List<Expression> of(Expression e) {
        List<Expression> fewer = fewer(e).stream().filter(form -> !form.variables().isEmpty() && !form.equals(e)).toList();
        return Stream.of(fewer.stream(), fewer.stream().map(Reductions::free).filter(form -> !fewer.contains(form)),
                fewer.stream().flatMap(form -> neighbours(form).stream())).flatMap(forms -> forms).toList();
    }

    private static List<Expression> neighbours(Expression e) {
        List<Expression> near = new ArrayList<>();
        if (e instanceof Power(Expression base, Rational exponent) && exponent.denominator() == 1) {
            for (long n = exponent.numerator() - 1; n <= exponent.numerator() + 1; n += 2) {
                if (n != 0) {
                    Expression whole = Expression.integer(n);
                    near.add(or(() -> Expression.power(base, whole), e));
                }
            }
        }
        for (Expression child : e.children()) {
            neighbours(child).forEach(other -> near.add(with(e, child, other)));
        }
        return near;
    }

    private static List<Expression> fewer(Expression e) {
        List<Expression> fewer = new ArrayList<>();
        switch (e) {
            case Sum sum -> measured(sum).forEach(c -> fewer.add(Expression.sum(without(sum.terms(), c))));
            case Product product -> measured(product).forEach(c -> fewer.add(Expression.product(without(product.factors(), c))));
            default -> {
            }
        }
        for (Expression child : e.children()) {
            fewer(child).forEach(other -> fewer.add(with(e, child, other)));
        }
        return fewer;
    }

    private static List<Expression> measured(Expression e) {
        return e.children().stream().filter(Real.class::isInstance).toList();
    }

    private static List<Expression> without(List<Expression> all, Expression one) {
        return all.stream().filter(other -> other != one).toList();
    }

    private static Expression with(Expression e, Expression child, Expression other) {
        return or(() -> e.mapChildren(c -> c == child ? other : c), e);
    }

    /** What is made, or the other where no double holds a constant of it. */
    private static Expression or(Supplier<Expression> made, Expression other) {
        try {
            return made.get();
        } catch (KanException tooLarge) {
            return other;
        }
    }

    /** With measured constants in the place of fractions that are exponents. */
    private static Expression free(Expression e) {
        return or(() -> e instanceof Power(Expression base, Rational fraction) && fraction.denominator() != 1
                ? power(free(base), (double) fraction.numerator() / fraction.denominator())
                : e.mapChildren(Reductions::free), e);
    }

    /** (b + x)^p as b^p (1 + x/b)^p: else fits creep, since a step of p changes the size of all values. */
    private static Expression power(Expression base, double exponent) {
        double offset = base instanceof Sum ? measured(base).stream().mapToDouble(c -> ((Real) c).value()).sum() : 0;
        return offset > 0
                ? Expression.real(Math.pow(offset, exponent)).times(Expression.power(Expression.sum(
                        base.children().stream().map(term -> term instanceof Real ? Expression.integer(1)
                                : Expression.real(1 / offset).times(term)).toList()),
                        Expression.real(exponent)))
                : Expression.power(base, Expression.real(exponent));
    }
}
