// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.formula;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.kan4j.formula.Expression.Call;
import org.kan4j.formula.Expression.Constant;
import org.kan4j.formula.Expression.Power;
import org.kan4j.formula.Expression.Product;
import org.kan4j.formula.Expression.Rational;
import org.kan4j.formula.Expression.Real;
import org.kan4j.formula.Expression.Sum;
import org.kan4j.formula.Expression.Variable;

/** Text, Java, Python, SymPy and C: one grammar, other names. */
final class InfixPrinter {

    private static final int SUM = 1;
    private static final int PRODUCT = 2;
    private static final int ATOM = 4;
    /** Digits of a number that a quotient is written by, and how many more its reciprocal must have. */
    private static final int SHORT = 9;
    private static final int LONGER = 5;
    /** Words of the languages, and names that SymPy gives a meaning. */
    private static final Set<String> WORDS = Set.of(
            "lambda", "def", "class", "if", "else", "for", "while", "return", "in", "is", "not", "and", "or", "import",
            "from", "as", "with", "try", "int", "long", "short", "char", "float", "double", "new", "this", "case", "do",
            "switch", "default", "break", "continue", "static", "final", "const", "void", "np", "Math", "pass", "del",
            "None", "True", "False", "E", "I", "N", "O", "Q", "S", "beta", "gamma", "zeta", "goto", "enum", "signed",
            "true", "false", "null", "pow", "super", "public", "var");

    private final Notation notation;
    private final int digits;

    InfixPrinter(Notation notation, int digits) {
        this.notation = notation;
        this.digits = digits;
    }

    String print(Expression e) {
        return switch (e) {
            case Rational r -> rational(r);
            case Real r -> real(r.value(), digits);
            case Constant c -> constant(c);
            case Variable v -> identifier(v.name(), notation);
            case Sum sum -> sum(sum);
            case Product product -> quotient(product.factors());
            case Power power when Normal.isDivisor(power) -> quotient(List.of(power));
            case Power power -> power(power.base(), power.exponent());
            case Call call -> call(call);
        };
    }

    private int precedence(Expression e) {
        return switch (e) {
            case Sum s -> SUM;
            case Product p -> PRODUCT;
            case Power p when Normal.isDivisor(p) -> PRODUCT;
            case Rational r when r.numerator() < 0 || r.denominator() != 1 && notation != Notation.SYMPY -> SUM;
            case Rational r when r.numerator() < 0 -> SUM;
            case Real r when r.value() < 0 -> SUM;
            case Power p when isRoot(p.exponent()) || callsPower() -> ATOM;
            case Power p -> 3;
            default -> ATOM;
        };
    }

    private String bracketed(Expression e, int least) {
        return precedence(e) < least ? "(" + print(e) + ")" : print(e);
    }

    private String sum(Sum sum) {
        StringBuilder text = new StringBuilder();
        for (Expression term : sum.terms()) {
            if (text.isEmpty()) {
                text.append(print(term));
            } else if (isNegative(term)) {
                Expression positive = term.negated();
                text.append(" - ").append(positive instanceof Sum ? "(" + print(positive) + ")" : print(positive));
            } else {
                text.append(" + ").append(print(term));
            }
        }
        return text.toString();
    }

    static boolean isNegative(Expression term) {
        return Numbers.isNegative(term) || term instanceof Product p && Numbers.isNegative(p.factors().get(0));
    }

    private String quotient(List<Expression> factors) {
        List<String> above = new ArrayList<>();
        List<String> below = new ArrayList<>();
        StringBuilder alone = new StringBuilder();
        String sign = "";
        for (Expression factor : factors) {
            if (factor instanceof Rational r) {
                sign = r.numerator() < 0 ? "-" : "";
                if (Math.abs(r.numerator()) != 1) {
                    above.add(whole(Math.abs(r.numerator())));
                }
                if (r.denominator() != 1) {
                    below.add(whole(r.denominator()));
                }
            } else if (Normal.isDivisor(factor)) {
                Power power = (Power) factor;
                Expression positive = Numbers.multiply(Expression.integer(-1), power.exponent());
                if (Normal.isUnfoldable(power)) {
                    alone.append('/').append(bracketed(power.base(), PRODUCT));
                    continue;
                }
                below.add(Numbers.is(positive, 1) ? bracketed(power.base(), 3) : power(power.base(), positive));
            } else if (factor instanceof Real real && divisor(real.value()) != null) {
                sign = real.value() < 0 ? "-" : "";
                below.add(divisor(real.value()));
            } else if (factor instanceof Real) {
                above.add(print(factor)); // it comes first: a sign needs no brackets
            } else {
                above.add(bracketed(factor, 3));
            }
        }
        String numerator = above.isEmpty() ? "1" : String.join("*", above);
        if (below.isEmpty()) {
            return sign + numerator + alone;
        }
        String denominator = String.join("*", below);
        return sign + numerator + "/" + (below.size() > 1 ? "(" + denominator + ")" : denominator) + alone;
    }

