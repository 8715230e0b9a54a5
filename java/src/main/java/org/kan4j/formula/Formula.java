// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.formula;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import org.kan4j.error.KanException;
import org.kan4j.error.Status;

/**
 * A real function of named variables, read from text such as {@code exp(sin(pi*x) + y^2)}.
 *
 * <p>It may hold numbers, {@code + - * / ^} (also {@code **}; powers bind from the right and closer than a sign before
 * them), brackets, the constants {@code pi} and {@code e}, and the functions {@code exp log sqrt abs sin cos tan asin
 * acos atan sinh cosh tanh} ({@code ln}, {@code arcsin}, {@code arccos} and {@code arctan} are other names for four of
 * them). Every other name is a variable. Values are those of {@link StrictMath}: the same on every machine.
 *
 * <p>Immutable.
 */
public final class Formula {

    private final String text;
    private final Node root;
    private final List<String> variables;

    private Formula(String text, Node root, List<String> variables) {
        this.text = text;
        this.root = root;
        this.variables = List.copyOf(variables);
    }

    /**
     * Reads a formula. Its variables are all names in it that mean nothing else, in natural order: a, b, x1, x2, x10.
     *
     * @throws KanException if it cannot be read, with the place
     */
    public static Formula parse(String text) {
        Parser parser = new Parser(text, null);
        Node root = parser.formula();
        List<String> names = new ArrayList<>(parser.variables);
        names.sort(Formula::naturalOrder);
        return new Formula(text, parser.bind(root, names), names);
    }

    /**
     * Reads a formula of given variables.
     *
     * @param variables their names, in the order of {@link #evaluate}'s values; not all must occur
     * @throws KanException if it cannot be read or holds another name, with the place
     */
    public static Formula parse(String text, List<String> variables) {
        Set<String> known = new HashSet<>();
        for (String name : variables) {
            if (!name.matches("[A-Za-z_][A-Za-z_0-9]*") || Parser.reserved(name)) {
                throw invalid("'%s' cannot be the name of a variable", name);
            }
            if (!known.add(name)) {
                throw invalid("the variable '%s' is named twice", name);
            }
        }
        Parser parser = new Parser(text, variables);
        return new Formula(text, parser.bind(parser.formula(), variables), variables);
    }

    private static int naturalOrder(String a, String b) {
        String stemA = a.replaceFirst("[0-9]*$", "");
        String stemB = b.replaceFirst("[0-9]*$", "");
        int byStem = stemA.compareTo(stemB);
        if (byStem != 0) {
            return byStem;
        }
        int byLength = Integer.compare(a.length(), b.length());
        return byLength != 0 ? byLength : a.compareTo(b);
    }

    private static KanException invalid(String format, Object... arguments) {
        return new KanException(Status.INVALID_ARGUMENT, String.format(format, arguments));
    }

    /** The variables, in the order of {@link #evaluate}'s values. */
    public List<String> variables() {
        return variables;
    }

    /**
     * The value at a point; not finite where the formula is undefined.
     *
     * @param values one a variable
     */
    public double evaluate(double... values) {
        if (values.length != variables.size()) {
            throw invalid("the formula has the %d variables %s, given %d values", variables.size(),
                variables, values.length);
        }
        return root.at(values);
    }

    /** The text it was read from. */
    @Override
    public String toString() {
        return text;
    }

    // ----------------------------------------------------------------------------------------------------------- nodes

    private sealed interface Node {
        double at(double[] values);
    }

    private record Constant(double value) implements Node {
        @Override
        public double at(double[] values) {
            return value;
        }
    }

    private record Named(String name) implements Node {
        @Override
        public double at(double[] values) {
            throw new IllegalStateException("the variable " + name + " is not bound");
        }
    }

    private record Variable(int index) implements Node {
        @Override
        public double at(double[] values) {
            return values[index];
        }
    }

    private record Unary(DoubleUnaryOperator function, Node argument) implements Node {
        @Override
        public double at(double[] values) {
            return function.applyAsDouble(argument.at(values));
        }
    }

    private record Binary(DoubleBinaryOperator operator, Node left, Node right) implements Node {
        @Override
        public double at(double[] values) {
            return operator.applyAsDouble(left.at(values), right.at(values));
        }
    }

    // ---------------------------------------------------------------------------------------------------------- parser

    /** Recursive descent, one method a level of precedence. */
    private static final class Parser {

        private static final int DEEPEST = 500;

        private final String text;
        private final Collection<String> allowed;
        private final Set<String> variables = new HashSet<>();
        private int at;
        private int depth;

        Parser(String text, Collection<String> allowed) {
            this.text = text;
            this.allowed = allowed;
        }

        Node formula() {
            Node root = sum();
            if (peek() != 0) {
                throw error(at, peek() == ')' ? "this ')' closes nothing" : "expected an operator or the end");
            }
            return root;
        }

