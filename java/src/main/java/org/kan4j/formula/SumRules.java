// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.formula;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.kan4j.formula.Expression.Call;
import org.kan4j.formula.Expression.Power;
import org.kan4j.formula.Expression.Real;
import org.kan4j.formula.Expression.Sum;

/** Like terms, logarithms, squares of sine and cosine, common factors. */
final class SumRules {

    private final Simplifier simplifier;

    SumRules(Simplifier simplifier) {
        this.simplifier = simplifier;
    }

    Expression apply(Sum sum) {
        Map<Expression, Expression> terms = collected(sum.terms());
        addSquares(terms);
        addExponentials(terms);
        addLogistic(terms);
        addLogarithms(terms);
        List<Expression> all = new ArrayList<>();
        terms.forEach((rest, coefficient) -> all.add(coefficient.times(rest)));
        Expression result = Expression.sum(all);
        return result instanceof Sum changed ? commonNumber(changed) : result;
    }

    /** Each term without its number, with the sum of its numbers. */
    static Map<Expression, Expression> collected(List<Expression> terms) {
        Map<Expression, Expression> collected = new LinkedHashMap<>();
        for (Expression term : terms) {
            collected.merge(Simplifier.rest(term), Simplifier.coefficient(term), SumRules::add);
        }
        collected.entrySet().removeIf(entry -> Simplifier.isZero(entry.getValue()));
        return collected;
    }

    private static Expression add(Expression a, Expression b) {
        Expression total = Numbers.add(a, b);
        return total != null ? total : Expression.sum(a, b);
    }

    /** c sin(g)^2 + c cos(g)^2 = c. */
    private static void addSquares(Map<Expression, Expression> terms) {
        for (Expression term : List.copyOf(terms.keySet())) {
            Expression inner = squared(term, UnaryFunction.SIN);
            if (inner == null) {
                continue;
            }
            Expression other = Expression.power(Expression.call(UnaryFunction.COS, inner), Expression.integer(2));
            if (terms.get(term).equals(terms.get(other))) {
                Expression coefficient = terms.remove(term);
                terms.remove(other);
                terms.merge(Numbers.ONE, coefficient, SumRules::add);
            }
        }
    }

    private static Expression squared(Expression term, UnaryFunction function) {
        return term instanceof Power p && Numbers.is(p.exponent(), 2) && p.base() instanceof Call c
                && c.function().equals(function) ? c.argument() : null;
    }

    /** c exp(g) + c exp(-g) = 2 c cosh(g), and likewise sinh. */
    private static void addExponentials(Map<Expression, Expression> terms) {
        for (Expression term : List.copyOf(terms.keySet())) {
            if (!(term instanceof Call call) || call.function() != UnaryFunction.EXP || !terms.containsKey(term)
                    || CallRules.leadsNegative(call.argument())) {
                continue;
            }
            Expression mirrored = Expression.call(UnaryFunction.EXP, Order.canonical(CallRules.opposite(call.argument())));
            Expression other = terms.get(mirrored);
            Expression own = terms.get(term);
            if (other == null || mirrored.equals(term)) {
                continue;
            }
            boolean same = other.equals(own);
            if (same || other.equals(own.negated())) {
                terms.remove(mirrored);
                terms.remove(term);
                terms.merge(Expression.call(same ? UnaryFunction.COSH : UnaryFunction.SINH, call.argument()),
                        Expression.integer(2).times(own), SumRules::add);
            }
        }
    }

    /** c + c tanh(g) = 2 c/(1 + exp(-2 g)), c - c tanh(g) = 2 c/(1 + exp(2 g)). */
    private static void addLogistic(Map<Expression, Expression> terms) {
        for (Expression term : List.copyOf(terms.keySet())) {
            Call wave = Simplifier.factors(term).stream().filter(Call.class::isInstance).map(Call.class::cast)
                    .filter(call -> call.function() == UnaryFunction.TANH).findFirst().orElse(null);
            Expression rest = wave == null ? null
                    : Expression.product(Simplifier.factors(term).stream().filter(f -> f != wave).toList());
            Expression own = terms.get(term);
            Expression other = rest == null ? null : terms.get(rest);
            boolean same = own != null && own.equals(other);
            if (same || other != null && own.equals(other.negated())) {
                terms.remove(term);
                terms.remove(rest);
                Expression exponent = Expression.integer(same ? -2 : 2).times(wave.argument());
                Expression below = Numbers.ONE.plus(Expression.call(UnaryFunction.EXP, exponent));
                terms.merge(rest.over(below), Expression.integer(2).times(other), SumRules::add);
                return;
            }
        }
    }

