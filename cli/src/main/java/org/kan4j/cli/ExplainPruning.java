// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.kan4j.cli.Progress.format;

import com.sun.management.OperatingSystemMXBean;
import java.io.PrintWriter;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.Basis;
import org.kan4j.basis.Rational;
import org.kan4j.device.Context;
import org.kan4j.explain.KanGraph;
import org.kan4j.explain.Pruning;
import org.kan4j.formula.Interval;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerSpec;
import org.kan4j.layer.Multiply;
import org.kan4j.model.KanModel;
import org.kan4j.rows.Dataset;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.train.Fit;

/** What pruning leaves of networks that are wider than the known formula they were fitted to needs. */
final class ExplainPruning {

    private static final OperatingSystemMXBean SYSTEM = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    private static final List<String> BASES = List.of("bspline", "fastkan", "chebykan", "fourierkan", "rational");
    /** Bases whose fits stay some thousandths of the deviation away, where that decides what may go; they are pruned to this, too. */
    private static final List<String> SLOW = List.of("fastkan", "rational");
    private static final double COARSE = 0.01;
    private static final int STARTS = 4;
    private static final int ITERATIONS = 200;
    /** Rows held out and rows to test on have seeds of their own. */
    private static final int APART = 1000;
    /** How much worse than the network that it was a pruned one may be. */
    private static final double WORSE = 1.05;

    private ExplainPruning() {
    }

    /**
     * A formula and what a network of it must be pruned to.
     *
     * @param layers of the network fitted, on a basis
     * @param bases it is looked at on
     * @param seeds it is looked at with
     * @param pruning how it is pruned
     * @param end what is asked for, in words
     */
    record Case(KnownFormula formula, Layers layers, List<String> bases, int seeds, Pruning pruning,
            String end, Predicate<KanGraph> right) {
        /** With another number of seeds. */
        Case withSeeds(int number) {
            return new Case(formula, layers, bases, number, pruning, end, right);
        }
    }

    /** Builds a network. */
    interface Layers {
        List<LayerSpec> of(Basis basis);
    }

    static List<Case> cases() {
        Map<String, KnownFormula> formulas = KnownFormula.table("pruning").stream()
                .collect(Collectors.toMap(KnownFormula::name, f -> f));
        Layers products = basis -> List.of(layer(2, 9, basis), new Multiply(5, 2, 2), layer(7, 1, basis));
        List<Case> cases = new ArrayList<>();
        for (Pruning pruning : List.of(Pruning.defaults(), Pruning.defaults().withAccuracy(COARSE))) {
            List<String> bases = cases.isEmpty() ? BASES : SLOW;
            cases.add(new Case(formulas.get("P1"), sums(2, 5, 1), bases, 10, pruning, "[2,1,1]",
                    graph -> graph.shape().equals("[2,1,1]") && graph.edges().size() == 3));
            cases.add(new Case(formulas.get("P2"), products, bases, 5, pruning, "a product of two edges, or two nodes of two",
                    graph -> List.of("[2,0+1,1]", "[2,2,1]").contains(graph.shape())));
            cases.add(new Case(formulas.get("P3"), sums(4, 5, 1), bases, 5, pruning, "three inputs of four, at most 4 edges",
                    graph -> Arrays.equals(graph.inputs(), new int[] {0, 1, 2}) && graph.edges().size() <= 4));
        }
        cases.add(new Case(formulas.get("P5"), sums(10, 5, 1), BASES.subList(0, 1), 10, Pruning.defaults(), "five inputs of ten",
                graph -> Arrays.equals(graph.inputs(), new int[] {0, 1, 2, 3, 4})));
        return cases;
    }

    private static Layers sums(long... widths) {
        return basis -> IntStream.range(1, widths.length).<LayerSpec>mapToObj(l -> layer(widths[l - 1], widths[l], basis))
                .toList();
    }

    private static KanLayer layer(long in, long out, Basis basis) {
        Basis used = basis instanceof Rational ? Rational.of((int) in) : basis; // of a group all edges have one function
        return KanLayer.of(in, out, used).withInputNorm(false).withBaseNorm(false);
    }

    /** The basis of a name: splines of 3 intervals, as pykan starts with, the others as published. */
    private static Basis basis(String name) {
        return name.equals("bspline") ? BSpline.of(3, 3).withOutside(BSpline.Outside.LINEAR) : Bases.onEdges().get(name);
    }

