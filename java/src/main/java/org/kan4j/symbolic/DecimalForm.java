// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.ArrayList;
import java.util.List;
import org.kan4j.formula.Expression;
import org.kan4j.formula.Expression.Power;
import org.kan4j.formula.Expression.Product;
import org.kan4j.formula.Expression.Rational;

/**
 * Fractions as a person writes them: fifths, tenths and finer ones as decimal numbers, 3.2 and 0.3; halves, thirds, quarters and
 * whatever stands beside pi as fractions. One of so many parts stays a divisor: t/5.
 */
final class DecimalForm {

    private DecimalForm() {
    }

    /** The expression with such fractions as decimal numbers. */
    static Expression of(Expression e) {
        return written(e).canonical();
    }

    private static Expression written(Expression e) {
        return switch (e) {
            case Rational r when isDecimal(r) -> decimal(r);
            case Product product when hasName(product) -> product.mapChildren(f -> f.isNumber() ? f : written(f));
            case Product product -> Expression.product(factors(product));
            case Power power when power.exponent() instanceof Rational r -> Expression.power(written(power.base()), factor(r));
            default -> e.mapChildren(DecimalForm::written);
        };
    }

    private static List<Expression> factors(Product product) {
        List<Expression> factors = new ArrayList<>();
        for (Expression f : product.factors()) {
            factors.add(f instanceof Rational r ? factor(r) : written(f));
        }
        return factors;
    }

    /** A factor or an exponent: one of so many parts stays. */
    private static Expression factor(Rational r) {
        return isDecimal(r) && Math.abs(r.numerator()) != 1 ? decimal(r) : r;
    }

    private static boolean hasName(Product product) {
        return product.factors().stream().anyMatch(f -> !(f instanceof Rational) && f.variables().isEmpty());
    }

    private static Expression decimal(Rational r) {
        return Expression.real((double) r.numerator() / r.denominator());
    }

    /** Whether the decimal number ends, and halving alone does not end it. */
    private static boolean isDecimal(Rational r) {
        long rest = r.denominator();
        boolean fifths = rest % 5 == 0;
        while (rest % 5 == 0) {
            rest /= 5;
        }
        while (rest % 2 == 0) {
            rest /= 2;
        }
        return fifths && rest == 1;
    }
}
