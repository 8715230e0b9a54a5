// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.kan4j.formula.Expression;
import org.kan4j.formula.Expression.Call;
import org.kan4j.formula.Expression.Constant;
import org.kan4j.formula.Expression.Power;
import org.kan4j.formula.Expression.Product;
import org.kan4j.formula.Expression.Rational;
import org.kan4j.formula.Expression.Real;
import org.kan4j.formula.Expression.Sum;
import org.kan4j.formula.Expression.Variable;

/**
 * A composition as a list of operations on columns, with its measured constants as parameters: values forward, derivatives
 * with respect to all parameters backward.
 */
final class Tape {

    private enum Kind {
        FIXED, PARAMETER, COLUMN, SUM, PRODUCT, POWER, CALL
    }

    private static final class Node {
        private final Kind kind;
        private final int[] inputs;
        private double fixed;
        private int parameter;
        private String column;
        private Call call;
        private double[] values;
        private double[] adjoint;

        Node(Kind kind, int... inputs) {
            this.kind = kind;
            this.inputs = inputs;
        }
    }

    private final Composition composition;
    private final boolean tied;
    private final List<Node> nodes = new ArrayList<>();
    private final Map<String, Integer> defined = new HashMap<>();
    private final List<Integer> outputs = new ArrayList<>();
    private final List<Double> initial = new ArrayList<>();
    private final List<String> places = new ArrayList<>();
    private final Map<Double, Integer> known = new HashMap<>();

    /** @param tied whether equal constants are one parameter */
    Tape(Composition composition, boolean tied) {
        this.composition = composition;
        this.tied = tied;
        for (Definition definition : composition.definitions()) {
            defined.put(definition.name(), compile(definition.value(), definition.name()));
        }
        composition.outputs().forEach(name -> outputs.add(defined.get(name)));
    }

    private int compile(Expression e, String place) {
        Node node = switch (e) {
            case Rational r -> fixed((double) r.numerator() / r.denominator());
            case Constant c -> fixed(c.value());
            case Real r -> parameter(r.value(), place);
            case Variable v -> {
                Integer other = defined.get(v.name());
                if (other != null) {
                    yield nodes.get(other);
                }
                Node column = new Node(Kind.COLUMN);
                column.column = v.name();
                yield column;
            }
            case Sum s -> new Node(Kind.SUM, compiled(s.terms(), place));
            case Product p -> new Node(Kind.PRODUCT, compiled(p.factors(), place));
            case Power p -> new Node(Kind.POWER, compiled(List.of(p.base(), p.exponent()), place));
            case Call c -> {
                Node call = new Node(Kind.CALL, compile(c.argument(), place));
                call.call = c;
                yield call;
            }
        };
        int old = nodes.indexOf(node);
        if (old >= 0) {
            return old;
        }
        nodes.add(node);
        return nodes.size() - 1;
    }

    private int[] compiled(List<Expression> parts, String place) {
        int[] indices = new int[parts.size()];
        for (int i = 0; i < indices.length; i++) {
            indices[i] = compile(parts.get(i), place);
        }
        return indices;
    }

    private static Node fixed(double value) {
        Node node = new Node(Kind.FIXED);
        node.fixed = value;
        return node;
    }

    private Node parameter(double value, String place) {
        Node node = new Node(Kind.PARAMETER);
        Integer other = tied ? known.get(value) : null;
        node.parameter = other != null ? other : initial.size();
        if (other == null) {
            known.put(value, initial.size());
            initial.add(value);
            places.add(place);
        }
        return node;
    }

    double[] parameters() {
        return initial.stream().mapToDouble(Double::doubleValue).toArray();
    }

    /** The definition in which a parameter stands. */
    String place(int parameter) {
        return places.get(parameter);
    }

    /** The composition with other constants. */
    Composition with(double[] parameters) {
        int[] next = {0};
        List<Definition> changed = new ArrayList<>();
        for (Definition definition : composition.definitions()) {
            changed.add(new Definition(definition.name(), replaced(definition.value(), parameters, next)));
        }
        return new Composition(changed, composition.outputs());
    }

    private Expression replaced(Expression e, double[] parameters, int[] next) {
        if (e instanceof Real real) {
            int index = tied ? known.get(real.value()) : next[0]++;
            return Expression.real(parameters[index]);
        }
        return e.mapChildren(child -> replaced(child, parameters, next));
    }

