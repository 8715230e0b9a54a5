// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import org.kan4j.formula.Expression;
import org.kan4j.formula.UnaryFunction;
import org.kan4j.symbolic.Target.Quantity;

/**
 * Sums of functions of one input each; of one input and of the others; of two inputs and of the others; of all but one and of
 * all but another.
 */
final class SumForms implements StructureRun.Form {

    private static final int[] DEGREES = {8, 20, 45};
    private static final int MOST_COLUMNS = 170;
    private static final int STRUCTURES = 3;
    private static final int MOST_OVERLAPPING = 5;
    /** Groups that overlap always fit better. */
    private static final double OVERLAP = 3;
    private static final double FITS = 0.03;
    private static final double FITS_WELL = 1e-9;
    private static final double TO_ROUNDING = 1e-8;
    /** A part that does so little is none. */
    private static final double NOTHING = 1e-3;

    private final StructureRun run;

    SumForms(StructureRun run) {
        this.run = run;
    }

    /** The target warped, as a sum of functions of groups of inputs. */
    private record Split(Warp warp, Target warped, List<List<Quantity>> groups, List<double[]> parts, double constant,
            double error) {

        /** Whether an input is in more than one group. */
        boolean overlap() {
            return groups.stream().mapToInt(List::size).sum() > warped.inputs().size();
        }

        /** Whether the target is a product: factors of several inputs are looked at themselves before their logarithms are. */
        boolean product() {
            return warp != Warp.NONE && warp.plain();
        }
    }

    @Override
    public boolean search(Target target, int depth, Predicate<Expression> whole) {
        List<Split> splits = new ArrayList<>();
        for (Warp warp : Warp.of(target.values())) {
            Target warped = target.with(warp.apply(target.values()), target.precision());
            if (!warped.finite()) {
                continue;
            }
            if (run.over()) {
                return true;
            }
            splits.add(singles(warp, warped));
            if (target.inputs().size() > 2 && target.inputs().size() <= 6 && (run.thorough() || warp.plain())) {
                for (List<Quantity> group : groups(target.inputs())) {
                    splits.add(split(warp, warped, group, target.with(group, null).inputs()));
                }
                splits.addAll(run.thorough() && warp.plain() ? overlapping(warp, warped) : List.of());
            }
        }
        splits.removeIf(s -> !(s.error < run.fits(FITS, target)));
        splits.sort(Comparator
                .comparingDouble(s -> s.error < FITS_WELL ? s.groups.size() == target.inputs().size() ? -1 : 0
                        : s.overlap() ? OVERLAP * s.error : s.error));
        for (Split split : splits.stream().limit(run.thorough() ? STRUCTURES : 1).toList()) {
            run.say("%sthe target is a sum over %s, to %.1e", split.warp == Warp.NONE ? "" : split.warp.name() + " ",
                    split.groups.stream().map(g -> g.stream().map(q -> q.meaning().toString()).toList()).toList(), split.error);
            if (parts(split, 0, new ArrayList<>(), depth, whole)) {
                return true;
            }
        }
        return run.over();
    }

    /** One input, or two of four and more. */
    private static List<List<Quantity>> groups(List<Quantity> inputs) {
        List<List<Quantity>> groups = new ArrayList<>();
        for (int i = 0; i < inputs.size(); i++) {
            groups.add(List.of(inputs.get(i)));
            for (int j = i + 1; j < inputs.size() && inputs.size() >= 4 && (inputs.size() > 4 || i == 0); j++) {
                groups.add(List.of(inputs.get(i), inputs.get(j)));
            }
        }
        return groups;
    }

    private Split singles(Warp warp, Target warped) {
        int rows = warped.values().length;
        Split best = null;
        for (int degree : DEGREES) {
            int n = warped.inputs().size();
            if (best != null && (n * degree > Math.min(MOST_COLUMNS, rows / 3) || best.error < FITS_WELL)) {
                break;
            }
            for (boolean logarithmic : warped.inputs().stream().anyMatch(Quantity::wide) ? new boolean[] {false, true}
                    : new boolean[] {false}) {
                List<double[]> columns = new ArrayList<>(List.of(LinearFit.ones(rows)));
                warped.inputs().forEach(q -> columns.addAll(LinearFit.waves(q.coordinate(logarithmic), degree)));
                LinearFit fit = run.budget().fit(columns, warped.values());
                if (best == null || fit.error() < best.error) {
                    List<double[]> parts = new ArrayList<>();
                    for (int i = 0; i < n; i++) {
                        parts.add(fit.values(columns, 1 + i * degree, degree));
                    }
                    best = new Split(warp, warped, warped.inputs().stream().map(List::of).toList(), parts, fit.factors()[0],
                            fit.error());
                }
            }
        }
        return best;
    }

