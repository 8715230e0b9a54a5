// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.formula.Expression;
import org.kan4j.formula.UnaryFunction;
import org.kan4j.layer.Activation;
import org.kan4j.layer.ActivationLayer;
import org.kan4j.layer.Affine;
import org.kan4j.layer.BatchNorm;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerNorm;
import org.kan4j.layer.Linear;
import org.kan4j.layer.Multiply;
import org.kan4j.symbolic.Composition;
import org.kan4j.symbolic.Curve;
import org.kan4j.symbolic.Definition;
import org.kan4j.symbolic.EdgeFit;

/** A graph as named expressions of the user's columns: an edge is a numeric function until it is known in closed form. */
final class GraphFormula {

    /** Points an edge is sampled at to stand for itself. */
    private static final int FINE = 1025;
    private static final int ROWS = 4096;

    private final Context context;
    private final KanGraph graph;
    private final double[] rows;
    private final List<Column> inputs;
    private final List<Column> outputs;
    private final Map<Edge, Expression> known;
    private final List<Definition> definitions = new ArrayList<>();
    private final Map<String, Edge> edges = new LinkedHashMap<>();

    /**
     * Of a graph whose edges are functions of one variable.
     *
     * @param known expressions of edges in the variable x, which replace their curves
     */
    GraphFormula(Context context, KanGraph graph, double[] x, List<Column> inputs, List<Column> outputs,
            Map<Edge, Expression> known) {
        this.context = context;
        this.graph = graph;
        this.rows = Rows.spread(x, graph.in(), ROWS);
        this.inputs = inputs;
        this.outputs = outputs;
        this.known = known;
    }

    static String nameOf(Edge edge) {
        return "phi_" + edge.layer() + "_" + edge.output() + "_" + edge.input();
    }

    /** The edge that a definition is of; null for another definition. */
    Edge edge(String name) {
        return edges.get(name);
    }

    Composition composition() {
        requireFunctions(graph);
        List<Expression> nodes = new ArrayList<>();
        for (Column column : inputs) {
            nodes.add(column.encoded());
        }
        try (GraphRun run = new GraphRun(context, graph, rows.length / graph.in())) {
            run.forward(rows);
            for (int l = 0; l < graph.layers().size(); l++) {
                nodes = layer(run, l, nodes);
            }
        }
        List<String> names = new ArrayList<>();
        for (int k = 0; k < outputs.size(); k++) {
            definitions.add(new Definition(outputs.get(k).name(), outputs.get(k).decoded(nodes.get(k))));
            names.add(outputs.get(k).name());
        }
        return new Composition(definitions, names);
    }

    private List<Expression> layer(GraphRun run, int l, List<Expression> before) {
        GraphLayer layer = graph.layer(l);
        List<Expression> after = new ArrayList<>();
        switch (layer.spec()) {
            case KanLayer kan -> dense(run, l, before, after);
            case Linear linear -> dense(run, l, before, after);
            case Affine affine -> {
                for (int i = 0; i < layer.out(); i++) {
                    after.add(named("h_" + l + "_" + i, Expression.sum(Expression.product(
                            Expression.real(layer.tensor("scale")[i]), before.get(i)),
                            Expression.real(layer.tensor("bias")[i]))));
                }
            }
            case Multiply multiply -> {
                after.addAll(before.subList(0, multiply.passed()));
                for (int p = 0; p < multiply.products(); p++) {
                    int first = multiply.passed() + p * multiply.arity();
                    after.add(named("h_" + l + "_" + (multiply.passed() + p),
                            Expression.product(before.subList(first, first + multiply.arity()).toArray(Expression[]::new))));
                }
            }
            case ActivationLayer activation -> {
                for (int i = 0; i < layer.out(); i++) {
                    after.add(named("h_" + l + "_" + i, activated(activation.activation(), before.get(i))));
                }
            }
            case LayerNorm norm -> throw new IllegalStateException("refused before");
            case BatchNorm norm -> throw new IllegalStateException("a graph has no batch norm");
        }
        return after;
    }

    private Expression named(String name, Expression value) {
        definitions.add(new Definition(name, value));
        return Expression.variable(name);
    }

