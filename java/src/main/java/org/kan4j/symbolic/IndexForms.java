// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.kan4j.formula.Expression;
import org.kan4j.formula.UnaryFunction;
import org.kan4j.symbolic.IndexModel.Beside;
import org.kan4j.symbolic.NumberPool.Atom;
import org.kan4j.symbolic.Target.Quantity;

/**
 * f(z) times powers of inputs and exponentials, or plus a polynomial, for one number z made of any inputs and an unknown function f
 * (what dimensional analysis leaves of a law): many numbers are gone through, the factors beside f come with each by a linear fit
 * that knows nothing of f ({@link PartialLinear}).
 */
final class IndexForms {

    private static final int MOST_INPUTS = 6;
    private static final int DEEPEST = 0;
    /** Numbers gone through in a stage. */
    private static final int MOST_NUMBERS = 300_000;
    /** And those of which more columns than powers are fitted beside. */
    private static final double MOST_OPERATIONS = 3e9;
    /** Shares of squares left at which a number is looked at in all rows, and at which the target is a function of it. */
    private static final double NEAR = 0.1;
    private static final double FITS = 3e-3;
    /** And at which it may be one of the target less a constant that is not known well. */
    private static final double ROUGH = 0.2;
    private static final int ROWS = 600;
    /** Error of a smooth function of the number, and that up to which factors that are no plain numbers are believed. */
    private static final double SMOOTH = 0.02;
    private static final double MEASURED = 1e-4;
    private static final double PRECISE = 1e-8;
    private static final int KEPT = 24;
    private static final int STRUCTURES = 4;
    private static final int HALVINGS = 40;
    /** Tenths of the values that are below the one that waves go around. */
    private static final int[] MIDDLES = {5, 4, 6, 3, 7};
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
    /** How many times as much may be left without a column. */
    private static final double AS_GOOD = 1.3;
    private static final int PARTS = 6;
    /** How well values are taken to be known where a factor beside them is measured. */
    private static final double LEAST = 1e-6;
    private static final double MOST = 1e-3;

    private final StructureRun run;

    IndexForms(StructureRun run) {
        this.run = run;
    }

    /** A number, and the factors of what is beside f. */
    private record Index(Expression number, double[] factors, double share) {

        /** Of those that leave nothing the smallest first; one with a constant of its own leaves less where it is right. */
        private static final Comparator<Index> BEST = Comparator
                .comparingDouble((Index i) -> Math.max(i.isPlain() ? MEASURED : PRECISE, i.share))
                .thenComparingInt(i -> i.number.size());

        boolean isPlain() {
            return Trials.constants(number) == 0;
        }
    }

    /** Numbers of one or two terms, powers of inputs beside f. */
    boolean ofPowers(Target target, int depth, Predicate<Expression> whole) {
        if (!isLookedAt(target, depth)) {
            return run.over();
        }
        IndexModel powers = IndexModel.ofPowers(target);
        NumberPool pool = new NumberPool(target.inputs(), powers.few());
        return looked(powers, depth, whole, pool::pairs);
    }

    /** Numbers with a constant of their own or of three terms, exponentials or polynomials beside f. */
    boolean ofMore(Target target, int depth, Predicate<Expression> whole) {
        if (!isLookedAt(target, depth) || target.precision() > NOISE) {
            return run.over();
        }
        IndexModel powers = IndexModel.ofPowers(target);
        NumberPool pool = new NumberPool(target.inputs(), powers.few());
        return measured(powers, pool, depth, whole)
                || looked(IndexModel.ofPolynomial(target), depth, whole, pool::pairs)
                || looked(IndexModel.ofExponentials(target), depth, whole, pool::pairs)
                || around(target, pool, depth, whole) || looked(powers, depth, whole, pool::triples);
    }

    private boolean isLookedAt(Target target, int depth) {
        return !run.over() && depth <= DEEPEST && target.inputs().size() > 1 && target.inputs().size() <= MOST_INPUTS;
    }

    /** The best of many. */
    private static final class Best {
        private final List<Index> kept = new ArrayList<>();
        private double worst;

        Best(double near) {
            worst = near;
        }

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

    private boolean looked(IndexModel model, int depth, Predicate<Expression> whole, Numbers numbers) {
        if (run.over() || !model.onFew().leavesSomething()) {
            return run.over();
        }
        run.say("looking for one number that the target is a function of, beside %d columns", model.beside().size());
        return followed(model, best(model, NEAR, MOST_OPERATIONS, numbers), depth, whole);
    }

    /** The numbers along which least is left. */
    private List<Index> best(IndexModel model, double near, double operations, Numbers numbers) {
        Best best = new Best(near);
        int most = (int) Math.min(MOST_NUMBERS, operations / model.onFew().operations());
        int[] seen = new int[1];
        numbers.each((values, meaning) -> {
            run.budget().spend(model.onFew().operations());
            PartialLinear.Fit fit = model.onFew().along(values);
            best.add(fit.factors(), fit.share(), meaning);
            return ++seen[0] < most && (seen[0] % 1000 != 0 || !run.over());
        });
        return best.kept;
    }

