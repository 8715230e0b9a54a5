// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.kan4j.formula.Expression;
import org.kan4j.formula.UnaryFunction;
import org.kan4j.symbolic.NumberPool.Atom;
import org.kan4j.symbolic.Target.Quantity;

/**
 * f(z) times powers of inputs and exponentials, or plus a polynomial, for one number z made of any inputs and an unknown function f
 * (what dimensional analysis leaves of a law): many numbers are gone through, the factors beside f come with each by a linear fit
 * that knows nothing of f ({@link PartialLinear}).
 */
final class IndexForms implements StructureRun.Form {

    private static final int FEW = 140;
    private static final int MOST_INPUTS = 6;
    private static final int DEEPEST = 0;
    /** Numbers gone through in a stage. */
    private static final int MOST_NUMBERS = 300_000;
    /** And those of which more columns than powers are fitted beside. */
    private static final double MOST_OPERATIONS = 3e9;
    /** Shares of squares left at which a number is looked at in all rows, and at which the target is a function of it. */
    private static final double NEAR = 0.1;
    private static final double FITS = 3e-3;
    private static final int ROWS = 600;
    /** Error of a smooth function of the number, and that up to which factors that are no plain numbers are believed. */
    private static final double SMOOTH = 0.02;
    private static final double MEASURED = 1e-4;
    private static final int KEPT = 24;
    private static final int STRUCTURES = 4;
    private static final int HALVINGS = 40;
    private static final double GOLDEN = (Math.sqrt(5) - 1) / 2;
    /** Share left at a constant near the right one. */
    private static final double COARSE = 0.5;
    /** Of more inputs constants are looked for in products alone. */
    private static final int FEW_INPUTS = 3;
    private static final int DEGREE = 30;
    /** Of values known less well only the first numbers are gone through. */
    private static final double NOISE = 1e-6;
    /** What a factor may be off, as a change of the target's logarithm or of its deviation, and the factor itself. */
    private static final double EFFECT = 0.01;
    private static final double ALIKE = 2e-3;
    private static final int PARTS = 6;
    /** How well values are taken to be known where a factor beside them is measured. */
    private static final double LEAST = 1e-6;
    private static final double MOST = 1e-3;

    private final StructureRun run;

    IndexForms(StructureRun run) {
        this.run = run;
    }

    /** What may stand beside f: a column with what it means, of which a factor is to be found. */
    private record Beside(Expression meaning, double[] values) {
    }

    /** How f and what is beside it make the target. */
    private record Model(Target target, boolean times, List<Beside> beside, int[] few, PartialLinear onFew, PartialLinear onAll) {

        static Model of(Target target, boolean times, List<Beside> beside) {
            int rows = target.values().length;
            int[] few = IntStream.range(0, Math.min(FEW, rows)).map(k -> (int) ((long) k * rows / Math.min(FEW, rows))).toArray();
            return new Model(target, times, beside, few, fit(target, times, beside, few),
                    fit(target, times, beside, IntStream.range(0, rows).toArray()));
        }

        /** Of a product the logarithm, rows near 0 counting less. */
        private static PartialLinear fit(Target target, boolean times, List<Beside> beside, int[] rows) {
            double[] sizes = Arrays.stream(rows).mapToDouble(b -> Math.abs(target.values()[b])).toArray();
            double middle = Arrays.stream(sizes).sorted().toArray()[sizes.length / 2];
            double[] weights = LinearFit.ones(sizes.length);
            double[] values = Arrays.stream(rows).mapToDouble(b -> target.values()[b]).toArray();
            if (times) {
                boolean signs = Arrays.stream(values).anyMatch(v -> v <= 0) && Arrays.stream(values).anyMatch(v -> v >= 0);
                Arrays.setAll(weights, k -> signs ? sizes[k] / (sizes[k] + middle) : 1);
                Arrays.setAll(values, k -> sizes[k] > 0 ? Math.log(sizes[k]) : 0);
            }
            List<double[]> columns = new ArrayList<>();
            beside.forEach(one -> columns.add(Arrays.stream(rows).mapToDouble(b -> one.values[b]).toArray()));
            return new PartialLinear(columns, values, weights);
        }
    }

