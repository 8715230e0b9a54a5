// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.kan4j.formula.Expression;
import org.kan4j.formula.UnaryFunction;
import org.kan4j.symbolic.Target.Quantity;

/**
 * h(z) B(others), A(others) + h(z) B(others), or A(others) + C(z) + h(z) B(others), for an input z: alternating least squares
 * for h, and for the others.
 */
final class MixedForms implements StructureRun.Form {

    private static final int[] DEGREES = {14, 36};
    private static final int MOST_COLUMNS = 60;
    private static final int MOST_PRODUCTS = 200;
    private static final int ROUNDS = 25;
    private static final double STALLED = 0.85;
    private static final int STRUCTURES = 3;
    private static final double FITS = 0.02;
    private static final double NEAR = 0.05;
    /** Errors after some rounds from which no structure comes. */
    private static final int EARLY = 4;
    private static final double FAR_OFF = 0.5;
    private static final double TO_ROUNDING = 1e-12;
    private static final double FAR = 3;
    private static final double FITS_WELL = 1e-8;

    private final StructureRun run;

    MixedForms(StructureRun run) {
        this.run = run;
    }

    /** What is added to h(z) B(others). */
    private enum Beside {
        NOTHING(""), OTHERS(", plus others"), BOTH(", plus others, plus itself");

        private final String words;

        Beside(String words) {
            this.words = words;
        }
    }

    /** h of an input at the rows. */
    private record Mixed(Quantity input, Beside beside, List<double[]> waves, double[] h, double error) {
    }

    @Override
    public boolean search(Target target, int depth, Predicate<Expression> whole) {
        boolean inverted = run.thorough() && depth > 0;
        for (Warp warp : inverted ? Warp.reciprocal(target.values()) : List.of(Warp.NONE)) {
            Target warped = target.with(warp.apply(target.values()), target.precision());
            if (warped.finite() && plain(warped, depth, e -> whole.test(warp.back().apply(e)))) {
                return true;
            }
        }
        return run.over();
    }

    private boolean plain(Target target, int depth, Predicate<Expression> whole) {
        Map<String, double[]> coarse = new HashMap<>();
        for (int degree : DEGREES) {
            List<Mixed> found = found(target, degree, coarse);
            found.sort(Comparator.comparingDouble(m -> Math.max(m.error, FITS_WELL) * (1 + 0.5 * m.beside.ordinal())));
            for (Mixed mixed : found.stream().limit(run.thorough() ? STRUCTURES : 1).toList()) {
                run.say("%s enters by one function times others%s, to %.1e", mixed.input.meaning(), mixed.beside.words,
                        mixed.error);
                Target h = new Target(List.of(mixed.input), mixed.h, Math.max(mixed.error, 1e-13));
                if (run.solve(h, depth + 1,
                        e -> others(target, mixed, mixed.beside == Beside.NOTHING ? e : fromZero(bare(e)), depth, whole))) {
                    return true;
                }
            }
            if (run.over() || !found.isEmpty() || !run.thorough() || depth > 0) {
                break;
            }
        }
        return run.over();
    }

    /** @param coarse h by what it is of and what is beside it, as far as a lower degree came near: where a higher one begins */
    private List<Mixed> found(Target target, int degree, Map<String, double[]> coarse) {
        List<Mixed> found = new ArrayList<>();
        for (Beside beside : run.thorough() ? Beside.values() : new Beside[] {Beside.NOTHING, Beside.OTHERS}) {
            for (Quantity input : target.inputs()) {
                boolean twice = beside == Beside.BOTH && target.inputs().size() == 2 && input != target.inputs().getFirst();
                if (run.over() || twice || beside == Beside.BOTH && found.stream().anyMatch(m -> m.error < FITS_WELL)) {
                    break;
                }
                List<double[]> waves = LinearFit.waves(input.coordinate(), degree);
                Mixed mixed = beside != Beside.NOTHING ? null
                        : alternated(target, input, waves, divided(target, input, waves), beside);
                if (mixed == null || mixed.error > run.fits(FITS, target)) {
                    double[] near = coarse.get(input.meaning() + beside.words);
                    mixed = alternated(target, input, waves, near != null ? near : leading(target, input, waves, beside), beside);
                }
                if (mixed.error < NEAR) {
                    coarse.put(input.meaning() + beside.words, mixed.h);
                }
                if (mixed.error < run.fits(FITS, target)) {
                    found.add(mixed);
                }
            }
        }
        return found;
    }

