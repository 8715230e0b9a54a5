// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.kan4j.error.KanException;
import org.kan4j.formula.Expression;
import org.kan4j.formula.UnaryFunction;
import org.kan4j.symbolic.Target.Quantity;

/** Functions of one input: those of the library; where none fits, of its square and such, times powers, and sums of them. */
final class SingleForms implements StructureRun.Form {

    private static final int POINTS = 220;
    private static final int CANDIDATES = 4;
    private static final double WINDOW = 14;
    /** Candidates that are offered where values are noisy. */
    private static final int IN_NOISE = 6;
    private static final double WORST = 0.05;
    /** Error at which a function of the library is what the values are, as far as they are exact. */
    private static final double FITS = 1e-6;
    private static final double ROUGH = 1e-3;
    /** Constants of functions that are no series. */
    private static final int FEW = 4;
    private static final int RATES = 16;
    private static final int TERMS = 3;
    /** Steps of a fit of all constants. */
    private static final int TOGETHER = 40;
    /** Functions that sums have more than one of. */
    private static final List<String> REPEATED = List.of("exp", "sin");
    private static final String TARGET = "the part";

    private final StructureRun run;
    private final SymbolicLibrary library;
    private final SparseForms sparse;
    private final RaisedForms raised;
    private final FreePowers freePowers;

    SingleForms(StructureRun run, SymbolicLibrary library) {
        this.run = run;
        this.sparse = new SparseForms(run);
        this.library = library;
        this.raised = new RaisedForms(run, this);
        this.freePowers = new FreePowers(run);
    }

    /** A function of the input to look at in its place. */
    private record Rescaling(DoubleUnaryOperator value, UnaryOperator<Expression> written, boolean positive) {
    }

    private static final List<Rescaling> RESCALINGS = List.of(
            new Rescaling(Math::log, e -> Expression.call(UnaryFunction.LOG, e), true),
            new Rescaling(v -> v * v, e -> Expression.power(e, Expression.integer(2)), false),
            new Rescaling(v -> 1 / v, e -> Expression.power(e, Expression.integer(-1)), true),
            new Rescaling(Math::sqrt, Expression::squareRoot, true));

    @Override
    public boolean search(Target target, int depth, Predicate<Expression> whole) {
        Quantity input = target.inputs().getFirst();
        if (input.functions() <= FEW) {
            return false; // functions of so many constants go through any values
        }
        double best = plain(target, whole);
        if (run.over()) {
            return true;
        }
        if (best < Math.max(FITS, 5 * target.precision()) || target.precision() > ROUGH) {
            return false;
        }
        for (Rescaling rescaling : RESCALINGS) {
            if (!rescaling.positive || input.positive()) {
                Quantity other = new Quantity(rescaling.written.apply(input.meaning()),
                        Arrays.stream(input.values()).map(rescaling.value).toArray());
                fitting(target.with(List.of(input), other), whole);
            }
            if (run.over()) {
                return true;
            }
        }
        if (depth > 0 && !run.thorough()) { // other structures first: most have parts that are plain
            return powers(target, whole) || warps(target, whole) || raised.squares(target, whole)
                    || raised.products(target, whole);
        }
        return powers(target, whole) || warps(target, whole) || raised.squares(target, whole)
                || raised.products(target, whole) || raised.rooted(target, whole) || damped(target, whole)
                || decays(target, whole)
                || sums(target, new ArrayList<>(), whole) || sparse.search(target, depth, whole);
    }

    // ------------------------------------------------------------------------------------------------------- one function

    /** Offers the functions of the library that come near: of a smooth curve a quotient of polynomials is right to many digits. */
    boolean ofLibrary(Target target, Predicate<Expression> whole) {
        if (target.inputs().getFirst().functions() > FEW) {
            plain(target, whole);
        }
        return run.over();
    }

    /** Offers the functions of the library that come near; the error of the best that is no polynomial of high degree. */
    private double plain(Target target, Predicate<Expression> whole) {
        List<Candidate> candidates = candidates(target, library);
        double best = candidates.stream().filter(c -> c.function().constants() <= FEW).mapToDouble(Candidate::error).min()
                .orElse(1);
        double limit = Math.max(run.fits(WORST, target), 10 * target.precision());
        List<Candidate> near = candidates.stream().filter(c -> c.error() < limit).toList();
        List<Candidate> worth = run.noisy()
                ? near.stream().sorted(Comparator.comparingDouble(SingleForms::bits)).limit(IN_NOISE).toList()
                : near.stream().limit(CANDIDATES).filter(c -> c.score() <= near.getFirst().score() + WINDOW).toList();
        for (Candidate candidate : worth) {
            if (whole.test(written(candidate, target))) {
                break;
            }
        }
        if (run.noisy()) {
            freePowers.search(target, limit, whole);
        }
        return best;
    }

    /** In noise an error a little larger on many points says more than a simple function. */
    private static double bits(Candidate candidate) {
        return DescriptionLength.bits(candidate.error(), POINTS, DescriptionLength.bits(candidate.expression(), POINTS));
    }

