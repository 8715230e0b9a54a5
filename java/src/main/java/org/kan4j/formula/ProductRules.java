// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.formula;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.kan4j.formula.Expression.Call;
import org.kan4j.formula.Expression.Constant;
import org.kan4j.formula.Expression.Power;
import org.kan4j.formula.Expression.Product;
import org.kan4j.formula.Expression.Real;
import org.kan4j.formula.Expression.Sum;

/** Like factors, exponentials, powers of powers and of products. */
final class ProductRules {

    private final Simplifier simplifier;

    ProductRules(Simplifier simplifier) {
        this.simplifier = simplifier;
    }

    Expression apply(Product product) {
        if (Simplifier.isZero(product.factors().get(0))) {
            return Numbers.ZERO;
        }
        List<Expression> exponents = new ArrayList<>();
        List<Expression> rest = new ArrayList<>();
        for (Expression factor : product.factors()) {
            if (factor instanceof Call call && call.function() == UnaryFunction.EXP) {
                exponents.add(call.argument());
            } else {
                rest.add(factor);
            }
        }
        if (!exponents.isEmpty()) {
            rest.add(Expression.call(UnaryFunction.EXP, Expression.sum(exponents)));
        }
        Expression merged = Expression.product(rest);
        Expression result = merged instanceof Product many ? Powers.collected(many) : merged;
        result = result instanceof Product changed ? measured(positive(changed)) : result;
        return result instanceof Product changed && Numbers.isNegative(changed.factors().get(0)) ? signed(changed) : result;
    }

    /** The signs of sums of negative terms only, before the product. */
    private static Product positive(Product product) {
        List<Expression> factors = new ArrayList<>();
        for (Expression factor : product.factors()) {
            boolean negative = factor instanceof Sum sum && sum.terms().stream().allMatch(InfixPrinter::isNegative);
            factors.add(negative ? CallRules.opposite(factor) : factor);
            if (negative) {
                factors.add(Expression.integer(-1));
            }
        }
        return product.factors().size() > 2 && factors.size() > product.factors().size()
                && Expression.product(factors) instanceof Product changed ? changed : product;
    }

    /** The sign before a product goes into a difference, above the line or below it: -a/(b - c) = a/(c - b). */
    private static Expression signed(Product product) {
        for (int i = 1; i < product.factors().size(); i++) {
            Expression factor = product.factors().get(i);
            Expression base = factor instanceof Power power ? power.base() : factor;
            Expression exponent = factor instanceof Power power ? power.exponent() : Numbers.ONE;
            Integer whole = Numbers.whole(exponent, 1000);
            if (base instanceof Sum sum && whole != null && whole % 2 != 0
                    && sum.terms().stream().anyMatch(InfixPrinter::isNegative)) {
                List<Expression> changed = new ArrayList<>(product.factors());
                changed.set(i,
                        Expression.power(Expression.sum(sum.terms().stream().map(Expression::negated).toList()), exponent));
                changed.set(0, product.factors().get(0).negated());
                return Expression.product(changed);
            }
        }
        return product;
    }

    /** A measured number goes into a sum of measured numbers, and takes the scale out of a power of one. */
    private Expression measured(Product product) {
        List<Expression> factors = product.factors();
        if (factors.get(0).isNumber() && factors.size() == 2 && factors.get(1) instanceof Sum sum) {
            boolean inside = sum.terms().stream().anyMatch(term -> Simplifier.coefficient(term) instanceof Real);
            long negative = sum.terms().stream().filter(InfixPrinter::isNegative).count();
            boolean helps = factors.get(0) instanceof Real ? inside
                    : Numbers.is(factors.get(0), -1) ? 2 * negative >= sum.terms().size()
                            : sum.terms().stream().allMatch(term -> Simplifier.coefficient(term) instanceof Real);
            if (helps) {
                return Expression.sum(sum.terms().stream().map(term -> factors.get(0).times(term)).toList());
            }
        }
        Expression scaled = withoutScales(product);
        if (scaled != null) {
            return scaled;
        }
        if (!(factors.get(0) instanceof Real)) {
            return product;
        }
        for (int i = 1; i < factors.size(); i++) {
            if (factors.get(i) instanceof Power power && power.exponent().isNumber() && power.base() instanceof Sum sum) {
                Expression scale = scale(sum);
                if (scale != null) {
                    List<Expression> changed = new ArrayList<>(factors);
                    changed.set(i, Expression.power(divided(sum, scale), power.exponent()));
                    changed.add(Expression.real(StrictMath.pow(Numbers.value(scale), Numbers.value(power.exponent()))));
                    return Expression.product(changed);
                }
            }
            if (factors.get(i) instanceof Call call && (call.function() == UnaryFunction.ABS
                    || call.function() == UnaryFunction.RELU) && call.argument() instanceof Sum sum && scale(sum) != null) {
                Expression scale = scale(sum);
                List<Expression> changed = new ArrayList<>(factors);
                changed.set(i, Expression.call(call.function(), divided(sum, scale)));
                changed.add(scale);
                return Expression.product(changed);
            }
        }
        return product;
    }

