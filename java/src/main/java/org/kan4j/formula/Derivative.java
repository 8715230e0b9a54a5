// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.formula;

import java.util.ArrayList;
import java.util.List;
import org.kan4j.formula.Expression.Call;
import org.kan4j.formula.Expression.Power;
import org.kan4j.formula.Expression.Product;
import org.kan4j.formula.Expression.Sum;
import org.kan4j.formula.Expression.Variable;

/** The rules of differentiation. */
final class Derivative {

    private Derivative() {
    }

    static Expression of(Expression e, String variable) {
        return switch (e) {
            case Variable v -> v.name().equals(variable) ? Numbers.ONE : Numbers.ZERO;
            case Sum sum -> Expression.sum(sum.terms().stream().map(term -> of(term, variable)).toList());
            case Product product -> product(product, variable);
            case Power power -> power(power, variable);
            case Call call -> times(call.function().slope(call.argument()), of(call.argument(), variable));
            default -> Numbers.ZERO;
        };
    }

    private static Expression product(Product product, String variable) {
        List<Expression> terms = new ArrayList<>();
        for (int i = 0; i < product.factors().size(); i++) {
            Expression slope = of(product.factors().get(i), variable);
            if (!Numbers.is(slope, 0)) {
                List<Expression> factors = new ArrayList<>(product.factors());
                factors.set(i, slope);
                terms.add(Expression.product(factors));
            }
        }
        return Expression.sum(terms);
    }

    private static Expression power(Power power, String variable) {
        Expression base = power.base();
        Expression exponent = power.exponent();
        Expression byBase = times(Expression.product(exponent,
                Expression.power(base, exponent.minus(Expression.integer(1)))), of(base, variable));
        Expression byExponent = times(power.times(Expression.call(UnaryFunction.LOG, base)), of(exponent, variable));
        return byBase.plus(byExponent);
    }

    /** A product that is 0 where the second factor is. */
    private static Expression times(Expression outer, Expression inner) {
        return Numbers.is(inner, 0) ? Numbers.ZERO : outer.times(inner);
    }
}