    /** Of values on both sides of one of their own, as those of a damped wave: it is looked for from some on. */
    private boolean around(Target target, NumberPool pool, int depth, Predicate<Expression> whole) {
        IndexModel model = IndexModel.ofExponentials(target);
        double[] sorted = Arrays.stream(target.values()).sorted().toArray();
        for (int tenths : MIDDLES) {
            double middle = sorted[tenths * sorted.length / 10];
            double reach = (sorted[(tenths + 1) * sorted.length / 10] - sorted[(tenths - 1) * sorted.length / 10]) / 2;
            List<Index> found = run.over() ? List.of() : best(model.less(middle), ROUGH, MOST_OPERATIONS / 6, pool::pairs);
            for (Index index : shortest(found)) {
                double[] z = coordinate(index.number);
                double best = Golden.least(c -> model.less(c).onAll().along(z).share(), middle - reach, middle + reach, HALVINGS);
                run.budget().spend(2 * HALVINGS * model.onAll().operations());
                if (followed(model.less(best), List.of(index), depth, f -> whole.test(f.plus(Expression.real(best))))) {
                    return true;
                }
            }
        }
        return run.over();
    }

    /** Of numbers of the same inputs the shortest of those that leave about as little as the best. */
    private static List<Index> shortest(List<Index> found) {
        Map<Set<String>, Double> least = new HashMap<>();
        found.forEach(i -> least.merge(inputs(i), i.share, Math::min));
        Map<Set<String>, Index> shortest = new LinkedHashMap<>();
        found.stream().sorted(Comparator.comparingInt(i -> i.number.size())).filter(i -> i.share < 2 * least.get(inputs(i)))
                .forEach(i -> shortest.putIfAbsent(inputs(i), i));
        return shortest.values().stream().sorted(Comparator.comparingDouble(Index::share)).limit(STRUCTURES).toList();
    }

    private static Set<String> inputs(Index index) {
        return Set.copyOf(index.number.variables());
    }

