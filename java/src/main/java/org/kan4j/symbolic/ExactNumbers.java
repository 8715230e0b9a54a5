// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.kan4j.formula.Expression;
import org.kan4j.formula.Expression.Constant;
import org.kan4j.formula.UnaryFunction;

/** Numbers that a measured constant may be: fractions, and fractions of some that have names. */
final class ExactNumbers {

    private static final int LARGEST = 144;
    private static final int MOST_PARTS = 12;
    /** More chance hits than this within what the data allows, and nothing is believed. */
    private static final double CHANCE = 0.05;
    /** 0, 1 and a quarter turn take a part out of a formula: they are tried at errors at which other numbers are not. */
    private static final double LARGE = 0.1;
    private static final double NAMED_COST = 3;

    /** A number with its price in bits. */
    record Exact(Expression expression, double value, double cost) {
    }

    static final Exact ZERO = new Exact(Expression.integer(0), 0, 0);
    private static final List<Exact> ALL = all();

    private ExactNumbers() {
    }

    private static List<Exact> all() {
        Expression pi = Constant.PI;
        List<Expression> named = List.of(Expression.integer(1), pi, Expression.power(pi, Expression.integer(-1)),
                Expression.integer(2).squareRoot(), Expression.integer(3).squareRoot(), pi.squareRoot(),
                Expression.power(Expression.integer(2).times(pi), Expression.rational(-1, 2)), Constant.E,
                Expression.call(UnaryFunction.LOG, Expression.integer(2)), Expression.power(pi, Expression.integer(2)));
        List<Exact> all = new ArrayList<>();
        for (Expression name : named) {
            double factor = name.evaluate(java.util.Map.of());
            double cost = name.equals(Expression.integer(1)) ? 0 : NAMED_COST;
            for (int q = 1; q <= MOST_PARTS; q++) {
                for (int p = 1; p <= LARGEST; p++) {
                    if (gcd(p, q) == 1) {
                        double price = cost + (Math.log(1 + p) + Math.log(q)) / Math.log(2);
                        all.add(new Exact(Expression.rational(p, q).times(name), p * factor / q, price));
                    }
                }
            }
        }
        Expression degree = pi.over(Expression.integer(180)); // and of two and half of one, what sines of angles in degrees have
        for (Expression angle : List.of(degree, degree.times(Expression.integer(2)), degree.over(Expression.integer(2)),
                Expression.integer(180).over(pi))) {
            all.add(new Exact(angle, angle.evaluate(java.util.Map.of()), 2 * NAMED_COST));
        }
        all.sort(Comparator.comparingDouble(Exact::value));
        return List.copyOf(all);
    }

    private static int gcd(int a, int b) {
        return b == 0 ? a : gcd(b, a % b);
    }

    /** What a constant may be, cheapest first; nothing where chance alone would offer it. */
    static List<Exact> of(double value, double error) {
        List<Exact> found = new ArrayList<>();
        if (Math.abs(value) <= 3 * error) {
            found.add(ZERO);
        }
        double size = Math.abs(value);
        List<Exact> near = between(size - 3 * error, size + 3 * error);
        double[] costs = near.isEmpty() ? new double[0] : around(size);
        for (Exact exact : near) {
            boolean one = (exact.value == 1 || exact.value == Math.PI / 2) && error <= LARGE;
            if (one || density(costs, exact.cost, size) * 6 * error <= CHANCE) {
                found.add(value < 0 ? new Exact(exact.expression.negated(), -exact.value, exact.cost) : exact);
            }
        }
        if (size > LARGEST && size < 1e9 && Math.abs(Math.rint(size) - size) <= 3 * error && 6 * error <= CHANCE) {
            found.add(new Exact(Expression.integer(Math.round(value)), Math.rint(value), Math.log(1 + size) / Math.log(2)));
        }
        found.sort(Comparator.comparingDouble(Exact::cost));
        return found;
    }

    /** Those of a range; they are in order. */
    private static List<Exact> between(double low, double high) {
        return ALL.subList(first(low), first(Math.nextUp(high)));
    }

    /** How many are below a value. */
    private static int first(double value) {
        int low = 0;
        int high = ALL.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (ALL.get(middle).value < value) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private static double reach(double size) {
        return Math.max(0.5, size / 2);
    }

    /** Costs of the numbers around a size, in order. */
    private static double[] around(double size) {
        return between(Math.max(0, size - reach(size)), size + reach(size)).stream().mapToDouble(Exact::cost).sorted().toArray();
    }

    /** How many numbers of at most a cost there are per unit around a size. */
    private static double density(double[] costs, double cost, double size) {
        int count = Arrays.binarySearch(costs, Math.nextUp(cost));
        return (count < 0 ? -count - 1 : first(costs, count)) / (size + reach(size) - Math.max(0, size - reach(size)));
    }

    private static int first(double[] costs, int found) {
        int at = found;
        while (at > 0 && costs[at - 1] == costs[found]) {
            at--;
        }
        return at;
    }
}
