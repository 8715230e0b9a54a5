// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.DoubleUnaryOperator;
import org.kan4j.error.KanException;
import org.kan4j.formula.Expression;
import org.kan4j.formula.UnaryFunction;

/**
 * An expression as layers of nodes: each level has sums of functions of single nodes of the level before, some of which are
 * factors of products.
 */
final class FormulaGraph {

    /** A function of one node of the level before. */
    record Term(int source, DoubleUnaryOperator function) {
    }

    /** A node before products: a constant and terms, at most one from each source. */
    record Sum(double constant, List<Term> terms) {
        double at(double[][] before, int row) {
            double value = constant;
            for (Term term : terms) {
                value += term.function().applyAsDouble(before[term.source()][row]);
            }
            return value;
        }
    }

    /**
     * A level.
     *
     * @param nodes its sums, then the factors of each product
     */
    record Level(List<Sum> nodes, int sums, int products, int arity) {
        /** (nodes after products)(rows). */
        double[][] values(double[][] before) {
            int rows = before[0].length;
            double[][] values = new double[sums + products][rows];
            for (int b = 0; b < rows; b++) {
                for (int s = 0; s < sums; s++) {
                    values[s][b] = nodes.get(s).at(before, b);
                }
                for (int p = 0; p < products; p++) {
                    double value = 1;
                    for (int f = 0; f < arity; f++) {
                        value *= nodes.get(sums + p * arity + f).at(before, b);
                    }
                    values[sums + p][b] = value;
                }
            }
            return values;
        }
    }

    /** A node on the way: what it is the sum or product of. */
    private static final class Node {
        final int depth;
        final List<List<Part>> factors; // one for a sum
        final List<Double> constants;

        Node(int depth, List<List<Part>> factors, List<Double> constants) {
            this.depth = depth;
            this.factors = factors;
            this.constants = constants;
        }

        boolean product() {
            return factors.size() > 1;
        }
    }

    /** A function of a node. */
    private record Part(Node node, DoubleUnaryOperator function) {
    }

    private final Map<Expression, Node> nodes = new HashMap<>();
    private final Map<String, Node> inputs = new LinkedHashMap<>();
    private final Map<Node, Node> later = new HashMap<>();
    private final List<Level> levels = new ArrayList<>();

    private FormulaGraph() {
    }

    static FormulaGraph of(Expression expression, List<String> variables) {
        FormulaGraph graph = new FormulaGraph();
        variables.forEach(v -> graph.inputs.put(v, new Node(0, List.of(), List.of())));
        Node root = graph.node(expression);
        if (root.product() || root.depth == 0) {
            root = graph.sum(List.of(new Part(root, x -> x)), 0);
        }
        graph.lay(root);
        return graph;
    }

    List<Level> levels() {
        return levels;
    }

    // ------------------------------------------------------------------------------------------------- expression to nodes

    private Node node(Expression e) {
        Node known = nodes.get(e);
        if (known == null) {
            known = make(e);
            nodes.put(e, known);
        }
        return known;
    }

    private Node make(Expression e) {
        if (e instanceof Expression.Variable variable) {
            return inputs.get(variable.name());
        }
        if (e instanceof Expression.Product product && variables(e).size() > 1) {
            List<Expression> moving = product.factors().stream().filter(f -> !variables(f).isEmpty()).toList();
            List<List<Expression>> groups = byVariable(moving);
            if (groups.size() > 1) {
                double scale = constant(product.factors().stream().filter(f -> variables(f).isEmpty()).toList());
                List<List<Part>> factors = new ArrayList<>();
                List<Double> constants = new ArrayList<>();
                for (List<Expression> group : groups) {
                    Expression factor = group.size() == 1 ? group.getFirst()
                            : Expression.product(group.toArray(Expression[]::new));
                    double constant = parts(factor, factors.isEmpty() ? scale : 1, factors);
                    constants.add(constant);
                }
                int depth = 1 + factors.stream().flatMap(List::stream).mapToInt(p -> p.node().depth).max().orElse(0);
                return new Node(depth, factors, constants);
            }
        }
        List<List<Part>> terms = new ArrayList<>();
        double constant = parts(e, 1, terms);
        return sum(terms.getFirst(), constant);
    }

    private Node sum(List<Part> parts, double constant) {
        int depth = 1 + parts.stream().mapToInt(p -> p.node().depth).max().orElse(0);
        return new Node(depth, List.of(parts), List.of(constant));
    }

    /** Factors that depend on the same single variable belong together: they are one edge. */
    private static List<List<Expression>> byVariable(List<Expression> factors) {
        Map<Object, List<Expression>> groups = new LinkedHashMap<>();
        for (Expression factor : factors) {
            Set<String> of = Set.copyOf(variables(factor));
            groups.computeIfAbsent(of.size() == 1 ? of : factor, k -> new ArrayList<>()).add(factor);
        }
        return List.copyOf(groups.values());
    }

