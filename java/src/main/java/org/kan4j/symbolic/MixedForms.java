// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import org.kan4j.formula.Expression;
import org.kan4j.symbolic.Target.Quantity;

/** h(z) B(others), or A(others) + h(z) B(others), for an input z: alternating least squares for h, and for A and B. */
final class MixedForms implements StructureRun.Form {

    private static final int DEGREE = 14;
    private static final int MOST_COLUMNS = 60;
    private static final int ROUNDS = 25;
    private static final double STALLED = 0.85;
    private static final int STRUCTURES = 3;
    private static final double FITS = 0.02;
    private static final double FITS_WELL = 1e-8;

    private final StructureRun run;

    MixedForms(StructureRun run) {
        this.run = run;
    }

    /** h of an input at the rows. */
    private record Mixed(Quantity input, boolean plus, double[] h, double error) {
    }

    @Override
    public boolean search(Target target, int depth, Predicate<Expression> whole) {
        List<Mixed> found = new ArrayList<>();
        for (boolean plus : new boolean[] {false, true}) {
            for (Quantity input : target.inputs()) {
                if (run.over()) {
                    return true;
                }
                List<double[]> waves = LinearFit.waves(input.values(), DEGREE);
                Mixed mixed = plus ? null : alternated(target, input, waves, divided(target, input, waves), false);
                if (mixed == null || mixed.error > run.fits(FITS, target)) {
                    mixed = alternated(target, input, waves, uneven(waves, plus), plus);
                }
                if (mixed.error < run.fits(FITS, target)) {
                    found.add(mixed);
                }
            }
        }
        found.sort(Comparator.comparingDouble(m -> Math.max(m.error, FITS_WELL) * (m.plus ? 1.5 : 1)));
        for (Mixed mixed : found.stream().limit(run.thorough() ? STRUCTURES : 1).toList()) {
            run.say("%s enters by one function times others%s, to %.1e", mixed.input.meaning(), mixed.plus ? ", plus others" : "",
                    mixed.error);
            Target h = new Target(List.of(mixed.input), mixed.h, Math.max(mixed.error, 1e-13));
            if (run.solve(h, depth + 1, e -> others(target, mixed, mixed.plus ? bare(e) : e, depth, whole))) {
                return true;
            }
        }
        return run.over();
    }

    /** With h known: B, and then A as what is left. */
    private boolean others(Target target, Mixed mixed, Expression h, int depth, Predicate<Expression> whole) {
        double[] values = run.evaluate(h);
        if (Arrays.stream(values).anyMatch(v -> !Double.isFinite(v))) {
            return false;
        }
        Target rest = target.with(List.of(mixed.input), null);
        List<double[]> products = LinearFit.products(rest.columns(), MOST_COLUMNS);
        List<double[]> columns = new ArrayList<>(mixed.plus ? products : List.of());
        products.forEach(p -> columns.add(LinearFit.times(p, values)));
        LinearFit fit = LinearFit.of(columns, target.values());
        double[] b = sum(products, fit.factors(), mixed.plus ? products.size() : 0);
        double precision = Math.max(1e-13, 10 * fit.error());
        return run.solve(rest.with(b, precision), depth + 1, times -> {
            if (!mixed.plus) {
                return whole.test(times.times(h));
            }
            double[] product = run.evaluate(times.times(h));
            double[] left = new double[product.length];
            Arrays.setAll(left, r -> target.values()[r] - product[r]);
            return run.solve(rest.with(left, precision), depth + 1, added -> whole.test(added.plus(times.times(h))));
        });
    }

    /** Without the factor and the offset around: A and B take them up. */
    private static Expression bare(Expression e) {
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

    /** h of h(z) = t G(others), the constant term of G being 1: exact where the others do not bring the target to 0. */
    private static double[] divided(Target target, Quantity input, List<double[]> waves) {
        List<double[]> products = LinearFit.products(target.with(List.of(input), null).columns(), MOST_COLUMNS);
        List<double[]> columns = new ArrayList<>(List.of(LinearFit.ones(target.values().length)));
        columns.addAll(waves);
        products.subList(1, products.size()).forEach(p -> columns.add(LinearFit.times(p, target.values())));
        return LinearFit.of(columns, target.values()).values(columns, 0, 1 + waves.size());
    }

    /** A start without symmetry: no function of z is orthogonal to it. */
    private static double[] uneven(List<double[]> waves, boolean plus) {
        double[] h = new double[waves.getFirst().length];
        Arrays.setAll(h, b -> (plus ? 0 : 1) + 0.9 * waves.get(0)[b] + 0.6 * waves.get(1)[b] + 0.3 * waves.get(2)[b]);
        return h;
    }

    private Mixed alternated(Target target, Quantity input, List<double[]> waves, double[] start, boolean plus) {
        double[] t = target.values();
        double[] h = start;
        List<double[]> products = LinearFit.products(target.with(List.of(input), null).columns(), MOST_COLUMNS);
        double error = Double.POSITIVE_INFINITY;
        for (int round = 0; round < ROUNDS; round++) {
            double[] now = h;
            List<double[]> columns = new ArrayList<>(plus ? products : List.of());
            products.forEach(p -> columns.add(LinearFit.times(p, now)));
            LinearFit outer = LinearFit.of(columns, t);
            double[] b = sum(products, outer.factors(), plus ? products.size() : 0);
            double[] a = plus ? sum(products, outer.factors(), 0) : new double[t.length];
            double[] left = new double[t.length];
            Arrays.setAll(left, r -> t[r] - a[r]);
            List<double[]> inner = new ArrayList<>(plus ? List.of() : List.of(b));
            waves.forEach(w -> inner.add(LinearFit.times(w, b)));
            LinearFit fit = LinearFit.of(inner, left);
            double reached = outer.error();
            boolean done = reached > STALLED * error || reached < FITS_WELL || round == 4 && reached > 0.5;
            error = Math.min(error, reached);
            if (done) {
                break;
            }
            double[] next = new double[t.length];
            Arrays.fill(next, plus ? 0 : fit.factors()[0]);
            for (int k = 0; k < waves.size(); k++) {
                double factor = fit.factors()[k + (plus ? 0 : 1)];
                double[] wave = waves.get(k);
                for (int r = 0; r < next.length; r++) {
                    next[r] += factor * wave[r];
                }
            }
            double size = Math.sqrt(VariableProjection.squares(next) / next.length);
            h = Arrays.stream(next).map(v -> v / size).toArray();
        }
        return new Mixed(input, plus, h, error);
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
