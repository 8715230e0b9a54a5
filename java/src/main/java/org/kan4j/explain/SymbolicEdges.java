// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.kan4j.device.Context;
import org.kan4j.error.Counted;
import org.kan4j.error.KanException;
import org.kan4j.formula.Expression;
import org.kan4j.internal.Json;
import org.kan4j.model.Parameters;
import org.kan4j.symbolic.Candidate;
import org.kan4j.symbolic.Composition;
import org.kan4j.symbolic.Curve;
import org.kan4j.symbolic.EdgeFit;
import org.kan4j.symbolic.SymbolicLibrary;

/**
 * Edges of a network that are known in closed form, beside the network itself: fixing an edge changes no coefficient, and
 * letting it go brings back the edge as it was. Immutable; kept in a checkpoint's property {@value #KEY}.
 *
 * @param functions of edges, each an expression of the variable x; one of {@value #OWN} too, the edge's own value in the
 *     network, adds to that instead of taking its place, as in {@code sin(x) + phi}
 */
public record SymbolicEdges(Map<Edge, Expression> functions) {

    /** The property of a checkpoint that holds them. */
    public static final String KEY = "kan4j.symbolic";
    /** The variable that is an edge's own value. */
    public static final String OWN = "phi";
    private static final int POINTS = 257;

    /** Copies the map. */
    public SymbolicEdges {
        functions = java.util.Collections.unmodifiableMap(new TreeMap<>(functions));
    }

    /** No edge. */
    public static SymbolicEdges none() {
        return new SymbolicEdges(Map.of());
    }

    /** Of the text of a property; null is none. */
    public static SymbolicEdges parse(String json) {
        if (json == null) {
            return none();
        }
        Map<Edge, Expression> functions = new LinkedHashMap<>();
        try {
            Json.parseObject(json).forEach((edge, text) -> functions.put(Edge.parse(edge), Expression.parse((String) text)));
        } catch (Json.ParseException | ClassCastException e) {
            throw KanException.invalid("the property '%s' is damaged: %s", KEY, e.getMessage());
        }
        return new SymbolicEdges(functions);
    }

    /** The text of a property. */
    public String toJson() {
        Map<String, Object> texts = new LinkedHashMap<>();
        functions.forEach((edge, function) -> texts.put(edge.toString(), function.toString()));
        return Json.write(texts);
    }

    /** With an edge fixed to an expression of x. */
    public SymbolicEdges with(Edge edge, Expression function) {
        Map<Edge, Expression> more = new TreeMap<>(functions);
        more.put(edge, function);
        return new SymbolicEdges(more);
    }

    /** With the fixed edges that match a pattern ({@link KanGraph#edges(String)}) as the network has them. */
    public SymbolicEdges without(String pattern) {
        Map<Edge, Expression> less = new TreeMap<>(functions);
        if (!less.keySet().removeAll(Edge.matching(pattern, functions.keySet()))) {
            throw KanException.invalid("the edge %s is not fixed; fixed are %s", pattern, functions.keySet());
        }
        return new SymbolicEdges(less);
    }

    /** With an edge as the network has it. */
    public SymbolicEdges without(Edge edge) {
        Map<Edge, Expression> less = new TreeMap<>(functions);
        if (less.remove(edge) == null) {
            throw KanException.invalid("the edge %s is not fixed; fixed are %s", edge, functions.keySet());
        }
        return new SymbolicEdges(less);
    }

    /**
     * Functions that an edge may be, the likeliest first. Changes nothing.
     *
     * @param x rows (rows, in) of the network
     */
    public static List<Candidate> suggest(Context context, KanGraph graph, Edge edge, double[] x, SymbolicLibrary library) {
        return EdgeFit.suggest(curve(context, graph, edge, x), library, 1e-4);
    }

    /** A function of the library fitted to an edge. */
    public static Candidate fit(Context context, KanGraph graph, Edge edge, double[] x, String function) {
        return EdgeFit.fit(curve(context, graph, edge, x), SymbolicLibrary.of(function).functions().getFirst());
    }

