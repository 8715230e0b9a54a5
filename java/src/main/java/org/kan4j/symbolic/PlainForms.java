// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.ArrayList;
import java.util.List;
import org.kan4j.formula.Expression;
import org.kan4j.formula.Expression.Call;
import org.kan4j.formula.Expression.Power;
import org.kan4j.formula.Expression.Product;
import org.kan4j.formula.Expression.Real;
import org.kan4j.formula.Expression.Sum;
import org.kan4j.formula.UnaryFunction;

/** Equal forms of a formula in which its measured constants are other ones, of which some may be plain numbers. */
final class PlainForms {

    private PlainForms() {
    }

    /**
     * The formula with every phase as that of a sine, a cosine, or either with the other sign, with sums scaled otherwise, and with
     * factors of exponentials in them.
     */
    static List<Expression> of(Expression e) {
        List<Expression> forms = new ArrayList<>();
        for (int quarters = 1; quarters < 4; quarters++) {
            int turn = quarters;
            forms.add(turned(e, turn));
        }
        forms.add(monic(e));
        forms.add(inExponents(e));
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
