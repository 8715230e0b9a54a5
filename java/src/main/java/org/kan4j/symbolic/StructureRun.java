// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.kan4j.error.KanException;
import org.kan4j.formula.Expression;
import org.kan4j.symbolic.Target.Quantity;

/**
 * One run of {@link StructureSearch}. Each form finds expressions of a target and hands them to the whole that the target is a
 * part of, which answers whether the search is over.
 */
final class StructureRun {

    /** Pairs of more are too many; networks are pruned to fewer. */
    private static final int MOST_INPUTS = 10;
    private static final int MOST_ROWS = 600;
    /** Structures inside structures. */
    private static final int DEEPEST = 3;
    /** What smooth functions leave of a target, from which it is taken for noise. */
    private static final double NOISE = 1e-5;
    /** And from which there is nothing but noise. */
    private static final double ALL = 0.97;
    private static final double CONSTANT = 1e-12;
    /** Shares of the work that are kept for what comes after what fits well, what does not, numbers, and noise. */
    private static final double FOR_ANGLES = 0.6;
    private static final double FOR_THOROUGH = 0.55;
    private static final double FOR_NUMBERS = 0.36;
    private static final double FOR_NOISE = 0.1;
    private static final double FOR_REDUCTIONS = 0.04;
    /** Columns by which inputs are looked at as they are and by their logarithms, and the share of the error that decides. */
    private static final int SMOOTH_COLUMNS = 120;
    private static final double SMOOTHER = 0.5;
    /** Parts of a target that are known less well are not looked into. */
    private static final double VAGUE = 0.3;
    /** And into those known less well than this, or four times the noise, less is put. */
    private static final double ROUGH = 1e-2;
    /** Share of the largest error of a structure that is that of one that fits well. */
    private static final double WELL = 1.0 / 30;

    /** A way to find expressions of a target. */
    interface Form {
        /**
         * Looks for expressions.
         *
         * @param depth structures around the target
         * @param whole is given each expression; answers whether the search is over
         * @return whether it is
         */
        boolean search(Target target, int depth, Predicate<Expression> whole);
    }

    private final StructureSearch settings;
    private final Budget budget;
    private final Trials trials;
    private final Observations rows;
    private final Target target;
    private final Set<Expression> implied;
    /** Whether structures that fit badly are followed, too: what fits well is not found behind one that only comes near. */
    private boolean thorough;
    /** Forms that look at the target itself in the same way whether thorough or not. */
    private Set<Form> lookedThrough = Set.of();
    private double noise;
    private final SingleForms single;
    private final Form polynomials;
    private final Form exponents;
    private final IndexForms numbers;
    private final List<Form> quick;
    private final List<Form> all;
    private final List<Form> separations;

    StructureRun(StructureSearch settings, String output, Observations train, Observations held) {
        this.settings = settings;
        this.budget = new Budget(settings.operations());
        this.trials = new Trials(settings, budget, output, train, held);
        this.rows = train.thinned(MOST_ROWS);
        List<Quantity> inputs = new ArrayList<>();
        rows.inputs().forEach((name, values) -> inputs.add(new Quantity(Expression.variable(name), values)));
        this.implied = rows.implied().stream().<Expression>map(Expression::variable).collect(Collectors.toSet());
        this.target = scaled(new Target(inputs, rows.targets().get(output), 1e-13));
        this.single = new SingleForms(this, settings.library());
        Form sums = new SumForms(this);
        Form mixed = new MixedForms(this);
        this.separations = List.of(sums, mixed);
        this.polynomials = new PolynomialForms(this);
        this.exponents = new ExponentForms(this);
        Form factors = new FactorForms(this);
        Form pairs = new PairForms(this);
        Form ridges = new RidgeForms(this);
        Form powerRidges = new PowerRidges(this);
        Form scaling = new ScalingForms(this);
        Form sparse = new SparseForms(this);
        Form logarithm = new LogarithmForms(this, List.of(factors, scaling));
        Form roots = new RootForms(this, separations);
        this.quick = List.of(polynomials, exponents, sums, factors, pairs, ridges, powerRidges, scaling, sparse, mixed,
                logarithm, roots);
        this.numbers = new IndexForms(this);
        this.all = List.of(polynomials, exponents, new PowerForms(this), numbers::ofPowers, sums, factors, pairs, ridges,
                powerRidges,
                scaling, sparse, mixed, logarithm, roots);
    }