    /** A number's values, or their logarithm where they are of many sizes. */
    private double[] coordinate(Expression number) {
        return new Quantity(number, run.evaluate(number)).coordinate(true);
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

    private boolean measured(IndexModel model, NumberPool pool, int depth, Predicate<Expression> whole) {
        if (run.over() || !model.onFew().leavesSomething()) {
            return run.over();
        }
        boolean many = model.target().inputs().size() > FEW_INPUTS;
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
    private Optional<Measured> coarse(IndexModel model, IndexFamily family, Atom u, Atom v, int[] left) {
        double[] starts = family.starts(u, v);
        Measured best = new Measured(family, u, v, 0, 0, 0, COARSE);
        for (int k = 0; k < starts.length; k++) {
            run.budget().spend(model.onFew().operations());
            left[0]--;
            double share = model.onFew().along(best.with(starts, k).values(starts[k])).share();
            if (share < best.share) {
                Measured at = best.with(starts, k);
                best = new Measured(family, u, v, at.below, at.c, at.above, share);
            }
        }
        return best.share < COARSE ? Optional.of(best) : Optional.empty();
    }

    /** With the constant of which least is left, by golden section. */
    private Index refined(IndexModel model, Measured start) {
        double least = Golden.least(c -> model.onFew().along(start.values(c)).share(), start.below, start.above, HALVINGS);
        PartialLinear.Fit found = model.onFew().along(start.values(least));
        PartialLinear.Fit given = model.onFew().along(start.values(start.c));
        double best = found.share() < given.share() ? least : start.c;
        PartialLinear.Fit fit = best == start.c ? given : found;
        run.budget().spend(HALVINGS * model.onFew().operations());
        return new Index(start.family.written(start.u.meaning(), start.v.meaning(), Expression.real(best)), fit.factors(),
                fit.share());
    }

    /** The best numbers, looked at in all rows, and the target as functions of them. */
    private boolean followed(IndexModel model, List<Index> found, int depth, Predicate<Expression> whole) {
        List<Index> exact = new ArrayList<>();
        for (Index index : found.stream().sorted(Index.BEST).limit(KEPT).toList()) {
            double[] z = coordinate(index.number);
            if (Arrays.stream(z).allMatch(Double::isFinite)) {
                PartialLinear.Fit fit = model.onAll().along(z);
                exact.add(new Index(index.number, fit.factors(), fit.share()));
            }
        }
        double coarse = Math.pow(Math.max(1, (double) ROWS / model.target().values().length), 2);
        double limit = Math.max(Math.min(NEAR, FITS * coarse), 4 * Math.pow(model.target().precision(), 2));
        exact.removeIf(i -> !(i.share < limit));
        exact.sort(Index.BEST);
        Set<List<String>> seen = new HashSet<>();
        for (Index index : exact) {
            List<String> inputs = index.isPlain() ? index.number.variables() : List.of(index.number.toString());
            boolean again = index.share < MEASURED && !seen.add(inputs); // a function of the same number
            if (seen.size() <= STRUCTURES && (run.over() || !again && one(model, index, depth, whole))) {
                return true;
            }
        }
        return run.over();
    }

    /** Factors with what they stand before, and whether all are plain numbers. */
    private record Terms(List<Expression> terms, boolean plain) {

        static Terms of(IndexModel model, double[] factors) {
            List<Expression> terms = new ArrayList<>();
            boolean plain = true;
            for (int k = 0; k < factors.length; k++) {
                double[] column = model.beside().get(k).values();
                double rounded = Math.rint(PARTS * factors[k]) / PARTS;
                double effect = Math.abs(factors[k] - rounded) * VariableProjection.spread(column)
                        / (model.times() ? 1 : model.target().deviation());
                boolean same = rounded == 0 ? effect < EFFECT : Math.abs(factors[k] - rounded) < ALIKE * Math.abs(rounded);
                plain &= same;
                if (!same || rounded != 0) {
                    Expression number = same ? Expression.rational(Math.round(PARTS * factors[k]), PARTS)
                            : Expression.real(factors[k]);
                    terms.add(number.times(model.beside().get(k).meaning()));
                }
            }
            return new Terms(terms, plain);
        }
    }

    /** Without the columns that do next to nothing: of many that are alike each takes a share of what is one's. */
    private Terms fewer(IndexModel model, Index index) {
        double[] z = coordinate(index.number);
        IndexModel now = model;
        double[] factors = index.factors;
        List<Beside> order = new ArrayList<>(model.beside());
        order.sort(
                Comparator.comparingDouble(
                        one -> Math.abs(index.factors[model.beside().indexOf(one)]) * VariableProjection.spread(one.values())));
        for (Beside one : order) {
            IndexModel without = now.without(one);
            PartialLinear.Fit fit = without.onAll().along(z);
            run.budget().spend(without.onAll().operations());
            if (fit.share() < AS_GOOD * Math.max(index.share, PRECISE)) {
                now = without;
                factors = fit.factors();
            }
        }
        return Terms.of(now, factors);
    }

    private boolean one(IndexModel model, Index index, int depth, Predicate<Expression> whole) {
        Terms all = Terms.of(model, index.factors);
        Terms found = all.plain ? all : fewer(model, index);
        boolean plain = found.plain;
        List<Expression> terms = found.terms;
        Expression beside = model.times() ? Expression.product(terms.stream().map(IndexForms::exponential).toList())
                : Expression.sum(terms);
        double[] left = run.evaluate(beside);
        Arrays.setAll(left, b -> model.times() ? model.target().values()[b] / left[b] : model.target().values()[b] - left[b]);
        Quantity number = new Quantity(index.number, run.evaluate(index.number));
        double error = smooth(number, left);
        if (error > Math.max(plain ? SMOOTH : MEASURED, 2 * model.target().precision())) {
            return run.over();
        }
        run.say("the target is a function of %s %s %s, to %.1e", index.number, model.times() ? "times" : "plus", beside, error);
        boolean exact = plain && index.isPlain();
        Target part = new Target(List.of(number), left,
                Math.max(model.target().precision(), exact ? 0 : Math.clamp(error, LEAST, MOST)));
        Predicate<Expression> both = f -> whole.test(model.times() ? f.times(beside) : f.plus(beside));
        return run.quickly(part, depth + 1, both) || upsideDown(part, depth, both) || plainer(part, error, depth, both)
                || error < MEASURED && run.solve(part, depth + 1, both);
    }

    /** What a smooth function of a number leaves of values. */
    private double smooth(Quantity number, double[] values) {
        List<double[]> columns = new ArrayList<>(List.of(LinearFit.ones(values.length)));
        columns.addAll(LinearFit.waves(number.coordinate(true), DEGREE));
        return run.budget().fit(columns, values).error();
    }

    /** As a function of one over the number: which of the two a law is written in is not known. */
    private boolean upsideDown(Target part, int depth, Predicate<Expression> whole) {
        Quantity number = part.inputs().getFirst();
        if (!number.positive()) {
            return run.over();
        }
        Quantity inverse = new Quantity(Expression.power(number.meaning(), Expression.integer(-1)),
                Arrays.stream(number.values()).map(v -> 1 / v).toArray());
        return run.quickly(part.with(List.of(number), inverse), depth + 1, whole);
    }

    /** As a function of a plainer number of the same inputs: many functions of a/b are a function of each other. */
    private boolean plainer(Target part, double error, int depth, Predicate<Expression> whole) {
        for (Expression plain : NumberPool.plainer(part.inputs().getFirst().meaning())) {
            Quantity number = new Quantity(plain, run.evaluate(plain));
            Target other = part.with(part.inputs(), number);
            if (smooth(number, part.values()) < Math.max(LEAST, error) && run.quickly(other, depth + 1, whole)) {
                return true;
            }
        }
        return run.over();
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