    /** Of two inputs that have nothing to do with each other, each with all others. */
    private List<Split> overlapping(Warp warp, Target warped) {
        List<Split> splits = new ArrayList<>();
        List<Quantity> inputs = warped.inputs();
        for (int i = 0; i < inputs.size() && inputs.size() <= MOST_OVERLAPPING; i++) {
            for (int j = i + 1; j < inputs.size() && !run.over(); j++) {
                List<Quantity> first = new ArrayList<>(List.of(inputs.get(i)));
                List<Quantity> second = new ArrayList<>(List.of(inputs.get(j)));
                for (Quantity common : warped.with(List.of(inputs.get(i), inputs.get(j)), null).inputs()) {
                    first.add(common);
                    second.add(common);
                }
                splits.add(split(warp, warped, first, second));
            }
        }
        return splits;
    }

    /** The first part without what the others do alone. */
    private Split split(Warp warp, Target warped, List<Quantity> group, List<Quantity> rest) {
        Split plain = split(warp, warped, group, rest, false);
        boolean others = plain.error > FITS_WELL && warped.inputs().stream().anyMatch(q -> q.wide() && !q.logarithmic());
        Split logarithmic = others ? split(warp, warped, group, rest, true) : plain;
        return logarithmic.error < TO_ROUNDING ? logarithmic : plain; // one that only comes nearer hides others
    }

    /** With wide inputs by their logarithms, of which that of a power is a multiple, or all as they are. */
    private Split split(Warp warp, Target warped, List<Quantity> group, List<Quantity> rest, boolean logarithmic) {
        int half = MOST_COLUMNS / 2;
        boolean overlap = group.size() + rest.size() > warped.inputs().size();
        List<double[]> all = LinearFit.products(columns(group, logarithmic), half);
        List<double[]> first = overlap ? LinearFit.ofFirst(all, group.size())
                : group.size() == 1 ? new ArrayList<>(LinearFit.waves(columns(group, logarithmic).getFirst(), 12)) : without(all);
        List<double[]> second = without(LinearFit.products(columns(rest, logarithmic),
                Math.min(MOST_COLUMNS, warped.values().length / 3) - first.size()));
        List<double[]> columns = new ArrayList<>(List.of(LinearFit.ones(warped.values().length)));
        columns.addAll(first);
        columns.addAll(second);
        LinearFit fit = run.budget().fit(columns, warped.values());
        return new Split(warp, warped, List.of(group, rest), List.of(fit.values(columns, 1, first.size()),
                fit.values(columns, 1 + first.size(), second.size())), fit.factors()[0], fit.error());
    }

    private static List<double[]> columns(List<Quantity> inputs, boolean logarithmic) {
        return inputs.stream().map(q -> logarithmic ? q.coordinate(true) : q.coordinate()).toList();
    }

    private static List<double[]> without(List<double[]> columns) {
        return columns.subList(1, columns.size());
    }

    /** What known parts leave of the target. */
    private double[] left(Split split, List<Expression> known) {
        double[] left = split.warped.values().clone();
        double[] sum = run.evaluate(Expression.sum(known));
        Arrays.setAll(left, b -> left[b] - sum[b] - split.constant);
        return left;
    }

    /** Part after part; of groups that overlap the last is what the others leave of the target. */
    private boolean parts(Split split, int at, List<Expression> known, int depth, Predicate<Expression> whole) {
        if (at == split.groups.size()) {
            List<Expression> sum = new ArrayList<>(known);
            sum.add(Expression.real(split.constant));
            return whole.test(split.warp.back().apply(Expression.sum(sum)));
        }
        boolean last = at > 0 && at == split.groups.size() - 1 && split.overlap();
        double[] values = last ? left(split, known) : split.parts.get(at);
        Target part = new Target(split.groups.get(at), values, 0);
        double share = part.deviation() / split.warped.deviation();
        if (share < Math.max(NOTHING * Math.min(1, 100 * split.error), 1e-9)) {
            return parts(split, at + 1, known, depth, whole);
        }
        Target measured = part.with(values, Math.max(1e-13, split.error / share));
        Predicate<Expression> rest = e -> {
            List<Expression> more = new ArrayList<>(known);
            more.add(e);
            return parts(split, at + 1, more, depth, whole);
        };
        if (split.product() && split.error < FITS_WELL && split.groups.get(at).size() > 1) {
            Target factor = measured.with(Arrays.stream(values).map(Math::exp).toArray(), measured.precision());
            if (run.solve(factor, depth + 1, e -> rest.test(Expression.call(UnaryFunction.LOG, e)))) {
                return true;
            }
        }
        return run.solve(measured, depth + 1, rest);
    }
}