    /** A number, and the factors of what is beside f. */
    private record Index(Expression number, double[] factors, double share) {

        /** Of those that leave nothing the smallest first. */
        private static final Comparator<Index> BEST = Comparator
                .comparingDouble((Index i) -> Math.max(MEASURED, i.share)).thenComparingInt(i -> i.number.size());
    }

    @Override
    public boolean search(Target target, int depth, Predicate<Expression> whole) {
        if (depth > DEEPEST || target.inputs().size() < 2 || target.inputs().size() > MOST_INPUTS) {
            return run.over();
        }
        Model powers = Model.of(target, true, powers(target));
        NumberPool pool = new NumberPool(target.inputs(), powers.few);
        if (target.precision() > NOISE) {
            return looked(powers, pool, depth, whole, pool::pairs);
        }
        return looked(powers, pool, depth, whole, pool::pairs) || measured(powers, pool, depth, whole)
                || looked(Model.of(target, false, polynomial(target)), pool, depth, whole, pool::pairs)
                || looked(Model.of(target, true, exponentials(target)), pool, depth, whole, pool::pairs)
                || looked(powers, pool, depth, whole, pool::triples);
    }

    // ------------------------------------------------------------------------------------------------------- what is beside f

    private static List<Beside> powers(Target target) {
        List<Beside> beside = new ArrayList<>();
        target.inputs().stream().filter(q -> Arrays.stream(q.values()).allMatch(v -> v != 0))
                .forEach(q -> beside.add(logarithm(q.meaning(), q.values())));
        return beside;
    }

    private static Beside logarithm(Expression meaning, double[] values) {
        Expression written = Arrays.stream(values).allMatch(v -> v < 0) ? meaning.negated() : meaning;
        return new Beside(Expression.call(UnaryFunction.LOG, written),
                Arrays.stream(values).map(v -> Math.log(Math.abs(v))).toArray());
    }

    /** Powers of inputs, of their sums and differences, and exponentials of inputs, products and quotients. */
    private static List<Beside> exponentials(Target target) {
        List<Beside> beside = powers(target);
        List<Quantity> inputs = target.inputs();
        inputs.forEach(q -> beside.add(new Beside(q.meaning(), q.values())));
        for (int i = 0; i < inputs.size(); i++) {
            for (int j = i + 1; j < inputs.size(); j++) {
                for (PairForms.Rule rule : PairForms.RULES.subList(0, 5)) {
                    Quantity number = rule.number(inputs.get(i), inputs.get(j));
                    boolean sum = number.meaning() instanceof Expression.Sum;
                    boolean sign = Arrays.stream(number.values()).allMatch(v -> v > 0)
                            || Arrays.stream(number.values()).allMatch(v -> v < 0);
                    if (Arrays.stream(number.values()).allMatch(Double::isFinite) && (sign || !sum)) {
                        beside.add(sum ? logarithm(number.meaning(), number.values())
                                : new Beside(number.meaning(), number.values()));
                    }
                }
            }
        }
        return beside;
    }

    /** Inputs, their squares and products. */
    private static List<Beside> polynomial(Target target) {
        List<Beside> beside = new ArrayList<>();
        List<Quantity> inputs = target.inputs();
        inputs.forEach(q -> beside.add(new Beside(q.meaning(), q.values())));
        for (int i = 0; i < inputs.size(); i++) {
            for (int j = i; j < inputs.size(); j++) {
                beside.add(new Beside(inputs.get(i).meaning().times(inputs.get(j).meaning()),
                        LinearFit.times(inputs.get(i).values(), inputs.get(j).values())));
            }
        }
        return beside;
    }

    // ---------------------------------------------------------------------------------------------------------------- numbers

    /** The best of many. */
    private static final class Best {
        private final List<Index> kept = new ArrayList<>();
        private double worst = NEAR;

        void add(double[] factors, double share, Supplier<Expression> number) {
            if (share < worst) {
                kept.add(new Index(number.get(), factors, share));
                if (kept.size() > 2 * KEPT) {
                    shorten();
                }
            }
        }