    /** Each input in the coordinate in which the target is smoother. */
    private Target scaled(Target given) {
        if (given.inputs().size() > MOST_INPUTS) {
            return given;
        }
        List<Quantity> inputs = new ArrayList<>(given.inputs());
        double error = error(given);
        for (int i = 0; i < inputs.size(); i++) {
            Quantity plain = inputs.get(i);
            if (plain.wide()) {
                inputs.set(i, new Quantity(plain.meaning(), plain.values(), true));
                double reached = error(new Target(inputs, given.values(), given.precision()));
                if (reached < SMOOTHER * error) {
                    error = reached;
                } else {
                    inputs.set(i, plain);
                }
            }
        }
        Target wide = new Target(given.inputs().stream().map(q -> new Quantity(q.meaning(), q.values(), q.wide())).toList(),
                given.values(), given.precision());
        Target each = new Target(inputs, given.values(), given.precision());
        return !wide.inputs().equals(each.inputs()) && error(wide) < SMOOTHER * error ? wide : each;
    }

    private double error(Target given) {
        int most = Math.min(SMOOTH_COLUMNS, given.values().length / 4);
        return budget.fit(LinearFit.products(given.columns(), most), given.values()).error();
    }

    List<StructureSearch.Met> run() {
        if (target.inputs().size() > MOST_INPUTS) {
            say("%d inputs are more than the %d that are looked through for structure", target.inputs().size(), MOST_INPUTS);
            return List.of();
        }
        solve(false, FOR_ANGLES);
        boolean cut = budget.spent();
        inRadians();
        lookedThrough = cut ? Set.of() : Set.of(polynomials, exponents);
        solve(true, FOR_NUMBERS);
        budget.keep(FOR_NOISE);
        if (!over()) {
            holds(() -> numbers.ofMore(target, 0, trials::offer));
        }
        budget.keep(0);
        lookedThrough = Set.of();
        double left = over() ? 0 : noise();
        if (left > NOISE && left < ALL) {
            say("no formula to the last digit; what smooth functions leave is %.2g of the deviation", left);
            inNoise(left);
        }
        return trials.met();
    }

    /** Looks for formulas of a target of which such a share of the deviation is noise. */
    void inNoise(double share) {
        noise = share;
        thorough = true;
        trials.noise(noise);
        budget.keep(FOR_REDUCTIONS);
        solve(target.with(target.values(), noise), 0, trials::offer);
        budget.keep(0);
        reduce();
    }

    /** Offers what has fewer constants than the formulas met, of the best one first, until all met have been looked at. */
    private void reduce() {
        Set<Expression> reduced = new HashSet<>();
        Optional<Expression> next;
        do {
            next = trials.kept().stream().map(StructureSearch.Met::formula).filter(reduced::add).findFirst();
            next.ifPresent(formula -> Reductions.of(formula).forEach(trials::refit));
        } while (next.isPresent() && !over());
    }

    /** What fits well of angles in degrees. */
    private void inRadians() {
        budget.keep(FOR_THOROUGH);
        for (Angles.InRadians angles : Angles.of(target)) {
            if (over()) {
                return;
            }
            say("in radians: %s", String.join(", ", angles.names()));
            Predicate<Expression> whole = e -> trials.offer(angles.back().apply(e));
            solve(angles.target(), 0, whole);
            holds(() -> numbers.ofPowers(angles.target(), 0, whole));
        }
    }

    private void solve(boolean thoroughly, double kept) {
        budget.keep(kept);
        if (!over()) {
            thorough = thoroughly;
            solve(target, 0, trials::offer);
        }
    }