    /** c log(f) + c log(g) = c log(f g), c log(f) - c log(g) = c log(f/g), for positive f and g. */
    private void addLogarithms(Map<Expression, Expression> terms) {
        Map<Expression, List<Expression>> groups = new LinkedHashMap<>();
        terms.forEach((rest, coefficient) -> {
            if (rest instanceof Call call && call.function() == UnaryFunction.LOG
                    && simplifier.isPositive(call.argument())) {
                Expression size = Numbers.isNegative(coefficient) ? coefficient.negated() : coefficient;
                groups.computeIfAbsent(size, s -> new ArrayList<>()).add(rest);
            }
        });
        groups.forEach((size, logarithms) -> {
            if (logarithms.size() < 2) {
                return;
            }
            Expression product = Numbers.ONE;
            boolean rising = logarithms.stream().anyMatch(l -> !Numbers.isNegative(terms.get(l)));
            for (Expression logarithm : logarithms) {
                Expression argument = ((Call) logarithm).argument();
                boolean above = Numbers.isNegative(terms.remove(logarithm)) != rising;
                product = above ? product.times(argument) : product.over(argument);
            }
            terms.merge(Expression.call(UnaryFunction.LOG, product), rising ? size : size.negated(), SumRules::add);
        });
    }

    /** One measured number before all terms stands outside. */
    private static Expression commonNumber(Sum sum) {
        Expression first = Simplifier.coefficient(sum.terms().get(0));
        if (!(first instanceof Real)) {
            return sum;
        }
        List<Expression> inner = new ArrayList<>();
        for (Expression term : sum.terms()) {
            Expression own = Simplifier.coefficient(term);
            if (own.equals(first)) {
                inner.add(Simplifier.rest(term));
            } else if (own.equals(first.negated())) {
                inner.add(Simplifier.rest(term).negated());
            } else {
                return sum;
            }
        }
        return first.times(Expression.sum(inner));
    }

    /** c cos(2 g) h + c h = 2 c cos(g)^2 h, c h - c cos(2 g) h = 2 c sin(g)^2 h; null where nothing is of that form. */
    Expression halfAngles(Sum sum) {
        for (Expression term : sum.terms()) {
            for (Expression factor : Simplifier.factors(term)) {
                if (!(factor instanceof Call call) || call.function() != UnaryFunction.COS) {
                    continue;
                }
                Expression rest = Expression.product(Simplifier.factors(term).stream().filter(f -> f != factor).toList());
                boolean plus = sum.terms().contains(rest);
                Expression other = plus ? rest : rest.negated();
                if (plus || sum.terms().contains(other)) {
                    Expression half = Expression.rational(1, 2).times(call.argument());
                    Expression wave = Expression.call(plus ? UnaryFunction.COS : UnaryFunction.SIN, half);
                    List<Expression> changed = new ArrayList<>(sum.terms());
                    changed.remove(term);
                    changed.remove(other);
                    changed.add(Expression.product(Expression.integer(2), other,
                            Expression.power(wave, Expression.integer(2))));
                    return simplifier.normal(Expression.sum(changed));
                }
            }
        }
        return null;
    }

    /** Everything over a sum that is a denominator of one term; null if there is none. */
    Expression overOne(Sum sum) {
        for (Expression term : sum.terms()) {
            for (Expression factor : Simplifier.factors(term)) {
                if (factor instanceof Power power && Numbers.is(power.exponent(), -1) && power.base() instanceof Sum below) {
                    List<Expression> above = new ArrayList<>();
                    for (Expression other : sum.terms()) {
                        Expression quotient = quotient(other, factor);
                        above.add(quotient != null ? quotient : other.times(below));
                    }
                    Expression numerator = Expression.sum(above);
                    Expression expanded = Expansion.of(numerator);
                    return simplifier.normal(expanded != null ? expanded : numerator).over(below);
                }
            }
        }
        return null;
    }

    /** The factor that two or more terms share, outside of those; null if there is none. */
    Expression factored(Sum sum) {
        Expression best = null;
        Set<Expression> candidates = new LinkedHashSet<>();
        for (Expression term : sum.terms()) {
            for (Expression factor : Simplifier.factors(term)) {
                candidates.add(factor);
                if (factor instanceof Power power && Numbers.whole(power.exponent(), 100) != null
                        && !Numbers.isNegative(power.exponent())) {
                    candidates.add(power.base());
                }
            }
        }
        candidates.removeIf(Expression::isNumber);
        for (Expression candidate : candidates) {
            Expression form = factored(sum, candidate);
            best = form != null && (best == null || Simplifier.cost(form) < Simplifier.cost(best)) ? form : best;
        }
        return best;
    }

    private static Expression factored(Sum sum, Expression candidate) {
        List<Expression> inside = new ArrayList<>();
        List<Expression> outside = new ArrayList<>();
        for (Expression term : sum.terms()) {
            Expression quotient = quotient(term, candidate);
            (quotient != null ? inside : outside).add(quotient != null ? quotient : term);
        }
        if (inside.size() < 2) {
            return null;
        }
        outside.add(candidate.times(Expression.sum(inside)));
        return Order.canonical(Expression.sum(outside));
    }

    private static Expression quotient(Expression term, Expression divisor) {
        List<Expression> factors = new ArrayList<>(Simplifier.factors(term));
        for (int i = 0; i < factors.size(); i++) {
            Expression factor = factors.get(i);
            if (factor.equals(divisor)) {
                factors.remove(i);
                return Expression.product(factors);
            }
            if (factor instanceof Power power && power.base().equals(divisor) && power.exponent().isNumber()
                    && Numbers.value(power.exponent()) >= 2) {
                factors.set(i, Expression.power(divisor, Numbers.add(power.exponent(), Expression.integer(-1))));
                return Expression.product(factors);
            }
        }
        return null;
    }
}
