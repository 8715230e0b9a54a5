// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.internal.SplitMix;
import org.kan4j.rows.RowSource;

/**
 * What a function's inputs have to do with each other (the questions of KAN 2.0, arXiv 2408.10205, section 4, and of AI
 * Feynman), from its values alone: measures are means of squares over rows, without logarithms, poles or second derivatives,
 * and do not depend on units.
 */
public final class Hypotheses {

    private final Sensitivity.Function function;
    private final double[] x;
    private final double[] z;
    private final int in;
    private final int rows;
    private final double[] f;
    private final double variance;
    private final double noise;
    private final double[] steps;

    /**
     * About a function of one output.
     *
     * @param x rows (rows, in) of the box of interest
     * @param noise error of the function, as a share of its deviation: what is smaller cannot be told from 0
     * @param seed of which rows are compared
     */
    public Hypotheses(Sensitivity.Function function, double[] x, int in, double noise, long seed) {
        this.function = function;
        this.x = x;
        this.in = in;
        this.rows = x.length / in;
        if (rows < 20) {
            throw KanException.invalid("hypotheses about a function need at least 20 rows, given %d", rows);
        }
        this.f = function.apply(x);
        if (f.length != rows) {
            throw KanException.invalid("hypotheses are about one output, given %d", f.length / rows);
        }
        this.variance = Moments.variance(f);
        if (!(variance > 0)) {
            throw KanException.invalid("the output is constant or not finite: there is nothing to find out about it");
        }
        this.noise = noise;
        this.steps = new double[in];
        this.z = new double[x.length];
        SplitMix random = new SplitMix(seed, 17);
        for (int i = 0; i < in; i++) {
            double[] column = GraphRun.column(x, in, i);
            int[] order = new int[rows];
            Arrays.setAll(order, b -> b);
            random.shuffle(order);
            for (int b = 0; b < rows; b++) {
                z[b * in + i] = column[order[b]];
            }
            steps[i] = 1e-4 * Math.max(Moments.deviation(column), 1e-12);
        }
    }

    // ----------------------------------------------------------------------------------------------------------- measures

    /** Share of the variance that two groups of inputs have part in together: 0 iff f is a sum of one without each. */
    public double additive(int[] a, int[] b) {
        return quadruples(a, b).additive(variance);
    }

    /** Zero iff f is a product of one without each of two groups: f(a,b) f(a',b') = f(a,b') f(a',b). */
    public double multiplicative(int[] a, int[] b) {
        return quadruples(a, b).multiplicative();
    }

    private Quadruples quadruples(int[] a, int[] b) {
        return new Quadruples(f, function.apply(exchanged(a)), function.apply(exchanged(b)), function.apply(exchanged(join(a, b))));
    }

    /**
     * p-values of two groups of inputs: how likely the errors of the function alone make {@link #additive} and {@link
     * #multiplicative} as large as they are, were it a sum or a product. By the bootstrap: 999 draws of errors.
     *
     * @param sum small iff the function is no sum of one without each
     * @param product small iff it is no product
     */
    public record Chances(double sum, double product) {
    }

    /** A network's outputs less the targets of rows, as {@link #chances} takes them. */
    public static double[] errors(Context context, KanGraph graph, RowSource rows) {
        Rows all = Rows.of(rows);
        double[] errors = graph.predict(context, all.x());
        Arrays.setAll(errors, k -> errors[k] - all.y()[k]);
        return errors;
    }

    /**
     * p-values.
     *
     * @param errors of the function on rows it was not fitted to, at least 20, in its unit
     */
    public Chances chances(int[] a, int[] b, double[] errors, long seed) {
        Quadruples of = quadruples(a, b);
        return new Chances(of.additiveChance(errors, seed), of.multiplicativeChance(errors, seed));
    }

    /**
     * Zero iff f is a function of a sum of one number of each of two groups, h(p(a) + q(b)), the other inputs held: the ratio
     * of its derivatives is then a product of a function of a and one of b, which is asked as {@link #multiplicative} is,
     * multiplied out so that no derivative stands below.
     */
    public double general(int[] a, int[] b) {
        double[][] places = {x, exchanged(a), exchanged(b), exchanged(join(a, b))};
        double difference = 0;
        double size = 0;
        double[][] ofA = new double[4][];
        double[][] ofB = new double[4][];
        for (int r = 0; r < 4; r++) {
            ofA[r] = gradients(places[r], a);
            ofB[r] = gradients(places[r], b);
        }
        for (int k = 0; k < rows; k++) {
            for (int i = 0; i < a.length; i++) {
                for (int j = 0; j < b.length; j++) {
                    int at = k * a.length + i;
                    int bt = k * b.length + j;
                    double u = ofA[0][at] * ofA[3][at] * ofB[1][bt] * ofB[2][bt];
                    double v = ofA[1][at] * ofA[2][at] * ofB[0][bt] * ofB[3][bt];
                    if (Double.isFinite(u * v)) {
                        difference += (u - v) * (u - v);
                        size += u * u + v * v;
                    }
                }
            }
        }
        return size > 0 ? difference / size : 0;
    }

