// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.kan4j.formula.Expression;
import org.kan4j.formula.UnaryFunction;
import org.kan4j.symbolic.Target.Quantity;

/**
 * Sums of few products of plain functions, chosen one after another by orthogonal least squares (Chen, Billings, Luo,
 * Orthogonal least squares methods and their application to non-linear system identification, 1989) from several first terms.
 */
final class SparseForms implements StructureRun.Form {

    private static final int ROWS = 160;
    private static final int MOST_TERMS = 5;
    private static final int FIRSTS = 12;
    private static final int MOST_FEATURES = 2500;
    /** Inputs from which on products of powers are chosen one after another. */
    private static final int FEWEST = 4;
    private static final double FITS = 1e-7;
    /** Arguments up to which sine and exponential are plain functions of them. */
    private static final double LARGE = 20;

    private final StructureRun run;

    SparseForms(StructureRun run) {
        this.run = run;
    }

    private record Feature(Expression expression, double[] values, int factors) {
    }

    @Override
    public boolean search(Target target, int depth, Predicate<Expression> whole) {
        if (target.inputs().size() == 1 && target.inputs().getFirst().functions() <= MOST_TERMS) {
            return false; // so many terms go through any values
        }
        return search(target, monomials(target.inputs()), w -> w == Warp.NONE || w.isReciprocal() || w.isSquare(), whole)
                || search(target, features(target), w -> true, whole);
    }

    private boolean search(Target target, List<Feature> features, Predicate<Warp> warps, Predicate<Expression> whole) {
        for (Warp warp : features.isEmpty() ? List.<Warp>of() : Warp.of(target.values())) {
            double[] warped = warp.apply(target.values());
            if (run.over()) {
                return true;
            }
            if (warps.test(warp) && Arrays.stream(warped).allMatch(Double::isFinite)
                    && chosen(features, warped, target.precision(), e -> whole.test(warp.back().apply(e)))) {
                return true;
            }
        }
        return run.over();
    }

    // ------------------------------------------------------------------------------------------------------------ features

    private static List<Feature> functions(Quantity input) {
        List<Feature> all = new ArrayList<>();
        Expression x = input.meaning();
        double least = Arrays.stream(input.values()).map(Math::abs).min().orElseThrow();
        double most = Arrays.stream(input.values()).map(Math::abs).max().orElseThrow();
        add(all, input, v -> v, e -> e);
        add(all, input, v -> v * v, e -> Expression.power(e, Expression.integer(2)));
        add(all, input, v -> v * v * v, e -> Expression.power(e, Expression.integer(3)));
        if (least > 1e-3 * most) {
            add(all, input, v -> 1 / v, e -> Expression.power(e, Expression.integer(-1)));
            add(all, input, v -> 1 / (v * v), e -> Expression.power(e, Expression.integer(-2)));
        }
        if (input.positive()) {
            add(all, input, Math::sqrt, Expression::squareRoot);
            add(all, input, Math::log, e -> Expression.call(UnaryFunction.LOG, e));
        }
        if (most < LARGE && most * most < LARGE) {
            add(all, input, v -> Math.sin(v * v),
                    e -> Expression.call(UnaryFunction.SIN, Expression.power(e, Expression.integer(2))));
            add(all, input, v -> Math.cos(v * v),
                    e -> Expression.call(UnaryFunction.COS, Expression.power(e, Expression.integer(2))));
        }
        if (most < LARGE) {
            add(all, input, Math::sin, e -> Expression.call(UnaryFunction.SIN, e));
            add(all, input, Math::cos, e -> Expression.call(UnaryFunction.COS, e));
            add(all, input, v -> Math.pow(Math.cos(v), 2),
                    e -> Expression.power(Expression.call(UnaryFunction.COS, e), Expression.integer(2)));
            add(all, input, Math::exp, e -> Expression.call(UnaryFunction.EXP, e));
            add(all, input, v -> Math.exp(-v), e -> Expression.call(UnaryFunction.EXP, e.negated()));
        }
        return all;
    }

    private static void add(List<Feature> all, Quantity input, DoubleUnaryOperator f, UnaryOperator<Expression> written) {
        all.add(new Feature(written.apply(input.meaning()), Arrays.stream(input.values()).map(f).toArray(), 1));
    }

    /** Products of powers of both signs, of as many inputs as {@link PolynomialForms} has no room for. */
    private static List<Feature> monomials(List<Quantity> inputs) {
        if (inputs.size() < FEWEST || inputs.stream().anyMatch(q -> Arrays.stream(q.values()).anyMatch(v -> v == 0))) {
            return List.of();
        }
        int highest = inputs.size() == FEWEST ? 2 : 1;
        List<Feature> all = List.of(new Feature(Expression.integer(1), LinearFit.ones(inputs.getFirst().values().length), 0));
        for (Quantity input : inputs) {
            List<Feature> next = new ArrayList<>(all);
            for (int k = -highest; k <= highest; k++) {
                double[] power = power(input.values(), k);
                Expression written = Expression.power(input.meaning(), Expression.integer(k));
                for (Feature before : k == 0 ? List.<Feature>of() : all) {
                    next.add(new Feature(before.expression.times(written), LinearFit.times(before.values, power), 1));
                }
            }
            all = next;
            if (all.size() > MOST_FEATURES) {
                return List.of();
            }
        }
        return all.stream().filter(f -> f.factors > 0 && Arrays.stream(f.values).allMatch(Double::isFinite)).toList();
    }