    /** The outputs' values; they are those of the next {@link #backward} too. */
    double[][] forward(double[] parameters, Map<String, double[]> columns, int rows) {
        for (Node node : nodes) {
            if (node.values == null || node.values.length != rows) {
                node.values = new double[rows];
                node.adjoint = new double[rows];
            }
            compute(node, parameters, columns);
        }
        double[][] result = new double[outputs.size()][];
        for (int k = 0; k < result.length; k++) {
            result[k] = nodes.get(outputs.get(k)).values;
        }
        return result;
    }

    private void compute(Node node, double[] parameters, Map<String, double[]> columns) {
        double[] v = node.values;
        switch (node.kind) {
            case FIXED -> Arrays.fill(v, node.fixed);
            case PARAMETER -> Arrays.fill(v, parameters[node.parameter]);
            case COLUMN -> System.arraycopy(columns.get(node.column), 0, v, 0, v.length);
            case SUM -> {
                Arrays.fill(v, 0);
                for (int input : node.inputs) {
                    double[] x = nodes.get(input).values;
                    for (int b = 0; b < v.length; b++) {
                        v[b] += x[b];
                    }
                }
            }
            case PRODUCT -> {
                Arrays.fill(v, 1);
                for (int input : node.inputs) {
                    double[] x = nodes.get(input).values;
                    for (int b = 0; b < v.length; b++) {
                        v[b] *= x[b];
                    }
                }
            }
            case POWER -> {
                double[] x = nodes.get(node.inputs[0]).values;
                double[] p = nodes.get(node.inputs[1]).values;
                for (int b = 0; b < v.length; b++) {
                    v[b] = power(x[b], p[b]);
                }
            }
            case CALL -> {
                double[] x = nodes.get(node.inputs[0]).values;
                for (int b = 0; b < v.length; b++) {
                    v[b] = node.call.function().at(x[b]);
                }
            }
        }
    }

    /** The powers of most formulas and of their derivatives without a call, which takes as long as the rest of a fit. */
    private static double power(double x, double p) {
        if (p == Math.rint(p) && Math.abs(p) <= 3) {
            double whole = p == 0 ? 1 : Math.abs(p) == 1 ? x : Math.abs(p) == 2 ? x * x : x * x * x;
            return p < 0 ? 1 / whole : whole;
        }
        return p == 0.5 ? Math.sqrt(x) : p == -0.5 ? 1 / Math.sqrt(x) : StrictMath.pow(x, p);
    }

    /**
     * Derivatives of one output's values with respect to all parameters.
     *
     * @param jacobian [parameter][row], written
     */
    void backward(int output, double[][] jacobian) {
        for (Node node : nodes) {
            Arrays.fill(node.adjoint, 0);
        }
        for (double[] column : jacobian) {
            Arrays.fill(column, 0);
        }
        Arrays.fill(nodes.get(outputs.get(output)).adjoint, 1);
        for (int i = outputs.get(output); i >= 0; i--) {
            pull(nodes.get(i), jacobian);
        }
    }

    private void pull(Node node, double[][] jacobian) {
        double[] g = node.adjoint;
        switch (node.kind) {
            case PARAMETER -> add(jacobian[node.parameter], g);
            case SUM -> {
                for (int input : node.inputs) {
                    add(nodes.get(input).adjoint, g);
                }
            }
            case PRODUCT -> {
                for (int i = 0; i < node.inputs.length; i++) {
                    double[] to = nodes.get(node.inputs[i]).adjoint;
                    for (int b = 0; b < g.length; b++) {
                        double others = g[b];
                        for (int j = 0; others != 0 && j < node.inputs.length; j++) {
                            others *= j == i ? 1 : nodes.get(node.inputs[j]).values[b];
                        }
                        to[b] += others;
                    }
                }
            }
            case POWER -> {
                Node base = nodes.get(node.inputs[0]);
                Node exponent = nodes.get(node.inputs[1]);
                boolean moves = exponent.kind != Kind.FIXED;
                for (int b = 0; b < g.length; b++) {
                    double x = base.values[b];
                    double p = exponent.values[b];
                    if (g[b] != 0) {
                        base.adjoint[b] += g[b] * p * power(x, p - 1);
                        if (moves && x > 0) {
                            exponent.adjoint[b] += g[b] * node.values[b] * Math.log(x);
                        }
                    }
                }
            }
            case CALL -> {
                Node argument = nodes.get(node.inputs[0]);
                for (int b = 0; b < g.length; b++) {
                    if (g[b] != 0) {
                        argument.adjoint[b] += g[b] * Slopes.at(node.call.function(), argument.values[b], node.values[b]);
                    }
                }
            }
            default -> {
                // neither fixed numbers nor columns move
            }
        }
    }

    private static void add(double[] to, double[] from) {
        for (int b = 0; b < to.length; b++) {
            to[b] += from[b];
        }
    }
}
