// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.kan4j.formula.Expression;
import org.kan4j.formula.UnaryFunction;
import org.kan4j.symbolic.Target.Quantity;

/**
 * Two inputs that matter by one number of a constant of its own: p(a) + c q(b), where p and q are powers or logarithms, or
 * a (b - c), or (b - c)/a. The
 * slopes of the target tell: those along a over those along b are p'(a) over c q'(b) in every row.
 */
final class RidgeForms implements StructureRun.Form {

    private static final int MOST_COLUMNS = 150;
    private static final int STRUCTURES = 3;
    private static final int TRIED = 6;
    /** Sine of the angle between the slopes, as columns of rows, above which they have nothing to do with each other. */
    private static final double ASIDE = 0.15;
    private static final double FITS = 0.05;
    /** Share of an error that the constant may be wrong by, and what a plain number may cost. */
    private static final double CONSTANT = 0.1;
    private static final double AS_GOOD = 1.05;
    private static final int FRACTION = 12;
    /** Sums, differences, products and quotients are those of {@link PairForms}. */
    private static final double PLAIN = 0.01;
    /** Relative change of the constant, at first, and how often it is halved. */
    private static final double STEP = 0.05;
    private static final int HALVINGS = 30;
    /** Exponents are multiples of one over it. */
    private static final int PARTS = 6;

    private final StructureRun run;

    RidgeForms(StructureRun run) {
        this.run = run;
    }

    /** A function of an input, and whether it asks for positive values. */
    private record Part(DoubleUnaryOperator value, DoubleUnaryOperator slope, UnaryOperator<Expression> written,
            boolean positive) {
    }

    private static final Part LOG = new Part(Math::log, v -> 1 / v, e -> e, true);
    /** Marks a (b - c), and (b - c)/a. */
    private static final Part TIMES = new Part(v -> v, v -> 1, e -> e, false);
    private static final Part DIVIDED = new Part(v -> 1 / v, v -> 1, e -> Expression.power(e, Expression.integer(-1)), false);
    private static final List<Part> PARTS_OF_SUMS = List.of(new Part(v -> v, v -> 1, e -> e, false),
            new Part(v -> v * v, v -> 2 * v, e -> Expression.power(e, Expression.integer(2)), false),
            new Part(v -> 1 / v, v -> -1 / (v * v), e -> Expression.power(e, Expression.integer(-1)), true),
            new Part(Math::sqrt, v -> 0.5 / Math.sqrt(v), Expression::squareRoot, true),
            new Part(Math::exp, Math::exp, e -> Expression.call(UnaryFunction.EXP, e), false));

    /** p(a) + c q(b), or a b^c for logarithms. */
    private record Ridge(Quantity a, Quantity b, Part p, Part q, double c, double aside) {

        boolean power() {
            return p == LOG;
        }

        Quantity number(double constant) {
            double[] values = new double[a.values().length];
            if (p == TIMES || p == DIVIDED) {
                Arrays.setAll(values, r -> p.value.applyAsDouble(a.values()[r]) * (b.values()[r] - constant));
                return new Quantity(p.written.apply(a.meaning()).times(b.meaning().minus(Expression.real(constant))), values);
            }
            Arrays.setAll(values, r -> power() ? a.values()[r] * Math.pow(b.values()[r], constant)
                    : p.value.applyAsDouble(a.values()[r]) + constant * q.value.applyAsDouble(b.values()[r]));
            double sixths = Math.rint(PARTS * constant);
            Expression factor = power() && PARTS * constant == sixths ? Expression.rational((long) sixths, PARTS)
                    : Expression.real(constant);
            Expression meaning = power() ? a.meaning().times(Expression.power(b.meaning(), factor))
                    : p.written.apply(a.meaning()).plus(factor.times(q.written.apply(b.meaning())));
            return new Quantity(meaning, values);
        }
    }

    private record Found(Target target, Quantity number, double error) {
    }

    @Override
    public boolean search(Target target, int depth, Predicate<Expression> whole) {
        if (target.inputs().size() < 2) {
            return false;
        }
        List<Found> found = new ArrayList<>();
        for (Ridge ridge : ridges(target)) {
            if (run.over()) {
                return true;
            }
            Found one = refined(target, ridge);
            if (one != null && one.error < run.fits(FITS, target)) {
                found.add(one);
            }
        }
        found.sort(Comparator.comparingDouble(Found::error));
        for (Found one : found.stream().limit(run.thorough() ? STRUCTURES : 1).toList()) {
            run.say("%s matters as one number, to %.1e", one.number.meaning(), one.error);
            Target rest = one.target.with(one.target.values(), Math.max(target.precision(), CONSTANT * one.error));
            if (run.solve(rest, depth + 1, whole)) {
                return true;
            }
        }
        return run.over();
    }

    /** Those of a smooth function of the inputs along each of them, row by row. */
    static List<double[]> slopes(StructureRun run, Target target) {
        List<double[]> inputs = target.columns();
        int most = Math.min(MOST_COLUMNS, target.values().length / 4);
        double[] factors = run.budget().fit(LinearFit.products(inputs, most), target.values()).factors();
        List<double[]> slopes = new ArrayList<>();
        for (int i = 0; i < inputs.size(); i++) {
            double[] along = LinearFit.slopes(inputs, most, i, factors);
            Quantity input = target.inputs().get(i);
            Arrays.setAll(along, r -> input.logarithmic() ? along[r] / input.values()[r] : along[r]);
            slopes.add(along);
        }
        return slopes;
    }