    /**
     * Zero iff f depends on a group through one number alone: the direction of its gradient by the group does not depend on
     * the other inputs.
     */
    public double symmetric(int[] group) {
        double[] other = z.clone();
        for (int b = 0; b < rows; b++) {
            for (int i : group) {
                other[b * in + i] = x[b * in + i];
            }
        }
        return turned(gradients(x, group), gradients(other, group), group.length);
    }

    /** Zero iff f depends on a group through a given number of its values alone. */
    public double through(int[] group, Sensitivity.Function number) {
        double[] own = new double[rows * group.length];
        for (int b = 0; b < rows; b++) {
            for (int g = 0; g < group.length; g++) {
                own[b * group.length + g] = x[b * in + group[g]];
            }
        }
        double[] theirs = new double[own.length];
        for (int g = 0; g < group.length; g++) {
            double[] up = own.clone();
            double[] down = own.clone();
            for (int b = 0; b < rows; b++) {
                up[b * group.length + g] += steps[group[g]];
                down[b * group.length + g] -= steps[group[g]];
            }
            double[] high = number.apply(up);
            double[] low = number.apply(down);
            for (int b = 0; b < rows; b++) {
                theirs[b * group.length + g] = (high[b] - low[b]) / (2 * steps[group[g]]);
            }
        }
        return turned(gradients(x, group), theirs, group.length);
    }

    /** Mean of 1 - cos^2 of the angle of two gradients, weighted by their lengths squared. */
    private double turned(double[] a, double[] b, int n) {
        double off = 0;
        double size = 0;
        for (int k = 0; k < rows; k++) {
            double aa = 0;
            double bb = 0;
            double ab = 0;
            for (int g = 0; g < n; g++) {
                aa += a[k * n + g] * a[k * n + g];
                bb += b[k * n + g] * b[k * n + g];
                ab += a[k * n + g] * b[k * n + g];
            }
            if (Double.isFinite(aa * bb)) {
                off += aa * bb - ab * ab;
                size += aa * bb;
            }
        }
        return size > 0 ? Math.max(0, off / size) : 0;
    }

    /** In units of the inputs' deviations. */
    private double[] gradients(double[] at, int[] group) {
        double[] gradients = new double[rows * group.length];
        for (int g = 0; g < group.length; g++) {
            double[] up = at.clone();
            double[] down = at.clone();
            for (int b = 0; b < rows; b++) {
                up[b * in + group[g]] += steps[group[g]];
                down[b * in + group[g]] -= steps[group[g]];
            }
            double[] high = function.apply(up);
            double[] low = function.apply(down);
            for (int b = 0; b < rows; b++) {
                gradients[b * group.length + g] = (high[b] - low[b]) / (2 * steps[group[g]]);
            }
        }
        return gradients;
    }

    private double[] exchanged(int[] group) {
        double[] moved = x.clone();
        for (int b = 0; b < rows; b++) {
            for (int i : group) {
                moved[b * in + i] = z[b * in + i];
            }
        }
        return moved;
    }

