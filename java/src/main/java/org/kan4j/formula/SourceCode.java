// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.formula;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.kan4j.error.KanException;
import org.kan4j.error.Status;
import org.kan4j.formula.Expression.Call;

/** A formula as a function of a language, with what the language's library lacks. */
final class SourceCode {

    private static final Map<UnaryFunction, String> JAVA = Map.of(
            UnaryFunction.ATANH, """
                    static double atanh(double x) {
                        return 0.5 * (Math.log1p(x) - Math.log1p(-x));
                    }
                    """,
            UnaryFunction.ERF, """
                    static double erf(double x) {
                        double a = Math.abs(x);
                        if (a > 6) {
                            return Math.signum(x);
                        }
                        if (a < 2) {
                            double term = x;
                            double sum = x;
                            for (int n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
                                term *= -x * x / n;
                                sum += term / (2 * n + 1);
                            }
                            return 2 / Math.sqrt(Math.PI) * sum;
                        }
                        double fraction = a;
                        for (int n = 80; n >= 1; n--) {
                            fraction = a + n / 2.0 / fraction;
                        }
                        return Math.signum(x) * (1 - Math.exp(-a * a) / (fraction * Math.sqrt(Math.PI)));
                    }
                    """);

    private SourceCode() {
    }

    static String of(Notation notation, String name, Formula formula) {
        if (!Parser.isIdentifier(name)) {
            throw invalid("'" + name + "' cannot be the name of a function");
        }
        Set<UnaryFunction> called = new HashSet<>();
        collect(formula.expression(), called);
        for (UnaryFunction function : called) {
            if (!UnaryFunction.standard().contains(function)) {
                throw invalid("the function " + function.name() + " is known by its values only: it has no source");
            }
        }
        List<String> parameters = parameters(notation, formula.variables());
        String value = formula.expression().format(notation);
        return switch (notation) {
            case JAVA -> java(name, parameters, value, called);
            case PYTHON -> python(name, parameters, value, called);
            case C -> c(name, parameters, value, called);
            default -> throw invalid("there is source in JAVA, PYTHON and C, not in " + notation);
        };
    }

    private static List<String> parameters(Notation notation, List<String> variables) {
        List<String> names = new ArrayList<>();
        for (String variable : variables) {
            String name = InfixPrinter.identifier(variable, notation);
            if (names.contains(name)) {
                throw invalid("two variables would be named " + name + " in the source; one is '" + variable + "'");
            }
            names.add(name);
        }
        return names;
    }

    private static void collect(Expression e, Set<UnaryFunction> functions) {
        if (e instanceof Call call) {
            functions.add(call.function());
        }
        e.children().forEach(child -> collect(child, functions));
    }

    private static String doubles(List<String> parameters) {
        return parameters.stream().map(p -> "double " + p).collect(Collectors.joining(", "));
    }

    private static String java(String name, List<String> parameters, String value, Set<UnaryFunction> called) {
        StringBuilder source = new StringBuilder("static double " + name + "(" + doubles(parameters) + ") {\n    return " + value
                + ";\n}\n");
        JAVA.forEach((function, helper) -> source.append(called.contains(function) ? "\n" + helper : ""));
        return source.toString();
    }

    private static String python(String name, List<String> parameters, String value, Set<UnaryFunction> called) {
        String erf = called.contains(UnaryFunction.ERF) ? "import math\n" : "";
        String helper = called.contains(UnaryFunction.ERF) ? "\nerf = np.vectorize(math.erf)\n" : "";
        return erf + "import numpy as np\n" + helper + "\n\ndef " + name + "(" + String.join(", ", parameters) + "):\n    return "
                + value + "\n";
    }

    private static String c(String name, List<String> parameters, String value, Set<UnaryFunction> called) {
        String sign = called.contains(UnaryFunction.SIGN)
                ? "static double sign(double x) {\n    return (x > 0) - (x < 0);\n}\n\n" : "";
        return "#include <math.h>\n\n#ifndef M_PI\n#define M_PI 3.14159265358979323846\n#endif\n"
                + "#ifndef M_E\n#define M_E 2.71828182845904523536\n#endif\n\n" + sign + "double " + name + "("
                + (parameters.isEmpty() ? "void" : doubles(parameters)) + ") {\n    return " + value + ";\n}\n";
    }

    private static KanException invalid(String message) {
        return new KanException(Status.INVALID_ARGUMENT, message);
    }
}