        private void shorten() {
            kept.sort(Index.BEST);
            kept.subList(KEPT, kept.size()).clear();
            worst = Math.max(MEASURED, kept.getLast().share);
        }
    }

    private interface Numbers {
        boolean each(NumberPool.Visitor visitor);
    }

    private boolean looked(Model model, NumberPool pool, int depth, Predicate<Expression> whole, Numbers numbers) {
        if (run.over() || !model.onFew.leavesSomething()) {
            return run.over();
        }
        Best best = new Best();
        int most = (int) Math.min(MOST_NUMBERS, MOST_OPERATIONS / model.onFew.operations());
        int[] seen = new int[1];
        run.say("looking for one number that the target is a function of, beside %d columns", model.beside.size());
        numbers.each((values, meaning) -> {
            run.budget().spend(model.onFew.operations());
            PartialLinear.Fit fit = model.onFew.along(values);
            best.add(fit.factors(), fit.share(), meaning);
            return ++seen[0] < most && (seen[0] % 1000 != 0 || !run.over());
        });
        return followed(model, best.kept, depth, whole);
    }

    static double spread(double[] values) {
        return Math.sqrt(VariableProjection.squares(VariableProjection.centred(values)) / values.length);
    }

    /** A constant between two others. */
    private record Measured(IndexFamily family, Atom u, Atom v, double below, double c, double above, double share) {

        Measured with(double[] starts, int k) {
            return new Measured(family, u, v, starts[Math.max(0, k - 1)], starts[k], starts[Math.min(starts.length - 1, k + 1)],
                    share);
        }

        double[] values(double constant) {
            double[] values = new double[u.values().length];
            Arrays.setAll(values, r -> family.value(u.values()[r], v.values()[r], constant));
            return values;
        }
    }

    private boolean measured(Model model, NumberPool pool, int depth, Predicate<Expression> whole) {
        if (run.over() || !model.onFew.leavesSomething()) {
            return run.over();
        }
        boolean many = model.target.inputs().size() > FEW_INPUTS;
        List<Measured> found = new ArrayList<>();
        int[] left = {MOST_NUMBERS};
        for (IndexFamily family : IndexFamily.values()) {
            List<Atom> atoms = many || family != IndexFamily.SUM ? pool.products() : pool.plain();
            for (int i = 0; i < atoms.size(); i++) {
                for (int j = 0; j < (family == IndexFamily.SUM ? i : atoms.size()); j++) {
                    if (i != j && left[0] > 0 && !run.over()) {
                        coarse(model, family, atoms.get(i), atoms.get(j), left).ifPresent(found::add);
                    }
                }
            }
        }
        found.sort(Comparator.comparingDouble(Measured::share));
        return followed(model, found.stream().limit(KEPT).map(m -> refined(model, m)).toList(), depth, whole);
    }

    /** The best of the first constants, if it comes near. */
    private Optional<Measured> coarse(Model model, IndexFamily family, Atom u, Atom v, int[] left) {
        double[] starts = family.starts(u, v);
        Measured best = new Measured(family, u, v, 0, 0, 0, COARSE);
        for (int k = 0; k < starts.length; k++) {
            run.budget().spend(model.onFew.operations());
            left[0]--;
            double share = model.onFew.along(best.with(starts, k).values(starts[k])).share();
            if (share < best.share) {
                Measured at = best.with(starts, k);
                best = new Measured(family, u, v, at.below, at.c, at.above, share);
            }
        }
        return best.share < COARSE ? Optional.of(best) : Optional.empty();
    }

    /** With the constant of which least is left, by golden section. */
    private Index refined(Model model, Measured start) {
        double low = start.below;
        double high = start.above;
        double best = start.c;
        PartialLinear.Fit fit = model.onFew.along(start.values(best));
        for (int i = 0; i < HALVINGS; i++) {
            double first = high - GOLDEN * (high - low);
            double second = low + GOLDEN * (high - low);
            PartialLinear.Fit atFirst = model.onFew.along(start.values(first));
            PartialLinear.Fit atSecond = model.onFew.along(start.values(second));
            boolean lower = atFirst.share() < atSecond.share();
            PartialLinear.Fit better = lower ? atFirst : atSecond;
            if (better.share() < fit.share()) {
                fit = better;
                best = lower ? first : second;
            }
            low = lower ? low : first;
            high = lower ? second : high;
        }
        run.budget().spend(2 * HALVINGS * model.onFew.operations());
        return new Index(start.family.written(start.u.meaning(), start.v.meaning(), Expression.real(best)), fit.factors(),
                fit.share());
    }

