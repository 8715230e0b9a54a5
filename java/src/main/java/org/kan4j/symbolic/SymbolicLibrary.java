// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import org.kan4j.error.KanException;
import org.kan4j.error.Status;
import org.kan4j.formula.Expression;
import org.kan4j.formula.UnaryFunction;

/**
 * The functions that edges are compared with, in order of preference where nothing else decides.
 *
 * @param functions of unique names
 */
public record SymbolicLibrary(List<EdgeFunction> functions) {

    private static final List<EdgeFunction> STANDARD = new ArrayList<>();
    private static final List<EdgeFunction> SPECIAL = new ArrayList<>();
    private static final List<String> MINIMAL = List.of("x", "x^2", "x^3", "1/x", "sqrt", "log", "exp", "sin", "abs");

    static {
        STANDARD.add(new EdgeFunction("x", 1, 2, new Polynomials.Monomials(1)));
        STANDARD.add(new EdgeFunction("x^2", 2, 3, new Polynomials.Monomials(2)));
        for (int n = 3; n <= 5; n++) {
            STANDARD.add(new EdgeFunction("x^" + n, 3, 3, new Polynomials.Shifted(n)));
        }
        STANDARD.add(outside("1/x", 2, -1, 1));
        STANDARD.add(outside("1/x^2", 2, -2, 1));
        STANDARD.add(outside("1/x^3", 3, -3, 1));
        STANDARD.add(outside("sqrt", 2, 1, 2));
        STANDARD.add(outside("1/sqrt", 2, -1, 2));
        STANDARD.add(outside("x^1.5", 3, 3, 2));
        STANDARD.add(new EdgeFunction("log", 2, 3, new Families.Outside(-1, Math::log, v -> 1 / v, null),
                new Families.Outside(1, Math::log, v -> 1 / v, null)));
        STANDARD.add(new EdgeFunction("exp", 2, 3, new Families.Rate(false)));
        STANDARD.add(new EdgeFunction("sin", 2, 4, new Families.Wave()));
        STANDARD.add(EdgeFunction.ofArgument("abs", 3, 3, Math::abs, Math::signum,
                g -> Expression.call(UnaryFunction.ABS, g), new Searches.Place(1)));
        Searches.WidthAndPlace anywhere = new Searches.WidthAndPlace(0.02, 1000);
        STANDARD.add(EdgeFunction.ofArgument("tanh", 3, 4, Math::tanh, v -> 1 - Math.tanh(v) * Math.tanh(v),
                g -> Expression.call(UnaryFunction.TANH, g), anywhere));
        STANDARD.add(EdgeFunction.ofArgument("gaussian", 3, 4, v -> Math.exp(-v * v), v -> -2 * v * Math.exp(-v * v),
                g -> Expression.call(UnaryFunction.EXP, Expression.power(g, Expression.integer(2)).negated()), anywhere));
        STANDARD.add(EdgeFunction.ofArgument("arctan", 4, 4, Math::atan, v -> 1 / (1 + v * v),
                g -> Expression.call(UnaryFunction.ATAN, g), new Searches.WidthAndPlace(0.05, 1000)));
        STANDARD.add(EdgeFunction.ofArgument("arctanh", 4, 4, v -> 0.5 * Math.log((1 + v) / (1 - v)), v -> 1 / (1 - v * v),
                g -> Expression.call(UnaryFunction.ATANH, g), new Searches.Ends(1)));
        STANDARD.add(EdgeFunction.ofArgument("arcsin", 4, 4, Math::asin, v -> 1 / Math.sqrt(1 - v * v),
                g -> Expression.call(UnaryFunction.ASIN, g), new Searches.Ends(1)));
        STANDARD.add(EdgeFunction.ofArgument("tan", 3, 4, Math::tan, v -> 1 + Math.tan(v) * Math.tan(v),
                g -> Expression.call(UnaryFunction.TAN, g), new Searches.Ends(Math.PI / 2)));
        STANDARD.add(new EdgeFunction("cosh", 3, 4, new Families.Rate(true)));
        DoubleUnaryOperator sech = v -> 1 / Math.cosh(v);
        STANDARD.add(EdgeFunction.ofArgument("sech", 4, 4, sech, v -> -Math.tanh(v) / Math.cosh(v),
                g -> Expression.power(Expression.call(UnaryFunction.COSH, g), Expression.integer(-1)), anywhere));
        STANDARD.add(EdgeFunction.ofArgument("log cosh", 4, 4,
                v -> Math.abs(v) + Math.log1p(Math.exp(-2 * Math.abs(v))) - Math.log(2), Math::tanh,
                g -> Expression.call(UnaryFunction.LOG, Expression.call(UnaryFunction.COSH, g)),
                new Searches.WidthAndPlace(0.1, 100)));
        STANDARD.add(EdgeFunction.ofArgument("relu", 3, 3, v -> Math.max(0, v), v -> v > 0 ? 1 : 0,
                g -> Expression.call(UnaryFunction.RELU, g), new Searches.Place(1), new Searches.Place(-1)));
        STANDARD.add(new EdgeFunction("x^p", 4, 4, new Families.AnyPower(-1), new Families.AnyPower(1)));
        for (int n = 3; n <= 6; n++) {
            STANDARD.add(new EdgeFunction("polynomial " + n, 2 + n, n + 1, new Polynomials.Monomials(n)));
        }
        addSpecial();
    }