    private static double[] power(double[] values, int exponent) {
        return Arrays.stream(values).map(v -> Math.pow(v, exponent)).toArray();
    }

    private static List<Feature> features(Target target) {
        List<Feature> all = new ArrayList<>();
        List<Feature> growing = List.of(new Feature(Expression.integer(1), LinearFit.ones(target.values().length), 0));
        List<Quantity> inputs = target.inputs().size() > 1 ? target.inputs()
                : List.of(target.inputs().getFirst(), target.inputs().getFirst());
        for (Quantity input : inputs) {
            List<Feature> functions = functions(input);
            functions = functions.subList(0, Math.min(functions.size(), input.functions()));
            List<Feature> next = new ArrayList<>(growing);
            for (Feature before : growing) {
                for (Feature function : functions) {
                    boolean few = target.inputs().size() <= 3 || before.factors < 2;
                    if (few && next.size() < MOST_FEATURES) {
                        next.add(new Feature(before.expression.times(function.expression),
                                LinearFit.times(before.values, function.values), before.factors + 1));
                    }
                }
            }
            growing = next;
        }
        all.addAll(growing.subList(1, growing.size()));
        all.removeIf(f -> Arrays.stream(f.values).anyMatch(v -> !Double.isFinite(v)));
        return all;
    }

    // -------------------------------------------------------------------------------------------------------------- choice

    private boolean chosen(List<Feature> features, double[] target, double precision, Predicate<Expression> whole) {
        double[] y = VariableProjection.centred(few(target));
        double size = Math.sqrt(VariableProjection.squares(y));
        double[][] columns = features.stream().map(f -> unit(VariableProjection.centred(few(f.values)))).toArray(double[][]::new);
        double limit = Math.max(FITS, 1.1 * precision) * size;
        int[] firsts = IntStream.range(0, columns.length).boxed()
                .sorted(Comparator.comparingDouble(k -> -Math.abs(VariableProjection.dot(columns[k], y))))
                .limit(run.thorough() ? FIRSTS : 4)
                .mapToInt(Integer::intValue).toArray();
        for (int first : firsts) {
            if (run.over()) {
                return true;
            }
            run.budget().spend(4.0 * MOST_TERMS * y.length * columns.length);
            List<Integer> terms = grown(columns, y, first, limit);
            if (terms != null && whole.test(sum(features, terms, target))) {
                return true;
            }
        }
        return false;
    }

    /** Terms that leave nothing of the target; null where so many do not. */
    private static List<Integer> grown(double[][] all, double[] target, int first, double limit) {
        double[][] columns = new double[all.length][];
        Arrays.setAll(columns, k -> all[k].clone());
        double[] left = target.clone();
        List<Integer> terms = new ArrayList<>();
        int next = first;
        while (true) {
            double[] base = columns[next].clone();
            terms.add(next);
            subtract(left, base);
            if (Math.sqrt(VariableProjection.squares(left)) <= limit) {
                return terms;
            }
            if (terms.size() == MOST_TERMS) {
                return null;
            }
            double best = 0;
            next = -1;
            for (int k = 0; k < columns.length; k++) {
                double before = 1;
                subtract(columns[k], base);
                double length = Math.sqrt(VariableProjection.squares(columns[k]));
                if (!(length > 1e-5 * before)) {
                    Arrays.fill(columns[k], 0);
                    continue;
                }
                for (int b = 0; b < left.length; b++) {
                    columns[k][b] /= length;
                }
                double share = Math.abs(VariableProjection.dot(columns[k], left));
                if (share > best) {
                    best = share;
                    next = k;
                }
            }
            if (next < 0) {
                return null;
            }
        }
    }

    private static void subtract(double[] from, double[] unit) {
        double share = VariableProjection.dot(from, unit);
        for (int b = 0; b < from.length; b++) {
            from[b] -= share * unit[b];
        }
    }

    private static double[] few(double[] values) {
        int rows = Math.min(ROWS, values.length);
        double[] some = new double[rows];
        Arrays.setAll(some, b -> values[(int) ((long) b * values.length / rows)]);
        return some;
    }

    private static double[] unit(double[] column) {
        double length = Math.sqrt(VariableProjection.squares(column));
        return Arrays.stream(column).map(v -> length > 0 ? v / length : 0).toArray();
    }

    private Expression sum(List<Feature> features, List<Integer> terms, double[] target) {
        List<double[]> columns = new ArrayList<>(List.of(LinearFit.ones(target.length)));
        terms.forEach(k -> columns.add(features.get(k).values));
        LinearFit fit = run.budget().fit(columns, target);
        List<Expression> sum = new ArrayList<>(List.of(Expression.real(fit.factors()[0])));
        for (int k = 0; k < terms.size(); k++) {
            sum.add(Expression.real(fit.factors()[k + 1]).times(features.get(terms.get(k)).expression));
        }
        return Expression.sum(sum);
    }
}