    /** Adds the terms of an expression times a scale, one from each node; returns the constant. */
    private double parts(Expression whole, double times, List<List<Part>> into) {
        double constant = 0;
        Map<Node, List<DoubleUnaryOperator>> terms = new LinkedHashMap<>();
        Expression e = whole;
        double scale = times;
        while (e instanceof Expression.Product product && product.factors().stream().filter(f -> !variables(f).isEmpty())
                .count() == 1) { // a number times something is that with another scale
            scale *= constant(product.factors().stream().filter(f -> variables(f).isEmpty()).toList());
            e = product.factors().stream().filter(f -> !variables(f).isEmpty()).findFirst().orElseThrow();
        }
        double factor = scale;
        for (Expression term : e instanceof Expression.Sum sum ? sum.terms() : List.of(e)) {
            List<String> of = variables(term);
            if (of.isEmpty()) {
                constant += factor * constant(List.of(term));
            } else if (of.size() == 1) {
                String name = of.getFirst();
                add(terms, inputs.get(name), x -> factor * term.evaluate(Map.of(name, x)));
            } else {
                manyVariables(term, factor, terms);
            }
        }
        List<Part> parts = new ArrayList<>();
        terms.forEach((node, functions) -> parts.add(new Part(node, x -> {
            double value = 0;
            for (DoubleUnaryOperator function : functions) {
                value += function.applyAsDouble(x);
            }
            return value;
        })));
        into.add(parts);
        return constant;
    }

    private void manyVariables(Expression term, double scale, Map<Node, List<DoubleUnaryOperator>> terms) {
        switch (term) {
            case Expression.Call call -> add(terms, node(call.argument()), x -> scale * call.function().at(x));
            case Expression.Power power when variables(power.exponent()).isEmpty() -> {
                Expression of = Expression.power(Expression.variable("x"), power.exponent());
                add(terms, node(power.base()), x -> scale * of.evaluate(Map.of("x", x)));
            }
            case Expression.Power power -> { // exp(exponent log base)
                Expression log = Expression.call(UnaryFunction.LOG, power.base());
                add(terms, node(Expression.product(power.exponent(), log)), x -> scale * Math.exp(x));
            }
            case Expression.Product product -> {
                List<Expression> moving = product.factors().stream().filter(f -> !variables(f).isEmpty()).toList();
                double factor = scale * constant(product.factors().stream().filter(f -> variables(f).isEmpty()).toList());
                if (moving.size() == 1) {
                    parts(terms, moving.getFirst(), factor);
                } else {
                    add(terms, node(Expression.product(moving.toArray(Expression[]::new))), x -> factor * x);
                }
            }
            default -> throw KanException.invalid("'%s' cannot be made a network of", term);
        }
    }

    private void parts(Map<Node, List<DoubleUnaryOperator>> terms, Expression e, double scale) {
        if (e instanceof Expression.Sum) {
            add(terms, node(e), x -> scale * x);
        } else {
            manyVariables(e, scale, terms);
        }
    }

    private static void add(Map<Node, List<DoubleUnaryOperator>> terms, Node node, DoubleUnaryOperator function) {
        terms.computeIfAbsent(node, k -> new ArrayList<>()).add(function);
    }

    private static List<String> variables(Expression e) {
        return List.copyOf(e.variables());
    }

    private static double constant(List<Expression> factors) {
        double value = 1;
        for (Expression factor : factors) {
            value *= factor.evaluate(Map.of());
        }
        return value;
    }

    // ----------------------------------------------------------------------------------------------------- nodes to levels

    private void lay(Node root) {
        List<List<Node>> wanted = new ArrayList<>();
        for (int d = 0; d <= root.depth; d++) {
            wanted.add(new ArrayList<>());
        }
        wanted.getFirst().addAll(inputs.values());
        want(root, wanted);
        for (int d = 1; d <= root.depth; d++) {
            List<Node> all = wanted.get(d);
            List<Node> ordered = new ArrayList<>(all.stream().filter(n -> !n.product()).toList());
            int sums = ordered.size();
            all.stream().filter(Node::product).forEach(ordered::add);
            wanted.set(d, ordered);
            int arity = Math.max(2, all.stream().mapToInt(n -> n.factors.size()).max().orElse(1));
            List<Sum> flat = new ArrayList<>();
            for (Node node : ordered) {
                for (int f = 0; f < (node.product() ? arity : 1); f++) {
                    flat.add(f < node.factors.size() ? laid(node, f, d, wanted.get(d - 1)) : new Sum(1, List.of()));
                }
            }
            levels.add(new Level(flat, sums, ordered.size() - sums, arity));
        }
    }

    private Sum laid(Node node, int factor, int depth, List<Node> before) {
        List<Term> terms = new ArrayList<>();
        for (Part part : node.factors.get(factor)) {
            terms.add(new Term(before.indexOf(at(part.node(), depth - 1)), part.function()));
        }
        return new Sum(node.constants.get(factor), terms);
    }

    private void want(Node node, List<List<Node>> wanted) {
        if (wanted.get(node.depth).contains(node)) {
            return;
        }
        wanted.get(node.depth).add(node);
        for (List<Part> factor : node.factors) {
            for (Part part : factor) {
                want(at(part.node(), node.depth - 1), wanted);
            }
        }
    }

    /** The node, or the identity of it at a later level. */
    private Node at(Node node, int depth) {
        Node found = node;
        while (found.depth < depth) {
            Node last = found;
            found = later.computeIfAbsent(last, n -> sum(List.of(new Part(n, x -> x)), 0));
        }
        return found;
    }
}
