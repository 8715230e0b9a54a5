// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.Basis;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.formula.Expression;
import org.kan4j.formula.Formula;
import org.kan4j.formula.Interval;
import org.kan4j.symbolic.Candidate;
import org.kan4j.symbolic.Composition;
import org.kan4j.symbolic.Curve;
import org.kan4j.symbolic.EdgeFit;
import org.kan4j.symbolic.FormulaResult;
import org.kan4j.symbolic.FormulaSearch;
import org.kan4j.symbolic.Observations;
import org.kan4j.symbolic.StructureSearch;

/** Formulas of the data itself, each with the network that it is: one edge for each function of one variable. */
final class StructureAttempt {

    /** Share of the time there is that networks are left at least. */
    private static final double SHARE = 0.5;
    /** Intervals of the splines of a network whose edges are known. */
    private static final int GRID = 20;
    private static final int POINTS = 257;
    private static final double KNOWN = 0.02;
    /** Formulas of data with noise that are finished, to be compared with those of networks. */
    private static final int FINISHED = 6;

    private StructureAttempt() {
    }

    /** @param fitted a network to stand beside formulas that none can be made of */
    static List<FormulaAttempt> of(Context context, Explain options, ExplainRun.Data data, int[] names,
            Supplier<FormulaAttempt.Network> fitted, FormulaAttempt.Say say, BooleanSupplier goOn) {
        Observations train = FormulaAttempt.observations(data, data.train());
        Observations held = FormulaAttempt.observations(data, data.held());
        long end = System.nanoTime() + (long) (1e9 * SHARE * 60 * options.minutes());
        StructureSearch search = StructureSearch.defaults().withLibrary(options.library())
                .withListener(line -> say.line("structure", "%s", line))
                .withCancelled(() -> System.nanoTime() > end || !goOn.getAsBoolean());
        List<List<StructureSearch.Met>> met = new ArrayList<>();
        for (Column output : data.outputs()) {
            met.add(search.withOperations(search.operations() / data.outputs().size()).find(output.name(), train, held));
        }
        List<FormulaAttempt> attempts = new ArrayList<>();
        int count = met.stream().mapToInt(List::size).min().orElse(0);
        for (int k = 0; k < Math.min(count, FINISHED) && goOn.getAsBoolean(); k++) {
            Map<String, Expression> formulas = new LinkedHashMap<>();
            double worst = 0;
            for (int o = 0; o < met.size(); o++) {
                formulas.put(data.outputs().get(o).name(), met.get(o).get(k).formula());
                worst = Math.max(worst, met.get(o).get(k).heldRmse());
            }
            if (!(worst < 1)) {
                break;
            }
            try {
                FormulaResult result = FormulaSearch.defaults().withCancelled(() -> !goOn.getAsBoolean())
                        .find(Composition.of(formulas), train, held, FormulaAttempt.box(data));
                attempts.add(attempt(context, options, data, names, result, fitted));
                result.formulas().forEach((name, formula) -> say.line("formula", "%s = %s   held-out RMSE %s of the deviation",
                        name, formula, Svg.number(result.heldRmse(), 3)));
                if (result.heldRmse() <= FormulaAttempt.EXACT) {
                    break;
                }
            } catch (KanException undefined) {
                say.line("structure", "%s", undefined.getMessage());
            }
        }
        return attempts;
    }

    private static FormulaAttempt attempt(Context context, Explain options, ExplainRun.Data data, int[] names,
            FormulaResult result, Supplier<FormulaAttempt.Network> fitted) {
        FormulaAttempt.Network network = data.outputs().size() == 1 ? compiled(context, options.basis(), data, names,
                result.formulas().get(data.outputs().getFirst().name())) : null;
        Map<Edge, String> functions = new LinkedHashMap<>();
        Map<Edge, Expression> shapes = new LinkedHashMap<>();
        ExplainRun.Data seen = data;
        if (network == null) {
            network = fitted.get();
        } else {
            int[] kept = network.graph().inputs();
            seen = data.features(kept);
            int[] all = new int[kept.length];
            java.util.Arrays.setAll(all, i -> names[kept[i]]);
            int[] inputs = java.util.stream.IntStream.range(0, kept.length).toArray();
            network = new FormulaAttempt.Network(new KanGraph(network.graph().layers(), inputs), network.shape(), all);
            known(context, options, network.graph(), seen, functions, shapes);
        }
        KanGraph graph = network.graph();
        ExplainRun.Data drawn = seen;
        int size = result.formulas().values().stream().mapToInt(Expression::size).sum();
        return new FormulaAttempt(network, graph.edges().size(), seen, result, functions, shapes, List.of(), result.heldRmse(),
                size, () -> Diagram.svg(context, graph, drawn.train().x(), Column.names(drawn.inputs()),
                        Column.names(drawn.outputs()), functions));
    }

    /** The formula as a network of the columns as networks see them, on the inputs it has; null where none can be made. */
    private static FormulaAttempt.Network compiled(Context context, Basis basis, ExplainRun.Data data, int[] names,
            Expression formula) {
        List<String> variables = formula.variables();
        Map<String, Expression> columns = new HashMap<>();
        List<Interval> box = new ArrayList<>();
        int[] kept = new int[variables.size()];
        for (int i = 0; i < kept.length; i++) {
            kept[i] = Column.names(data.inputs()).indexOf(variables.get(i));
            columns.put(variables.get(i), data.inputs().get(kept[i]).decoded(Expression.variable(variables.get(i))));
            double[] values = GraphRun.column(data.train().x(), data.inputs().size(), kept[i]);
            box.add(new Interval(java.util.Arrays.stream(values).min().orElse(-1),
                    java.util.Arrays.stream(values).max().orElse(1)));
        }
        Column output = data.outputs().getFirst();
        Expression inside = Expression.sum(Expression.real(output.scale()).times(formula.substitute(columns)),
                Expression.real(output.shift()));
        try {
            KanGraph graph = KanCompiler.compile(context, Formula.of(inside, variables), box,
                    basis instanceof BSpline spline ? BSpline.of(Math.max(GRID, spline.grid()), spline.order()) : basis).graph();
            return new FormulaAttempt.Network(new KanGraph(graph.layers(), kept), graph.shape(), names);
        } catch (KanException notElementary) {
            return null;
        }
    }

    /** Functions for the edges, to draw them by. */
    private static void known(Context context, Explain options, KanGraph graph, ExplainRun.Data data, Map<Edge, String> functions,
            Map<Edge, Expression> shapes) {
        try (GraphRun run = new GraphRun(context, graph, data.train().size())) {
            run.forward(data.train().x());
            for (Edge edge : graph.edges()) {
                double[] seen = GraphRun.column(run.inputOf(edge.layer()), graph.layer(edge.layer()).in(), edge.input());
                double[] at = Curve.places(seen, POINTS);
                List<Candidate> candidates = EdgeFit.suggest(new Curve(at, graph.values(context, edge, at)), options.library(),
                        1e-4);
                if (!candidates.isEmpty() && candidates.getFirst().error() < KNOWN) {
                    functions.put(edge, candidates.getFirst().function().name());
                    shapes.put(edge, candidates.getFirst().expression());
                }
            }
        } catch (KanException constantInput) {
            return; // an edge that is no curve is drawn without a function
        }
    }
}
