// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.formula;

import java.util.ArrayList;
import java.util.List;
import org.kan4j.formula.Expression.Call;
import org.kan4j.formula.Expression.Sum;

/** cos(u) cos(v) + sin(u) sin(v) = cos(u - v), sin(u) cos(v) + cos(u) sin(v) = sin(u + v), and with the other sign. */
final class AngleRules {

    private AngleRules() {
    }

    /** A term as coefficient * f(u) * g(v) * rest. */
    private record Pair(Expression term, Expression coefficient, Call first, Call second, Expression rest) {
    }

    /** With two terms of the sum as one; null where none are of that form. */
    static Expression added(Sum sum) {
        List<Pair> pairs = new ArrayList<>();
        sum.terms().forEach(term -> addPairs(term, pairs));
        for (Pair one : pairs) {
            for (Pair other : pairs) {
                Expression both = one.term == other.term ? null : together(one, other);
                if (both != null) {
                    List<Expression> terms = new ArrayList<>(sum.terms());
                    terms.remove(one.term);
                    terms.remove(other.term);
                    terms.add(both);
                    return Expression.sum(terms);
                }
            }
        }
        return null;
    }

    private static void addPairs(Expression term, List<Pair> pairs) {
        List<Expression> factors = Simplifier.factors(Simplifier.rest(term));
        for (Expression f : factors) {
            for (Expression g : factors) {
                if (f != g && f instanceof Call u && g instanceof Call v && isWave(u) && isWave(v)) {
                    Expression rest = Expression.product(factors.stream().filter(h -> h != f && h != g).toList());
                    pairs.add(new Pair(term, Simplifier.coefficient(term), u, v, rest));
                }
            }
        }
    }

    private static boolean isWave(Call call) {
        return call.function() == UnaryFunction.SIN || call.function() == UnaryFunction.COS;
    }

    private static Expression together(Pair one, Pair other) {
        Expression u = one.first.argument();
        Expression v = one.second.argument();
        boolean same = one.coefficient.equals(other.coefficient);
        if (!one.rest.equals(other.rest) || !u.equals(other.first.argument()) || !v.equals(other.second.argument())
                || !same && !one.coefficient.equals(other.coefficient.negated())) {
            return null;
        }
        boolean cosines = is(one, UnaryFunction.COS, UnaryFunction.COS) && is(other, UnaryFunction.SIN, UnaryFunction.SIN);
        boolean sines = is(one, UnaryFunction.SIN, UnaryFunction.COS) && is(other, UnaryFunction.COS, UnaryFunction.SIN);
        if (!cosines && !sines) {
            return null;
        }
        Expression angle = sines == same ? u.plus(v) : u.minus(v);
        Expression wave = Expression.call(cosines ? UnaryFunction.COS : UnaryFunction.SIN, angle);
        return Expression.product(one.coefficient, one.rest, wave);
    }

    private static boolean is(Pair pair, UnaryFunction first, UnaryFunction second) {
        return pair.first.function() == first && pair.second.function() == second;
    }
}
