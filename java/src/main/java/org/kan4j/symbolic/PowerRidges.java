// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import org.kan4j.formula.Expression;
import org.kan4j.symbolic.Target.Quantity;

/**
 * Two inputs that matter by one number a^p + c b^q of measured exponents, as a sum of two power laws inside an unknown function. The
 * slopes of the target tell: the logarithm of their quotient is a line in the logarithms of a and b, of the slopes 1 - p and q - 1.
 */
final class PowerRidges implements StructureRun.Form {

    private static final int MOST_COLUMNS = 75;
    /** Rows in which a slope is next to nothing say nothing, as a share of those. */
    private static final double STEEP = 0.05;
    /** Deviation of the logarithm from the line. */
    private static final double STRAIGHT = 0.3;
    private static final double FITS = 0.05;
    private static final int STRUCTURES = 2;
    /** Exponents are multiples of one over it, if that is as good. */
    private static final int PARTS = 6;
    private static final double NEAR = 0.03;
    /** Of differences, the least share of a step, and the error from which on steps are worth it, of that before. */
    private static final double STEP = 1e-4;
    private static final double SMALLEST = 0.01;
    private static final double BETTER = 0.95;
    private static final int ROUNDS = 20;
    private static final double AS_GOOD = 3;

    private final StructureRun run;

    PowerRidges(StructureRun run) {
        this.run = run;
    }

    /**
     * (a/a0)^p + c (b/b0)^q, a0 and b0 the geometric means: so the three constants have little to do with each other.
     *
     * @param constants p, q, the logarithm of c and its sign
     * @param left what a smooth function of the number and the other inputs leaves of the target
     */
    private record Ridge(Quantity a, Quantity b, double[] constants, double[] left, double error) {

        Quantity number() {
            double[] values = new double[a.values().length];
            double p = constants[0];
            double q = constants[1];
            double c = Math.exp(constants[2]) * Math.pow(mean(a), p) / Math.pow(mean(b), q);
            Arrays.setAll(values, r -> Math.pow(a.values()[r], p) + sign() * c * Math.pow(b.values()[r], q));
            return new Quantity(power(a, p).plus(Expression.real(sign() * c).times(power(b, q))), values);
        }

        double sign() {
            return constants[3];
        }

        private static Expression power(Quantity x, double exponent) {
            double sixths = Math.rint(PARTS * exponent);
            return Expression.power(x.meaning(), PARTS * exponent == sixths ? Expression.rational((long) sixths, PARTS)
                    : Expression.real(exponent));
        }

        private static double mean(Quantity x) {
            return Math.exp(Arrays.stream(x.values()).map(Math::log).average().orElse(0));
        }
    }

    @Override
    public boolean search(Target given, int depth, Predicate<Expression> whole) {
        Target target = new Target(given.inputs().stream().map(q -> new Quantity(q.meaning(), q.values(), q.wide())).toList(),
                given.values(), given.precision());
        List<Ridge> found = new ArrayList<>();
        List<double[]> slopes = target.inputs().size() < 2 ? List.of() : RidgeForms.slopes(run, target);
        for (int i = 0; i < slopes.size(); i++) {
            for (int j = i + 1; j < slopes.size(); j++) {
                Quantity a = target.inputs().get(i);
                Quantity b = target.inputs().get(j);
                Ridge start = a.positive() && b.positive() ? start(a, b, slopes.get(i), slopes.get(j)) : null;
                if (start != null && !run.over()) {
                    Ridge ridge = refined(target, start);
                    if (ridge.error < run.fits(FITS, target)) {
                        found.add(ridge);
                    }
                }
            }
        }
        found.sort(Comparator.comparingDouble(Ridge::error));
        for (Ridge ridge : found.stream().limit(STRUCTURES).toList()) {
            Quantity number = ridge.number();
            run.say("%s matters as one number, to %.1e", number.meaning(), ridge.error);
            Target rest = target.with(List.of(ridge.a, ridge.b), number).with(target.values(),
                    Math.max(target.precision(), ridge.error));
            if (run.over() || run.solve(rest, depth + 1, whole)) {
                return true;
            }
        }
        return run.over();
    }

