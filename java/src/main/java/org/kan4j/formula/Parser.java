// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.formula;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.kan4j.error.KanException;
import org.kan4j.error.Status;
import org.kan4j.formula.Expression.Constant;

/** Reads the infix notations: recursive descent, one method a level of precedence. */
final class Parser {

    private static final int DEEPEST = 500;
    private static final Set<String> PREFIXES = Set.of("Math", "StrictMath", "np", "numpy", "math", "sympy", "sp", "scipy",
            "special");
    private static final Map<String, String> ALIASES = Map.ofEntries(Map.entry("ln", "log"), Map.entry("arcsin", "asin"),
            Map.entry("arccos", "acos"), Map.entry("arctan", "atan"),
            Map.entry("arctanh", "atanh"), Map.entry("artanh", "atanh"), Map.entry("Abs", "abs"), Map.entry("fabs", "abs"),
            Map.entry("signum", "sign"));

    private final String text;
    private final Collection<String> allowed;
    private final Map<String, UnaryFunction> functions = new HashMap<>();
    private int at;
    private int depth;

    /** @param allowed names of variables; null for any */
    Parser(String text, Collection<String> allowed, List<UnaryFunction> functions) {
        this.text = text;
        this.allowed = allowed;
        UnaryFunction.standard().forEach(f -> this.functions.put(f.name(), f));
        ALIASES.forEach((alias, name) -> this.functions.put(alias, this.functions.get(name)));
        functions.forEach(f -> this.functions.put(f.name(), f));
    }

    static boolean isIdentifier(String name) {
        return name.matches("[A-Za-z_][A-Za-z_0-9]*");
    }

    /** Whether a name has a meaning of its own, so that no variable can bear it unquoted. */
    static boolean isReserved(String name) {
        return name.equals("pi") || name.equals("e") || name.equals("sqrt") || ALIASES.containsKey(name)
                || UnaryFunction.standard().stream().anyMatch(f -> f.name().equals(name));
    }

    Expression expression() {
        Expression root = sum();
        if (peek() != 0) {
            throw error(at, peek() == ')' ? "this ')' closes nothing" : "expected an operator or the end");
        }
        return root;
    }

    private Expression sum() {
        if (++depth > DEEPEST) {
            throw error(at, "brackets nest more than " + DEEPEST + " deep");
        }
        List<Expression> terms = new ArrayList<>();
        terms.add(product());
        while (true) {
            if (take('+')) {
                terms.add(product());
            } else if (take('-')) {
                terms.add(product().negated());
            } else {
                depth--;
                return made(() -> Expression.sum(terms));
            }
        }
    }

    private Expression product() {
        List<Expression> factors = new ArrayList<>();
        factors.add(signed());
        while (true) {
            if (take('*')) {
                factors.add(signed());
            } else if (take('/')) {
                Expression divisor = signed();
                factors.add(Expression.power(divisor, Expression.integer(-1)));
            } else {
                return made(() -> Expression.product(factors));
            }
        }
    }

    private Expression signed() {
        boolean negative = false;
        while (true) {
            if (take('-')) {
                negative = !negative;
            } else if (!take('+')) {
                break;
            }
        }
        Expression power = power();
        return negative ? power.negated() : power;
    }

    private Expression power() {
        Expression base = operand();
        if (peek() == '*' && at + 1 < text.length() && text.charAt(at + 1) == '*') {
            at += 2;
        } else if (!take('^')) {
            return base;
        }
        if (++depth > DEEPEST) {
            throw error(at, "powers nest more than " + DEEPEST + " deep");
        }
        Expression exponent = signed();
        depth--;
        return Expression.power(base, exponent);
    }

    private Expression operand() {
        char c = peek();
        int start = at;
        if (c == '(') {
            at++;
            Expression inner = sum();
            close(start);
            return inner;
        }
        if (digit(c) || c == '.') {
            return number();
        }
        if (c == '`') {
            return quoted();
        }
        if (!letter(c)) {
            throw error(at, c == 0 ? "it ends where a number, a name or '(' is expected"
                    : "expected a number, a name or '(', found '" + Character.toString(text.codePointAt(at)) + "'");
        }
        String name = name();
        boolean prefixed = false;
        while (at + 1 < text.length() && text.charAt(at) == '.' && letter(text.charAt(at + 1)) && PREFIXES.contains(name)) {
            at++;
            name = name();
            prefixed = true;
        }
        return named(name, start, prefixed);
    }

    private Expression named(String name, int start, boolean prefixed) {
        int after = at;
        boolean called = peek() == '(';
        if (name.equals("pi") || name.equals("M_PI") || prefixed && name.equals("PI")) {
            return Constant.PI;
        }
        if (name.equals("e") || name.equals("M_E") || prefixed && name.equals("E")) {
            return Constant.E;
        }
        if (name.equals("sqrt") || functions.containsKey(name)) {
            if (!called) {
                throw error(after, "the function " + name + " needs its argument in brackets");
            }
            Expression argument = arguments(1).get(0);
            return name.equals("sqrt") ? argument.squareRoot() : Expression.call(functions.get(name), argument);
        }
        if (called) {
            return special(name, start);
        }
        return variable(name, start);
    }

