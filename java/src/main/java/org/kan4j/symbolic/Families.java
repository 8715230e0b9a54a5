// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import org.kan4j.formula.Expression;
import org.kan4j.formula.UnaryFunction;

/** The families that curves are compared with. */
final class Families {

    /** What a logarithm may be off at 0, of its factor, to be that of 1 + c x: one constant less. */
    private static final double ZERO = 1e-6;

    private Families() {
    }

    /** 10^from, ..., 10^to. */
    static double[] powersOfTen(double from, double to, int count) {
        double[] values = new double[count];
        for (int i = 0; i < count; i++) {
            values[i] = Math.pow(10, from + (to - from) * i / (count - 1));
        }
        return values;
    }

    static List<double[]> evenly(double from, double to, int count) {
        List<double[]> starts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            starts.add(new double[] {from + (to - from) * i / (count - 1)});
        }
        return starts;
    }

    /** f of the distance from a place outside the range, on one side; theta is the logarithm of how far outside. */
    record Outside(int side, DoubleUnaryOperator f, DoubleUnaryOperator slope, Expression exponent) implements Family {
        @Override
        public int columns() {
            return 1;
        }

        @Override
        public List<double[]> starts() {
            return java.util.Arrays.stream(powersOfTen(-4, 1.5, 40)).mapToObj(v -> new double[] {Math.log(v)}).toList();
        }

        @Override
        public boolean values(double[] theta, double[] u, double[][] values) {
            double beyond = 1 + Math.exp(theta[0]);
            for (int i = 0; i < u.length; i++) {
                values[0][i] = f.applyAsDouble(beyond - side * u[i]);
            }
            return theta[0] > -36 && theta[0] < 8;
        }

        @Override
        public void slopes(double[] theta, double[] u, double[][][] slopes) {
            double change = Math.exp(theta[0]);
            for (int i = 0; i < u.length; i++) {
                slopes[0][0][i] = change * slope.applyAsDouble(1 + change - side * u[i]);
            }
        }

        @Override
        public Expression expression(double[] theta, double[] c, double d, Scale scale) {
            Expression distance = beyond(scale, side, theta[0]);
            if (exponent == null) {
                double place = scale.middle() + scale.half() * side * (1 + change(theta));
                double atZero = c[0] * Math.log(Math.abs(place) / scale.half()) + d;
                if (place * side > 0 && Math.abs(atZero) <= ZERO * Math.abs(c[0])) {
                    return Expression.real(c[0]).times(Expression.call(UnaryFunction.LOG,
                            Expression.integer(1).plus(Expression.real(-1 / place).times(Family.Scale.x()))));
                }
                return Expression.real(c[0]).times(Expression.call(UnaryFunction.LOG, distance))
                        .plus(Expression.real(d - c[0] * Math.log(scale.half())));
            }
            double power = exponent.evaluate(java.util.Map.of());
            return Expression.real(c[0] / Math.pow(scale.half(), power)).times(Expression.power(distance, exponent))
                    .plus(Expression.real(d));
        }
    }

    private static double change(double[] theta) {
        return Math.exp(theta[0]);
    }

    private static Expression beyond(Family.Scale scale, int side, double logarithm) {
        double place = scale.middle() + scale.half() * side * (1 + Math.exp(logarithm));
        return side > 0 ? Expression.real(place).minus(Family.Scale.x())
                : Family.Scale.x().plus(Expression.real(-place));
    }

    /** Any power of the distance from a place outside; the power becomes a multiple of 1/6 where the curve does not object. */
    record AnyPower(int side) implements Family {
        @Override
        public int columns() {
            return 1;
        }

        @Override
        public List<double[]> starts() {
            List<double[]> starts = new ArrayList<>();
            for (double beyond : powersOfTen(-4, 1, 16)) {
                for (int p = -10; p <= 10; p++) {
                    if (p != 0) {
                        starts.add(new double[] {Math.log(beyond), p / 2.0});
                    }
                }
            }
            return starts;
        }

        @Override
        public boolean values(double[] theta, double[] u, double[][] values) {
            double beyond = 1 + Math.exp(theta[0]);
            for (int i = 0; i < u.length; i++) {
                values[0][i] = Math.pow(beyond - side * u[i], theta[1]);
            }
            return theta[0] > -36 && theta[0] < 5 && Math.abs(theta[1]) <= 6 && Math.abs(theta[1]) > 0.05;
        }

        @Override
        public void slopes(double[] theta, double[] u, double[][][] slopes) {
            double change = Math.exp(theta[0]);
            for (int i = 0; i < u.length; i++) {
                double distance = 1 + change - side * u[i];
                double value = Math.pow(distance, theta[1]);
                slopes[0][0][i] = change * theta[1] * value / distance;
                slopes[1][0][i] = value * Math.log(distance);
            }
        }

        @Override
        public double[] snapped(double[] theta) {
            double sixths = Math.rint(6 * theta[1]);
            return new double[] {theta[0], (sixths == 0 ? Math.signum(theta[1]) : sixths) / 6};
        }

        @Override
        public int freeAfterSnapping() {
            return 1;
        }

        @Override
        public Expression expression(double[] theta, double[] c, double d, Scale scale) {
            double sixths = Math.rint(6 * theta[1]);
            Expression power = Math.abs(sixths - 6 * theta[1]) < 1e-12 ? Expression.rational((long) sixths, 6)
                    : Expression.real(theta[1]);
            return Expression.real(c[0] / Math.pow(scale.half(), theta[1]))
                    .times(Expression.power(beyond(scale, side, theta[0]), power)).plus(Expression.real(d));
        }
    }

    /** e^(alpha u), or both signs of alpha at once. */
    record Rate(boolean both) implements Family {
        @Override
        public int columns() {
            return both ? 2 : 1;
        }

        @Override
        public List<double[]> starts() {
            List<double[]> starts = new ArrayList<>();
            for (double rate : powersOfTen(-2, 1.7, 60)) {
                starts.add(new double[] {rate});
                if (!both) {
                    starts.add(new double[] {-rate});
                }
            }
            return starts;
        }

        @Override
        public boolean values(double[] theta, double[] u, double[][] values) {
            double alpha = theta[0];
            for (int k = 0; k < values.length; k++, alpha = -alpha) {
                for (int i = 0; i < u.length; i++) {
                    values[k][i] = Math.exp(alpha * u[i] - Math.abs(alpha));
                }
            }
            return alpha != 0 && Math.abs(alpha) < 300;
        }

        @Override
        public void slopes(double[] theta, double[] u, double[][][] slopes) {
            double alpha = theta[0];
            double sign = 1;
            for (int k = 0; k < columns(); k++, alpha = -alpha, sign = -sign) {
                for (int i = 0; i < u.length; i++) {
                    slopes[0][k][i] = sign * (u[i] - Math.signum(alpha)) * Math.exp(alpha * u[i] - Math.abs(alpha));
                }
            }
        }

        @Override
        public Expression expression(double[] theta, double[] c, double d, Scale scale) {
            double alpha = theta[0];
            double peak = Math.exp(-Math.abs(alpha));
            if (!both) {
                // What does not overflow goes before the exponential, the rest into it.
                double shift = -alpha * scale.middle() / scale.half() - Math.abs(alpha);
                double factor = c[0] * Math.exp(shift);
                boolean outside = Math.abs(shift) < 300 && Math.abs(factor) < 1e150 && factor != 0;
                Expression exponent = outside ? Expression.real(alpha / scale.half()).times(Scale.x())
                        : scale.argument(alpha, -Math.abs(alpha));
                return Expression.real(outside ? factor : c[0])
                        .times(Expression.call(UnaryFunction.EXP, exponent)).plus(Expression.real(d));
            }
            double amplitude = 2 * Math.sqrt(Math.abs(c[0])) * Math.sqrt(Math.abs(c[1])) * peak;
            if (amplitude == 0 || !Double.isFinite(amplitude)) {
                return Expression.sum(Expression.real(c[0])
                        .times(Expression.call(UnaryFunction.EXP, scale.argument(alpha, -Math.abs(alpha)))),
                        Expression.real(c[1])
                                .times(Expression.call(UnaryFunction.EXP, scale.argument(-alpha, -Math.abs(alpha)))),
                        Expression.real(d));
            }
            double shift = 0.5 * (Math.log(Math.abs(c[0])) - Math.log(Math.abs(c[1])));
            UnaryFunction f = c[0] * c[1] > 0 ? UnaryFunction.COSH : UnaryFunction.SINH;
            return Expression.real(Math.signum(c[0]) * amplitude)
                    .times(Expression.call(f, scale.argument(alpha, shift))).plus(Expression.real(d));
        }
    }

    /** A wave of any amplitude and phase. */
    record Wave() implements Family {
        @Override
        public int columns() {
            return 2;
        }

        @Override
        public List<double[]> starts() {
            List<double[]> starts = new ArrayList<>();
            for (double frequency : powersOfTen(-1.5, 0, 20)) {
                starts.add(new double[] {frequency});
            }
            for (double frequency = 1.25; frequency < 70; frequency += 0.25) {
                starts.add(new double[] {frequency});
            }
            return starts;
        }

        @Override
        public boolean values(double[] theta, double[] u, double[][] values) {
            for (int i = 0; i < u.length; i++) {
                values[0][i] = Math.sin(theta[0] * u[i]);
                values[1][i] = Math.cos(theta[0] * u[i]);
            }
            return theta[0] > 1e-3 && theta[0] < 200;
        }

        @Override
        public void slopes(double[] theta, double[] u, double[][][] slopes) {
            for (int i = 0; i < u.length; i++) {
                slopes[0][0][i] = u[i] * Math.cos(theta[0] * u[i]);
                slopes[0][1][i] = -u[i] * Math.sin(theta[0] * u[i]);
            }
        }

        @Override
        public Expression expression(double[] theta, double[] c, double d, Scale scale) {
            double phase = Math.atan2(c[1], c[0]) - theta[0] * scale.middle() / scale.half();
            Expression argument = Expression.sum(Expression.real(theta[0] / scale.half()).times(Scale.x()),
                    Expression.real(Math.IEEEremainder(phase, 2 * Math.PI)));
            return Expression.real(Math.hypot(c[0], c[1])).times(Expression.call(UnaryFunction.SIN, argument))
                    .plus(Expression.real(d));
        }
    }

    /** One column f(alpha u + beta), with the ways that alpha and beta are searched. */
    record OfArgument(DoubleUnaryOperator f, DoubleUnaryOperator slope, Search search, UnaryOperator<Expression> written)
            implements Family {
        @Override
        public int columns() {
            return 1;
        }

        @Override
        public List<double[]> starts() {
            return search.starts();
        }

        @Override
        public boolean values(double[] theta, double[] u, double[][] values) {
            double[] line = search.line(theta);
            if (line == null) {
                return false;
            }
            for (int i = 0; i < u.length; i++) {
                values[0][i] = f.applyAsDouble(line[0] * u[i] + line[1]);
                if (!Double.isFinite(values[0][i])) {
                    return false;
                }
            }
            return true;
        }

        @Override
        public void slopes(double[] theta, double[] u, double[][][] slopes) {
            double[] line = search.line(theta);
            double[][] changes = search.changes(theta);
            for (int i = 0; i < u.length; i++) {
                double slopeHere = slope.applyAsDouble(line[0] * u[i] + line[1]);
                for (int j = 0; j < theta.length; j++) {
                    slopes[j][0][i] = slopeHere * (changes[j][0] * u[i] + changes[j][1]);
                }
            }
        }

        @Override
        public Expression expression(double[] theta, double[] c, double d, Scale scale) {
            double[] line = search.line(theta);
            if (search instanceof Searches.Place) { // of homogeneous functions: the width is in c
                Expression distance = Scale.x().plus(Expression.real(-scale.middle() - scale.half() * theta[0]));
                return Expression.real(c[0] / scale.half()).times(written.apply(line[0] < 0 ? distance.negated() : distance))
                        .plus(Expression.real(d));
            }
            return Expression.real(c[0]).times(written.apply(scale.argument(line[0], line[1]))).plus(Expression.real(d));
        }
    }

    /** How the line alpha u + beta depends on theta. */
    interface Search {
        List<double[]> starts();

        /** {alpha, beta}; null outside what is searched. */
        double[] line(double[] theta);

        /** Of each unknown the derivatives of alpha and beta. */
        double[][] changes(double[] theta);
    }
}
