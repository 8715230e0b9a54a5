// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.kan4j.formula.Expression;
import org.kan4j.formula.UnaryFunction;
import org.kan4j.symbolic.Target.Quantity;

/** Powers of functions of one input: squares of what changes its sign, and powers of exponents of their own. */
final class RaisedForms {

    /** Share of the largest value at which values touch 0. */
    private static final double TOUCHES = 1e-3;
    /** Halvings of the exponent of a power, in halves. */
    private static final int ROOTS = 5;
    private static final double WORST = 0.05;
    private static final int STEPS = 50;
    private static final double FITS = 1e-7;
    /** What a factor changes the logarithm by, below which it is none. */
    private static final double NOTHING = 1e-5;
    /** Exponents are multiples of one over it, if they are as near. */
    private static final int PARTS = 6;
    private static final double NEAR = 1e-4;

    private final StructureRun run;
    private final SingleForms single;

    RaisedForms(StructureRun run, SingleForms single) {
        this.run = run;
        this.single = single;
    }

    /** The square of what changes its sign where the target is next to nothing. */
    boolean squares(Target target, Predicate<Expression> whole) {
        double[] x = target.inputs().getFirst().values();
        double[] y = target.values();
        int least = IntStream.range(0, y.length).boxed().min(Comparator.comparingDouble(b -> y[b])).orElseThrow();
        if (y[least] < 0 || y[least] > TOUCHES * Arrays.stream(y).max().orElseThrow()) {
            return false;
        }
        for (int side : new int[] {-1, 1}) {
            double[] root = new double[y.length];
            Arrays.setAll(root, b -> Math.sqrt(y[b]) * (b == least ? side : Math.signum(x[b] - x[least])));
            if (single.fitting(target.with(root, target.precision()),
                    e -> whole.test(Expression.power(e, Expression.integer(2))))) {
                return true;
            }
        }
        return run.over();
    }

    /** A power, of an exponent of its own, of an exponential, a wave or a polynomial. */
    boolean rooted(Target target, Predicate<Expression> whole) {
        if (Arrays.stream(target.values()).anyMatch(v -> !(v > 0))) {
            return false;
        }
        SymbolicLibrary few = SymbolicLibrary.of("exp,sin,x^2,x,log");
        double best = 0;
        double least = Double.POSITIVE_INFINITY;
        for (int step = -ROOTS; step <= ROOTS && !run.over(); step++) {
            for (double sign : new double[] {-1, 1}) {
                double exponent = sign * Math.pow(2, 0.5 * step);
                double error = error(raised(target, exponent), few);
                if (error < least) {
                    least = error;
                    best = exponent;
                }
            }
        }
        double step = 0.15;
        while (least < WORST && step > 1e-6 && !run.over()) {
            double above = error(raised(target, best * (1 + step)), few);
            double below = error(raised(target, best * (1 - step)), few);
            if (Math.min(above, below) < least) {
                least = Math.min(above, below);
                best *= above < below ? 1 + step : 1 - step;
            } else {
                step /= 2;
            }
        }
        Target raised = raised(target, best);
        double exponent = best;
        return least < WORST && single.candidates(raised, few).stream().limit(2).anyMatch(c -> whole.test(
                Expression.power(SingleForms.written(c, target), Expression.real(1 / exponent)))) || run.over();
    }

    /**
     * Products of powers of the input, of the input or its square plus a constant, and of exponentials of it and of one over it: the
     * logarithm is linear in all but that constant.
     */
    boolean products(Target target, Predicate<Expression> whole) {
        Quantity input = target.inputs().getFirst();
        if (!input.positive() || Arrays.stream(target.values()).anyMatch(v -> !(v > 0))) {
            return run.over();
        }
        double[] logarithm = Arrays.stream(target.values()).map(Math::log).toArray();
        for (int power = 1; power <= 2; power++) {
            int square = power;
            Quantity x = new Quantity(Expression.power(input.meaning(), Expression.integer(power)),
                    Arrays.stream(input.values()).map(v -> Math.pow(v, square)).toArray());
            for (int sign : new int[] {1, -1}) {
                Shifted best = best(new Shifted(input, x, sign, 0), logarithm);
                LinearFit fit = best.fit(run, logarithm);
                if (run.over() || fit.error() < Math.max(FITS, 5 * target.precision())
                        && Double.isFinite(Math.exp(fit.factors()[0])) && whole.test(best.product(run, logarithm))) {
                    return true;
                }
            }
        }
        return run.over();
    }