    /** With h known: B, and then A as what is left. */
    private boolean others(Target target, Mixed mixed, Expression h, int depth, Predicate<Expression> whole) {
        double[] values = run.evaluate(h);
        if (Arrays.stream(values).anyMatch(v -> !Double.isFinite(v))) {
            return false;
        }
        Target rest = target.with(List.of(mixed.input), null);
        List<double[]> products = LinearFit.products(rest.columns(), MOST_COLUMNS);
        List<double[]> columns = added(products, mixed.waves, mixed.beside);
        int before = columns.size();
        List<double[]> times = factors(products, mixed.beside);
        times.forEach(p -> columns.add(LinearFit.times(p, values)));
        LinearFit fit = run.budget().fit(columns, target.values());
        double[] b = sum(times, fit.factors(), before);
        double precision = Math.max(1e-13, 10 * fit.error());
        return run.solve(rest.with(b, precision), depth + 1, found -> {
            if (mixed.beside == Beside.NOTHING) {
                return whole.test(found.times(h));
            }
            Expression product = (mixed.beside == Beside.BOTH ? bare(found) : found).times(h);
            if (mixed.beside == Beside.BOTH) {
                product = Expression.real(factor(b, run.evaluate(bare(found)))).times(product);
            }
            Expression known = product;
            double[] part = run.evaluate(product);
            double[] left = new double[part.length];
            Arrays.setAll(left, r -> target.values()[r] - part[r]);
            Target without = mixed.beside == Beside.BOTH ? target : rest;
            return run.solve(without.with(left, precision), depth + 1, added -> whole.test(added.plus(known)));
        });
    }

    /** Of values that are a factor times others, plus an offset. */
    private static double factor(double[] values, double[] others) {
        double[] x = VariableProjection.centred(others);
        return VariableProjection.dot(VariableProjection.centred(values), x) / VariableProjection.squares(x);
    }

    /** Columns of what is added to h B. */
    private static List<double[]> added(List<double[]> products, List<double[]> waves, Beside beside) {
        List<double[]> columns = new ArrayList<>(beside == Beside.NOTHING ? List.of() : products);
        columns.addAll(beside == Beside.BOTH ? waves : List.of());
        return columns;
    }

    /** Columns of B: where h itself may be added, a constant in B does nothing. */
    private static List<double[]> factors(List<double[]> products, Beside beside) {
        return beside == Beside.BOTH ? products.subList(1, products.size()) : products;
    }

    /** Without the factor and the offset around: A and B take them up. */
    static Expression bare(Expression e) {
        Expression inner = e;
        if (inner instanceof Expression.Sum sum) {
            List<Expression> terms = sum.terms().stream().filter(t -> !t.variables().isEmpty()).toList();
            inner = Expression.sum(terms);
        }
        if (inner instanceof Expression.Product product) {
            inner = Expression.product(product.factors().stream().filter(f -> !f.variables().isEmpty()).toList());
        }
        return inner;
    }

    /** A logarithm of c + x for a c far away as that of 1 + x/c: next to linear, it is that of growth, and 0 where x is. */
    private Expression fromZero(Expression e) {
        if (e instanceof Expression.Call call && call.function() == UnaryFunction.LOG
                && call.argument() instanceof Expression.Sum sum) {
            Expression constant = Expression.sum(sum.terms().stream().filter(t -> t.variables().isEmpty()).toList());
            Expression moving = Expression.sum(sum.terms().stream().filter(t -> !t.variables().isEmpty()).toList());
            double c = constant.evaluate(Map.of());
            if (c > FAR * Arrays.stream(run.evaluate(moving)).map(Math::abs).max().orElseThrow()) {
                return Expression.call(UnaryFunction.LOG,
                        Expression.integer(1).plus(Expression.real(1 / c).times(moving)));
            }
        }
        return e;
    }

    /** h of h(z) = t G(others), the constant term of G being 1: exact where the others do not bring the target to 0. */
    private double[] divided(Target target, Quantity input, List<double[]> waves) {
        List<double[]> products = LinearFit.products(target.with(List.of(input), null).columns(), MOST_COLUMNS);
        List<double[]> columns = new ArrayList<>(List.of(LinearFit.ones(target.values().length)));
        columns.addAll(waves);
        products.subList(1, products.size()).forEach(p -> columns.add(LinearFit.times(p, target.values())));
        return run.budget().fit(columns, target.values()).values(columns, 0, 1 + waves.size());
    }