    private void dense(GraphRun run, int l, List<Expression> before, List<Expression> after) {
        GraphLayer layer = graph.layer(l);
        double[] x = run.inputOf(l);
        double[] bias = layer.bias();
        for (int o = 0; o < layer.out(); o++) {
            List<Expression> terms = new ArrayList<>();
            for (int i = 0; i < layer.in(); i++) {
                Edge edge = new Edge(l, i, o);
                if (layer.has(o, i) || known.containsKey(edge)) {
                    String name = nameOf(edge);
                    edges.put(name, edge);
                    terms.add(named(name, value(edge, before.get(i), GraphRun.column(x, layer.in(), i))));
                }
            }
            terms.add(Expression.real(bias[o]));
            after.add(named("h_" + l + "_" + o, Expression.sum(terms.toArray(Expression[]::new))));
        }
    }

    private Expression value(Edge edge, Expression node, double[] seen) {
        Expression function = known.get(edge);
        if (function != null && !function.variables().contains(SymbolicEdges.OWN)) {
            return function.substitute(Map.of("x", node));
        }
        if (function != null) {
            Expression own = graph.layer(edge.layer()).has(edge.output(), edge.input()) ? curve(edge, node, seen)
                    : Expression.integer(0);
            return function.substitute(Map.of("x", node, SymbolicEdges.OWN, own));
        }
        return curve(edge, node, seen);
    }

    private Expression curve(Edge edge, Expression node, double[] seen) {
        if (graph.layer(edge.layer()).spec() instanceof Linear) {
            double weight = graph.values(context, edge, 1)[0];
            return Expression.product(Expression.real(weight), node);
        }
        double[] at = Arrays.stream(seen).distinct().count() < 2 ? around(seen[0]) : Curve.places(seen, FINE);
        Curve curve = new Curve(at, graph.values(context, edge, at));
        return Expression.call(curve.asFunction(nameOf(edge)), node);
    }

    /** Refuses a network with edges that are functions of more than one variable. */
    static void requireFunctions(KanGraph graph) {
        for (int l = 0; l < graph.layers().size(); l++) {
            GraphLayer layer = graph.layer(l);
            if (layer.spec() instanceof LayerNorm) {
                throw KanException.invalid("layer %d is a layer norm, which mixes all its inputs: such a network has no "
                        + "elementary formula; train one without norms", l);
            }
            if (!layer.dense()) {
                continue;
            }
            if (layer.argument() == KanGraph.Argument.BOTH) {
                throw KanGraph.mixed(l);
            }
            if (layer.argument() == KanGraph.Argument.NORMALISED) {
                throw KanException
                        .invalid("the edges of layer %d see a layer norm, which mixes all inputs: such a network has no "
                                + "elementary formula; use a model of KanLayer.withInputNorm(false)", l);
            }
        }
    }

    private static double[] around(double value) {
        double[] at = new double[33];
        Arrays.setAll(at, i -> value + (i - 16) * 1e-2);
        return at;
    }

    private static Expression activated(Activation activation, Expression x) {
        Expression one = Expression.integer(1);
        return switch (activation) {
            case NONE, IDENTITY -> x;
            case RELU -> Expression.call(UnaryFunction.RELU, x);
            case TANH -> Expression.call(UnaryFunction.TANH, x);
            case SIGMOID -> one.over(one.plus(Expression.call(UnaryFunction.EXP, x.negated())));
            case SILU -> x.over(one.plus(Expression.call(UnaryFunction.EXP, x.negated())));
            case GELU -> Expression.product(Expression.rational(1, 2), x, one.plus(Expression.call(UnaryFunction.ERF,
                    x.over(Expression.integer(2).squareRoot()))));
        };
    }

    /**
     * For each edge the error below which functions for it cannot be told apart.
     *
     * @param rmse of the network on rows held out, in its own units
     * @param noise of the targets, in the same
     */
    Map<String, Double> resolutions(double rmse, double noise, int trained) {
        Map<Edge, EdgeEffects.Effect> effects = EdgeEffects.of(context, graph, rows).edges();
        double[] y = graph.predict(context, rows);
        double deviation = Moments.deviation(GraphRun.column(y, graph.out(), 0));
        Map<String, Double> resolutions = new HashMap<>();
        for (Map.Entry<Edge, EdgeEffects.Effect> entry : effects.entrySet()) {
            GraphLayer layer = graph.layer(entry.getKey().layer());
            int numbers = layer.edgeTensors().stream().mapToInt(n -> layer.tensor(n).length).sum() / layer.in() / layer.out();
            double part = Math.pow(entry.getValue().effect() * deviation, 2); // mean g^2 Var phi
            resolutions.put(nameOf(entry.getKey()), part == 0 ? 1 : EdgeFit.resolution(rmse, noise, numbers, trained, part, 1));
        }
        return resolutions;
    }
}
