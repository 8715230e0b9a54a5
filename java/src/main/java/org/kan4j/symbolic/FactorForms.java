// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import org.kan4j.formula.Expression;
import org.kan4j.symbolic.Target.Quantity;

/** A power of an input that can be divided out: what is left depends on the others alone. */
final class FactorForms implements StructureRun.Form {

    private static final int[][] POWERS = {{1, 1}, {-1, 1}, {2, 1}, {-2, 1}, {1, 2}, {-1, 2}, {3, 1}, {-3, 1}};
    private static final int MOST_COLUMNS = 140;
    private static final int STRUCTURES = 3;
    private static final double FITS = 0.05;

    private final StructureRun run;

    FactorForms(StructureRun run) {
        this.run = run;
    }

    private record Division(Quantity by, int[] power, Target left, double error) {
    }

    @Override
    public boolean search(Target target, int depth, Predicate<Expression> whole) {
        List<Division> divisions = new ArrayList<>();
        for (Quantity input : target.inputs()) {
            for (int[] power : POWERS) {
                if (run.over()) {
                    return true;
                }
                Division division = division(target, input, power);
                if (division != null && division.error < run.fits(FITS, target)) {
                    divisions.add(division);
                }
            }
        }
        divisions.sort(Comparator.comparingDouble(Division::error));
        for (Division division : divisions.stream().limit(run.thorough() ? STRUCTURES : 1).toList()) {
            run.say("the target over %s^%d/%d is of %d inputs, to %.1e", division.by.meaning(), division.power[0],
                    division.power[1], division.left.inputs().size(), division.error);
            Expression factor = Expression.power(division.by.meaning(),
                    Expression.rational(division.power[0], division.power[1]));
            if (run.solve(division.left, depth + 1, e -> whole.test(e.times(factor)))) {
                return true;
            }
        }
        return run.over();
    }

    private Division division(Target target, Quantity input, int[] power) {
        boolean whole = power[1] == 1;
        if (!whole && !input.positive() || Arrays.stream(input.values()).anyMatch(v -> v == 0)) {
            return null;
        }
        double exponent = (double) power[0] / power[1];
        double[] left = new double[target.values().length];
        Arrays.setAll(left, b -> target.values()[b] / Math.pow(input.values()[b], exponent));
        Target rest = target.with(List.of(input), null).with(left, target.precision());
        if (!rest.finite()) {
            return null;
        }
        if (rest.deviation() <= 1e-12 * Math.abs(rest.mean())) {
            return new Division(input, power, rest, 0);
        }
        int most = Math.min(MOST_COLUMNS, left.length / 4);
        double error = run.budget().fit(LinearFit.products(rest.columns(), most), left).error();
        return new Division(input, power, rest, error);
    }
}