    /** Offers a function of the library only if it fits. */
    boolean fitting(Target target, Predicate<Expression> whole) {
        double limit = Math.max(FITS, 5 * target.precision());
        for (Candidate candidate : candidates(target, library).stream().filter(c -> c.error() < limit).limit(2).toList()) {
            Expression found = written(candidate, target);
            Expression square = square(found);
            if (square != null && whole.test(square) || whole.test(found)) {
                return true;
            }
        }
        return run.over();
    }

    /** c sin(g) + d where d is c or -c: the square of a sine of half the angle, which loses no digits near 0; null elsewhere. */
    private static Expression square(Expression e) {
        if (e instanceof Expression.Sum sum && sum.terms().size() == 2
                && sum.terms().stream().filter(Expression.Real.class::isInstance).findFirst()
                        .orElse(null) instanceof Expression.Real d
                && sum.terms().stream().filter(Expression.Product.class::isInstance).findFirst()
                        .orElse(null) instanceof Expression.Product p
                && p.factors().size() == 2 && p.factors().get(0) instanceof Expression.Real c
                && p.factors().get(1) instanceof Expression.Call call && call.function() == UnaryFunction.SIN
                && Math.abs(Math.abs(c.value() / d.value()) - 1) < FITS) {
            double turn = c.value() / d.value() > 0 ? Math.PI / 4 : -Math.PI / 4;
            Expression half = Expression.sum(Expression.rational(1, 2).times(call.argument()), Expression.real(turn));
            return Expression.real(2 * d.value()).times(Expression.power(Expression.call(UnaryFunction.SIN, half),
                    Expression.integer(2)));
        }
        return null;
    }

    static Expression written(Candidate candidate, Target target) {
        return candidate.expression().substitute(Map.of(Candidate.X, target.inputs().getFirst().meaning()));
    }

    List<Candidate> candidates(Target target, SymbolicLibrary functions) {
        if (!target.finite()) {
            return List.of();
        }
        try {
            return run.budget().suggest(curve(target), functions, Math.max(1e-12, target.precision()));
        } catch (KanException tooFew) {
            return List.of();
        }
    }

    private static Curve curve(Target target) {
        double[] x = target.inputs().getFirst().values();
        int[] order = IntStream.range(0, x.length).boxed().sorted(Comparator.comparingDouble(b -> x[b])).mapToInt(b -> b)
                .toArray();
        double[] xs = new double[x.length];
        double[] ys = new double[x.length];
        int count = 0;
        double step = Math.max(1, (x.length - 1) / (double) (POINTS - 1));
        for (double place = 0; place <= x.length - 0.5; place += step) {
            int b = order[Math.min(x.length - 1, (int) Math.round(place))];
            if (count == 0 || x[b] > xs[count - 1]) {
                xs[count] = x[b];
                ys[count++] = target.values()[b];
            }
        }
        return new Curve(Arrays.copyOf(xs, count), Arrays.copyOf(ys, count));
    }

    // ------------------------------------------------------------------------------------------------- of several functions

    /** x^k f(x), and 1 over f there. */
    private boolean powers(Target target, Predicate<Expression> whole) {
        Quantity input = target.inputs().getFirst();
        if (Arrays.stream(input.values()).anyMatch(v -> v == 0)) {
            return false;
        }
        for (int k : new int[] {-1, 1, -2, 2, -3, 3}) {
            double[] left = new double[target.values().length];
            Arrays.setAll(left, b -> target.values()[b] * Math.pow(input.values()[b], -k));
            Expression factor = Expression.power(input.meaning(), Expression.integer(k));
            if (fitting(target.with(left, target.precision()), e -> whole.test(e.times(factor)))) {
                return true;
            }
            double[] reciprocal = Arrays.stream(left).map(v -> 1 / v).toArray();
            if (fitting(target.with(reciprocal, target.precision()), e -> whole.test(factor.over(below(e, left))))) {
                return true;
            }
        }
        return run.over();
    }

    private boolean warps(Target target, Predicate<Expression> whole) {
        for (Warp warp : Warp.ofOne(target.values())) {
            Target warped = target.with(warp.apply(target.values()), target.precision());
            if (warp != Warp.NONE && fitting(warped, e -> whole.test(warp.back().apply(
                    warp.isReciprocal() ? below(e, target.values()) : e)))) {
                return true;
            }
        }
        return run.over();
    }

    /** An expression below the line, its factor and its offset those that are best above it: over many sizes the offset is lost. */
    private Expression below(Expression e, double[] values) {
        Expression inner = MixedForms.bare(e);
        double[] ofInner = run.evaluate(inner);
        if (Arrays.stream(ofInner).anyMatch(v -> !Double.isFinite(v))) {
            return e;
        }
        LinearFit fit = run.budget().fit(List.of(LinearFit.times(ofInner, values), values), LinearFit.ones(values.length));
        return Expression.sum(Expression.real(fit.factors()[0]).times(inner), Expression.real(fit.factors()[1]));
    }