    // ------------------------------------------------------------------------------------------------------------- what is left

    /** The best numbers, looked at in all rows, and the target as functions of them. */
    private boolean followed(Model model, List<Index> found, int depth, Predicate<Expression> whole) {
        List<Index> exact = new ArrayList<>();
        for (Index index : found.stream().sorted(Index.BEST).limit(KEPT).toList()) {
            double[] z = run.evaluate(index.number);
            if (Arrays.stream(z).allMatch(Double::isFinite)) {
                PartialLinear.Fit fit = model.onAll.along(z);
                exact.add(new Index(index.number, fit.factors(), fit.share()));
            }
        }
        double coarse = Math.pow(Math.max(1, (double) ROWS / model.target.values().length), 2);
        double limit = Math.max(Math.min(NEAR, FITS * coarse), 4 * Math.pow(model.target.precision(), 2));
        exact.removeIf(i -> !(i.share < limit));
        exact.sort(Index.BEST);
        Set<List<String>> seen = new HashSet<>();
        for (Index index : exact) {
            boolean again = index.share < MEASURED && !seen.add(index.number.variables()); // a function of the same number
            if (seen.size() <= STRUCTURES && (run.over() || !again && one(model, index, depth, whole))) {
                return true;
            }
        }
        return run.over();
    }

    private boolean one(Model model, Index index, int depth, Predicate<Expression> whole) {
        List<Expression> terms = new ArrayList<>();
        boolean plain = true;
        for (int k = 0; k < index.factors.length; k++) {
            double[] column = model.beside.get(k).values;
            double factor = index.factors[k];
            double rounded = Math.rint(PARTS * factor) / PARTS;
            double effect = Math.abs(factor - rounded) * spread(column) / (model.times ? 1 : model.target.deviation());
            boolean same = rounded == 0 ? effect < EFFECT : Math.abs(factor - rounded) < ALIKE * Math.abs(rounded);
            plain &= same;
            if (!same || rounded != 0) {
                Expression number = same ? Expression.rational(Math.round(PARTS * factor), PARTS) : Expression.real(factor);
                terms.add(number.times(model.beside.get(k).meaning));
            }
        }
        Expression beside = model.times ? Expression.product(terms.stream().map(IndexForms::exponential).toList())
                : Expression.sum(terms);
        double[] left = run.evaluate(beside);
        Arrays.setAll(left, b -> model.times ? model.target.values()[b] / left[b] : model.target.values()[b] - left[b]);
        List<double[]> columns = new ArrayList<>(List.of(LinearFit.ones(left.length)));
        Quantity number = new Quantity(index.number, run.evaluate(index.number));
        columns.addAll(LinearFit.waves(number.coordinate(true), DEGREE));
        double error = run.budget().fit(columns, left).error();
        if (error > Math.max(plain ? SMOOTH : MEASURED, 2 * model.target.precision())) {
            return run.over();
        }
        run.say("the target is a function of %s %s %s, to %.1e", index.number, model.times ? "times" : "plus", beside, error);
        boolean exact = plain && Trials.constants(index.number) == 0;
        Target part = new Target(List.of(number), left,
                Math.max(model.target.precision(), exact ? 0 : Math.clamp(error, LEAST, MOST)));
        return run.solve(part, depth + 1, f -> whole.test(model.times ? f.times(beside) : f.plus(beside)));
    }

    /** exp of a term, in which logarithms become powers. */
    private static Expression exponential(Expression term) {
        List<Expression> factors = term instanceof Expression.Product product ? product.factors() : List.of(term);
        Expression last = factors.getLast();
        if (last instanceof Expression.Call call && call.function() == UnaryFunction.LOG) {
            return Expression.power(call.argument(), Expression.product(factors.subList(0, factors.size() - 1)));
        }
        return Expression.call(UnaryFunction.EXP, term);
    }
}
