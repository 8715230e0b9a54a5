// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.Arrays;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.kan4j.formula.Expression;
import org.kan4j.formula.UnaryFunction;
import org.kan4j.symbolic.NumberPool.Atom;

/** A number with a constant of its own: u (v + c), u log(1 + c v), or u + c v. */
enum IndexFamily {
    SHIFTED((u, v, c) -> u * (v + c), (u, v, c) -> u.times(v.plus(c))), //
    GROWTH((u, v, c) -> u * Math.log1p(c * v),
            (u, v, c) -> u.times(Expression.call(UnaryFunction.LOG, Expression.integer(1).plus(c.times(v))))), //
    SUM((u, v, c) -> u + c * v, (u, v, c) -> u.plus(c.times(v)));

    private interface Value {
        double of(double u, double v, double c);
    }

    private interface Written {
        Expression of(Expression u, Expression v, Expression c);
    }

    /** Steps of a constant, over and under the ratio of deviations. */
    private static final int STEPS = 9;

    private final Value value;
    private final Written written;

    IndexFamily(Value value, Written written) {
        this.value = value;
        this.written = written;
    }

    double value(double u, double v, double c) {
        return value.of(u, v, c);
    }

    Expression written(Expression u, Expression v, Expression c) {
        return written.of(u, v, c);
    }

    /** Constants to begin with, in order. */
    double[] starts(Atom u, Atom v) {
        double low = Arrays.stream(v.values()).min().orElseThrow();
        double high = Arrays.stream(v.values()).max().orElseThrow();
        double ratio = VariableProjection.spread(u.values()) / VariableProjection.spread(v.values());
        double range = high - low;
        DoubleStream powers = IntStream.rangeClosed(-STEPS, STEPS).mapToDouble(k -> Math.pow(10, k / 6.0));
        double[] sizes = powers.toArray();
        return (switch (this) {
            case SUM -> Arrays.stream(sizes).flatMap(s -> DoubleStream.of(-s * ratio, s * ratio));
            case SHIFTED -> DoubleStream.concat(Arrays.stream(sizes).flatMap(s -> DoubleStream.of(s * range - low,
                    -s * range - high)), IntStream.range(1, STEPS).mapToDouble(k -> -low - k * range / STEPS));
            case GROWTH -> Arrays.stream(sizes).map(s -> s * s / Math.max(Math.abs(low), Math.abs(high)));
        }).sorted().toArray();
    }
}
