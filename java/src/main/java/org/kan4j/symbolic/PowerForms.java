// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.kan4j.formula.Expression;
import org.kan4j.symbolic.Target.Quantity;

/** x^p F(others) + x^q G(others) for an input x, as equations of state have it: least squares for F and G together. */
final class PowerForms implements StructureRun.Form {

    /** Exponents in halves. */
    private static final int[] HALVES = {0, 2, -2, 1, -1, 4, -4, 3, -3};
    private static final int MOST_COLUMNS = 60;
    private static final double FITS = 1e-5;
    private static final int STRUCTURES = 3;
    /** How many times larger an error a power alone may have, as it has half of the columns. */
    private static final double ALONE = 2;

    private final StructureRun run;

    PowerForms(StructureRun run) {
        this.run = run;
    }

    /** The target as a sum of two powers, the factor of the first. */
    private record Powers(Quantity input, int first, int second, double[] factor, double error) {

        Expression power(int halves) {
            return Expression.power(input.meaning(), Expression.rational(halves, 2));
        }

        double[] values(int halves) {
            return Arrays.stream(input.values()).map(v -> Math.pow(v, halves / 2.0)).toArray();
        }
    }

    @Override
    public boolean search(Target target, int depth, Predicate<Expression> whole) {
        List<Powers> found = new ArrayList<>();
        for (Quantity input : target.inputs()) {
            if (target.inputs().size() < 2 || Arrays.stream(input.values()).anyMatch(v -> v == 0)) {
                continue;
            }
            List<double[]> products = products(target, input);
            for (int i = 0; i < HALVES.length; i++) {
                for (int j = i + 1; j < HALVES.length; j++) {
                    if (run.over()) {
                        return true;
                    }
                    if (input.positive() || HALVES[i] % 2 == 0 && HALVES[j] % 2 == 0) {
                        found.add(fitted(target, input, products, HALVES[i], HALVES[j]));
                    }
                }
            }
        }
        found.removeIf(p -> !(p.error < run.fits(FITS, target)) || isProduct(target, p));
        found.sort(Comparator.comparingDouble(Powers::error));
        for (Powers powers : found.stream().limit(STRUCTURES).toList()) {
            run.say("the target is a sum of %s and %s, each times others, to %.1e", powers.power(powers.first),
                    powers.power(powers.second), powers.error);
            if (parts(target, powers, depth, whole)) {
                return true;
            }
        }
        return run.over();
    }

    private static List<double[]> products(Target target, Quantity input) {
        return LinearFit.products(target.with(List.of(input), null).columns(),
                Math.min(MOST_COLUMNS, target.values().length / 8));
    }

    private Powers fitted(Target target, Quantity input, List<double[]> products, int first, int second) {
        Powers powers = new Powers(input, first, second, new double[0], 0);
        List<double[]> columns = new ArrayList<>();
        products.forEach(p -> columns.add(LinearFit.times(p, powers.values(first))));
        products.forEach(p -> columns.add(LinearFit.times(p, powers.values(second))));
        LinearFit fit = run.budget().fit(columns, target.values());
        double[] factor = new double[target.values().length];
        for (int k = 0; k < products.size(); k++) {
            double share = fit.factors()[k];
            double[] product = products.get(k);
            Arrays.setAll(factor, b -> factor[b] + share * product[b]);
        }
        return new Powers(input, first, second, factor, fit.error());
    }

    /** Whether one of the two powers does as well alone: those are divided out ({@link FactorForms}). */
    private boolean isProduct(Target target, Powers powers) {
        List<double[]> products = products(target, powers.input);
        return IntStream.of(powers.first, powers.second).anyMatch(halves -> run.budget().fit(products.stream()
                .map(p -> LinearFit.times(p, powers.values(halves))).toList(), target.values()).error() < ALONE * powers.error);
    }

    /** The first factor as least squares has it, the second as what the first leaves. */
    private boolean parts(Target target, Powers powers, int depth, Predicate<Expression> whole) {
        Target rest = target.with(List.of(powers.input), null);
        double precision = Math.max(1e-13, 10 * powers.error);
        return run.solve(rest.with(powers.factor, precision), depth + 1, first -> {
            if (run.noisy() && alike(target, powers, MixedForms.bare(first), whole)) {
                return true;
            }
            Expression known = first.times(powers.power(powers.first));
            double[] left = run.evaluate(known);
            double[] power = powers.values(powers.second);
            Arrays.setAll(left, b -> (target.values()[b] - left[b]) / power[b]);
            return run.solve(rest.with(left, precision), depth + 1,
                    second -> whole.test(known.plus(second.times(powers.power(powers.second)))));
        });
    }

    /** Both factors of one function: in noise what the first leaves is too little known to say what the second is. */
    private boolean alike(Target target, Powers powers, Expression function, Predicate<Expression> whole) {
        List<Expression> terms = List.of(powers.power(powers.first), powers.power(powers.second),
                powers.power(powers.first).times(function), powers.power(powers.second).times(function));
        List<double[]> columns = terms.stream().map(run::evaluate).toList();
        if (columns.stream().flatMapToDouble(Arrays::stream).anyMatch(v -> !Double.isFinite(v))) {
            return false;
        }
        double[] factors = run.budget().fit(columns, target.values()).factors();
        if (!Arrays.stream(factors).allMatch(Double::isFinite)) {
            return false;
        }
        return whole.test(Expression.sum(IntStream.range(0, terms.size())
                .mapToObj(k -> Expression.real(factors[k]).times(terms.get(k))).toList()));
    }
}
