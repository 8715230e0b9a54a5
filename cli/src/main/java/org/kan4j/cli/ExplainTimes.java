// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.kan4j.cli.Progress.format;

import com.sun.management.OperatingSystemMXBean;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.kan4j.basis.BSpline;
import org.kan4j.device.Context;
import org.kan4j.error.Counted;
import org.kan4j.explain.Diagram;
import org.kan4j.explain.Edge;
import org.kan4j.explain.Explain;
import org.kan4j.explain.Explanation;
import org.kan4j.explain.KanGraph;
import org.kan4j.explain.SymbolicEdges;
import org.kan4j.formula.Expression;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.symbolic.Composition;
import org.kan4j.symbolic.ConstantFit;
import org.kan4j.symbolic.Observations;
import org.kan4j.symbolic.SymbolicLibrary;
import org.kan4j.tensor.DType;

/** What each stage of explaining exp(sin(pi x) + y^2) costs: seconds of the process's CPU time, those of compiling Java included. */
final class ExplainTimes {

    private static final OperatingSystemMXBean SYSTEM = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    private static final int REPEATS = 20;

    private ExplainTimes() {
    }

    /** Seconds by stage: each step ends the time since the one before. */
    private static final class Stages implements Explain.Listener {
        private final Map<String, Double> seconds = new LinkedHashMap<>();
        private long last = SYSTEM.getProcessCpuTime();

        @Override
        public void onStep(String stage, String text) {
            long now = SYSTEM.getProcessCpuTime();
            seconds.merge(stage, (now - last) / 1e9, Double::sum);
            last = now;
        }
    }

    static void print(Explain explain, Context context, PrintWriter out) {
        KnownFormula one = KnownFormula.table("formulas").getFirst();
        whole(out, "structure in the data", one, explain, context);
        Explanation network = whole(out, "networks, [2,5,1] asked for", one, explain.withStructure(false).withShape("2,5,1"),
                context);
        whole(out, "networks, shapes searched", one, explain.withStructure(false).withShape(null), context);
        out.println("single steps");
        KanGraph graph = network.network();
        double[] x = new java.util.SplittableRandom(1).doubles(2000, -1, 1).toArray();
        row(out, "functions of " + Counted.of(graph.edges().size(), "edge"), timed(() -> {
            for (Edge edge : graph.edges()) {
                SymbolicEdges.suggest(context, graph, edge, x, SymbolicLibrary.standard());
            }
        }));
        Map<String, double[]> columns = one.sample(1);
        Observations rows = new Observations(columns, Map.of("value", one.values(0, 1)), one.rows());
        Composition off = Composition
                .of(Map.of("value", Expression.parse("1.1*exp(0.9*sin(3.4*x + 0.1) + 1.1*(y - 0.1)^2 - 0.1)")));
        row(out, "constants from 10 % off", timed(() -> ConstantFit.fit(off, rows, 100)));
        try (Parameters parameters = Parameters.initialise(KanModel.kan(DType.F64, BSpline.of(5, 3), 100, 10, 10, 1), 1)) {
            KanGraph wide = KanGraph.of(parameters);
            double[] many = new java.util.SplittableRandom(1).doubles(100_000, -1, 1).toArray();
            List<String> names = IntStream.rangeClosed(1, 100).mapToObj(i -> "x" + i).toList();
            int[] bytes = new int[1];
            double seconds = timed(() -> bytes[0] = Diagram.svg(context, wide, many, names, List.of("y"), Map.of())
                    .getBytes(StandardCharsets.UTF_8).length);
            row(out, format("diagram of [100,10,10,1], %d kB", bytes[0] / 1000), seconds);
        }
        out.println(format("%-32s %7.0f MB", "peak of the heap", ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> pool.getType() == MemoryType.HEAP).map(MemoryPoolMXBean::getPeakUsage)
                .mapToLong(usage -> usage.getUsed()).sum() / 1e6));
    }

    private static Explanation whole(PrintWriter out, String name, KnownFormula one, Explain explain, Context context) {
        out.println(name);
        Stages stages = new Stages();
        long begin = SYSTEM.getProcessCpuTime();
        Explanation explanation = ExplainTable.explanation(one, explain, context, stages);
        double seconds = (SYSTEM.getProcessCpuTime() - begin) / 1e9;
        stages.seconds.merge("the rest", seconds - stages.seconds.values().stream().mapToDouble(s -> s).sum(), Double::sum);
        stages.seconds.forEach((stage, spent) -> row(out, stage, spent));
        row(out, "whole", seconds);
        out.println("  " + explanation.before().shape() + " -> " + explanation.network().shape());
        out.println(
                "  " + (explanation.formulas().isEmpty() ? explanation.reason().orElse("") : explanation.formulas().getFirst()));
        out.flush();
        return explanation;
    }

    private static void row(PrintWriter out, String name, double seconds) {
        out.println(format("  %-30s %7.3f s", name, seconds));
        out.flush();
    }

    /** CPU seconds of a step once Java has compiled it. */
    private static double timed(Runnable step) {
        for (int k = 0; k < REPEATS; k++) {
            step.run();
        }
        long begin = SYSTEM.getProcessCpuTime();
        step.run();
        return (SYSTEM.getProcessCpuTime() - begin) / 1e9;
    }
}
