// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import org.kan4j.error.FormatException;
import org.kan4j.error.UnsupportedException;
import org.kan4j.formula.Expression;
import org.kan4j.layer.KanLayer;
import org.kan4j.tensor.HostTensor;

/** pykan's symbolic edges: mask * (c f(a x + b) + d), f by its name in pykan's library. */
final class PykanFunctions {

    /** pykan's library (kan/utils.py of pykan 0.2.8), as expressions of u = a x + b. */
    private static final Map<String, String> LIBRARY = Map.ofEntries(Map.entry("x", "u"), Map.entry("x^2", "u^2"),
            Map.entry("x^3", "u^3"), Map.entry("x^4", "u^4"), Map.entry("x^5", "u^5"), Map.entry("1/x", "1/u"),
            Map.entry("1/x^2", "1/u^2"), Map.entry("1/x^3", "1/u^3"), Map.entry("1/x^4", "1/u^4"),
            Map.entry("1/x^5", "1/u^5"), Map.entry("sqrt", "sqrt(u)"), Map.entry("x^0.5", "sqrt(u)"),
            Map.entry("x^1.5", "u^(3/2)"), Map.entry("1/sqrt(x)", "1/sqrt(u)"), Map.entry("1/x^0.5", "1/sqrt(u)"),
            Map.entry("exp", "exp(u)"), Map.entry("log", "log(u)"), Map.entry("abs", "abs(u)"), Map.entry("sin", "sin(u)"),
            Map.entry("cos", "cos(u)"), Map.entry("tan", "tan(u)"), Map.entry("tanh", "tanh(u)"),
            Map.entry("sgn", "sign(u)"), Map.entry("arcsin", "asin(u)"), Map.entry("arccos", "acos(u)"),
            Map.entry("arctan", "atan(u)"), Map.entry("arctanh", "atanh(u)"), Map.entry("gaussian", "exp(-u^2)"),
            Map.entry("0", "0"));

    private PykanFunctions() {
    }

