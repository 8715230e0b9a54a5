// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.formula;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.kan4j.formula.Expression.Call;
import org.kan4j.formula.Expression.Constant;
import org.kan4j.formula.Expression.Power;
import org.kan4j.formula.Expression.Product;
import org.kan4j.formula.Expression.Rational;
import org.kan4j.formula.Expression.Real;
import org.kan4j.formula.Expression.Sum;
import org.kan4j.formula.Expression.Variable;

/** LaTeX for math mode. */
final class LatexPrinter {

    static final Set<String> GREEK = Set.of("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota",
            "kappa", "lambda", "mu", "nu", "xi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega");

    private final int digits;

    LatexPrinter(int digits) {
        this.digits = digits;
    }

    String print(Expression e) {
        return switch (e) {
            case Rational r -> r.denominator() == 1 ? Long.toString(r.numerator())
                    : (r.numerator() < 0 ? "-" : "") + "\\frac{" + Math.abs(r.numerator()) + "}{" + r.denominator() + "}";
            case Real r -> real(r.value());
            case Constant c -> c == Constant.PI ? "\\pi" : "e";
            case Variable v -> variable(v.name());
            case Sum sum -> sum(sum);
            case Product product -> fraction(product.factors());
            case Power power when Normal.isDivisor(power) -> fraction(List.of(power));
            case Power power -> power(power.base(), power.exponent());
            case Call call -> call(call);
        };
    }

    private String real(double value) {
        String text = InfixPrinter.real(value, digits);
        int exponent = text.indexOf('E');
        return exponent < 0 ? text
                : text.substring(0, exponent) + " \\cdot 10^{" + text.substring(exponent + 1) + "}";
    }

    private String sum(Sum sum) {
        StringBuilder text = new StringBuilder();
        for (Expression term : sum.terms()) {
            if (text.isEmpty()) {
                text.append(print(term));
            } else if (InfixPrinter.isNegative(term)) {
                Expression positive = term.negated();
                text.append(" - ").append(positive instanceof Sum ? bracketed(positive) : print(positive));
            } else {
                text.append(" + ").append(print(term));
            }
        }
        return text.toString();
    }

    private String fraction(List<Expression> factors) {
        List<String> above = new ArrayList<>();
        List<String> below = new ArrayList<>();
        String sign = "";
        for (Expression factor : factors) {
            if (factor instanceof Rational r) {
                sign = r.numerator() < 0 ? "-" : "";
                if (Math.abs(r.numerator()) != 1) {
                    above.add(Long.toString(Math.abs(r.numerator())));
                }
                if (r.denominator() != 1) {
                    below.add(Long.toString(r.denominator()));
                }
            } else if (Normal.isDivisor(factor)) {
                Power power = (Power) factor;
                Expression positive = Numbers.multiply(Expression.integer(-1), power.exponent());
                below.add(Numbers.is(positive, 1) ? factor(power.base()) : power(power.base(), positive));
            } else {
                above.add(factor(factor));
            }
        }
        String numerator = above.isEmpty() ? "1" : joined(above);
        return below.isEmpty() ? sign + numerator : sign + "\\frac{" + numerator + "}{" + joined(below) + "}";
    }

    /** Numbers that meet need a dot between them. */
    private static String joined(List<String> factors) {
        StringBuilder text = new StringBuilder(factors.get(0));
        for (String factor : factors.subList(1, factors.size())) {
            text.append(Character.isDigit(factor.charAt(0)) ? " \\cdot " : " \\, ").append(factor);
        }
        return text.toString();
    }

    private String factor(Expression e) {
        return e instanceof Sum ? bracketed(e) : print(e);
    }

    private String power(Expression base, Expression exponent) {
        if (exponent instanceof Rational r && r.numerator() == 1 && r.denominator() > 1 && r.denominator() < 10) {
            return "\\sqrt" + (r.denominator() == 2 ? "" : "[" + r.denominator() + "]") + "{" + print(base) + "}";
        }
        boolean simple = base instanceof Variable || base instanceof Constant
                || base instanceof Rational r && r.denominator() == 1 && r.numerator() >= 0
                || base instanceof Real real && real.value() >= 0 && !print(base).contains("cdot");
        return (simple ? "{" + print(base) + "}" : bracketed(base)) + "^{" + print(exponent) + "}";
    }

    private String call(Call call) {
        if (call.function() == UnaryFunction.EXP) {
            return "e^{" + print(call.argument()) + "}";
        }
        if (call.function() == UnaryFunction.ABS) {
            return "\\left|" + print(call.argument()) + "\\right|";
        }
        return call.function().name(Notation.LATEX) + bracketed(call.argument());
    }

    private String bracketed(Expression e) {
        return "\\left(" + print(e) + "\\right)";
    }

    /** Greek letters by their names, digits at the end as an index, all else upright. */
    static String variable(String name) {
        String stem = name.replaceFirst("_?[0-9]*$", "");
        String index = name.substring(stem.length()).replace("_", "");
        if (stem.isEmpty()) {
            stem = name;
            index = "";
        }
        String letters = GREEK.contains(stem) ? "\\" + stem
                : stem.length() == 1 && Character.isLetter(stem.charAt(0)) ? stem : "\\mathrm{" + escape(stem) + "}";
        return index.isEmpty() ? letters : letters + "_{" + index + "}";
    }

    private static String escape(String text) {
        StringBuilder escaped = new StringBuilder();
        for (char c : text.toCharArray()) {
            switch (c) {
                case '_', '%', '&', '#', '$', '{', '}' -> escaped.append('\\').append(c);
                case '\\' -> escaped.append("\\backslash{}");
                case '^' -> escaped.append("\\hat{}");
                case '~' -> escaped.append("\\sim{}");
                case ' ' -> escaped.append("\\ ");
                default -> escaped.append(c);
            }
        }
        return escaped.toString();
    }
}
