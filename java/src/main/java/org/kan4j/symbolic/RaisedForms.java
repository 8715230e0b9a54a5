// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.Arrays;
import java.util.Comparator;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.kan4j.formula.Expression;

/** Powers of functions of one input: squares of what changes its sign, and powers of exponents of their own. */
final class RaisedForms {

    /** Share of the largest value at which values touch 0. */
    private static final double TOUCHES = 1e-3;
    /** Halvings of the exponent of a power, in halves. */
    private static final int ROOTS = 5;
    private static final double WORST = 0.05;

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
        SymbolicLibrary few = SymbolicLibrary.of("exp,sin,x^2,x");
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

    private double error(Target target, SymbolicLibrary functions) {
        return single.candidates(target, functions).stream().mapToDouble(Candidate::error).min().orElse(Double.POSITIVE_INFINITY);
    }

    private static Target raised(Target target, double exponent) {
        return target.with(Arrays.stream(target.values()).map(v -> Math.pow(v, exponent)).toArray(), target.precision());
    }
}
