// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.kan4j.error.KanException;
import org.kan4j.formula.Expression;
import org.kan4j.formula.UnaryFunction;

/**
 * An expression as layers of nodes: each level has sums of functions of single nodes of the level before, some of which are
 * factors of products.
 */
final class FormulaGraph {

    /** A function, of the variable x, of one node of the level before. */
    record Term(int source, Expression function) {
        double[] values(double[][] before) {
            return function.evaluate(Map.of("x", before[source]), before[source].length);
        }
    }

    /** A node before products: a constant and terms, at most one from each source. */
    record Sum(double constant, List<Term> terms) {
        double[] values(double[][] before) {
            double[] values = new double[before[0].length];
            Arrays.fill(values, constant);
            for (Term term : terms) {
                double[] each = term.values(before);
                Arrays.setAll(values, b -> values[b] + each[b]);
            }
            return values;
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
            double[][] values = new double[sums + products][];
            for (int s = 0; s < sums; s++) {
                values[s] = nodes.get(s).values(before);
            }
            for (int p = 0; p < products; p++) {
                double[] product = nodes.get(sums + p * arity).values(before);
                for (int f = 1; f < arity; f++) {
                    double[] factor = nodes.get(sums + p * arity + f).values(before);
                    Arrays.setAll(product, b -> product[b] * factor[b]);
                }
                values[sums + p] = product;
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

    /** A function, of the variable x, of a node. */
    private record Part(Node node, Expression function) {
    }

    private static final Expression X = Expression.variable("x");
    private static final Expression EXP = Expression.call(UnaryFunction.EXP, X);
    /** Whole powers above this are exp(exponent log base) where they are no edge. */
    private static final int MOST = 64;

    private final Predicate<Expression> edges;
    private final Map<Expression, Node> nodes = new HashMap<>();
    private final Map<String, Node> inputs = new LinkedHashMap<>();
    private final Map<Node, Node> later = new HashMap<>();
    private final List<Level> levels = new ArrayList<>();

    private FormulaGraph(Predicate<Expression> edges) {
        this.edges = edges;
    }

    /** Whatever depends on one variable alone is one edge. */
    static FormulaGraph of(Expression expression, List<String> variables) {
        return of(expression, variables, function -> true);
    }

    /**
     * With edges of some functions only, what depends on one variable being made of several where it must.
     *
     * @param edges which functions of the variable x may be an edge, times a number and with a number added; x is one
     */
    static FormulaGraph of(Expression expression, List<String> variables, Predicate<Expression> edges) {
        FormulaGraph graph = new FormulaGraph(edges);
        variables.forEach(v -> graph.inputs.put(v, new Node(0, List.of(), List.of())));
        Node root = graph.node(expression);
        if (root.product() || root.depth == 0) {
            root = graph.sum(List.of(new Part(root, X)), 0);
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
        if (e instanceof Expression.Product product && !isEdge(e)) {
            List<Expression> moving = product.factors().stream().filter(f -> !variables(f).isEmpty()).toList();
            List<List<Expression>> groups = byVariable(moving);
            if (groups.size() > 1) {
                return product(groups, constant(product.factors().stream().filter(f -> variables(f).isEmpty()).toList()));
            }
        }
        List<List<Part>> terms = new ArrayList<>();
        double constant = parts(e, 1, terms);
        return sum(terms.getFirst(), constant);
    }

    private Node product(List<List<Expression>> groups, double scale) {
        List<List<Part>> factors = new ArrayList<>();
        List<Double> constants = new ArrayList<>();
        for (List<Expression> group : groups) {
            Expression factor = group.size() == 1 ? group.getFirst() : Expression.product(group.toArray(Expression[]::new));
            double constant = parts(factor, factors.isEmpty() ? scale : 1, factors);
            constants.add(constant);
        }
        int depth = 1 + factors.stream().flatMap(List::stream).mapToInt(p -> p.node().depth).max().orElse(0);
        return new Node(depth, factors, constants);
    }

    private Node sum(List<Part> parts, double constant) {
        int depth = 1 + parts.stream().mapToInt(p -> p.node().depth).max().orElse(0);
        return new Node(depth, List.of(parts), List.of(constant));
    }

    /** Whether an expression depends on one variable alone and may be one edge from it. */
    private boolean isEdge(Expression e) {
        List<String> of = variables(e);
        return of.size() == 1 && edges.test(e.substitute(Map.of(of.getFirst(), X)));
    }

    /** Factors that depend on the same single variable belong together where they are one edge. */
    private List<List<Expression>> byVariable(List<Expression> factors) {
        Map<Object, List<Expression>> groups = new LinkedHashMap<>();
        for (Expression factor : factors) {
            Set<String> of = Set.copyOf(variables(factor));
            groups.computeIfAbsent(of.size() == 1 ? of : factor, k -> new ArrayList<>()).add(factor);
        }
        return groups.values().stream().flatMap(group -> group.size() == 1 || isEdge(Expression.product(group)) ? List.of(group)
                .stream() : group.stream().map(List::of)).toList();
    }

    /** Adds the terms of an expression times a scale, one from each node; returns the constant. */
    private double parts(Expression whole, double times, List<List<Part>> into) {
        double constant = 0;
        Map<Node, List<Expression>> terms = new LinkedHashMap<>();
        Expression e = whole;
        double scale = times;
        while (e instanceof Expression.Product product && product.factors().stream().filter(f -> !variables(f).isEmpty())
                .count() == 1) { // a number times something is that with another scale
            scale *= constant(product.factors().stream().filter(f -> variables(f).isEmpty()).toList());
            e = product.factors().stream().filter(f -> !variables(f).isEmpty()).findFirst().orElseThrow();
        }
        for (Expression term : e instanceof Expression.Sum sum ? sum.terms() : List.of(e)) {
            if (variables(term).isEmpty()) {
                constant += scale * constant(List.of(term));
            } else {
                term(term, scale, terms);
            }
        }
        List<Part> parts = new ArrayList<>();
        terms.forEach((node, functions) -> {
            Expression all = Expression.sum(functions);
            if (functions.size() == 1 || edges.test(all)) {
                parts.add(new Part(node, all));
            } else { // one edge is to be one function: the others come by nodes of their own
                functions.forEach(f -> parts.add(new Part(sum(List.of(new Part(node, f)), 0), X)));
            }
        });
        into.add(parts);
        return constant;
    }

    private void term(Expression term, double scale, Map<Node, List<Expression>> terms) {
        if (isEdge(term)) {
            String name = variables(term).getFirst();
            add(terms, inputs.get(name), times(scale, term.substitute(Map.of(name, X))));
            return;
        }
        switch (term) {
            case Expression.Call call -> add(terms, node(call.argument()), times(scale, edge(term,
                    Expression.call(call.function(), X))));
            case Expression.Power power when variables(power.exponent()).isEmpty() -> power(power, scale, terms);
            case Expression.Power power -> { // exp(exponent log base)
                Expression log = Expression.call(UnaryFunction.LOG, power.base());
                add(terms, node(Expression.product(power.exponent(), log)), times(scale, EXP));
            }
            case Expression.Product product -> {
                List<Expression> moving = product.factors().stream().filter(f -> !variables(f).isEmpty()).toList();
                double factor = scale * constant(product.factors().stream().filter(f -> variables(f).isEmpty()).toList());
                if (moving.size() == 1) {
                    parts(terms, moving.getFirst(), factor);
                } else {
                    add(terms, node(Expression.product(moving.toArray(Expression[]::new))), times(factor, X));
                }
            }
            default -> throw KanException.invalid("'%s' cannot be made a network of", term);
        }
    }

    /** A power that may be no edge is one of a power, a product with the base, or exp(exponent log base). */
    private void power(Expression.Power power, double scale, Map<Node, List<Expression>> terms) {
        Expression whole = Expression.power(X, power.exponent());
        double p = power.exponent().evaluate(Map.of());
        if (edges.test(whole)) {
            add(terms, node(power.base()), times(scale, whole));
        } else if (p != Math.rint(p) || Math.abs(p) > MOST) {
            add(terms, node(Expression.product(power.exponent(), Expression.call(UnaryFunction.LOG, power.base()))),
                    times(scale, EXP));
        } else if (p < 0) {
            add(terms, node(Expression.power(power.base(), Expression.integer((long) -p))),
                    times(scale, edge(power, Expression.power(X, Expression.integer(-1)))));
        } else if (p % 2 == 0) {
            add(terms, node(Expression.power(power.base(), Expression.integer((long) p / 2))),
                    times(scale, edge(power, Expression.power(X, Expression.integer(2)))));
        } else {
            Node product = nodes.get(power);
            if (product == null) {
                product = product(List.of(List.of(Expression.power(power.base(), Expression.integer((long) p - 1))),
                        List.of(power.base())), 1);
                nodes.put(power, product);
            }
            add(terms, product, times(scale, X));
        }
    }

    private Expression edge(Expression term, Expression function) {
        if (!edges.test(function)) {
            throw KanException.invalid("the function of '%s' is none that an edge may have here", term);
        }
        return function;
    }

    private void parts(Map<Node, List<Expression>> terms, Expression e, double scale) {
        if (e instanceof Expression.Sum) {
            add(terms, node(e), times(scale, X));
        } else {
            term(e, scale, terms);
        }
    }

    private static Expression times(double scale, Expression function) {
        return scale == 1 ? function : Expression.product(Expression.real(scale), function);
    }

    private static void add(Map<Node, List<Expression>> terms, Node node, Expression function) {
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
            found = later.computeIfAbsent(last, n -> sum(List.of(new Part(n, X)), 0));
        }
        return found;
    }
}
