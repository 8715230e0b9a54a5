// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.formula;

import java.util.Map;
import org.kan4j.error.KanException;
import org.kan4j.error.Status;
import org.kan4j.formula.Expression.Call;
import org.kan4j.formula.Expression.Constant;
import org.kan4j.formula.Expression.Power;
import org.kan4j.formula.Expression.Product;
import org.kan4j.formula.Expression.Rational;
import org.kan4j.formula.Expression.Real;
import org.kan4j.formula.Expression.Sum;
import org.kan4j.formula.Expression.Variable;

/** Natural interval extension of expressions. */
final class Enclosure {

    private static final Interval POSITIVE = new Interval(0, Double.POSITIVE_INFINITY);

    private Enclosure() {
    }

    static Interval of(Expression e, Map<String, Interval> box) {
        return switch (e) {
            case Rational r when r.denominator() == 1 -> Interval.of(r.numerator());
            case Rational r -> Interval.of(Numbers.value(r)).outward(1);
            case Real r -> Interval.of(r.value());
            case Constant c -> Interval.of(c.value()).outward(1);
            case Variable v -> variable(v, box);
            case Sum sum -> sum.terms().stream().map(term -> of(term, box)).reduce(Interval::plus).orElseThrow();
            case Product product -> product.factors().stream().map(f -> of(f, box)).reduce(Interval::times).orElseThrow();
            case Power power -> power(of(power.base(), box), power.exponent(), box);
            case Call call -> call.function().enclose(of(call.argument(), box));
        };
    }

    private static Interval variable(Variable variable, Map<String, Interval> box) {
        Interval range = box.get(variable.name());
        if (range == null) {
            throw new KanException(Status.INVALID_ARGUMENT, "the variable '" + variable.name() + "' has no range; given are "
                    + String.join(", ", box.keySet()));
        }
        return range;
    }

    private static Interval power(Interval base, Expression exponent, Map<String, Interval> box) {
        Integer whole = Numbers.whole(exponent, 1000);
        if (whole != null) {
            return whole >= 0 ? base.power(whole) : base.power(-whole).reciprocal();
        }
        Interval inside = base.meet(POSITIVE);
        boolean varies = !exponent.isNumber(); // and may be a whole number here and there
        if (inside == null || base.low() < 0 && varies) {
            return Interval.ALL;
        }
        Interval p = of(exponent, box);
        double[] corners = {corner(inside.low(), p.low()), corner(inside.low(), p.high()), corner(inside.high(), p.low()),
            corner(inside.high(), p.high())};
        double low = Double.POSITIVE_INFINITY;
        double high = 0;
        for (double corner : corners) {
            low = Math.min(low, corner);
            high = Math.max(high, corner);
        }
        if (inside.contains(1) || p.contains(0)) { // powers rise on one side of 1 and fall on the other
            low = Math.min(low, 1);
            high = Math.max(high, 1);
        }
        Interval wide = new Interval(low, high).outward(2);
        return new Interval(Math.max(0, wide.low()), wide.high());
    }

    private static double corner(double base, double exponent) {
        double value = StrictMath.pow(base, exponent);
        return Double.isNaN(value) ? 1 : value;
    }
}
