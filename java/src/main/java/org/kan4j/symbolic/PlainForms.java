// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.ArrayList;
import java.util.List;
import org.kan4j.formula.Expression;
import org.kan4j.formula.Expression.Call;
import org.kan4j.formula.Expression.Power;
import org.kan4j.formula.Expression.Product;
import org.kan4j.formula.Expression.Rational;
import org.kan4j.formula.Expression.Real;
import org.kan4j.formula.Expression.Sum;
import org.kan4j.formula.Expression.Variable;
import org.kan4j.formula.UnaryFunction;

/** Equal forms of a formula in which its measured constants are other ones, of which some may be plain numbers. */
final class PlainForms {

    private PlainForms() {
    }

    /**
     * The formula with every phase as that of a sine, a cosine, or either with the other sign, with sums scaled otherwise, with
     * factors of exponentials in them, and with factors beside powers of sums in those.
     */
    static List<Expression> of(Expression e) {
        List<Expression> forms = new ArrayList<>();
        for (int quarters = 1; quarters < 4; quarters++) {
            int turn = quarters;
            forms.add(turned(e, turn));
        }
        forms.add(monic(e));
        forms.add(inExponents(e));
        forms.add(absorbed(e));
        forms.removeIf(e::equals);
        return forms;
    }

    /** Waves of a sum with a measured phase, so many quarters of a turn on. */
    private static Expression turned(Expression e, int quarters) {
        Expression inner = e.mapChildren(child -> turned(child, quarters));
        if (inner instanceof Call call && (call.function() == UnaryFunction.SIN || call.function() == UnaryFunction.COS)
                && call.argument() instanceof Sum sum && sum.terms().stream().anyMatch(Real.class::isInstance)) {
            boolean sine = call.function() == UnaryFunction.SIN;
            List<Expression> terms = new ArrayList<>();
            for (Expression term : sum.terms()) {
                terms.add(term instanceof Real phase
                        ? Expression.real(Math.IEEEremainder(phase.value() - quarters * Math.PI / 2, 2 * Math.PI)) : term);
            }
            boolean same = quarters == 2;
            boolean negative = quarters == 2 || (quarters == 1) != sine;
            UnaryFunction function = sine == same ? UnaryFunction.SIN : UnaryFunction.COS;
            Expression wave = Expression.call(function, Expression.sum(terms));
            return negative ? wave.negated() : wave;
        }
        return inner;
    }

    /** Measured factors of exponentials in their exponents. */
    private static Expression inExponents(Expression e) {
        Expression inner = e.mapChildren(PlainForms::inExponents);
        if (inner instanceof Product product && product.factors().getFirst() instanceof Real number && number.value() > 0) {
            for (Expression factor : product.factors()) {
                if (factor instanceof Call call && call.function() == UnaryFunction.EXP) {
                    List<Expression> rest = new ArrayList<>(product.factors());
                    rest.remove(factor);
                    rest.remove(number);
                    rest.add(Expression.call(UnaryFunction.EXP,
                            call.argument().plus(Expression.real(Math.log(number.value())))));
                    return Expression.product(rest);
                }
            }
        }
        return inner;
    }

    /** b^s (sum)^p as (b^(s/p) sum)^p, where a term of the sum is divided by that: R sqrt(1 + x^2/R^2) as sqrt(R^2 + x^2). */
    private static Expression absorbed(Expression e) {
        Expression inner = e.mapChildren(PlainForms::absorbed);
        if (!(inner instanceof Product product)) {
            return inner;
        }
        for (Expression factor : product.factors()) {
            if (factor instanceof Power power && power.base() instanceof Sum sum && power.exponent() instanceof Rational p) {
                for (Expression beside : product.factors()) {
                    Expression base = beside instanceof Power b ? b.base() : beside;
                    Expression exponent = beside instanceof Power b ? b.exponent() : Expression.integer(1);
                    if (beside != factor && base instanceof Variable && exponent instanceof Rational s) {
                        Expression into = Expression.power(base, Expression.rational(s.numerator() * p.denominator(),
                                s.denominator() * p.numerator()));
                        List<Expression> rest = new ArrayList<>(product.factors());
                        rest.remove(factor);
                        rest.remove(beside);
                        if (sum.terms().stream().anyMatch(t -> isDivided(t, base))) {
                            rest.add(Expression.power(Expression.sum(sum.terms().stream().map(into::times).toList()), p));
                            return Expression.product(rest);
                        }
                    }
                }
            }
        }
        return inner;
    }

    private static boolean isDivided(Expression term, Expression by) {
        return (term instanceof Product product ? product.factors() : List.of(term)).stream()
                .anyMatch(f -> f instanceof Power power
                        && power.exponent() instanceof Rational r && r.numerator() < 0 && power.base().variables().containsAll(
                                by.variables()));
    }

    /** Sums that are factors, also below the line, divided by the number before their first term that has one. */
    private static Expression monic(Expression e) {
        Expression inner = e.mapChildren(PlainForms::monic);
        if (inner instanceof Product product) {
            return Expression.product(product.factors().stream().map(PlainForms::scaled).toList());
        }
        return inner;
    }

    /** Of the number before a term; 0 where there is none. */
    private static double size(Expression term) {
        return term instanceof Product product && product.factors().getFirst().isNumber()
                ? Math.abs(product.factors().getFirst().evaluate(java.util.Map.of())) : 0;
    }

    /** With its sign in the place of its number. */
    private static Expression one(Product term) {
        boolean negative = term.factors().getFirst().evaluate(java.util.Map.of()) < 0;
        Expression rest = Expression.product(term.factors().subList(1, term.factors().size()));
        return negative ? rest.negated() : rest;
    }

    private static Expression scaled(Expression factor) {
        Expression base = factor instanceof Power power && power.exponent().isNumber() ? power.base() : factor;
        if (!(base instanceof Sum sum)) {
            return factor;
        }
        double number = 0;
        for (Expression term : sum.terms()) {
            number = number == 0 ? size(term) : number;
        }
        if (number == 0 || number == 1) {
            return factor;
        }
        double divisor = number;
        Expression divided = Expression.sum(sum.terms().stream().map(term -> size(term) == divisor
                ? one((Product) term) : Expression.real(1 / divisor).times(term)).toList());
        return factor instanceof Power power
                ? Expression.real(Math.pow(divisor, power.exponent().evaluate(java.util.Map.of())))
                        .times(Expression.power(divided, power.exponent()))
                : Expression.real(divisor).times(divided);
    }
}