    /**
     * Prints a line for each formula and basis.
     *
     * @param only names of those to look at, or words of their names; all where it is empty
     * @param first of the seeds
     */
    static void print(Set<String> only, long first, Context context, PrintWriter out) {
        List<String> all = cases().stream().flatMap(c -> c.bases().stream().map(basis -> name(c, basis))).toList();
        if (!only.isEmpty() && all.stream().noneMatch(name -> ExplainTable.isNamed(name, only))) {
            throw new InputException("--only names none of the table pruning, which has " + String.join(", ", all));
        }
        for (Case one : cases()) {
            for (String basis : one.bases()) {
                if (only.isEmpty() || ExplainTable.isNamed(name(one, basis), only)) {
                    out.println(line(one, basis, first, context));
                    out.flush();
                }
            }
        }
    }

    private static String name(Case one, String basis) {
        double accuracy = one.pruning().accuracy();
        return one.formula().name() + " " + basis
                + (accuracy == Pruning.defaults().accuracy() ? "" : format(" %.0f %%", 100 * accuracy));
    }

    static String line(Case one, String basis, long first, Context context) {
        long begin = SYSTEM.getProcessCpuTime();
        int right = 0;
        int noWorse = 0;
        Map<String, Integer> others = new TreeMap<>();
        String from = "";
        for (long seed = first; seed < first + one.seeds(); seed++) {
            Ended ended = ended(one, basis(basis), seed, context);
            from = ended.from();
            noWorse += ended.after() <= WORSE * ended.before() ? 1 : 0;
            if (one.right().test(ended.graph())) {
                right++;
            } else {
                others.merge(ended.graph().shape(), 1, Integer::sum);
            }
        }
        return format("%-16s %s to %s: %d of %d, no worse %d, %.1f s a seed%s", name(one, basis), from, one.end(), right,
                one.seeds(), noWorse, (SYSTEM.getProcessCpuTime() - begin) / 1e9 / one.seeds(), others.entrySet().stream()
                        .map(e -> "; " + e.getKey() + " " + e.getValue()).collect(Collectors.joining()));
    }

    /**
     * A pruned network.
     *
     * @param from the shape it had
     * @param before error on the rows to test on of the network that it was
     * @param after its own
     */
    private record Ended(String from, KanGraph graph, double before, double after) {
    }

    private static Ended ended(Case one, Basis basis, long seed, Context context) {
        KanModel model = KanModel.of(DType.F64, one.layers().of(basis));
        Fit fit = Fit.defaults().withStarts(STARTS, 60).withIterations(ITERATIONS).withSeed(seed);
        try (Arena arena = Arena.ofConfined();
                Fit.Result fitted = fit.run(context, model, data(one.formula(), seed, arena))) {
            KanGraph wide = KanGraph.of(fitted.parameters());
            KanGraph small = one.pruning().withSeed(seed).run(context, wide, data(one.formula(), seed, arena),
                    data(one.formula(), seed + APART, arena), new Pruning.Listener() {
                    }).graph();
            Dataset test = data(one.formula(), seed + 2 * APART, arena);
            return new Ended(wide.shape(), small, error(context, wide, test), error(context, small, test));
        }
    }

    private static double error(Context context, KanGraph graph, Dataset test) {
        int[] inputs = graph.inputs();
        double[] x = new double[test.size() * inputs.length];
        for (int k = 0; k < x.length; k++) {
            x[k] = test.features().get(k / inputs.length, inputs[k % inputs.length]);
        }
        double[] predicted = graph.predict(context, x);
        return Math.sqrt(IntStream.range(0, test.size()).mapToDouble(b -> predicted[b] - test.targets().get(b, 0))
                .map(e -> e * e).average().orElseThrow());
    }

    /** Features scaled to -1..1, targets to the deviation 1. */
    private static Dataset data(KnownFormula formula, long seed, Arena arena) {
        Map<String, double[]> columns = formula.sample(seed);
        List<String> names = List.copyOf(columns.keySet());
        double[] x = new double[formula.rows() * names.size()];
        for (int k = 0; k < x.length; k++) {
            String name = names.get(k % names.size());
            Interval range = formula.ranges().get(name);
            x[k] = 2 * (columns.get(name)[k / names.size()] - range.low()) / range.width() - 1;
        }
        double[] reference = formula.values(0, 1);
        double mean = Arrays.stream(reference).average().orElseThrow();
        double deviation = Math.sqrt(Arrays.stream(reference).map(y -> (y - mean) * (y - mean)).average().orElseThrow());
        double[] y = Arrays.stream(formula.values(0, seed)).map(v -> (v - mean) / deviation).toArray();
        return Dataset.regression(HostTensor.of(arena, x).reshape(formula.rows(), names.size()),
                HostTensor.of(arena, y).reshape(formula.rows(), 1));
    }
}