    /** What takes two arguments in languages. */
    private Expression special(String name, int start) {
        switch (name) {
            case "pow", "power" -> {
                List<Expression> both = arguments(2);
                return Expression.power(both.get(0), both.get(1));
            }
            case "Rational" -> {
                List<Expression> both = arguments(2);
                return both.get(0).over(both.get(1));
            }
            case "max", "maximum", "fmax", "Max" -> {
                List<Expression> both = arguments(2);
                if (!Numbers.is(both.get(0), 0)) {
                    throw error(start, "only the larger of 0 and another number is known, as in max(0, x)");
                }
                return Expression.call(UnaryFunction.RELU, both.get(1));
            }
            default -> throw error(start, "there is no function '" + name + "'; there are sqrt, " + known());
        }
    }

    private String known() {
        return functions.values().stream().map(UnaryFunction::name).distinct().sorted().collect(Collectors.joining(", "));
    }

    private List<Expression> arguments(int count) {
        peek();
        int open = at++;
        List<Expression> arguments = new ArrayList<>();
        arguments.add(sum());
        while (arguments.size() < count) {
            if (!take(',')) {
                throw error(at, "expected ',' and another argument");
            }
            arguments.add(sum());
        }
        close(open);
        return arguments;
    }

    private Expression variable(String name, int start) {
        if (allowed != null && !allowed.contains(name)) {
            throw error(start, "'" + name + "' is none of the variables " + String.join(", ", allowed));
        }
        return Expression.variable(name);
    }

    private Expression quoted() {
        int start = at;
        int end = text.indexOf('`', at + 1);
        if (end < 0) {
            throw error(start, "the name after this '`' is not closed");
        }
        String name = text.substring(start + 1, end);
        if (name.isBlank()) {
            throw error(start, "a variable needs a name");
        }
        at = end + 1;
        return variable(name, start);
    }

    private String name() {
        int start = at;
        while (at < text.length() && (letter(text.charAt(at)) || digit(text.charAt(at)))) {
            at++;
        }
        return text.substring(start, at);
    }

    /** Whole numbers are exact ("2", and "2." for languages whose 1/2 is 0), all others measured. */
    private Expression number() {
        int start = at;
        digits();
        int whole = at;
        boolean exact = true;
        if (at < text.length() && text.charAt(at) == '.') {
            at++;
            int fraction = at;
            digits();
            exact = at == fraction && whole > start;
        }
        int mantissa = at;
        if (at < text.length() && (text.charAt(at) == 'e' || text.charAt(at) == 'E')) {
            at++;
            if (at < text.length() && (text.charAt(at) == '+' || text.charAt(at) == '-')) {
                at++;
            }
            int exponent = at;
            digits();
            exact &= at == exponent;
            if (at == exponent) {
                at = mantissa; // not an exponent: the name after the number is reported as such
            }
        }
        String written = text.substring(start, at);
        double value;
        try {
            value = Double.parseDouble(written);
        } catch (NumberFormatException e) {
            throw error(start, "'" + written + "' is not a number");
        }
        if (!Double.isFinite(value)) {
            throw error(start, "the number " + written + " is too large");
        }
        return exact && value <= 1L << 53 ? Expression.integer((long) value) : Expression.real(value);
    }

    private void digits() {
        while (at < text.length() && digit(text.charAt(at))) {
            at++;
        }
    }

    private void close(int open) {
        if (!take(')')) {
            throw error(at, peek() == 0 ? "the '(' at position " + (open + 1) + " is not closed"
                    : "expected an operator or ')'");
        }
    }

    /** The next character that is not a space; 0 at the end. */
    private char peek() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        return at < text.length() ? text.charAt(at) : 0;
    }

    private boolean take(char c) {
        if (peek() == c && !(c == '*' && at + 1 < text.length() && text.charAt(at + 1) == '*')) {
            at++;
            return true;
        }
        return false;
    }

    private interface Making {
        Expression expression();
    }

    /** Folded numbers may leave the doubles. */
    private Expression made(Making making) {
        try {
            return making.expression();
        } catch (KanException e) {
            throw error(Math.max(0, at - 1), e.getMessage());
        }
    }

    private static boolean letter(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_';
    }

    private static boolean digit(char c) {
        return c >= '0' && c <= '9';
    }

    private KanException error(int position, String what) {
        return new KanException(Status.INVALID_ARGUMENT,
                "the formula '" + text + "' cannot be read at position " + (position + 1) + ": " + what);
    }
}
