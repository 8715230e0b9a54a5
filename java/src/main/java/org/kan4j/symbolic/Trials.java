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
import org.kan4j.formula.Notation;

/** Formulas that may be, fitted to the data as a whole. */
final class Trials {

    private static final int FEW_ROWS = 250;
    private static final int STEPS = 30;
    /** Error above which a form is not fitted, and that from which it is fitted to the end. */
    private static final double HOPELESS = 0.6;
    private static final double NEAR = 1e-4;
    /** How much worse than the best a form may be on few rows to be fitted to the end. */
    private static final double WORTH = 1.2;
    /** Measured constants that a formula may have without a doubt. */
    private static final int PLAIN = 4;
    /** How many times as right a series has to be: to rounding. */
    private static final double MOST = 1e3;
    private static final int KEPT = 12;
    /** Of these the best are told. */
    private static final int TOLD = 6;
    /** Digits in which one formula is no other. */
    private static final int SHOWN = 6;
    /** Error of a formula that is right to rounding, and how near a constant of it is to the whole number that it is. */
    private static final double TO_ROUNDING = 1e-13;
    private static final double ALIKE = 1e-9;
    private static final double LARGE = 1000;

    private final StructureSearch settings;
    private final Budget budget;
    private final String output;
    private final Observations few;
    private final Observations train;
    private final Observations held;
    private final Set<String> tried = new HashSet<>();
    private final List<Scored> met = new ArrayList<>();
    private double hopeless = HOPELESS;
    private double least = Double.POSITIVE_INFINITY;

    /** A formula met and the bits it takes. */
    private record Scored(StructureSearch.Met met, double bits) {
    }

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
        return !met.isEmpty() && best().heldRmse() <= settings.enough() / series(best());
    }

    /** What all rows and the formula take to be written down: a larger formula has to be worth it. */
    private double bits(Expression formula, double error, double heldError) {
        int rows = train.rows() + held.rows();
        return DescriptionLength.bits(DescriptionLength.error(error, train.rows(), heldError, held.rows()), rows,
                DescriptionLength.bits(formula, rows));
    }

    /**
     * Many constants are a series: it has to be right to more digits. Of a formula that is right to rounding whole numbers are none,
     * where few others are left: factors of 1 and offsets of 0 that a structure has and the law has not.
     */
    private static double series(StructureSearch.Met formula) {
        int measured = measured(formula.formula());
        boolean few = formula.heldRmse() <= TO_ROUNDING && measured < PLAIN;
        return Math.clamp(Math.pow(10, (few ? measured : constants(formula.formula())) - PLAIN), 1, MOST);
    }

    /** Constants that are no whole numbers; a factor near 0 is one, as those of a series' last terms are. */
    private static int measured(Expression e) {
        int count = 0;
        for (Expression child : e.children()) {
            boolean small = e instanceof Expression.Product && child instanceof Expression.Real real
                    && Math.abs(real.value()) < 0.5;
            count += small ? 1 : measured(child);
        }
        boolean whole = e instanceof Expression.Real real && Math.abs(real.value()) < LARGE
                && Math.abs(real.value() - Math.rint(real.value())) < ALIKE;
        return count + (e instanceof Expression.Real && !whole ? 1 : 0);
    }

    static int constants(Expression e) {
        return (e instanceof Expression.Real ? 1 : 0) + e.children().stream().mapToInt(Trials::constants).sum();
    }

    private StructureSearch.Met best() {
        return met.getFirst().met;
    }

    /** The best formulas met, those of the fewest bits first. */
    List<StructureSearch.Met> met() {
        return kept().stream().limit(TOLD).toList();
    }

    /** These and those next to them. */
    List<StructureSearch.Met> kept() {
        return met.stream().map(Scored::met).toList();
    }

    /** Fits a form that is near the target already; whether the search is over by it. */
    boolean offer(Expression form) {
        return offer(form, hopeless);
    }

    /** Fits a form however far it begins; whether the search is over by it. */
    boolean refit(Expression form) {
        return offer(form, Double.POSITIVE_INFINITY);
    }

    private boolean offer(Expression form, double worst) {
        if (over()) {
            return true;
        }
        if (form.variables().isEmpty() || !tried.add(form.format(Notation.TEXT, 3))) {
            return false;
        }
        try {
            Composition start = Composition.of(Map.of(output, form)).gauged();
            double before = ConstantFit.rmse(start, few);
            if (!(before < worst)) {
                return false;
            }
            budget.constants(form, few.rows(), STEPS);
            ConstantFit.Result fit = ConstantFit.fit(start, few, STEPS);
            if (fit.rmse() < NEAR || fit.rmse() < WORTH * least) {
                budget.constants(form, train.rows(), 2 * STEPS);
                fit = ConstantFit.fit(fit.composition(), train, 2 * STEPS);
            }
            double error = ConstantFit.rmse(fit.composition(), held);
            if (Double.isFinite(error)) {
                Expression formula = fit.composition().inlined().getFirst();
                double bits = bits(formula, ConstantFit.rmse(fit.composition(), train), error);
                String shown = formula.format(Notation.TEXT, SHOWN);
                if (met.stream().noneMatch(m -> m.met.formula().format(Notation.TEXT, SHOWN).equals(shown))) {
                    met.add(new Scored(new StructureSearch.Met(formula, error), bits));
                }
                met.sort(Comparator.comparingDouble(Scored::bits));
                least = Math.min(least, error);
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