        private Node sum() {
            if (++depth > DEEPEST) {
                throw error(at, "brackets nest more than " + DEEPEST + " deep");
            }
            Node left = product();
            while (true) {
                if (take('+')) {
                    left = new Binary(Double::sum, left, product());
                } else if (take('-')) {
                    left = new Binary((a, b) -> a - b, left, product());
                } else {
                    depth--;
                    return left;
                }
            }
        }

        private Node product() {
            Node left = signed();
            while (true) {
                if (take('*')) {
                    left = new Binary((a, b) -> a * b, left, signed());
                } else if (take('/')) {
                    left = new Binary((a, b) -> a / b, left, signed());
                } else {
                    return left;
                }
            }
        }

        private Node signed() {
            boolean negative = false;
            while (true) {
                if (take('-')) {
                    negative = !negative;
                } else if (!take('+')) {
                    break;
                }
            }
            Node power = power();
            return negative ? new Unary(a -> -a, power) : power;
        }

        private Node power() {
            Node base = operand();
            if (peek() == '*' && at + 1 < text.length() && text.charAt(at + 1) == '*') {
                at += 2;
            } else if (!take('^')) {
                return base;
            }
            if (++depth > DEEPEST) {
                throw error(at, "powers nest more than " + DEEPEST + " deep");
            }
            Node exponent = signed();
            depth--;
            return new Binary(StrictMath::pow, base, exponent);
        }

        private Node operand() {
            char c = peek();
            int start = at;
            if (c == '(') {
                at++;
                Node inner = sum();
                close(start);
                return inner;
            }
            if (c >= '0' && c <= '9' || c == '.') {
                return number();
            }
            if (!letter(c)) {
                throw error(at, c == 0 ? "it ends where a number, a name or '(' is expected"
                    : "expected a number, a name or '(', found '" + Character.toString(text.codePointAt(at)) + "'");
            }
            while (at < text.length() && (letter(text.charAt(at)) || digit(text.charAt(at)))) {
                at++;
            }
            String name = text.substring(start, at);
            DoubleUnaryOperator function = function(name);
            if (function != null) {
                int open = at;
                if (!take('(')) {
                    throw error(open, "the function " + name + " needs its argument in brackets");
                }
                Node argument = sum();
                close(open);
                return new Unary(function, argument);
            }
            if (peek() == '(') {
                throw error(start, "there is no function '" + name + "'; there are exp, log, sqrt, abs, sin, cos, tan, "
                    + "asin, acos, atan, sinh, cosh, tanh");
            }
            if (name.equals("pi")) {
                return new Constant(StrictMath.PI);
            }
            if (name.equals("e")) {
                return new Constant(StrictMath.E);
            }
            if (allowed != null && !allowed.contains(name)) {
                throw error(start, "'" + name + "' is none of the variables " + String.join(", ", allowed));
            }
            variables.add(name);
            return new Named(name);
        }

        private Node number() {
            int start = at;
            digits();
            if (at < text.length() && text.charAt(at) == '.') {
                at++;
                digits();
            }
            int mantissa = at;
            if (at < text.length() && (text.charAt(at) == 'e' || text.charAt(at) == 'E')) {
                at++;
                if (at < text.length() && (text.charAt(at) == '+' || text.charAt(at) == '-')) {
                    at++;
                }
                int exponent = at;
                digits();
                if (at == exponent) {
                    at = mantissa; // not an exponent: the name after the number is reported as such
                }
            }
            try {
                return new Constant(Double.parseDouble(text.substring(start, at)));
            } catch (NumberFormatException e) {
                throw error(start, "'" + text.substring(start, at) + "' is not a number");
            }
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

        private static boolean letter(char c) {
            return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_';
        }

        private static boolean digit(char c) {
            return c >= '0' && c <= '9';
        }

        private KanException error(int position, String what) {
            return invalid("the formula '%s' cannot be read at position %d: %s", text, position + 1, what);
        }

        static boolean reserved(String name) {
            return name.equals("pi") || name.equals("e") || function(name) != null;
        }

        private static DoubleUnaryOperator function(String name) {
            return switch (name) {
                case "exp" -> StrictMath::exp;
                case "log", "ln" -> StrictMath::log;
                case "sqrt" -> StrictMath::sqrt;
                case "abs" -> Math::abs;
                case "sin" -> StrictMath::sin;
                case "cos" -> StrictMath::cos;
                case "tan" -> StrictMath::tan;
                case "asin", "arcsin" -> StrictMath::asin;
                case "acos", "arccos" -> StrictMath::acos;
                case "atan", "arctan" -> StrictMath::atan;
                case "sinh" -> StrictMath::sinh;
                case "cosh" -> StrictMath::cosh;
                case "tanh" -> StrictMath::tanh;
                default -> null;
            };
        }

        /** Names become indices. */
        Node bind(Node node, List<String> names) {
            return switch (node) {
                case Constant constant -> constant;
                case Variable variable -> variable;
                case Named named -> new Variable(names.indexOf(named.name));
                case Unary unary -> new Unary(unary.function, bind(unary.argument, names));
                case Binary binary -> new Binary(binary.operator, bind(binary.left, names), bind(binary.right, names));
            };
        }
    }
}