    /** Those that the slopes of a least squares fit allow, the best first. */
    private List<Ridge> ridges(Target target) {
        List<double[]> slopes = slopes(run, target);
        List<Ridge> ridges = new ArrayList<>();
        for (int i = 0; i < target.inputs().size(); i++) {
            for (int j = i + 1; j < target.inputs().size(); j++) {
                Quantity a = target.inputs().get(i);
                Quantity b = target.inputs().get(j);
                for (Part p : PARTS_OF_SUMS) {
                    for (Part q : PARTS_OF_SUMS) {
                        add(ridges, a, b, p, q, slopes.get(i), slopes.get(j));
                    }
                }
                add(ridges, a, b, LOG, LOG, slopes.get(i), slopes.get(j));
                addShifted(ridges, a, b, slopes.get(i), slopes.get(j));
                addShifted(ridges, b, a, slopes.get(j), slopes.get(i));
            }
        }
        ridges.sort(Comparator.comparingDouble(Ridge::aside));
        return ridges.stream().limit(TRIED).toList();
    }

    private static void add(List<Ridge> ridges, Quantity a, Quantity b, Part p, Part q, double[] alongA, double[] alongB) {
        if (p.positive && !a.positive() || q.positive && !b.positive()) {
            return;
        }
        double[] u = new double[alongA.length];
        double[] v = new double[alongA.length];
        Arrays.setAll(u, r -> alongA[r] * q.slope.applyAsDouble(b.values()[r]));
        Arrays.setAll(v, r -> alongB[r] * p.slope.applyAsDouble(a.values()[r]));
        double product = VariableProjection.dot(u, v);
        double ofU = VariableProjection.squares(u);
        double ofV = VariableProjection.squares(v);
        double aside = Math.sqrt(Math.max(0, 1 - product * product / (ofU * ofV)));
        double c = product / ofU;
        boolean plain = p == q && (p == LOG || p == PARTS_OF_SUMS.getFirst()) && Math.abs(Math.abs(c) - 1) < PLAIN;
        if (aside < ASIDE && Double.isFinite(c) && c != 0 && !plain) {
            ridges.add(new Ridge(a, b, p, q, c, aside));
        }
    }

    /** b s(b) -+ a s(a) = c s(b) for the slopes s. */
    private static void addShifted(List<Ridge> ridges, Quantity a, Quantity b, double[] alongA, double[] alongB) {
        for (Part part : List.of(TIMES, DIVIDED)) {
            double sign = part == TIMES ? -1 : 1;
            double[] u = new double[alongA.length];
            Arrays.setAll(u, r -> b.values()[r] * alongB[r] + sign * a.values()[r] * alongA[r]);
            double c = VariableProjection.dot(u, alongB) / VariableProjection.squares(alongB);
            double[] left = new double[u.length];
            double[] size = new double[u.length];
            Arrays.setAll(left, r -> u[r] - c * alongB[r]);
            Arrays.setAll(size, r -> (b.values()[r] - c) * alongB[r]);
            double aside = Math.sqrt(VariableProjection.squares(left) / VariableProjection.squares(size));
            double width = Arrays.stream(b.values()).max().orElse(0) - Arrays.stream(b.values()).min().orElse(0);
            if (aside < ASIDE && Math.abs(c) > PLAIN * width) {
                ridges.add(new Ridge(a, b, part, part, c, aside));
            }
        }
    }

    /** With the constant at which the target is best a smooth function of the number and the other inputs. */
    private Found refined(Target target, Ridge ridge) {
        double c = ridge.c;
        if (ridge.power() && Math.abs(c - Math.rint(PARTS * c) / PARTS) < 0.02 && Math.rint(PARTS * c) != 0) {
            return substituted(target, ridge, Math.rint(PARTS * c) / PARTS);
        }
        Found best = substituted(target, ridge, c);
        double step = STEP * Math.abs(c);
        for (int i = 0; i < HALVINGS && best != null && !run.over();) {
            Found above = substituted(target, ridge, c + step);
            Found below = substituted(target, ridge, c - step);
            if (above == null || below == null) {
                break;
            }
            if (above.error < best.error || below.error < best.error) {
                c += above.error < below.error ? step : -step;
                best = above.error < below.error ? above : below;
            } else {
                step /= 4;
                i += 2;
            }
        }
        double fraction = Math.rint(FRACTION * c) / FRACTION;
        Found plain = best == null || Math.abs(fraction - c) > STEP * Math.abs(c) / FRACTION ? null
                : substituted(target, ridge, fraction);
        return plain != null && plain.error <= AS_GOOD * best.error ? plain : best;
    }

    private Found substituted(Target target, Ridge ridge, double c) {
        Quantity number = ridge.number(c);
        Target smaller = target.with(List.of(ridge.a, ridge.b), number);
        if (Arrays.stream(number.values()).anyMatch(v -> !Double.isFinite(v))) {
            return null;
        }
        int most = Math.min(MOST_COLUMNS / 2, target.values().length / 4);
        return new Found(smaller, number, run.budget().fit(LinearFit.products(smaller.columns(), most), target.values()).error());
    }
}
