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
 * h(z) B(others) for a number z made of two inputs, of which one is among the others, as laws with units have it: a^3 h(a/b). By
 * least squares for B and 1/h, or for h and 1/B, the one that is inverted beginning with 1.
 */
final class ScalingForms implements StructureRun.Form {

    private static final int DEGREE = 10;
    private static final int MOST_COLUMNS = 60;
    private static final int STRUCTURES = 3;
    private static final double FITS = 0.01;

    private final StructureRun run;

    ScalingForms(StructureRun run) {
        this.run = run;
    }

    /** h of a number at the rows. */
    private record Scaling(Quantity number, Quantity dropped, double[] h, double error) {
    }

    @Override
    public boolean search(Target target, int depth, Predicate<Expression> whole) {
        List<Scaling> found = new ArrayList<>();
        for (Quantity kept : target.inputs()) {
            for (Quantity dropped : target.inputs()) {
                for (PairForms.Rule rule : kept == dropped ? List.<PairForms.Rule>of() : PairForms.RULES) {
                    if (run.over()) {
                        return true;
                    }
                    Scaling scaling = scaling(target, rule.number(kept, dropped), dropped);
                    if (scaling != null && scaling.error < run.fits(FITS, target)) {
                        found.add(scaling);
                    }
                }
            }
        }
        found.sort(Comparator.comparingDouble(Scaling::error));
        for (Scaling scaling : found.stream().limit(STRUCTURES).toList()) {
            run.say("the target is a function of %s times one without %s, to %.1e", scaling.number.meaning(),
                    scaling.dropped.meaning(), scaling.error);
            Target h = new Target(List.of(scaling.number), scaling.h, Math.max(scaling.error, 1e-13));
            if (run.solve(h, depth + 1, e -> others(target, scaling, e, depth, whole))) {
                return true;
            }
        }
        return run.over();
    }

    private boolean others(Target target, Scaling scaling, Expression h, int depth, Predicate<Expression> whole) {
        double[] left = run.evaluate(h);
        Arrays.setAll(left, b -> target.values()[b] / left[b]);
        Target rest = target.with(List.of(scaling.dropped), null).with(left, Math.max(1e-13, 10 * scaling.error));
        return run.solve(rest, depth + 1, e -> whole.test(e.times(h)));
    }

    private Scaling scaling(Target target, Quantity number, Quantity dropped) {
        if (Arrays.stream(number.values()).anyMatch(v -> !Double.isFinite(v))) {
            return null;
        }
        List<double[]> waves = new ArrayList<>(List.of(LinearFit.ones(target.values().length)));
        waves.addAll(LinearFit.waves(number.coordinate(), DEGREE));
        List<double[]> others = LinearFit.products(target.with(List.of(dropped), null).columns(), MOST_COLUMNS);
        Scaling first = inverted(target, number, dropped, others, waves, true);
        Scaling second = inverted(target, number, dropped, waves, others, false);
        return first.error < second.error ? first : second;
    }

    /** t (1 + sum of inverted columns) = sum of plain columns. */
    private Scaling inverted(Target target, Quantity number, Quantity dropped, List<double[]> plain, List<double[]> inverted,
            boolean numberInverted) {
        double[] t = target.values();
        List<double[]> columns = new ArrayList<>(plain);
        inverted.subList(1, inverted.size()).forEach(c -> columns.add(LinearFit.times(c, t)));
        LinearFit fit = run.budget().fit(columns, t);
        double[] h = numberInverted ? LinearFit.ones(t.length) : fit.values(columns, 0, plain.size());
        if (numberInverted) {
            for (int k = 1; k < inverted.size(); k++) {
                double factor = fit.factors()[plain.size() + k - 1];
                double[] wave = inverted.get(k);
                Arrays.setAll(h, b -> h[b] - factor * wave[b]);
            }
            Arrays.setAll(h, b -> 1 / h[b]);
        }
        double size = VariableProjection.squares(fit.values(columns, 0, plain.size()));
        double error = fit.error() * target.deviation() * Math.sqrt(t.length / size); // nothing = nothing is no law
        return new Scaling(number, dropped, h, error);
    }
}
