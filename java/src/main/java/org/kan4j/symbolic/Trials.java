// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.kan4j.error.KanException;
import org.kan4j.formula.Expression;

/** Formulas that may be, fitted to the data as a whole. */
final class Trials {

    private static final int FEW_ROWS = 250;
    private static final int STEPS = 30;
    /** Error above which a form is not fitted, and that from which it is fitted to the end. */
    private static final double HOPELESS = 0.6;
    private static final double NEAR = 1e-4;
    /** Measured constants that a formula may have without a doubt. */
    private static final int PLAIN = 4;
    private static final double SMALLEST = 1e-12;
    private static final int KEPT = 6;

    private final StructureSearch settings;
    private final Budget budget;
    private final String output;
    private final Observations few;
    private final Observations train;
    private final Observations held;
    private final Set<String> tried = new HashSet<>();
    private final List<StructureSearch.Met> met = new ArrayList<>();
    private double hopeless = HOPELESS;

    Trials(StructureSearch settings, Budget budget, String output, Observations train, Observations held) {
        this.settings = settings;
        this.budget = budget;
        this.output = output;
        this.few = train.thinned(FEW_ROWS);
        this.train = train;
        this.held = held;
    }

    /** In noise the formula is what is left. */
    void noise(double share) {
        hopeless = Math.max(HOPELESS, Math.min(1.5, 1.2 * share));
    }

    boolean over() {
        return found() || budget.spent() || settings.cancelled().getAsBoolean();
    }

    boolean found() {
        return !met.isEmpty() && met.getFirst().heldRmse() <= settings.enough() / series(met.getFirst().formula());
    }

    /** What the held-out rows and the formula take to be written down: a larger formula has to be worth it. */
    private double bits(StructureSearch.Met one) {
        double rows = held.rows();
        double error = Math.max(one.heldRmse(), SMALLEST);
        return (rows * Math.log(error) + 0.5 * constants(one.formula()) * Math.log(rows)) / Math.log(2) + one.formula().size();
    }

    /** Many constants are a series: it has to be right to more digits. */
    private static double series(Expression formula) {
        return Math.clamp(Math.pow(10, constants(formula) - PLAIN), 1, 1e3);
    }

    static int constants(Expression e) {
        return (e instanceof Expression.Real ? 1 : 0) + e.children().stream().mapToInt(Trials::constants).sum();
    }

    List<StructureSearch.Met> met() {
        return List.copyOf(met);
    }

    /** Fits a form; whether the search is over by it. */
    boolean offer(Expression form) {
        if (over()) {
            return true;
        }
        if (form.variables().isEmpty() || !tried.add(form.format(org.kan4j.formula.Notation.TEXT, 3))) {
            return false;
        }
        try {
            Composition start = Composition.of(Map.of(output, form)).gauged();
            double before = ConstantFit.rmse(start, few);
            if (!(before < hopeless)) {
                return false;
            }
            budget.constants(form, few.rows(), STEPS);
            ConstantFit.Result fit = ConstantFit.fit(start, few, STEPS);
            if (fit.rmse() < NEAR) {
                budget.constants(form, train.rows(), 2 * STEPS);
                fit = ConstantFit.fit(fit.composition(), train, 2 * STEPS);
            }
            double error = ConstantFit.rmse(fit.composition(), held);
            if (Double.isFinite(error)) {
                met.add(new StructureSearch.Met(fit.composition().inlined().getFirst(), error));
                met.sort(Comparator.comparingDouble(this::bits));
                if (met.size() > KEPT) {
                    met.removeLast();
                }
            }
        } catch (KanException undefined) {
            return false;
        }
        return over();
    }
}