    /** The function of z that does most in a sum of all products of functions of z and of the others. */
    private double[] leading(Target target, Quantity input, List<double[]> waves, Beside beside) {
        int rows = target.values().length;
        List<double[]> ofInput = new ArrayList<>(List.of(LinearFit.ones(rows)));
        ofInput.addAll(waves);
        List<double[]> others = LinearFit.products(target.with(List.of(input), null).columns(),
                Math.max(2, Math.min(MOST_PRODUCTS, rows / 3) / ofInput.size()));
        List<double[]> columns = new ArrayList<>();
        ofInput.forEach(wave -> others.forEach(other -> columns.add(LinearFit.times(wave, other))));
        double[] factors = run.budget().fit(columns, target.values()).factors();
        int first = beside == Beside.NOTHING ? 0 : 1;
        int from = beside == Beside.BOTH ? 1 : 0;
        double[] weights = new double[ofInput.size()];
        Arrays.fill(weights, first, weights.length, 1);
        for (int round = 0; round < ROUNDS; round++) { // the first singular vector, by powers
            double[] next = new double[weights.length];
            for (int m = from; m < others.size(); m++) {
                double share = 0;
                for (int k = first; k < weights.length; k++) {
                    share += weights[k] * factors[k * others.size() + m];
                }
                for (int k = first; k < weights.length; k++) {
                    next[k] += share * factors[k * others.size() + m];
                }
            }
            double size = Math.sqrt(VariableProjection.squares(next));
            weights = Arrays.stream(next).map(v -> v / size).toArray();
        }
        return sum(ofInput, weights, 0);
    }

    private Mixed alternated(Target target, Quantity input, List<double[]> waves, double[] start, Beside beside) {
        double[] t = target.values();
        double[] h = start;
        List<double[]> products = LinearFit.products(target.with(List.of(input), null).columns(), MOST_COLUMNS);
        double error = Double.POSITIVE_INFINITY;
        for (int round = 0; round < ROUNDS; round++) {
            double[] now = h;
            List<double[]> columns = added(products, waves, beside);
            int before = columns.size();
            List<double[]> times = factors(products, beside);
            times.forEach(p -> columns.add(LinearFit.times(p, now)));
            LinearFit outer = run.budget().fit(columns, t);
            double[] b = sum(times, outer.factors(), before);
            double[] a = beside == Beside.NOTHING ? new double[t.length] : sum(products, outer.factors(), 0);
            double[] left = new double[t.length];
            Arrays.setAll(left, r -> t[r] - a[r]);
            List<double[]> inner = new ArrayList<>(beside == Beside.NOTHING ? List.of(b)
                    : beside == Beside.BOTH ? waves : List.of());
            int skipped = beside == Beside.NOTHING ? 1 : inner.size();
            waves.forEach(w -> inner.add(LinearFit.times(w, b)));
            LinearFit fit = run.budget().fit(inner, left);
            double reached = outer.error();
            boolean done = reached > STALLED * error || reached < TO_ROUNDING
                    || round == EARLY && reached > FAR_OFF;
            error = Math.min(error, reached);
            if (done) {
                break;
            }
            double[] next = new double[t.length];
            Arrays.fill(next, beside == Beside.NOTHING ? fit.factors()[0] : 0);
            for (int k = 0; k < waves.size(); k++) {
                double factor = fit.factors()[k + skipped];
                double[] wave = waves.get(k);
                for (int r = 0; r < next.length; r++) {
                    next[r] += factor * wave[r];
                }
            }
            double size = Math.sqrt(VariableProjection.squares(next) / next.length);
            h = Arrays.stream(next).map(v -> v / size).toArray();
        }
        return new Mixed(input, beside, waves, h, error);
    }

    private static double[] sum(List<double[]> columns, double[] factors, int from) {
        double[] sum = new double[columns.getFirst().length];
        for (int k = 0; k < columns.size(); k++) {
            for (int b = 0; b < sum.length; b++) {
                sum[b] += factors[from + k] * columns.get(k)[b];
            }
        }
        return sum;
    }
}
