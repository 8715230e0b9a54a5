// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.formula;

import java.util.ArrayList;
import java.util.List;
import org.kan4j.formula.Expression.Power;
import org.kan4j.formula.Expression.Product;
import org.kan4j.formula.Expression.Sum;

/** Products and whole powers of sums, multiplied out. */
final class Expansion {

    private static final int MOST_TERMS = 100;
    private static final int HIGHEST_POWER = 6;

    private Expansion() {
    }

    /** The expanded sum; null where nothing is to be expanded or too much would come of it. */
    static Expression of(Expression e) {
        List<Expression> terms = terms(e);
        if (terms == null) {
            return null;
        }
        Expression expanded = Expression.sum(terms);
        return expanded.equals(e) ? null : expanded;
    }

    private static List<Expression> terms(Expression e) {
        return switch (e) {
            case Sum sum -> {
                List<Expression> all = new ArrayList<>();
                for (Expression term : sum.terms()) {
                    List<Expression> parts = terms(term);
                    if (parts == null || all.size() + parts.size() > MOST_TERMS) {
                        yield null;
                    }
                    all.addAll(parts);
                }
                yield all;
            }
            case Product product -> {
                List<Expression> all = List.of(Numbers.ONE);
                for (Expression factor : product.factors()) {
                    List<Expression> parts = terms(factor);
                    all = parts == null ? null : multiplied(all, parts);
                    if (all == null) {
                        yield null;
                    }
                }
                yield all;
            }
            case Power power when power.base() instanceof Sum && whole(power) -> {
                List<Expression> base = terms(power.base());
                List<Expression> all = base;
                for (int i = 1; all != null && base != null && i < Numbers.value(power.exponent()); i++) {
                    all = multiplied(all, base);
                }
                yield all;
            }
            default -> List.of(e);
        };
    }

    private static boolean whole(Power power) {
        Integer n = Numbers.whole(power.exponent(), HIGHEST_POWER);
        return n != null && n > 1;
    }

    private static List<Expression> multiplied(List<Expression> a, List<Expression> b) {
        if (a.size() * b.size() > MOST_TERMS) {
            return null;
        }
        List<Expression> all = new ArrayList<>();
        for (Expression left : a) {
            for (Expression right : b) {
                all.add(collected(left.times(right)));
            }
        }
        List<Expression> sums = new ArrayList<>();
        SumRules.collected(all).forEach((rest, coefficient) -> sums.add(coefficient.times(rest)));
        return sums;
    }

    /** x x = x^2, so that like terms are seen as such. */
    private static Expression collected(Expression term) {
        return term instanceof Product product ? Order.canonical(Powers.collected(product)) : term;
    }
}
