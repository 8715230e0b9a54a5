// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.kan4j.cli.Progress.format;

import com.sun.management.OperatingSystemMXBean;
import java.io.PrintWriter;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.explain.Column;
import org.kan4j.explain.Explain;
import org.kan4j.explain.Explanation;
import org.kan4j.formula.Expression;
import org.kan4j.rows.Dataset;
import org.kan4j.symbolic.Composition;
import org.kan4j.symbolic.ConstantFit;
import org.kan4j.symbolic.EdgeFunction;
import org.kan4j.symbolic.Observations;
import org.kan4j.tensor.HostTensor;

/** Formulas that are known, explained from their samples: which come back. */
final class ExplainTable {

    /** Names that stand for a table where a file is expected. */
    static final List<String> NAMES = List.of("formulas", "feynman", "science", "measured", "noise", "bases", "times",
            "pruning", "tutorial");

    private static final OperatingSystemMXBean SYSTEM = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    private static final int WIDE = 160;
    /** Error, in deviations, of the formula found fitted to data without noise, at which its form is right. */
    private static final double RIGHT = 1e-9;

    private ExplainTable() {
    }

    /** A line of a table: a formula and how it is looked for. */
    record Line(String name, KnownFormula formula, Explain explain) {
    }

    /** The lines of a table; of that of bases each formula by networks of each. */
    static List<Line> lines(String table, Explain explain) {
        List<KnownFormula> formulas = KnownFormula.table(table);
        if (!table.equals("bases")) {
            return formulas.stream().map(f -> new Line(f.name(), f, explain)).toList();
        }
        return Bases.onEdges().entrySet().stream().flatMap(basis -> formulas.stream()
                .map(f -> new Line(f.name() + " " + basis.getKey(), f,
                        explain.withBasis(basis.getValue()).withStructure(false))))
                .toList();
    }

    /**
     * Explains each of a table's formulas and prints a line for it, then how many came back.
     *
     * @param only names of those to look at, or words of their names; all where it is empty
     */
    static void print(String table, Set<String> only, Explain explain, Context context, PrintWriter out) {
        List<Line> all = lines(table, explain);
        List<Line> cases = all.stream().filter(line -> only.isEmpty() || isNamed(line.name(), only)).toList();
        if (cases.isEmpty()) {
            throw new InputException("--only names none of the table " + table + ", which has "
                    + all.stream().map(Line::name).collect(Collectors.joining(", ")));
        }
        int exact = 0;
        double seconds = 0;
        for (Line line : cases) {
            KnownFormula one = line.formula();
            long begin = SYSTEM.getProcessCpuTime();
            String found;
            boolean same = false;
            try {
                Explanation explanation = explanation(one, line.explain(), context, new Explain.Listener() {
                });
                List<Expression> formulas = explanation.formulas();
                found = formulas.isEmpty() ? explanation.reason().orElse("") : text(formulas);
                same = !formulas.isEmpty() && (one.noise() > 0 ? form(one, formulas, explain.seed()) : one.is(formulas));
            } catch (KanException e) {
                found = e.getMessage();
            }
            double spent = (SYSTEM.getProcessCpuTime() - begin) / 1e9;
            seconds += spent;
            exact += same ? 1 : 0;
            out.println(
                    format("%-16s %-5s %6.1f s  %-48s %s", line.name(), same ? one.noise() > 0 ? "form" : "exact" : "-", spent,
                            text(one.outputs()), found.length() > WIDE ? found.substring(0, WIDE) + " ..." : found));
            out.flush();
        }
        out.println(
                format("%-16s %d of %d, seed %d, %.0f s of CPU time", cases.getFirst().formula().noise() > 0 ? "form" : "exact",
                        exact, cases.size(), explain.seed(), seconds));
    }

    /** Whether a name, or a word of it, is one of these. */
    static boolean isNamed(String name, Set<String> only) {
        return only.contains(name) || Arrays.stream(name.split(" ")).anyMatch(only::contains);
    }

    private static String text(List<Expression> formulas) {
        return formulas.stream().map(Expression::toString).collect(Collectors.joining(", "));
    }

    static Explanation explanation(KnownFormula one, Explain asked, Context context, Explain.Listener listener) {
        Explain explain = one.outputs().toString().contains("j0(")
                ? asked.withLibrary(asked.library().with(EdgeFunction.of(KnownFormula.J0, 4))) : asked;
        Map<String, double[]> columns = one.sample(explain.seed());
        List<String> names = List.copyOf(columns.keySet());
        double[][] x = new double[one.rows()][names.size()];
        for (int i = 0; i < names.size(); i++) {
            double[] column = columns.get(names.get(i));
            for (int b = 0; b < x.length; b++) {
                x[b][i] = column[b];
            }
        }
        if (one.outputs().size() == 1) {
            return explain.run(context, x, one.values(0, explain.seed()), names, "value", listener);
        }
        return ofSeveral(one, explain, context, x, names, listener);
    }

    /** Of several outputs, in their own units. */
    private static Explanation ofSeveral(KnownFormula one, Explain explain, Context context, double[][] x, List<String> names,
            Explain.Listener listener) {
        double[][] y = new double[x.length][one.outputs().size()];
        List<Column> outputs = new ArrayList<>();
        for (int k = 0; k < one.outputs().size(); k++) {
            double[] column = one.values(k, explain.seed());
            for (int b = 0; b < x.length; b++) {
                y[b][k] = column[b];
            }
            outputs.add(Column.plain("value" + (k + 1)));
        }
        int tenth = x.length / 10;
        try (Arena arena = Arena.ofConfined()) {
            List<Dataset> parts = new ArrayList<>();
            int[] ends = {0, x.length - 2 * tenth, x.length - tenth, x.length};
            for (int p = 0; p < 3; p++) {
                parts.add(Dataset.regression(HostTensor.of(arena, Arrays.copyOfRange(x, ends[p], ends[p + 1])),
                        HostTensor.of(arena, Arrays.copyOfRange(y, ends[p], ends[p + 1]))));
            }
            return explain.run(context, parts.get(0), parts.get(1), parts.get(2), names.stream().map(Column::plain).toList(),
                    outputs, listener);
        }
    }

    /** Whether some constants make the formulas found the true ones. */
    private static boolean form(KnownFormula one, List<Expression> found, long seed) {
        KnownFormula clean = new KnownFormula(one.name(), one.outputs(), one.ranges(), one.rows(), 0);
        Map<String, Expression> formulas = new LinkedHashMap<>();
        Map<String, double[]> targets = new LinkedHashMap<>();
        for (int k = 0; k < found.size(); k++) {
            formulas.put("value" + k, found.get(k));
            targets.put("value" + k, clean.values(k, seed));
        }
        return ConstantFit.fit(Composition.of(formulas), new Observations(one.sample(seed), targets, one.rows()), 100)
                .rmse() <= RIGHT;
    }
}