    /** With the constant at which the logarithm is best. */
    private Shifted best(Shifted any, double[] logarithm) {
        double[] starts = Families.powersOfTen(-2, 2, 30);
        double width = any.end(-1) - any.end(1);
        double[] left = Arrays.stream(starts).map(v -> any.beyond(v * width).fit(run, logarithm).error()).toArray();
        int best = IntStream.range(0, left.length).boxed().min(Comparator.comparingDouble(k -> left[k])).orElseThrow();
        return any.beyond(width * Math.exp(Golden.least(
                v -> any.beyond(width * Math.exp(v)).fit(run, logarithm).error(), Math.log(starts[Math.max(0, best - 1)]),
                Math.log(starts[Math.min(left.length - 1, best + 1)]), STEPS)));
    }

    /**
     * x + c where the sign is 1, and c - x, which are positive for all values.
     *
     * @param x the input or its square
     * @param beyond its least value
     */
    private record Shifted(Quantity input, Quantity x, int sign, double beyond) {

        Shifted beyond(double least) {
            return new Shifted(input, x, sign, least);
        }

        /** The least of the values, or the largest. */
        double end(int side) {
            return side > 0 ? Arrays.stream(x.values()).min().orElseThrow() : Arrays.stream(x.values()).max().orElseThrow();
        }

        private List<double[]> columns() {
            double end = end(sign);
            return List.of(LinearFit.ones(x.values().length), Arrays.stream(input.values()).map(Math::log).toArray(),
                    Arrays.stream(x.values()).map(v -> Math.log(sign * (v - end) + beyond)).toArray(), input.values(),
                    Arrays.stream(input.values()).map(v -> 1 / v).toArray());
        }

        LinearFit fit(StructureRun run, double[] logarithm) {
            return run.budget().fit(columns(), logarithm);
        }

        /** Without the factors that do nothing. */
        Expression product(StructureRun run, double[] logarithm) {
            List<double[]> all = columns();
            double[] factors = fit(run, logarithm).factors();
            Expression shifted = Expression.real(sign).times(x.meaning()).plus(Expression.real(beyond - sign * end(sign)));
            List<Expression> parts = new ArrayList<>(List.of(Expression.real(Math.exp(factors[0]))));
            for (int k = 1; k < factors.length; k++) {
                if (Math.abs(factors[k]) * VariableProjection.spread(all.get(k)) > NOTHING) {
                    Expression exponent = exponent(factors[k]);
                    parts.add(k == 1 ? Expression.power(input.meaning(), exponent)
                            : k == 2 ? Expression.power(shifted, exponent)
                                    : Expression.call(UnaryFunction.EXP, Expression.real(factors[k]).times(k == 3
                                            ? input.meaning() : Expression.power(input.meaning(), Expression.integer(-1)))));
                }
            }
            return Expression.product(parts);
        }
    }

    private static Expression exponent(double value) {
        double sixths = Math.rint(PARTS * value);
        return Math.abs(PARTS * value - sixths) < NEAR && sixths != 0 ? Expression.rational((long) sixths, PARTS)
                : Expression.real(value);
    }

    private double error(Target target, SymbolicLibrary functions) {
        return single.candidates(target, functions).stream().mapToDouble(Candidate::error).min().orElse(Double.POSITIVE_INFINITY);
    }

    private static Target raised(Target target, double exponent) {
        return target.with(Arrays.stream(target.values()).map(v -> Math.pow(v, exponent)).toArray(), target.precision());
    }
}
