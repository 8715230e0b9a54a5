// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.kan4j.device.Context;
import org.kan4j.formula.DomainStatus;
import org.kan4j.formula.Expression;
import org.kan4j.formula.Interval;
import org.kan4j.symbolic.Candidate;
import org.kan4j.symbolic.Choice;
import org.kan4j.symbolic.Composition;
import org.kan4j.symbolic.ConstantFit;
import org.kan4j.symbolic.ContextChoice;
import org.kan4j.symbolic.FormulaResult;
import org.kan4j.symbolic.FormulaSearch;
import org.kan4j.symbolic.Observations;
import org.kan4j.symbolic.SymbolicLibrary;

/**
 * Formulas read from a network.
 *
 * @param network pruned, on the features that {@code data} has
 * @param edgesBefore of the network before it was pruned
 * @param result formulas with their constants
 * @param functions names of the edges' functions
 * @param shapes of the edges' functions as they were chosen, in the variable x
 * @param numeric edges that stayed numeric
 * @param held error on the rows held out, as a share of the targets' deviations
 * @param size nodes of the formulas' trees
 * @param before draws the network before it was pruned
 */
record FormulaAttempt(Network network, int edgesBefore, ExplainRun.Data data, FormulaResult result,
        Map<Edge, String> functions, Map<Edge, Expression> shapes, List<Edge> numeric, double held,
        int size, Supplier<String> before) {

    /** Below this share of the targets' deviation a network's error is not taken for noise. */
    private static final double CLEAN = 1e-4;
    /** Error at which a formula is taken for the data's own. */
    static final double EXACT = 1e-7;
    /** Error that is good enough whatever the network's is. */
    private static final double GOOD = 1e-6;
    /** Standard errors of a difference that chance is taken for. */
    private static final double CHANCE = 2;

    /**
     * A network and where it comes from.
     *
     * @param shape it had before it was pruned
     * @param names which of all features its inputs are
     */
    record Network(KanGraph graph, String shape, int[] names) {
    }

    /** Functions chosen and what became of them. */
    private record Reading(Choice choice, FormulaResult result) {
        boolean exact() {
            return choice.numeric().isEmpty() && result.heldRmse() <= EXACT;
        }

        boolean betterThan(Reading other) {
            int numeric = choice.numeric().size();
            int others = other.choice.numeric().size();
            return numeric < others || numeric == others && result.heldRmse() < other.result.heldRmse();
        }
    }

    /** A few plain functions first: among many, edges that bend a little for each other's sake are taken at their word. */
    private static List<SymbolicLibrary> libraries(SymbolicLibrary asked, boolean all) {
        SymbolicLibrary few = SymbolicLibrary.minimal();
        return !asked.equals(SymbolicLibrary.standard()) ? List.of(asked) : all ? List.of(few, asked) : List.of(few);
    }

    /** Where lines of progress go. */
    interface Say {
        void line(String stage, String format, Object... arguments);
    }

    /** Reads formulas from a pruned network, with all functions of the library or a few plain ones. */
    static FormulaAttempt of(Context context, Explain options, ExplainRun.Data data, Network network, int edgesBefore,
            boolean all, Supplier<String> before, Say say, BooleanSupplier goOn) {
        KanGraph graph = network.graph();
        GraphFormula form = new GraphFormula(context, graph, data.train().x(), data.inputs(), data.outputs(), Map.of());
        Composition composition = form.composition();
        Observations train = observations(data, data.train());
        Observations held = observations(data, data.held());
        double rmse = Quality.of(context, graph, data.held()).value();
        double noise = noise(context, options, data, graph, rmse);
        Map<String, Double> resolutions = form.resolutions(rmse, noise, data.train().size());
        Reading best = null;
        for (SymbolicLibrary library : libraries(options.library(), all)) {
            if (best != null && (best.exact() || !goOn.getAsBoolean())) {
                break;
            }
            Choice choice = ContextChoice.defaults().withLibrary(library).withTolerance(options.tolerance())
                    .withCancelled(() -> !goOn.getAsBoolean()).choose(composition, resolutions, train, held);
            Reading other = new Reading(choice, FormulaSearch.defaults()
                    .withCancelled(() -> !goOn.getAsBoolean()).find(choice.composition(), train, held, box(data)));
            best = best == null || other.betterThan(best) ? other : best;
        }
        Choice choice = best.choice();
        FormulaResult result = best.result();
        Map<Edge, String> functions = new LinkedHashMap<>();
        Map<Edge, Expression> shapes = new LinkedHashMap<>();
        List<String> words = new ArrayList<>();
        for (Map.Entry<String, Candidate> entry : choice.chosen().entrySet()) {
            Edge edge = form.edge(entry.getKey());
            functions.put(edge, entry.getValue().function().name());
            shapes.put(edge, entry.getValue().expression());
            words.add(edge + " " + entry.getValue().function().name() + String.format(Locale.ROOT, " (%.0e)",
                    entry.getValue().error()));
        }
        List<Edge> numeric = choice.numeric().stream().map(form::edge).toList();
        say.line("functions", "%s%s", String.join("   ", words), numeric.isEmpty() ? "" : "   no function for "
                + ExplainRun.list(numeric));
        int size = result.formulas().values().stream().mapToInt(Expression::size).sum();
        result.formulas().forEach((name, formula) -> say.line("formula", "%s = %s   held-out RMSE %s of the deviation", name,
                formula, Svg.number(result.heldRmse(), 3)));
        return new FormulaAttempt(network, edgesBefore, data, result, functions, shapes, numeric, result.heldRmse(), size,
                before);
    }

    /** What the network leaves of the rows held out. */
    Quality network(Context context) {
        return Quality.of(context, network.graph(), data.held());
    }

    /**
     * Whether the formulas are right to the last digit, or leave no more of the rows held out than a network does, but for a relative
     * tolerance and what chance may be: the network was chosen by these rows, of which there may be few.
     */
    boolean isAsGoodAs(Quality other, double tolerance) {
        Quality mine = quality();
        return held <= GOOD || mine.value() <= (1 + tolerance) * other.value()
                || mine.within(other.times(1 + tolerance), CHANCE);
    }

    private Quality quality() {
        int out = data.outputs().size();
        int rows = data.held().size();
        double[] y = new double[rows * out];
        Observations held = observations(data, data.held());
        for (int k = 0; k < out; k++) {
            Column column = data.outputs().get(k);
            double[] values = result.formulas().get(column.name()).evaluate(held.inputs(), rows);
            for (int b = 0; b < rows; b++) {
                y[b * out + k] = column.toNetwork(values[b]);
            }
        }
        return Quality.of(y, data.held(), out);
    }

    /** Whether what a formula leaves of a target is no noise: it is near the data's own, and another. */
    boolean leavesPattern(String output) {
        Composition formula = Composition.of(Map.of(output, result.formulas().get(output)));
        return ConstantFit.leavesPattern(formula, observations(data, data.train()));
    }

    /** Whether a target is a yes or a no. */
    boolean isOfTwoValues(String output) {
        return Arrays.stream(observations(data, data.train()).targets().get(output)).distinct().limit(3).count() <= 2;
    }

    boolean complete() {
        return numeric.isEmpty();
    }

    /** Whether the formulas are complete and undefined nowhere in the box, as far as one sees. */
    boolean isDefined() {
        return complete() && formulas().stream().noneMatch(f -> f.proveDomain(box(data)).status() == DomainStatus.VIOLATED);
    }

    List<Expression> formulas() {
        return data.outputs().stream().map(column -> result.formulas().get(column.name())).toList();
    }

    /** A finer network that is no better says that what is left is noise. */
    private static double noise(Context context, Explain options, ExplainRun.Data data, KanGraph graph, double rmse) {
        if (options.noise() >= 0) {
            return Math.min(rmse, options.noise() * Math.abs(data.outputs().getFirst().scale()));
        }
        int resolution = Resolution.of(graph);
        if (rmse < CLEAN * Moments.deviation(data.train().y()) || resolution == 0 || graph.edges().isEmpty()) {
            return 0;
        }
        KanGraph finer = Refit.run(context, Resolution.refined(context, graph, 2 * resolution, data.train().x()), data.train(),
                data.held(), 100);
        return Quality.of(context, finer, data.held()).value() > 0.9 * rmse ? rmse : 0;
    }

    static Observations observations(ExplainRun.Data data, Rows rows) {
        return new Observations(columns(data.inputs(), rows.x()), columns(data.outputs(), rows.y()), rows.size());
    }

    /** In the user's units. */
    static Map<String, double[]> columns(List<Column> columns, double[] values) {
        Map<String, double[]> named = new LinkedHashMap<>();
        for (int i = 0; i < columns.size(); i++) {
            double[] column = GraphRun.column(values, columns.size(), i);
            for (int b = 0; b < column.length; b++) {
                column[b] = columns.get(i).fromNetwork(column[b]);
            }
            named.put(columns.get(i).name(), column);
        }
        return named;
    }

    /** Ranges of the features over all training rows, in the user's units. */
    static Map<String, Interval> box(ExplainRun.Data data) {
        Map<String, Interval> box = new LinkedHashMap<>();
        columns(data.inputs(), data.train().x()).forEach((name, values) -> {
            OptionalDouble low = java.util.Arrays.stream(values).min();
            OptionalDouble high = java.util.Arrays.stream(values).max();
            box.put(name, new Interval(low.orElse(-1), high.orElse(1)));
        });
        return box;
    }
}
