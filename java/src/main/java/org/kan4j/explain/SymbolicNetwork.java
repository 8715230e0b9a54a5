// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.kan4j.basis.BSpline;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.formula.Expression;
import org.kan4j.interop.PykanCheckpoint;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.Multiply;

/**
 * A formula as a network all of whose edges are functions, to rounding (KAN 2.0's kanpiler, arXiv 2408.10205, section 4.1):
 * sums are nodes, products product nodes. {@link KanCompiler} puts splines, or another basis, in the functions' place.
 *
 * @param graph of the nodes and their biases, without a coefficient
 * @param edges the functions
 * @param variables names of the inputs
 */
public record SymbolicNetwork(KanGraph graph, SymbolicEdges edges, List<String> variables) {

    /** Checks and copies. */
    public SymbolicNetwork {
        Objects.requireNonNull(graph, "graph");
        Objects.requireNonNull(edges, "edges");
        variables = List.copyOf(variables);
    }

    /** The network of a formula, whatever depends on one variable alone being one edge. */
    public static SymbolicNetwork of(Expression formula, List<String> variables) {
        return of(formula, variables, function -> true);
    }

    /**
     * The network of a formula with edges that pykan has too: c f(a x + b) + d with f of its library. Powers, hyperbolic functions
     * and sums that are none become several edges and nodes.
     *
     * @throws KanException if a function of the formula cannot be made of those
     */
    public static SymbolicNetwork ofPykans(Expression formula, List<String> variables) {
        return of(inPykansFunctions(formula), variables, PykanCheckpoint::hasEdge);
    }

    private static SymbolicNetwork of(Expression formula, List<String> variables, Predicate<Expression> possible) {
        if (variables.isEmpty() || !variables.containsAll(formula.variables())) {
            throw KanException.invalid("the formula '%s' has the variables %s, given inputs %s", formula, formula.variables(),
                    variables);
        }
        List<GraphLayer> layers = new ArrayList<>();
        Map<Edge, Expression> functions = new TreeMap<>();
        int in = variables.size();
        for (FormulaGraph.Level level : FormulaGraph.of(formula, variables, possible).levels()) {
            int out = level.nodes().size();
            double[] bias = new double[out];
            for (int o = 0; o < out; o++) {
                bias[o] = level.nodes().get(o).constant();
                for (FormulaGraph.Term term : level.nodes().get(o).terms()) {
                    functions.put(new Edge(layers.size(), term.source(), o), term.function());
                }
            }
            KanLayer spec = KanLayer.of(in, out, BSpline.of(3, 3)).withInputNorm(false).withBaseNorm(false).withBias(true);
            layers.add(Widening.empty(spec, new double[in][0]).withTensor("bias", bias));
            if (level.products() > 0) {
                layers.add(new GraphLayer(new Multiply(level.sums(), level.products(), level.arity()), Map.of()));
            }
            in = level.sums() + level.products();
        }
        return new SymbolicNetwork(new KanGraph(layers, Widening.all(variables.size())), new SymbolicEdges(functions), variables);
    }

    /** Values of the formula, as the network computes them, for rows (rows, variables). */
    public double[] predict(Context context, double... x) {
        return edges.predict(context, graph, x);
    }

    /** Functions by {@code layer,input,output}, as {@link PykanCheckpoint} takes them. */
    public Map<String, String> functions() {
        return edges.functions().entrySet().stream()
                .collect(Collectors.toMap(e -> e.getKey().toString(), e -> e.getValue().toString()));
    }

    /** Hyperbolic functions and ramps by exponentials and absolute values. */
    private static Expression inPykansFunctions(Expression e) {
        Expression of = e.mapChildren(SymbolicNetwork::inPykansFunctions);
        if (!(of instanceof Expression.Call call)) {
            return of;
        }
        String text = switch (call.function().name()) {
            case "cosh" -> "(exp(u) + exp(-u))/2";
            case "sinh" -> "(exp(u) - exp(-u))/2";
            case "relu" -> "(u + abs(u))/2";
            default -> null;
        };
        return text == null ? of : Expression.parse(text).substitute(Map.of("u", call.argument()));
    }
}
