// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.formula;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.kan4j.formula.Expression.Product;
import org.kan4j.formula.Expression.Sum;

/** Squares completed: a^2 - 2 a b + b^2 = (a - b)^2, a^2 - 2 a + 1 = (a - 1)^2. */
final class Squares {

    private static final double ALIKE = 1e-12;

    private Squares() {
    }

    /** Every square that comes out without a rest, the numbers among them taken from the sum's own; null where there is none. */
    static Expression completed(Sum sum) {
        Map<Expression, Expression> terms = SumRules.collected(sum.terms());
        List<Expression> squares = new ArrayList<>();
        for (Expression mixed : List.copyOf(terms.keySet())) {
            if (mixed instanceof Product product && product.factors().size() == 2 && terms.containsKey(mixed)) {
                addSquare(terms, mixed, product.factors().get(0), product.factors().get(1), squares);
            }
        }
        for (Expression linear : List.copyOf(terms.keySet())) {
            Expression square = square(linear);
            if (!linear.isNumber() && terms.containsKey(linear) && terms.containsKey(square)) {
                addShifted(terms, linear, square, squares);
            }
        }
        if (squares.isEmpty()) {
            return null;
        }
        terms.forEach((rest, coefficient) -> squares.add(coefficient.times(rest)));
        return common(squares);
    }

    private static Expression square(Expression e) {
        if (e instanceof Expression.Call call && call.function() == UnaryFunction.EXP) {
            return Expression.call(UnaryFunction.EXP, Expression.integer(2).times(call.argument()));
        }
        return e instanceof Expression.Power power && power.exponent().isNumber()
                ? Expression.power(power.base(), Numbers.multiply(power.exponent(), Expression.integer(2)))
                : Expression.power(e, Expression.integer(2));
    }

    /** p u^2 + m u v + q v^2 where m^2 = 4 p q. */
    private static void addSquare(Map<Expression, Expression> terms, Expression mixed, Expression u, Expression v,
            List<Expression> squares) {
        Expression p = terms.get(square(u));
        Expression q = terms.get(square(v));
        if (p == null || q == null) {
            return;
        }
        double m = Numbers.value(terms.get(mixed));
        double product = Numbers.value(p) * Numbers.value(q);
        if (Math.abs(m * m - 4 * product) > ALIKE * m * m) {
            return;
        }
        boolean same = Math.signum(m) == Math.signum(Numbers.value(p));
        Expression ratio = alike(p, q) ? Numbers.ONE : root(q, p);
        if (ratio == null) {
            return;
        }
        terms.remove(mixed);
        terms.remove(square(u));
        terms.remove(square(v));
        Expression second = ratio.times(v);
        squares.add(p.times(Expression.power(same ? u.plus(second) : u.minus(second), Expression.integer(2))));
    }

    private static boolean alike(Expression p, Expression q) {
        return Math.abs(Numbers.value(p) - Numbers.value(q)) <= ALIKE * Math.abs(Numbers.value(p));
    }

    /** The root of q/p where it is a fraction of small parts, or measured; null elsewhere. */
    private static Expression root(Expression q, Expression p) {
        double value = Math.sqrt(Numbers.value(q) / Numbers.value(p));
        if (q instanceof Expression.Real || p instanceof Expression.Real) {
            return Expression.real(value);
        }
        for (int below = 1; below <= 12; below++) {
            double above = value * below;
            if (Math.abs(above - Math.rint(above)) <= ALIKE * above) {
                return Expression.rational(Math.round(above), below);
            }
        }
        return null;
    }

    /** p u^2 + m u + n, of numbers, where u + m/(2 p) leaves of n less than it takes. */
    private static void addShifted(Map<Expression, Expression> terms, Expression u, Expression square, List<Expression> squares) {
        Expression p = terms.get(square);
        Expression shift = Numbers.multiply(Numbers.multiply(terms.get(u), Numbers.power(p, Expression.integer(-1))),
                Expression.rational(1, 2));
        Expression own = shift == null ? null : Numbers.multiply(p, Numbers.multiply(shift, shift));
        Expression number = terms.get(Numbers.ONE);
        if (own == null || number == null) {
            return;
        }
        double left = Numbers.value(number) - Numbers.value(own);
        boolean nothing = Math.abs(left) <= ALIKE * Math.abs(Numbers.value(number));
        boolean shared = !nothing && own instanceof Expression.Rational && number instanceof Expression.Rational
                && !squares.isEmpty();
        if (!nothing && !shared) {
            return;
        }
        terms.remove(u);
        terms.remove(square);
        terms.remove(Numbers.ONE);
        if (!nothing) {
            terms.put(Numbers.ONE, Numbers.add(number, Numbers.multiply(own, Expression.integer(-1))));
        }
        squares.add(p.times(Expression.power(u.plus(shift), Expression.integer(2))));
    }

    /** A number that all terms have outside. */
    private static Expression common(List<Expression> terms) {
        Expression first = Simplifier.coefficient(terms.getFirst());
        for (Expression term : terms) {
            Expression own = Simplifier.coefficient(term);
            if (!own.equals(first) && !own.equals(first.negated())) {
                return Expression.sum(terms);
            }
        }
        return first.times(Expression.sum(terms.stream().map(term -> Simplifier.coefficient(term).equals(first)
                ? Simplifier.rest(term) : Simplifier.rest(term).negated()).toList()));
    }
}
