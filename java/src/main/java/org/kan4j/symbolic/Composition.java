// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.kan4j.error.KanException;
import org.kan4j.error.Status;
import org.kan4j.formula.Expression;
import org.kan4j.formula.Expression.Call;
import org.kan4j.formula.Expression.Product;
import org.kan4j.formula.Expression.Real;
import org.kan4j.formula.Expression.Sum;
import org.kan4j.formula.Expression.Variable;
import org.kan4j.formula.UnaryFunction;

/**
 * A network as expressions: each edge, each node a definition of columns and of definitions before it. An edge that has no
 * function yet is a call of one that is no standard function.
 *
 * @param definitions in an order in which each refers to earlier ones only; every other variable is a column of the data
 * @param outputs names of definitions
 */
public record Composition(List<Definition> definitions, List<String> outputs) {

    /** @throws KanException if a name is defined twice or used before it is defined, or an output is not defined */
    public Composition {
        definitions = List.copyOf(definitions);
        outputs = List.copyOf(outputs);
        Set<String> all = new HashSet<>();
        definitions.forEach(d -> {
            if (!all.add(d.name())) {
                throw invalid("'" + d.name() + "' is defined twice");
            }
        });
        Set<String> known = new HashSet<>();
        for (Definition definition : definitions) {
            for (String name : definition.value().variables()) {
                if (all.contains(name) && !known.contains(name)) {
                    throw invalid("'" + definition.name() + "' uses '" + name + "', which is not defined before it");
                }
            }
            known.add(definition.name());
        }
        for (String output : outputs) {
            if (!all.contains(output)) {
                throw invalid("the output '" + output + "' is not defined");
            }
        }
        if (outputs.isEmpty()) {
            throw invalid("a composition needs an output");
        }
    }

    private static KanException invalid(String message) {
        return new KanException(Status.INVALID_ARGUMENT, message);
    }

    /** One expression an output, of columns only. */
    public static Composition of(Map<String, Expression> outputs) {
        List<Definition> definitions = new ArrayList<>();
        outputs.forEach((name, value) -> definitions.add(new Definition(name, value)));
        return new Composition(definitions, List.copyOf(outputs.keySet()));
    }

    /**
     * The value of a definition.
     *
     * @throws KanException if there is none of the name
     */
    public Expression value(String name) {
        return definitions.stream().filter(d -> d.name().equals(name)).map(Definition::value).findFirst()
                .orElseThrow(() -> invalid("there is no edge or node '" + name + "'"));
    }

    /** The same with another value of one definition. */
    public Composition with(String name, Expression value) {
        value(name);
        Definition changed = new Definition(name, value);
        return new Composition(definitions.stream().map(d -> d.name().equals(name) ? changed : d).toList(), outputs);
    }

    /** The names of the definitions that are calls of a function that is not standard, in order. */
    public List<String> numericEdges() {
        return definitions.stream().filter(d -> d.value() instanceof Call call
                && !UnaryFunction.standard().contains(call.function())).map(Definition::name).toList();
    }

    /** The names of all columns that occur. */
    public List<String> columns() {
        Set<String> names = new java.util.LinkedHashSet<>();
        definitions.forEach(d -> names.addAll(d.value().variables()));
        definitions.forEach(d -> names.remove(d.name()));
        return List.copyOf(names);
    }

    /**
     * The values of all definitions.
     *
     * @param columns of the data
     */
    public Map<String, double[]> evaluate(Map<String, double[]> columns, int rows) {
        Map<String, double[]> values = new HashMap<>(columns);
        Map<String, double[]> defined = new LinkedHashMap<>();
        for (Definition definition : definitions) {
            double[] value = definition.value().evaluate(values, rows);
            values.put(definition.name(), value);
            defined.put(definition.name(), value);
        }
        return defined;
    }

    /** One expression an output, of columns only, as it follows from putting definitions into each other. */
    public List<Expression> inlined() {
        Map<String, Expression> values = new HashMap<>();
        definitions.forEach(d -> values.put(d.name(), d.value().substitute(values)));
        return outputs.stream().map(values::get).toList();
    }

    /**
     * An equal composition in which no constant repeats another's work: what is used once is put where it is used, sums lose
     * the factor and the offset that what follows has too, and constants that meet are merged.
     */
    public Composition gauged() {
        Map<String, Integer> uses = new HashMap<>();
        definitions.forEach(d -> count(d.value(), uses));
        Map<String, Expression> replaced = new HashMap<>();
        List<Definition> kept = new ArrayList<>();
        for (Definition definition : definitions) {
            Expression value = definition.value().substitute(replaced).simplify();
            boolean output = outputs.contains(definition.name());
            int times = uses.getOrDefault(definition.name(), 0);
            if (output) {
                kept.add(new Definition(definition.name(), value));
            } else if (times == 1 || value.children().isEmpty()) {
                replaced.put(definition.name(), value);
            } else if (times > 1) {
                Affine affine = Affine.of(value);
                kept.add(new Definition(definition.name(), affine.inner));
                replaced.put(definition.name(), affine.around(Expression.variable(definition.name())));
            }
        }
        return new Composition(kept, outputs);
    }

    private static void count(Expression e, Map<String, Integer> uses) {
        if (e instanceof Variable variable) {
            uses.merge(variable.name(), 1, Integer::sum);
        }
        e.children().forEach(child -> count(child, uses));
    }

    /** factor * inner + offset. */
    private record Affine(double factor, Expression inner, double offset) {

        static Affine of(Expression value) {
            double offset = 0;
            Expression rest = value;
            if (value instanceof Sum sum) {
                List<Expression> terms = new ArrayList<>(sum.terms());
                for (Expression term : sum.terms()) {
                    if (term instanceof Real real) {
                        offset = real.value();
                        terms.remove(term);
                    }
                }
                rest = Expression.sum(terms);
            }
            Expression lead = rest instanceof Sum sum ? sum.terms().get(0) : rest;
            boolean scaled = lead instanceof Product product && product.factors().get(0) instanceof Real real
                    && real.value() != 0;
            double factor = scaled ? ((Real) ((Product) lead).factors().get(0)).value() : 1;
            if (!scaled) {
                return new Affine(1, rest, offset);
            }
            List<Expression> terms = new ArrayList<>();
            for (Expression term : rest instanceof Sum sum ? sum.terms() : List.of(rest)) {
                if (term == lead) {
                    Product product = (Product) lead;
                    terms.add(Expression.product(product.factors().subList(1, product.factors().size())));
                } else {
                    terms.add(Expression.real(1 / factor).times(term));
                }
            }
            return new Affine(factor, Expression.sum(terms), offset);
        }

        Expression around(Expression node) {
            Expression scaled = factor == 1 ? node : Expression.real(factor).times(node);
            return offset == 0 ? scaled : scaled.plus(Expression.real(offset));
        }
    }
}