    /** The short number that a long one is one over, as 4.7 of 0.2127659574468085; null where there is none. */
    private String divisor(double value) {
        if (notation != Notation.TEXT || digits > 0 || value == 0) {
            return null;
        }
        double inverse = new BigDecimal(1 / Math.abs(value)).round(new MathContext(SHORT)).doubleValue();
        String text = Double.toString(inverse);
        boolean same = StrictMath.pow(inverse, -1) == Math.abs(value);
        return same && !text.endsWith(".0") && text.length() + LONGER <= Double.toString(Math.abs(value)).length() ? text : null;
    }

    private static boolean isRoot(Expression exponent) {
        return exponent instanceof Rational r && r.numerator() == 1 && r.denominator() == 2;
    }

    private boolean callsPower() {
        return notation == Notation.JAVA || notation == Notation.C;
    }

    private String power(Expression base, Expression exponent) {
        if (isRoot(exponent)) {
            String root = switch (notation) {
                case JAVA -> "Math.sqrt";
                case PYTHON -> "np.sqrt";
                default -> "sqrt";
            };
            return root + "(" + print(base) + ")";
        }
        if (callsPower()) {
            return (notation == Notation.JAVA ? "Math.pow(" : "pow(") + print(base) + ", " + print(exponent) + ")";
        }
        return bracketed(base, ATOM) + (notation == Notation.TEXT ? "^" : "**") + bracketed(exponent, ATOM);
    }

    private String call(Call call) {
        String name = call.function().name(notation);
        String argument = print(call.argument());
        if (call.function() == UnaryFunction.RELU && notation != Notation.TEXT) {
            String larger = switch (notation) {
                case JAVA -> "Math.max";
                case PYTHON -> "np.maximum";
                case SYMPY -> "Max";
                default -> "fmax";
            };
            return larger + "(0, " + argument + ")";
        }
        return name + "(" + argument + ")";
    }

    private String constant(Constant c) {
        return switch (notation) {
            case JAVA -> c == Constant.PI ? "Math.PI" : "Math.E";
            case PYTHON -> c == Constant.PI ? "np.pi" : "np.e";
            case C -> c == Constant.PI ? "M_PI" : "M_E";
            case SYMPY -> c == Constant.PI ? "pi" : "exp(1)";
            default -> c == Constant.PI ? "pi" : "e";
        };
    }

    private String rational(Rational r) {
        if (r.denominator() == 1) {
            return (r.numerator() < 0 ? "-" : "") + whole(Math.abs(r.numerator()));
        }
        if (notation == Notation.SYMPY) {
            return "Rational(" + r.numerator() + ", " + r.denominator() + ")";
        }
        // The point makes a double of it in languages that divide whole numbers to whole numbers.
        return r.numerator() + "/" + r.denominator() + (callsPower() ? "." : "");
    }

    /** A positive whole number; those that no int holds are written as doubles where types matter. */
    private String whole(long value) {
        return value + (callsPower() && value > Integer.MAX_VALUE ? "." : "");
    }

    /** The shortest text that reads back as the same double, always with a point or an exponent. */
    static String real(double value, int digits) {
        if (digits <= 0) {
            return Double.toString(value);
        }
        double rounded = new BigDecimal(value).round(new MathContext(digits)).doubleValue();
        return Double.toString(rounded);
    }

    static String identifier(String name, Notation notation) {
        if (notation == Notation.TEXT) {
            boolean plain = Parser.isIdentifier(name) && !Parser.isReserved(name) && !name.startsWith("M_");
            return plain ? name : "`" + name + "`";
        }
        String clean = name.replaceAll("[^A-Za-z0-9_]+", "_");
        if (clean.isEmpty() || Character.isDigit(clean.charAt(0))) {
            clean = "_" + clean;
        }
        boolean taken = Parser.isReserved(clean) || WORDS.contains(clean) || clean.toLowerCase(Locale.ROOT).startsWith("m_")
                || clean.equals("Abs") || clean.equals("_");
        return taken ? clean + "_" : clean;
    }
}
