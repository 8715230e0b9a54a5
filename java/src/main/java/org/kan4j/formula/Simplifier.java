// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.formula;

import java.util.List;
import java.util.Map;
import org.kan4j.error.KanException;
import org.kan4j.formula.Expression.Call;
import org.kan4j.formula.Expression.Power;
import org.kan4j.formula.Expression.Product;
import org.kan4j.formula.Expression.Real;
import org.kan4j.formula.Expression.Sum;

/**
 * Rewrites expressions until no rule makes them smaller. Each rule keeps the value at every point of the box where the
 * expression is defined; rules that need the sign of a part ask interval arithmetic for it.
 */
final class Simplifier {

    private static final int PASSES = 40;

    private final Map<String, Interval> box;
    private final SumRules sums = new SumRules(this);
    private final ProductRules products = new ProductRules(this);
    private final CallRules calls = new CallRules(this);

    /** @param box ranges of variables; those not named may have any value */
    Simplifier(Map<String, Interval> box) {
        this.box = box;
    }

    Expression simplify(Expression e) {
        Expression best = normal(e);
        for (int i = 0; i < PASSES; i++) {
            Expression other = normal(shorter(best));
            if (shown(other) >= shown(best)) {
                break;
            }
            best = other;
        }
        Expression grouped = products.grouped(best);
        return Order.canonical(cost(grouped) < cost(best) ? grouped : best);
    }

    /** What is left when no rule applies any more. */
    Expression normal(Expression e) {
        Expression now = Order.canonical(e);
        for (int i = 0; i < PASSES; i++) {
            Expression next = Order.canonical(pass(now));
            if (next.equals(now)) {
                break;
            }
            now = next;
        }
        return now;
    }

    private Expression pass(Expression e) {
        Expression inner = e.mapChildren(this::pass);
        try {
            return switch (inner) {
                case Sum sum -> sums.apply(sum);
                case Product product -> products.apply(product);
                case Power power -> products.apply(power);
                case Call call -> calls.apply(call);
                default -> inner;
            };
        } catch (KanException overflow) { // numbers that no double holds stay apart
            return inner;
        }
    }

    /** Every node in the shortest of its forms: as it is, expanded, with a common factor outside, over one denominator. */
    private Expression shorter(Expression e) {
        Expression best = e.mapChildren(this::shorter);
        if (best instanceof Sum || best instanceof Product || best instanceof Power) {
            Expression expanded = Expansion.of(best);
            if (expanded != null) {
                Expression collected = normal(expanded);
                best = cost(collected) < cost(best) ? collected : best;
            }
        }
        if (best instanceof Sum sum) {
            Expression factored = sums.factored(sum);
            best = factored != null && cost(factored) < cost(best) ? factored : best;
        }
        if (best instanceof Sum sum) {
            Expression squared = Squares.completed(expanded(sum));
            best = squared != null && shown(squared) < shown(best) ? squared : best;
        }
        if (best instanceof Sum sum) {
            Expression added = AngleRules.added(expanded(sum));
            best = added != null && cost(added) < cost(best) ? added : best;
        }
        if (best instanceof Sum sum) {
            Expression halved = sums.halfAngles(sum);
            best = halved != null && cost(halved) <= cost(best) ? halved : best;
        }
        if (best instanceof Sum sum) {
            Expression fraction = sums.overOne(sum);
            best = fraction != null && cost(fraction) < cost(best) ? fraction : best;
        }
        return best;
    }

    /** The cost with factors of one power under it, as they are written at the end. */
    private int shown(Expression e) {
        return Math.min(cost(e), cost(products.grouped(e)));
    }

    private Sum expanded(Sum sum) {
        Expression expanded = Expansion.of(sum);
        return expanded != null && normal(expanded) instanceof Sum terms ? terms : sum;
    }

    /** Nodes; a measured number counts for three, as it carries digits. */
    static int cost(Expression e) {
        int cost = e instanceof Real ? 3 : 1;
        for (Expression child : e.children()) {
            cost += cost(child);
        }
        return cost;
    }

    Interval enclose(Expression e) {
        return Enclosure.of(e, new Ranges(box));
    }

    boolean isPositive(Expression e) {
        return enclose(e).low() > 0;
    }

    boolean isNotNegative(Expression e) {
        return enclose(e).low() >= 0;
    }

    boolean isNotPositive(Expression e) {
        return enclose(e).high() <= 0;
    }

    /** The number before a term, 1 if there is none. */
    static Expression coefficient(Expression term) {
        if (term.isNumber()) {
            return term;
        }
        return term instanceof Product p && p.factors().get(0).isNumber() ? p.factors().get(0) : Numbers.ONE;
    }

    /** A term without the number before it. */
    static Expression rest(Expression term) {
        if (term.isNumber()) {
            return Numbers.ONE;
        }
        return term instanceof Product p && p.factors().get(0).isNumber()
                ? Expression.product(p.factors().subList(1, p.factors().size())) : term;
    }

    static List<Expression> terms(Expression e) {
        return e instanceof Sum sum ? sum.terms() : List.of(e);
    }

    static List<Expression> factors(Expression e) {
        return e instanceof Product product ? product.factors() : List.of(e);
    }

    static boolean isZero(Expression number) {
        return number.isNumber() && Numbers.value(number) == 0;
    }

    /** The ranges of all variables there may be. */
    private static final class Ranges extends java.util.AbstractMap<String, Interval> {
        private final Map<String, Interval> known;

        Ranges(Map<String, Interval> known) {
            this.known = known;
        }

        @Override
        public Interval get(Object name) {
            return known.getOrDefault(name, Interval.ALL);
        }

        @Override
        public java.util.Set<Entry<String, Interval>> entrySet() {
            return known.entrySet();
        }
    }
}
