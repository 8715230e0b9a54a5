// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import org.kan4j.formula.Expression;
import org.kan4j.symbolic.Target.Quantity;

/**
 * A power of an input that can be divided out: what is left depends on the others alone. Of many inputs those are divided out together
 * along whose logarithms that of the target has one slope everywhere.
 */
final class FactorForms implements StructureRun.Form {

    private static final int[][] POWERS = {{1, 1}, {-1, 1}, {2, 1}, {-2, 1}, {1, 2}, {-1, 2}, {3, 1}, {-3, 1}};
    private static final int MOST_COLUMNS = 140;
    private static final int STRUCTURES = 3;
    private static final double FITS = 0.05;
    /** Inputs from which on several are divided out together, and how far slopes may be from one half of a whole number. */
    private static final int MANY = 4;
    private static final double STEADY = 0.1;

    private final StructureRun run;

    FactorForms(StructureRun run) {
        this.run = run;
    }

    private record Division(Expression by, Target left, double error) {
    }

    @Override
    public boolean search(Target target, int depth, Predicate<Expression> whole) {
        Division all = target.inputs().size() < MANY ? null : together(target);
        if (run.over() || all != null && all.error < run.fits(FITS, target) && followed(all, depth, whole)) {
            return true;
        }
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
            if (followed(division, depth, whole)) {
                return true;
            }
        }
        return run.over();
    }

    private boolean followed(Division division, int depth, Predicate<Expression> whole) {
        run.say("the target over %s is of %d inputs, to %.1e", division.by, division.left.inputs().size(), division.error);
        return run.solve(division.left, depth + 1, e -> whole.test(e.times(division.by)));
    }

    /** Of all inputs along which the slopes are one plain number; null where there are fewer than two. */
    private Division together(Target target) {
        boolean negative = target.values()[0] < 0;
        if (Arrays.stream(target.values()).anyMatch(v -> v == 0 || v < 0 != negative)) {
            return null;
        }
        List<double[]> inputs = target.inputs().stream()
                .map(q -> new Quantity(q.meaning(), q.values(), q.positive()).coordinate())
                .toList();
        double[] logarithm = Arrays.stream(target.values()).map(v -> Math.log(Math.abs(v))).toArray();
        int most = Math.min(MOST_COLUMNS, logarithm.length / 4);
        double[] factors = run.budget().fit(LinearFit.products(inputs, most), logarithm).factors();
        List<Expression> powers = new ArrayList<>();
        List<Quantity> divided = new ArrayList<>();
        double[] left = target.values().clone();
        for (int i = 0; i < inputs.size(); i++) {
            Quantity input = target.inputs().get(i);
            double[] slopes = LinearFit.slopes(inputs, most, i, factors);
            double halves = Math.rint(2 * VariableProjection.mean(slopes));
            double off = 0.5 * halves - VariableProjection.mean(slopes);
            if (input.positive() && halves != 0 && off * off + Math.pow(VariableProjection.spread(slopes), 2) < STEADY * STEADY) {
                powers.add(Expression.power(input.meaning(), Expression.rational((long) halves, 2)));
                divided.add(input);
                Arrays.setAll(left, b -> left[b] / Math.pow(input.values()[b], halves / 2));
            }
        }
        Target rest = target.with(divided, null).with(left, target.precision());
        return divided.size() < 2 || !rest.finite() ? null : new Division(Expression.product(powers), rest, error(rest));
    }

    private double error(Target rest) {
        if (rest.deviation() <= 1e-12 * Math.abs(rest.mean())) {
            return 0;
        }
        int most = Math.min(MOST_COLUMNS, rest.values().length / 4);
        return run.budget().fit(LinearFit.products(rest.columns(), most), rest.values()).error();
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
        return new Division(Expression.power(input.meaning(), Expression.rational(power[0], power[1])), rest, error(rest));
    }
}