    /**
     * An expression for an edge, if it has a value wherever the rows put the edge's argument.
     *
     * @return the expression
     * @throws KanException if it is not finite somewhere
     */
    public static Expression checked(Context context, KanGraph graph, Edge edge, double[] x, Expression function) {
        for (double at : curve(context, graph, edge, x).x()) {
            double value = function.evaluate(Map.of("x", at));
            if (!Double.isFinite(value)) {
                throw KanException.invalid("'%s' is %s at %s, which edge %s sees; give a function that is finite there, such as "
                        + "one of another argument", function, value, at, edge);
            }
        }
        return function;
    }

    private static Curve curve(Context context, KanGraph graph, Edge edge, double[] x) {
        graph.requireEdge(edge);
        if (!graph.layer(edge.layer()).has(edge.output(), edge.input())) {
            throw KanException.invalid("there is no edge %s: it was pruned", edge);
        }
        if (graph.argument(edge.layer()) == KanGraph.Argument.BOTH) {
            throw KanGraph.mixed(edge.layer());
        }
        try (GraphRun run = new GraphRun(context, graph, x.length / graph.in())) {
            run.forward(x);
            GraphLayer layer = graph.layer(edge.layer());
            double[] seen = run.inputOf(edge.layer());
            double[] at = Curve.places(GraphRun.column(layer.argument() == KanGraph.Argument.INPUT ? seen
                    : layer.normalised(seen), layer.in(), edge.input()), POINTS);
            return new Curve(at, graph.values(context, edge, at));
        }
    }

    /**
     * Outputs of the network with its known edges in closed form, (rows, out).
     *
     * @param x rows (rows, in)
     */
    public double[] predict(Context context, KanGraph graph, double... x) {
        functions.keySet().forEach(graph::requireEdge);
        double[] h = x;
        for (int l = 0; l < graph.layers().size(); l++) {
            GraphLayer layer = graph.layer(l);
            double[] added = new double[h.length / layer.in() * layer.out()];
            for (Map.Entry<Edge, Expression> known : functions.entrySet()) {
                Edge edge = known.getKey();
                if (edge.layer() == l) {
                    double[] at = GraphRun.column(h, layer.in(), edge.input());
                    Map<String, double[]> columns = Map.of("x", at, OWN, graph.values(context, edge, at));
                    double[] values = known.getValue().evaluate(columns, at.length);
                    for (int b = 0; b < at.length; b++) {
                        added[b * layer.out() + edge.output()] += values[b];
                    }
                    layer = layer.has(edge.output(), edge.input()) ? layer.without(edge.output(), edge.input(), 0) : layer;
                }
            }
            try (GraphRun.Piece piece = new GraphRun.Piece(context, layer)) {
                h = piece.run(h);
            }
            for (int k = 0; k < h.length; k++) {
                h[k] += added[k];
            }
        }
        return h;
    }

    /** Refuses a checkpoint whose edges are functions without a curve of their own: its network alone is not the model. */
    public static void requireCurves(Parameters parameters, Map<String, String> properties) {
        Map<Edge, Expression> functions = parse(properties.get(KEY)).functions();
        KanGraph graph = functions.isEmpty() ? null : KanGraph.of(parameters);
        for (Map.Entry<Edge, Expression> known : functions.entrySet()) {
            Edge edge = known.getKey();
            if (!graph.layer(edge.layer()).has(edge.output(), edge.input()) || known.getValue().variables().contains(OWN)) {
                throw KanException.invalid("edge %s of the model is the function %s and has no coefficients for it; only "
                        + "SymbolicEdges.predict computes such a model", edge,
                        known.getValue());
            }
        }
    }

    /**
     * The formulas of a network all of whose edges are fixed, simplified, in the user's columns.
     *
     * @param inputs what the network's inputs mean
     * @param outputs what its outputs mean
     */
    public List<Expression> formulas(Context context, KanGraph graph, List<Column> inputs, List<Column> outputs) {
        List<Edge> missing = new ArrayList<>(graph.edges());
        missing.removeIf(edge -> functions.containsKey(edge) && !functions.get(edge).variables().contains(OWN));
        if (!missing.isEmpty()) {
            throw KanException.invalid("%s no function yet, such as %s: SymbolicEdges.with gives an edge one",
                    Counted.of(missing.size(), "edge") + (missing.size() == 1 ? " has" : " have"), missing.getFirst());
        }
        Composition composition = new GraphFormula(context, graph, new double[2 * graph.in()], inputs, outputs, functions)
                .composition();
        return composition.inlined().stream().map(Expression::simplify).toList();
    }
}