    private static int[] join(int[] a, int[] b) {
        int[] all = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, all, a.length, b.length);
        Arrays.sort(all);
        return all;
    }

    // ------------------------------------------------------------------------------------------------------------- answers

    private double least() {
        return Math.max(1e-6, 4 * noise * noise);
    }

    private double turning() {
        return Math.max(1e-3, 10 * noise);
    }

    /** Groups of inputs that f is a sum of functions of. */
    public List<int[]> addends() {
        return components((i, j) -> additive(new int[] {i}, new int[] {j}) > least());
    }

    /** Groups of inputs that f is a product of functions of. */
    public List<int[]> factors() {
        return components((i, j) -> multiplicative(new int[] {i}, new int[] {j}) > least());
    }

    private interface Linked {
        boolean test(int i, int j);
    }

    private List<int[]> components(Linked linked) {
        int[] of = new int[in];
        Arrays.setAll(of, i -> i);
        for (int i = 0; i < in; i++) {
            for (int j = 0; j < i; j++) {
                if (of[i] != of[j] && linked.test(i, j)) {
                    int gone = of[i];
                    int stays = of[j];
                    Arrays.setAll(of, k -> of[k] == gone ? stays : of[k]);
                }
            }
        }
        List<int[]> groups = new ArrayList<>();
        for (int i = 0; i < in; i++) {
            int root = i;
            int[] group = java.util.stream.IntStream.range(0, in).filter(k -> of[k] == root).toArray();
            if (group.length > 0) {
                groups.add(group);
            }
        }
        return groups;
    }

    /**
     * A pair of inputs that f depends on through one number.
     *
     * @param measure of {@link #symmetric}
     * @param form {@code x + y}, {@code x - y}, {@code x*y} or {@code x/y} where that is the number; else empty
     */
    public record Symmetry(int first, int second, double measure, Optional<String> form) {
    }

    /** Pairs of inputs that f depends on through one number, the clearest first. */
    public List<Symmetry> symmetries() {
        List<Symmetry> found = new ArrayList<>();
        for (int i = 0; i < in && in > 2; i++) {
            for (int j = i + 1; j < in; j++) {
                double measure = symmetric(new int[] {i, j});
                if (measure < turning()) {
                    found.add(new Symmetry(i, j, measure, form(i, j)));
                }
            }
        }
        found.sort(Comparator.comparingDouble(Symmetry::measure));
        return found;
    }

    private Optional<String> form(int i, int j) {
        String[] names = {"x + y", "x - y", "x*y", "x/y"};
        double best = turning();
        String form = null;
        for (String name : names) {
            double measure = through(new int[] {i, j}, pairs -> {
                double[] values = new double[pairs.length / 2];
                for (int b = 0; b < values.length; b++) {
                    double u = pairs[2 * b];
                    double v = pairs[2 * b + 1];
                    values[b] = switch (name) {
                        case "x + y" -> u + v;
                        case "x - y" -> u - v;
                        case "x*y" -> u * v;
                        default -> u / v;
                    };
                }
                return values;
            });
            if (measure < best) {
                best = measure;
                form = name;
            }
        }
        return Optional.ofNullable(form);
    }

    /** Inputs, groups of them, groups of these: from the bottom up, each time the clearest pair that f sees as one number. */
    public StructureTree tree() {
        List<StructureTree> nodes = new ArrayList<>();
        for (int i = 0; i < in; i++) {
            nodes.add(new StructureTree(new int[] {i}, StructureTree.Kind.INPUT, List.of()));
        }
        while (nodes.size() > 2) {
            double best = turning();
            int[] pair = null;
            for (int a = 0; a < nodes.size(); a++) {
                for (int b = a + 1; b < nodes.size(); b++) {
                    double measure = symmetric(join(nodes.get(a).inputs(), nodes.get(b).inputs()));
                    // Small groups first where measures are as small as rounding: a group of a group is symmetric too.
                    double size = 1e-7 * (nodes.get(a).inputs().length + nodes.get(b).inputs().length);
                    if (measure + size < best) {
                        best = measure + size;
                        pair = new int[] {a, b};
                    }
                }
            }
            if (pair == null) {
                break;
            }
            StructureTree a = nodes.get(pair[0]);
            StructureTree b = nodes.get(pair[1]);
            nodes.remove(pair[1]);
            nodes.set(pair[0], new StructureTree(join(a.inputs(), b.inputs()), kind(a, b), List.of(a, b)));
        }
        int[] all = new int[in];
        Arrays.setAll(all, i -> i);
        if (nodes.size() == 1) {
            return nodes.getFirst();
        }
        return new StructureTree(all, top(nodes), nodes);
    }

    /** Of a group that f sees as one number: whether that is a function of a sum. */
    private StructureTree.Kind kind(StructureTree a, StructureTree b) {
        return general(a.inputs(), b.inputs()) < turning() ? StructureTree.Kind.GENERAL : StructureTree.Kind.FUNCTION;
    }

    private StructureTree.Kind top(List<StructureTree> nodes) {
        boolean sum = true;
        boolean product = true;
        boolean general = true;
        for (int a = 0; a < nodes.size(); a++) {
            for (int b = a + 1; b < nodes.size(); b++) {
                int[] left = nodes.get(a).inputs();
                int[] right = nodes.get(b).inputs();
                sum &= additive(left, right) <= least();
                product &= multiplicative(left, right) <= least();
                general &= general(left, right) < turning();
            }
        }
        return sum ? StructureTree.Kind.SUM : product ? StructureTree.Kind.PRODUCT : general ? StructureTree.Kind.GENERAL
                : nodes.size() == 2 ? StructureTree.Kind.FUNCTION : StructureTree.Kind.NONE;
    }
}
