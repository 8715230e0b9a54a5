// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.formula;

import java.util.List;
import java.util.Map;
import org.kan4j.formula.Expression.Call;
import org.kan4j.formula.Expression.Constant;
import org.kan4j.formula.Expression.Power;
import org.kan4j.formula.Expression.Product;
import org.kan4j.formula.Expression.Rational;
import org.kan4j.formula.Expression.Real;
import org.kan4j.formula.Expression.Sum;
import org.kan4j.formula.Expression.Variable;

/** Presentation MathML for HTML pages. */
final class MathMlPrinter {

    private static final String TIMES = "<mo>&#x2062;</mo>";
    private static final String APPLY = "<mo>&#x2061;</mo>";
    private static final Map<String, String> LETTERS = Map.ofEntries(
            Map.entry("alpha", "\u03b1"), Map.entry("beta", "\u03b2"), Map.entry("gamma", "\u03b3"), Map.entry("delta", "\u03b4"),
            Map.entry("epsilon", "\u03b5"),
            Map.entry("zeta", "\u03b6"), Map.entry("eta", "\u03b7"), Map.entry("theta", "\u03b8"), Map.entry("iota", "\u03b9"),
            Map.entry("kappa", "\u03ba"), Map.entry("lambda", "\u03bb"), Map.entry("mu", "\u03bc"), Map.entry("nu", "\u03bd"),
            Map.entry("xi", "\u03be"), Map.entry("rho", "\u03c1"), Map.entry("sigma", "\u03c3"), Map.entry("tau", "\u03c4"),
            Map.entry("upsilon", "\u03c5"), Map.entry("phi", "\u03c6"), Map.entry("chi", "\u03c7"), Map.entry("psi", "\u03c8"),
            Map.entry("omega", "\u03c9"));

    private final int digits;

    MathMlPrinter(int digits) {
        this.digits = digits;
    }

    String print(Expression e) {
        return "<math xmlns=\"http://www.w3.org/1998/Math/MathML\">" + part(e) + "</math>";
    }

    private String part(Expression e) {
        return switch (e) {
            case Rational r when r.denominator() == 1 -> number(Long.toString(r.numerator()));
            case Rational r -> sign(r.numerator() < 0, fraction(number(Long.toString(Math.abs(r.numerator()))),
                    number(Long.toString(r.denominator()))));
            case Real r -> real(r.value());
            case Constant c -> "<mi>" + (c == Constant.PI ? "\u03c0" : "e") + "</mi>";
            case Variable v -> variable(v.name());
            case Sum sum -> sum(sum);
            case Product product -> quotient(product.factors());
            case Power power when Normal.isDivisor(power) -> quotient(List.of(power));
            case Power power -> power(power.base(), power.exponent());
            case Call call -> call(call);
        };
    }

    private String real(double value) {
        String text = InfixPrinter.real(value, digits);
        int exponent = text.indexOf('E');
        return exponent < 0 ? number(text) : row(number(text.substring(0, exponent)) + "<mo>&#xB7;</mo><msup><mn>10</mn>"
                + number(text.substring(exponent + 1)) + "</msup>");
    }

    private static String number(String text) {
        return text.startsWith("-") ? row("<mo>&#x2212;</mo><mn>" + text.substring(1) + "</mn>") : "<mn>" + text + "</mn>";
    }

    private static String row(String parts) {
        return "<mrow>" + parts + "</mrow>";
    }

    private static String sign(boolean negative, String part) {
        return negative ? row("<mo>&#x2212;</mo>" + part) : part;
    }

    private static String fraction(String above, String below) {
        return "<mfrac>" + above + below + "</mfrac>";
    }

    private String sum(Sum sum) {
        StringBuilder text = new StringBuilder();
        for (Expression term : sum.terms()) {
            if (text.isEmpty()) {
                text.append(part(term));
            } else if (InfixPrinter.isNegative(term)) {
                Expression positive = term.negated();
                text.append("<mo>&#x2212;</mo>").append(positive instanceof Sum ? bracketed(positive) : part(positive));
            } else {
                text.append("<mo>+</mo>").append(part(term));
            }
        }
        return row(text.toString());
    }

    private String quotient(List<Expression> factors) {
        StringBuilder above = new StringBuilder();
        StringBuilder below = new StringBuilder();
        boolean negative = false;
        for (Expression factor : factors) {
            if (factor instanceof Rational r) {
                negative = r.numerator() < 0;
                if (Math.abs(r.numerator()) != 1) {
                    append(above, number(Long.toString(Math.abs(r.numerator()))));
                }
                if (r.denominator() != 1) {
                    append(below, number(Long.toString(r.denominator())));
                }
            } else if (Normal.isDivisor(factor)) {
                Power power = (Power) factor;
                Expression positive = Numbers.multiply(Expression.integer(-1), power.exponent());
                append(below, Numbers.is(positive, 1) ? factor(power.base()) : power(power.base(), positive));
            } else {
                append(above, factor(factor));
            }
        }
        String numerator = above.isEmpty() ? number("1") : row(above.toString());
        return sign(negative, below.isEmpty() ? numerator : fraction(numerator, row(below.toString())));
    }

    private static void append(StringBuilder product, String factor) {
        product.append(product.isEmpty() ? "" : TIMES).append(factor);
    }

    private String factor(Expression e) {
        return e instanceof Sum ? bracketed(e) : part(e);
    }

    private String power(Expression base, Expression exponent) {
        if (exponent instanceof Rational r && r.numerator() == 1 && r.denominator() == 2) {
            return "<msqrt>" + part(base) + "</msqrt>";
        }
        boolean simple = base instanceof Variable || base instanceof Constant
                || base instanceof Rational r && r.denominator() == 1 && r.numerator() >= 0;
        return "<msup>" + (simple ? part(base) : bracketed(base)) + part(exponent) + "</msup>";
    }

    private String call(Call call) {
        if (call.function() == UnaryFunction.EXP) {
            return "<msup><mi>e</mi>" + part(call.argument()) + "</msup>";
        }
        if (call.function() == UnaryFunction.ABS) {
            return row("<mo>|</mo>" + part(call.argument()) + "<mo>|</mo>");
        }
        return row("<mi>" + call.function().name() + "</mi>" + APPLY + bracketed(call.argument()));
    }

    private String bracketed(Expression e) {
        return row("<mo>(</mo>" + part(e) + "<mo>)</mo>");
    }

    private static String variable(String name) {
        String stem = name.replaceFirst("_?[0-9]*$", "");
        String index = name.substring(stem.length()).replace("_", "");
        if (stem.isEmpty()) {
            stem = name;
            index = "";
        }
        String letter = "<mi>" + LETTERS.getOrDefault(stem, stem.replace("&", "&amp;").replace("<", "&lt;")) + "</mi>";
        return index.isEmpty() ? letter : "<msub>" + letter + "<mn>" + index + "</mn></msub>";
    }
}