    /** The scales of sums of measured numbers as one constant; null if there is one already. */
    private static Expression withoutScales(Product product) {
        List<Expression> factors = product.factors();
        long numbers = factors.get(0).isNumber() ? 1 : 0;
        long scales = factors.stream().filter(f -> f instanceof Sum sum && scale(sum) != null).count();
        boolean measured = factors.get(0) instanceof Real;
        if (scales == 0 || factors.size() - numbers < 2 || scales == 1 && !measured) {
            return null;
        }
        List<Expression> changed = new ArrayList<>();
        for (Expression factor : factors) {
            if (factor instanceof Sum sum && scale(sum) != null) {
                changed.add(scale(sum));
                changed.add(divided(sum, scale(sum)));
            } else {
                changed.add(factor);
            }
        }
        return Expression.product(changed);
    }

    /** The measured number before the largest term of a sum all of whose terms have one, positive; null if there is none. */
    static Expression scale(Sum sum) {
        double largest = 0;
        for (Expression term : sum.terms()) {
            if (!(Simplifier.coefficient(term) instanceof Real real)) {
                return null;
            }
            largest = term.isNumber() ? largest : Math.max(largest, Math.abs(real.value()));
        }
        return largest == 0 ? null : Expression.real(largest);
    }

    /** A sum without a scale; the number that is the scale becomes exactly 1. */
    static Expression divided(Sum sum, Expression scale) {
        double divisor = Numbers.value(scale);
        List<Expression> terms = new ArrayList<>();
        for (Expression term : sum.terms()) {
            double value = Numbers.value(Simplifier.coefficient(term));
            Expression number = Math.abs(value) == divisor && !term.isNumber()
                    ? Expression.integer((long) Math.signum(value)) : Expression.real(value / divisor);
            terms.add(number.times(Simplifier.rest(term)));
        }
        return Expression.sum(terms);
    }

    Expression apply(Power power) {
        Expression base = power.base();
        Expression exponent = power.exponent();
        if (base == Constant.E) {
            return Expression.call(UnaryFunction.EXP, exponent);
        }
        if (Numbers.is(base, 1)) {
            return Numbers.ONE;
        }
        if (Simplifier.isZero(base) && exponent.isNumber() && Numbers.value(exponent) > 0) {
            return Numbers.ZERO;
        }
        if (exponent instanceof Real real && real.value() == Math.rint(real.value()) && Math.abs(real.value()) < 100) {
            return Expression.power(base, Expression.integer((long) real.value()));
        }
        if (!exponent.isNumber()) {
            return ofVariable(power);
        }
        if (base.isNumber()) {
            return number(power);
        }
        if (base instanceof Call call && call.function() == UnaryFunction.EXP) {
            return Expression.call(UnaryFunction.EXP, exponent.times(call.argument()));
        }
        Integer whole = Numbers.whole(exponent, 1000);
        if (base instanceof Call call && call.function() == UnaryFunction.ABS && whole != null && whole % 2 == 0) {
            return Expression.power(call.argument(), exponent);
        }
        if (base instanceof Power inner && inner.exponent().isNumber()) {
            return ofPower(inner, exponent, whole);
        }
        if (base instanceof Sum sum && whole != null && sum.terms().stream().allMatch(InfixPrinter::isNegative)) {
            Expression positive = Expression.power(Expression.sum(sum.terms().stream().map(Expression::negated).toList()),
                    exponent);
            return whole % 2 == 0 ? positive : positive.negated();
        }
        if (base instanceof Sum sum && Numbers.is(exponent, -1)) {
            return overSum(sum, power);
        }
        return base instanceof Product inner ? ofProduct(inner, exponent, whole) : power;
    }

    /** (b^p c)^q = b^(p q) c^q of a b that is not negative, where p q is a number: a^(-r) to the power of -1/r. */
    private Expression ofVariable(Power power) {
        List<Expression> outside = new ArrayList<>();
        List<Expression> inside = new ArrayList<>();
        for (Expression factor : Simplifier.factors(power.base())) {
            if (factor instanceof Power inner && !inner.exponent().isNumber() && simplifier.isNotNegative(inner.base())) {
                Expression both = inner.exponent().times(power.exponent());
                Expression exponent = both instanceof Product product ? Powers.collected(product) : both;
                if (exponent.isNumber()) {
                    outside.add(Expression.power(inner.base(), exponent));
                    continue;
                }
            }
            inside.add(factor);
        }
        if (outside.isEmpty()) {
            return power;
        }
        outside.add(Expression.power(Expression.product(inside), power.exponent()));
        return Expression.product(outside);
    }