    /** Fits an expression of the target; whether the search is over by it. */
    boolean offer(Expression form) {
        return trials.offer(form);
    }

    /** The formulas met, the best first. */
    List<StructureSearch.Met> met() {
        return trials.met();
    }

    /** Whether what fits well was looked through, and what fits badly is too. */
    boolean thorough() {
        return thorough;
    }

    /** The error up to which a structure is one, of that in a thorough search. */
    double fits(double error, Target part) {
        return Math.max(thorough ? error : WELL * error, 2 * part.precision());
    }

    /** Whether the values of the target are taken for noisy. */
    boolean noisy() {
        return noise > NOISE;
    }

    /** Whether an input says nothing that the others do not say together: between them there are equations that are none of the target's. */
    boolean isImplied(Quantity input) {
        return implied.contains(input.meaning());
    }

    /** What may still be done. */
    Budget budget() {
        return budget;
    }

    /** An expression's values at the rows. */
    double[] evaluate(Expression e) {
        return e.evaluate(rows.inputs(), rows.rows());
    }

    /** The rows with another target. */
    Observations observations(String name, double[] values) {
        return new Observations(rows.inputs(), java.util.Map.of(name, values), rows.rows());
    }

    /** What smooth functions of all inputs leave of the target. */
    private double noise() {
        double all = budget.fit(LinearFit.products(target.columns(), target.values().length / 5), target.values()).error();
        List<double[]> sum = new ArrayList<>(List.of(LinearFit.ones(target.values().length)));
        target.columns().stream().limit(10).forEach(x -> sum.addAll(LinearFit.waves(x, 8)));
        return Math.min(1, Math.min(all, budget.fit(sum, target.values()).error()));
    }

    boolean over() {
        return trials.over();
    }

    void say(String format, Object... arguments) {
        settings.listener().accept(String.format(java.util.Locale.ROOT, format, arguments));
    }

    /** Looks for expressions of a target in all forms. */
    boolean solve(Target part, int depth, Predicate<Expression> whole) {
        if (over()) {
            return true;
        }
        if (!part.finite() || depth > 0 && part.precision() > VAGUE) {
            return false;
        }
        if (depth > 0 && thorough() && part.precision() > Math.max(ROUGH, 4 * noise)) {
            return quickly(part, depth, whole);
        }
        double deviation = part.deviation();
        if (part.inputs().isEmpty() || deviation <= CONSTANT * Math.abs(part.mean())) {
            return deviation <= Math.max(CONSTANT, part.precision()) * Math.abs(part.mean())
                    && whole.test(Expression.real(part.mean()));
        }
        if (part.inputs().size() == 1) {
            return depth == 0 && (holds(() -> single.ofLibrary(part, whole)) || searched(polynomials, part, depth, whole))
                    || searched(single, part, depth, whole)
                    || searched(exponents, part, depth, whole);
        }
        for (Form form : thorough() ? all : quick) {
            if (over() || depth <= DEEPEST && !(depth == 0 && lookedThrough.contains(form))
                    && searched(form, part, depth, whole)) {
                return over();
            }
        }
        return over();
    }

    private boolean searched(Form form, Target part, int depth, Predicate<Expression> whole) {
        return holds(() -> form.search(part, depth, whole));
    }

    /** A form that comes to constants that no double holds, or to a function that is undefined on a row, is not that of the target. */
    private boolean holds(BooleanSupplier search) {
        try {
            return search.getAsBoolean();
        } catch (KanException undefined) {
            return over();
        }
    }

    /** The same among what fits well alone. */
    boolean quickly(Target part, int depth, Predicate<Expression> whole) {
        boolean before = thorough;
        thorough = false;
        try {
            return solve(part, depth, whole);
        } finally {
            thorough = before;
        }
    }

    /** Looks for sums and products of functions of one input each. */
    boolean separated(Target part, int depth, Predicate<Expression> whole) {
        for (Form form : separations) {
            if (form.search(part, depth, whole)) {
                return true;
            }
        }
        return over();
    }
}
