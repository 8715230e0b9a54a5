// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.kan4j.formula.Expression;

/**
 * c x^p + d of one positive input for any exponent. Among curves with an offset, c (x + b)^p + d, noise makes a power of x itself
 * one with an offset and another exponent.
 */
final class FreePowers {

    private static final double LEAST = 0.02;
    private static final double MOST = 6;
    private static final int STEPS = 30;

    private final StructureRun run;

    FreePowers(StructureRun run) {
        this.run = run;
    }

    /** Offers the best of positive exponents and the best of negative ones: from one side fits do not get to the other. */
    boolean search(Target target, double limit, Predicate<Expression> whole) {
        Target.Quantity input = target.inputs().getFirst();
        if (!input.positive()) {
            return run.over();
        }
        for (int sign : new int[] {1, -1}) {
            double exponent = sign * Math.exp(Golden.least(p -> fit(target, sign * Math.exp(p)).error(), Math.log(LEAST),
                    Math.log(MOST), STEPS));
            LinearFit fit = fit(target, exponent);
            boolean near = fit.error() < limit && Arrays.stream(fit.factors()).allMatch(Double::isFinite);
            if (near && whole.test(Expression.real(fit.factors()[1]).plus(
                    Expression.real(fit.factors()[0]).times(Expression.power(input.meaning(), Expression.real(exponent)))))) {
                return true;
            }
        }
        return run.over();
    }

    private LinearFit fit(Target target, double exponent) {
        double[] power = Arrays.stream(target.inputs().getFirst().values()).map(v -> Math.pow(v, exponent)).toArray();
        return run.budget().fit(List.of(power, LinearFit.ones(power.length)), target.values());
    }
}