    /** What the slopes say: log(s_b/s_a) = log(c q/p) + (q - 1) log b - (p - 1) log a; null where that is no line. */
    private Ridge start(Quantity a, Quantity b, double[] alongA, double[] alongB) {
        int rows = alongA.length;
        double[] ofA = new double[rows];
        double[] ofB = new double[rows];
        Arrays.setAll(ofA, r -> alongA[r] * a.values()[r]);
        Arrays.setAll(ofB, r -> alongB[r] * b.values()[r]);
        double leastA = STEEP * VariableProjection.spread(ofA);
        double leastB = STEEP * VariableProjection.spread(ofB);
        List<double[]> columns = List.of(new double[rows], new double[rows], new double[rows]);
        double[] logarithms = new double[rows];
        int negative = 0;
        int used = 0;
        for (int r = 0; r < rows; r++) {
            if (Math.abs(ofA[r]) > leastA && Math.abs(ofB[r]) > leastB) {
                columns.get(0)[used] = 1;
                columns.get(1)[used] = Math.log(a.values()[r] / Ridge.mean(a));
                columns.get(2)[used] = Math.log(b.values()[r] / Ridge.mean(b));
                logarithms[used++] = Math.log(Math.abs(ofB[r] / ofA[r]));
                negative += ofB[r] * ofA[r] < 0 ? 1 : 0;
            }
        }
        int n = used;
        if (n < rows / 4 || negative > n / 10 && negative < n - n / 10) {
            return null;
        }
        LinearFit line = run.budget().fit(columns.stream().map(c -> Arrays.copyOf(c, n)).toList(), Arrays.copyOf(logarithms, n));
        double left = line.error() * VariableProjection.spread(Arrays.copyOf(logarithms, n));
        double p = -line.factors()[1]; // of a s_a and b s_b: q log b - p log a
        double q = line.factors()[2];
        if (!(left < STRAIGHT) || Math.abs(p) < NEAR || Math.abs(q) < NEAR || Math.abs(p) > 12 || Math.abs(q) > 12) {
            return null;
        }
        double sign = (negative > n / 2 ? -1 : 1) * Math.signum(p * q);
        return new Ridge(a, b, new double[] {p, q, line.factors()[0] + Math.log(Math.abs(p / q)), sign}, null, 0);
    }

    /** With the best constants, and with exponents that are plain where that is as good. */
    private Ridge refined(Target target, Ridge start) {
        Ridge best = fitted(target, measured(target, start, start.constants), List.of(0, 1, 2));
        Ridge plain = best;
        List<Integer> free = new ArrayList<>(List.of(2));
        for (int k = 0; k < 2; k++) {
            double rounded = Math.rint(PARTS * best.constants[k]) / PARTS;
            boolean isPlain = rounded != 0 && Math.abs(rounded - best.constants[k]) < NEAR;
            plain = isPlain ? changed(target, plain, k, rounded - best.constants[k]) : plain;
            if (!isPlain) {
                free.add(k);
            }
        }
        plain = free.size() < 3 ? fitted(target, plain, free) : best;
        return plain.error < AS_GOOD * best.error ? plain : best;
    }

    /** By Gauss and Newton's steps. */
    private Ridge fitted(Target target, Ridge start, List<Integer> free) {
        Ridge best = start;
        for (int round = 0; round < ROUNDS && best.left != null && !run.over(); round++) {
            List<double[]> slopes = new ArrayList<>();
            for (int k : free) {
                double[] above = changed(target, best, k, STEP).left;
                double[] below = changed(target, best, k, -STEP).left;
                double[] slope = new double[best.left.length];
                if (above != null && below != null) {
                    Arrays.setAll(slope, r -> (below[r] - above[r]) / (2 * STEP));
                }
                slopes.add(slope);
            }
            double[] step = LinearFit.of(slopes, best.left).factors();
            Ridge next = best;
            for (double share = 1; share > SMALLEST && next == best; share /= 4) {
                double[] constants = best.constants.clone();
                for (int k = 0; k < step.length; k++) {
                    constants[free.get(k)] += share * step[k];
                }
                Ridge one = measured(target, best, constants);
                next = one.error < best.error ? one : best;
            }
            boolean done = !(next.error < BETTER * best.error);
            best = next;
            if (done) {
                break;
            }
        }
        return best;
    }

    private Ridge changed(Target target, Ridge ridge, int k, double step) {
        double[] constants = ridge.constants.clone();
        constants[k] += step;
        return measured(target, ridge, constants);
    }

    private Ridge measured(Target target, Ridge ridge, double[] constants) {
        Ridge changed = new Ridge(ridge.a, ridge.b, constants, null, Double.POSITIVE_INFINITY);
        Quantity number = changed.number();
        if (Arrays.stream(number.values()).anyMatch(v -> !Double.isFinite(v))) {
            return changed;
        }
        Quantity scaled = new Quantity(number.meaning(), number.coordinate(true));
        List<double[]> columns = LinearFit.products(target.with(List.of(ridge.a, ridge.b), scaled).columns(),
                Math.min(MOST_COLUMNS, target.values().length / 4));
        LinearFit fit = run.budget().fit(columns, target.values());
        double[] left = fit.values(columns, 0, columns.size());
        Arrays.setAll(left, r -> target.values()[r] - left[r]);
        return new Ridge(ridge.a, ridge.b, constants, left, fit.error());
    }
}