    /** A whole number as one: those of an untouched affine map then vanish. */
    private static Expression number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e6 ? Expression.integer((long) value) : Expression.real(value);
    }

    private static String name(Config config, int layer, int o, int i) {
        Object found = config.list("symbolic");
        if (found == null) {
            throw new FormatException("symbolic_fun." + layer + ".mask[" + o + ", " + i + "] is not 0: this edge is a function, "
                    + "whose name is in the NAME_config.yml of model.saveckpt (config={\"symbolic\": ...}); "
                    + "model.unfix_symbolic_all() in pykan turns it back into a spline");
        }
        for (int index : new int[] {layer, o, i}) {
            found = found instanceof List<?> list && index < list.size() ? list.get(index) : null;
        }
        if (!(found instanceof String name)) {
            throw new FormatException(
                    "the config of variant pykan has no function's name for edge (" + layer + ", " + i + ", " + o
                            + ")");
        }
        return name;
    }

    /**
     * The functions of a layer's edges, each an expression of x, and of phi, the edge's own spline, where that is on too.
     *
     * @param published a layer of a state dict
     * @param place     index of the kan4j layer that its splines are in
     * @param config    with the names that pykan's saveckpt writes
     * @return by {@code layer,input,output}
     */
    static Map<String, String> of(PublishedLayer published, int place, Config config) {
        HostTensor mask = published.tensor(Pykan.SYMBOLIC_MASK);
        HostTensor affine = published.tensor(Pykan.SYMBOLIC_AFFINE);
        HostTensor splines = published.tensor(Pykan.MASK);
        Map<String, String> functions = new TreeMap<>();
        for (int o = 0; o < published.size("S"); o++) {
            for (int i = 0; i < published.in(); i++) {
                double on = mask.get(o, i);
                if (on == 0) {
                    continue;
                }
                String name = name(config, published.index(), o, i);
                if (affine == null) {
                    throw new FormatException("symbolic_fun." + published.index() + ".affine is missing, which edge ("
                            + published.index() + ", " + i + ", " + o + ") needs, a " + name);
                }
                String text = LIBRARY.get(name);
                if (text == null) {
                    throw new FormatException("the symbolic edge (" + published.index() + ", " + i + ", " + o + ") is '" + name
                            + "', which is none of pykan's own functions");
                }
                if (name.equals("0") && affine.get(o, i, 3) == 0) {
                    continue;
                }
                Expression x = Expression.variable("x");
                Expression inner = Expression.sum(Expression.product(number(affine.get(o, i, 0)), x),
                        number(affine.get(o, i, 1)));
                Expression value = Expression.sum(Expression.product(number(on * affine.get(o, i, 2)),
                        Expression.parse(text).substitute(Map.of("u", inner))), number(on * affine.get(o, i, 3)));
                boolean both = splines == null || splines.get(i, o) != 0;
                functions.put(place + "," + i + "," + o,
                        (both ? Expression.sum(value, Expression.variable("phi")) : value).toString());
            }
        }
        return functions;
    }

    /** The names of a layer without functions, [subnode][input]. */
    static List<List<String>> none(KanLayer layer) {
        List<List<String>> names = new ArrayList<>();
        for (long o = 0; o < layer.out(); o++) {
            names.add(new ArrayList<>(Collections.nCopies(Math.toIntExact(layer.in()), "0")));
        }
        return names;
    }

    /**
     * Puts functions into the tensors of a layer that is being exported; an edge whose function is that it was imported with keeps
     * its very numbers.
     *
     * @return the functions' names, [subnode][input]; null where no edge is a function
     */
    static List<List<String>> fix(PublishedLayer published, int place, Map<String, String> functions, Config imported,
            Arena arena) {
        HostTensor before = published.tensor(Pykan.SYMBOLIC_MASK);
        List<List<String>> names = new ArrayList<>();
        Map<String, String> known = before == null || imported.list("symbolic") == null ? Map.of()
                : of(published, place, imported);
        boolean any = false;
        Map<String, HostTensor> changed = new HashMap<>();
        for (int o = 0; o < published.size("S"); o++) {
            names.add(new ArrayList<>());
            for (int i = 0; i < published.in(); i++) {
                String edge = place + "," + i + "," + o;
                String now = functions.get(edge);
                boolean carried = before != null && before.get(o, i) != 0;
                String name = "0";
                if (Objects.equals(now, known.get(edge))) {
                    name = carried ? name(imported, published.index(), o, i) : name;
                    any |= carried;
                } else if (now == null) {
                    copy(published, Pykan.SYMBOLIC_MASK, changed, arena).set(0, o, i);
                } else {
                    PykanEdge made = PykanEdge.of(Expression.parse(now));
                    if (made == null) {
                        throw new UnsupportedException("edge " + edge + " of the model is the function " + now + ", which is not "
                                + "c f(a x + b) + d with f one of pykan's functions: " + String.join(", ", new TreeSet<>(
                                        LIBRARY.keySet())));
                    }
                    copy(published, Pykan.SYMBOLIC_MASK, changed, arena).set(1, o, i);
                    HostTensor affine = copy(published, Pykan.SYMBOLIC_AFFINE, changed, arena);
                    double[] numbers = {made.a(), made.b(), made.c(), made.d()};
                    for (int k = 0; k < 4; k++) {
                        affine.set(numbers[k], o, i, k);
                    }
                    if (!made.spline()) {
                        copy(published, Pykan.MASK, changed, arena).set(0, i, o);
                    }
                    name = made.name();
                    any = true;
                }
                names.get(o).add(name);
            }
        }
        published.tensors().putAll(changed);
        return any ? names : null;
    }

    private static HostTensor copy(PublishedLayer published, String key, Map<String, HostTensor> copies, Arena arena) {
        return copies.computeIfAbsent(key, k -> published.tensor(k).to(arena, published.tensor(k).dtype()));
    }
}