    private static void addSpecial() {
        SPECIAL.add(EdgeFunction.ofArgument("x log x", 4, 4, v -> v > 0 ? v * Math.log(v) : Double.NaN, v -> 1 + Math.log(v),
                g -> g.times(Expression.call(UnaryFunction.LOG, g)), new Searches.Line()));
        SPECIAL.add(EdgeFunction.ofArgument("x exp x", 4, 4, v -> v * Math.exp(v), v -> (1 + v) * Math.exp(v),
                g -> g.times(Expression.call(UnaryFunction.EXP, g)), new Searches.Line()));
        SPECIAL.add(EdgeFunction.ofArgument("sinc", 4, 4, v -> v == 0 ? 1 : Math.sin(v) / v,
                v -> v == 0 ? 0 : (Math.cos(v) - Math.sin(v) / v) / v,
                g -> Expression.call(UnaryFunction.SIN, g).over(g), new Searches.WidthAndPlace(0.1, 100)));
        SPECIAL.add(EdgeFunction.ofArgument("softplus", 4, 4,
                v -> Math.max(0, v) + Math.log1p(Math.exp(-Math.abs(v))), v -> 1 / (1 + Math.exp(-v)),
                g -> Expression.call(UnaryFunction.LOG, Expression.integer(1).plus(Expression.call(UnaryFunction.EXP, g))),
                new Searches.WidthAndPlace(0.1, 300)));
        SPECIAL.add(EdgeFunction.ofArgument("erf", 4, 4, UnaryFunction.ERF::at,
                v -> 2 / Math.sqrt(Math.PI) * Math.exp(-v * v), g -> Expression.call(UnaryFunction.ERF, g),
                new Searches.WidthAndPlace(0.1, 300)));
    }

    private static EdgeFunction outside(String name, double complexity, int p, int q) {
        Expression exponent = Expression.rational(p, q);
        double power = (double) p / q;
        DoubleUnaryOperator f = q == 1 ? whole(p) : p == 1 ? Math::sqrt : p == -1 ? v -> 1 / Math.sqrt(v)
                : v -> v * Math.sqrt(v);
        DoubleUnaryOperator slope = v -> power * f.applyAsDouble(v) / v;
        return new EdgeFunction(name, complexity, 3, new Families.Outside(-1, f, slope, exponent),
                new Families.Outside(1, f, slope, exponent));
    }

    private static DoubleUnaryOperator whole(int power) {
        return switch (power) {
            case -1 -> v -> 1 / v;
            case -2 -> v -> 1 / (v * v);
            default -> v -> 1 / (v * v * v);
        };
    }

    /** @throws KanException if it is empty or a name occurs twice */
    public SymbolicLibrary {
        functions = List.copyOf(functions);
        if (functions.isEmpty()) {
            throw invalid("a library needs at least one function");
        }
        Map<String, EdgeFunction> names = new LinkedHashMap<>();
        for (EdgeFunction function : functions) {
            if (names.put(function.name(), function) != null) {
                throw invalid("the library has the function '" + function.name() + "' twice");
            }
        }
    }

    /** What is looked for by default. */
    public static SymbolicLibrary standard() {
        return new SymbolicLibrary(STANDARD);
    }

    /** Lines, powers, roots, logarithm, exponential, sine, absolute value. */
    public static SymbolicLibrary minimal() {
        return of(String.join(",", MINIMAL));
    }

    /** The standard ones and some that are rarer. */
    public static SymbolicLibrary special() {
        List<EdgeFunction> all = new ArrayList<>(STANDARD);
        all.addAll(SPECIAL);
        return new SymbolicLibrary(all);
    }

    /**
     * Sets and functions by their names: {@code default}, {@code minimal}, {@code special}, or such as
     * {@code sin,exp,x^2}.
     *
     * @throws KanException if a name is not known
     */
    public static SymbolicLibrary of(String names) {
        Map<String, EdgeFunction> known = new LinkedHashMap<>();
        special().functions.forEach(f -> known.put(f.name(), f));
        Map<String, EdgeFunction> chosen = new LinkedHashMap<>();
        for (String name : Arrays.stream(names.split(",")).map(String::strip).toList()) {
            switch (name) {
                case "default" -> STANDARD.forEach(f -> chosen.put(f.name(), f));
                case "minimal" -> minimal().functions.forEach(f -> chosen.put(f.name(), f));
                case "special" -> known.values().forEach(f -> chosen.put(f.name(), f));
                default -> {
                    EdgeFunction function = known.get(ALIASES.getOrDefault(name, name));
                    if (function == null) {
                        throw invalid("there is no function '" + name + "' in the library; there are "
                                + String.join(", ", known.keySet()) + ", and the sets default, minimal, special");
                    }
                    chosen.put(function.name(), function);
                }
            }
        }
        return new SymbolicLibrary(List.copyOf(chosen.values()));
    }

    private static final Map<String, String> ALIASES = Map.ofEntries(Map.entry("cos", "sin"), Map.entry("sinh", "cosh"),
            Map.entry("atan", "arctan"), Map.entry("atanh", "arctanh"), Map.entry("asin", "arcsin"), Map.entry("acos", "arcsin"),
            Map.entry("arccos", "arcsin"), Map.entry("ln", "log"), Map.entry("logistic", "tanh"), Map.entry("sigmoid", "tanh"),
            Map.entry("gauss", "gaussian"), Map.entry("linear", "x"), Map.entry("square", "x^2"));

    /** The function of a name, among all there are: {@code cos} is {@code sin}. */
    public static EdgeFunction function(String name) {
        return of(name).functions.get(0);
    }

    /** The same with another function, in place of one of its name. */
    public SymbolicLibrary with(EdgeFunction function) {
        List<EdgeFunction> all = new ArrayList<>(functions);
        all.removeIf(f -> f.name().equals(function.name()));
        all.add(function);
        return new SymbolicLibrary(all);
    }

    private static KanException invalid(String message) {
        return new KanException(Status.INVALID_ARGUMENT, message);
    }
}
