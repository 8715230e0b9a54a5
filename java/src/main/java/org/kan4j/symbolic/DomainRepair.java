// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.kan4j.formula.Expression;
import org.kan4j.formula.Expression.Call;
import org.kan4j.formula.Expression.Power;
import org.kan4j.formula.Expression.Rational;
import org.kan4j.formula.Expression.Real;
import org.kan4j.formula.Expression.Sum;
import org.kan4j.formula.UnaryFunction;

/**
 * Moves the offsets in logarithms, roots and reciprocals so that no row of the data leaves their domains: functions chosen
 * one by one shift what later ones see.
 */
final class DomainRepair {

    private static final double MARGIN = 1e-3;

    private final int rows;
    private final Map<String, double[]> values;

    private DomainRepair(Observations data) {
        this.rows = data.rows();
        this.values = new HashMap<>(data.inputs());
    }

    static Composition apply(Composition composition, Observations data) {
        DomainRepair repair = new DomainRepair(data);
        List<Definition> repaired = new ArrayList<>();
        for (Definition definition : composition.definitions()) {
            Expression value = repair.repaired(definition.value());
            repaired.add(new Definition(definition.name(), value));
            repair.values.put(definition.name(), value.evaluate(repair.values, repair.rows));
        }
        return new Composition(repaired, composition.outputs());
    }

    private Expression repaired(Expression e) {
        Expression inner = e.mapChildren(this::repaired);
        if (inner instanceof Power power && (power.exponent() instanceof Rational r)
                && (r.denominator() != 1 || r.numerator() < 0)) {
            boolean eitherSide = r.denominator() == 1;
            return Expression.power(moved(power.base(), eitherSide), power.exponent());
        }
        if (inner instanceof Call call && call.function() == UnaryFunction.LOG) {
            return Expression.call(UnaryFunction.LOG, moved(call.argument(), false));
        }
        if (inner instanceof Call call && call.function().domain().width() < Double.POSITIVE_INFINITY) {
            return Expression.call(call.function(), shrunk(call.argument()));
        }
        return inner;
    }

    private Expression moved(Expression argument, boolean eitherSide) {
        if (!(argument instanceof Sum sum) || sum.terms().stream().noneMatch(Real.class::isInstance)) {
            return argument;
        }
        double[] sorted = argument.evaluate(values, rows);
        Arrays.sort(sorted);
        double low = sorted[0];
        double high = sorted[rows - 1];
        boolean below = eitherSide && sorted[rows / 2] < 0;
        double margin = MARGIN * (high - low);
        double shift = below ? Math.min(0, -high - margin) : Math.max(0, -low + margin);
        boolean outside = below ? high >= 0 : low <= 0;
        return outside && Double.isFinite(shift) ? argument.plus(Expression.real(shift)) : argument;
    }

    /** Of functions that are defined on -1..1. */
    private Expression shrunk(Expression argument) {
        double most = Arrays.stream(argument.evaluate(values, rows)).map(Math::abs).max().orElse(0);
        if (most < 1 || !Double.isFinite(most)) {
            return argument;
        }
        Expression factor = Expression.real((1 - MARGIN) / most);
        return argument instanceof Sum sum ? Expression.sum(sum.terms().stream().map(factor::times).toList())
                : factor.times(argument);
    }
}