    /** exp(a x) times a wave or a polynomial. */
    private boolean damped(Target target, Predicate<Expression> whole) {
        Quantity input = target.inputs().getFirst();
        SymbolicLibrary waves = SymbolicLibrary.of("sin,polynomial 3");
        double middle = (Arrays.stream(input.values()).min().orElseThrow() + Arrays.stream(input.values()).max().orElseThrow())
                / 2;
        double half = Arrays.stream(input.values()).max().orElseThrow() - middle;
        Candidate best = null;
        double rate = 0;
        for (int step = -24; step <= 24; step++) {
            double a = step / 4.0 / half;
            double[] left = new double[target.values().length];
            Arrays.setAll(left, b -> target.values()[b] * Math.exp(-a * (input.values()[b] - middle)));
            List<Candidate> candidates = candidates(target.with(left, target.precision()), waves);
            if (!candidates.isEmpty() && (best == null || candidates.getFirst().error() < best.error())) {
                best = candidates.getFirst();
                rate = a;
            }
            if (run.over()) {
                return true;
            }
        }
        return best != null && best.error() < 0.2 && whole.test(written(best, target).times(Expression.call(UnaryFunction.EXP,
                Expression.real(rate).times(input.meaning().minus(Expression.real(middle))))));
    }

    /** Two exponential functions of the best pair of rates, and a constant. */
    private boolean decays(Target target, Predicate<Expression> whole) {
        Quantity input = target.inputs().getFirst();
        double least = Arrays.stream(input.values()).min().orElseThrow();
        double width = Arrays.stream(input.values()).max().orElseThrow() - least;
        List<double[]> columns = new ArrayList<>();
        double[] rates = IntStream.rangeClosed(-RATES, RATES)
                .mapToDouble(k -> Math.signum(k) * Math.pow(10, Math.abs(k) / 8.0 - 0.5)
                        / width)
                .toArray();
        for (double rate : rates) {
            columns.add(
                    Arrays.stream(input.values()).map(v -> Math.exp(rate * (v - least) - Math.max(0, rate * width))).toArray());
        }
        LinearFit best = null;
        double[] pair = null;
        for (int i = 0; i < rates.length && !run.over(); i++) {
            for (int j = i + 1; j < rates.length; j++) {
                LinearFit fit = run.budget().fit(List.of(columns.get(i), columns.get(j), LinearFit.ones(columns.get(i).length)),
                        target.values());
                if (rates[i] != 0 && rates[j] != 0 && (best == null || fit.error() < best.error())) {
                    best = fit;
                    pair = new double[] {rates[i], rates[j]};
                }
            }
        }
        if (best == null || best.error() > 0.05) {
            return run.over();
        }
        List<Expression> sum = new ArrayList<>(List.of(Expression.real(best.factors()[2])));
        for (int k = 0; k < 2; k++) {
            sum.add(Expression.real(best.factors()[k] * Math.exp(-Math.max(0, pair[k] * width) - pair[k] * least))
                    .times(Expression.call(UnaryFunction.EXP, Expression.real(pair[k]).times(input.meaning()))));
        }
        return whole.test(Expression.sum(sum));
    }

    /** Term after term, each for what the others leave, all fitted together in between. */
    private boolean sums(Target target, List<Expression> terms, Predicate<Expression> whole) {
        double[] left = target.values().clone();
        if (!terms.isEmpty()) {
            double[] values = run.evaluate(Expression.sum(terms));
            Arrays.setAll(left, b -> left[b] - values[b]);
        }
        List<Candidate> next = candidates(target.with(left, target.precision()), library);
        List<Candidate> first = new ArrayList<>(next.stream().sorted(Comparator.comparingDouble(Candidate::error))
                .limit(2).toList());
        next.stream().filter(c -> REPEATED.contains(c.function().name()) && !first.contains(c)).forEach(first::add);
        for (Candidate candidate : first) {
            if (run.over()) {
                return true;
            }
            List<Expression> more = new ArrayList<>(terms);
            more.add(written(candidate, target));
            if (terms.isEmpty()) {
                if (sums(target, more, whole)) {
                    return true;
                }
                continue;
            }
            Expression fitted = together(target, Expression.sum(more));
            double[] values = fitted == null ? null : run.evaluate(fitted);
            if (fitted == null) {
                continue;
            }
            double squares = 0;
            for (int b = 0; b < values.length; b++) {
                squares += Math.pow(values[b] - target.values()[b], 2);
            }
            double error = Math.sqrt(squares / values.length) / target.deviation();
            if (error < Math.max(FITS, 5 * target.precision())) {
                if (whole.test(fitted)) {
                    return true;
                }
            } else if (more.size() < TERMS && error < 0.3
                    && sums(target, List.of(fitted, Expression.integer(0)), whole)) {
                return true;
            }
        }
        return run.over();
    }

    /** All constants of a sum fitted to the target; null where it is undefined. */
    private Expression together(Target target, Expression sum) {
        run.budget().constants(sum, target.values().length, TOGETHER);
        try {
            return ConstantFit
                    .fit(Composition.of(Map.of(TARGET, sum)).gauged(), run.observations(TARGET, target.values()), TOGETHER)
                    .composition().inlined().getFirst();
        } catch (KanException undefined) {
            return null;
        }
    }
}