    /** 1/(a/b + c) = b/(a + c b). */
    private static Expression overSum(Sum sum, Power power) {
        for (Expression term : sum.terms()) {
            for (Expression factor : Simplifier.factors(term)) {
                if (Normal.isDivisor(factor) && !Normal.isUnfoldable(factor)) {
                    Power below = (Power) factor;
                    Expression clear = Expression.power(below.base(), below.exponent().negated());
                    Expression cleared = Expression.sum(sum.terms().stream()
                            .map(t -> t.times(clear)).map(t -> t instanceof Product p ? Powers.collected(p) : t).toList());
                    return clear.over(cleared);
                }
            }
        }
        return power;
    }

    /** Roots of measured numbers, and of exact ones where they are exact. */
    private static Expression number(Power power) {
        double base = Numbers.value(power.base());
        double exponent = Numbers.value(power.exponent());
        double value = StrictMath.pow(base, exponent);
        if (!Double.isFinite(value) || value == 0) {
            return power;
        }
        if (power.base() instanceof Real || power.exponent() instanceof Real) {
            return Expression.real(value);
        }
        double inverse = 1 / value;
        if (value == Math.rint(value) && value < 1e6 && StrictMath.pow(value, 1 / exponent) == base) {
            return Expression.integer((long) value);
        }
        return inverse == Math.rint(inverse) && inverse < 1e6 && StrictMath.pow(inverse, -1 / exponent) == base
                ? Expression.rational(1, (long) inverse) : power;
    }

    /** (b^n)^m = b^(n m), of |b| where an even n has hidden the sign that n m would show. */
    private Expression ofPower(Power inner, Expression exponent, Integer whole) {
        Expression product = Numbers.multiply(inner.exponent(), exponent);
        Integer innerWhole = Numbers.whole(inner.exponent(), 1000);
        Integer productWhole = Numbers.whole(product, 1000);
        boolean hidden = whole == null && innerWhole != null && innerWhole % 2 == 0
                && (productWhole == null || productWhole % 2 != 0);
        if (!hidden || simplifier.isNotNegative(inner.base())) {
            return Expression.power(inner.base(), product);
        }
        return Expression.power(Expression.call(UnaryFunction.ABS, inner.base()), product);
    }

    /** Whole powers of all factors; other powers of those that cannot be negative. */
    private Expression ofProduct(Product inner, Expression exponent, Integer whole) {
        List<Expression> outside = new ArrayList<>();
        List<Expression> inside = new ArrayList<>();
        for (Expression factor : inner.factors()) {
            if (whole == null && factor instanceof Real real && real.value() < 0 && real.value() != -1) {
                outside.add(Expression.power(factor.negated(), exponent));
                inside.add(Expression.integer(-1));
                continue;
            }
            boolean exact = factor.isNumber() && !(factor instanceof Real)
                    && !number(Expression.power(factor, exponent)).isNumber();
            boolean leaves = whole != null || !exact && simplifier.isNotNegative(factor)
                    && (factor.isNumber() || factor instanceof Power || factor instanceof Call);
            (leaves ? outside : inside).add(leaves ? Expression.power(factor, exponent) : factor);
        }
        outside.add(Expression.power(Expression.product(inside), exponent));
        return Expression.product(outside);
    }

    private static Expression number(Expression e) {
        return e instanceof Power power && power.base().isNumber() ? number(power) : e;
    }

    /** Factors of one power share it: a^2 b^2 = (a b)^2. */
    Expression grouped(Expression e) {
        Expression inner = e.mapChildren(this::grouped);
        if (!(inner instanceof Product product)) {
            return inner;
        }
        Map<Expression, List<Expression>> bases = new LinkedHashMap<>();
        List<Expression> rest = new ArrayList<>();
        for (Expression factor : product.factors()) {
            if (factor instanceof Power power && power.exponent().isNumber() && !Numbers.is(power.exponent(), -1)
                    && (Numbers.whole(power.exponent(), 1000) != null || simplifier.isNotNegative(power.base()))) {
                bases.computeIfAbsent(power.exponent(), p -> new ArrayList<>()).add(power.base());
            } else {
                rest.add(factor);
            }
        }
        bases.forEach((exponent, same) -> rest.add(Expression.power(Expression.product(same), exponent)));
        return Expression.product(rest);
    }
}
