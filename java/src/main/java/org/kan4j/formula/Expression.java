// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.formula;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.kan4j.error.KanException;
import org.kan4j.error.Status;

/**
 * A real expression of named variables: an immutable tree.
 *
 * <p>Trees are made by the static functions here and by {@link #parse}; they keep a light normal form, so that what is
 * printed reads back as the same tree: sums hold no sums and at most one number, products hold no products and at most one
 * number, which comes first; factors with negative powers come last (a quotient is a product with a power of -1), and
 * numbers are folded. Nothing else is changed before {@link #simplify}.
 *
 * <p>Exact numbers ({@link Rational}, {@link Constant}) differ from measured ones ({@link Real}): a fit moves the latter.
 */
public sealed interface Expression {

    /** An exact fraction in lowest terms. */
    record Rational(long numerator, long denominator) implements Expression {

        /** @throws KanException if it is not in lowest terms with a positive denominator */
        public Rational {
            if (denominator <= 0 || Numbers.gcd(numerator, denominator) != 1) {
                throw malformed(numerator + "/" + denominator + " is not a fraction in lowest terms");
            }
        }

        @Override
        public String toString() {
            return format(Notation.TEXT);
        }
    }

    /** A number known as a double only, such as a fitted constant; never NaN or infinite. */
    record Real(double value) implements Expression {

        /** @throws KanException if it is not finite */
        public Real {
            if (!Double.isFinite(value)) {
                throw malformed("a number in an expression must be finite, given " + value);
            }
            value = value == 0 ? 0.0 : value; // one zero, so that equal numbers are equal trees
        }

        @Override
        public String toString() {
            return format(Notation.TEXT);
        }
    }

    /** A number with a name. */
    enum Constant implements Expression {
        /** The circle's. */
        PI(StrictMath.PI),
        /** Euler's. */
        E(StrictMath.E);

        private final double value;

        Constant(double value) {
            this.value = value;
        }

        /** The nearest double. */
        public double value() {
            return value;
        }

        @Override
        public String toString() {
            return format(Notation.TEXT);
        }
    }

    /** A variable; any name that is not blank. Names that are no identifiers are printed between back quotes. */
    record Variable(String name) implements Expression {

        /** @throws KanException if the name is blank or holds a back quote */
        public Variable {
            if (name.isBlank() || name.indexOf('`') >= 0) {
                throw malformed("'" + name + "' cannot be the name of a variable");
            }
        }

        @Override
        public String toString() {
            return format(Notation.TEXT);
        }
    }

    /** The sum of two or more terms. */
    record Sum(List<Expression> terms) implements Expression {

        /** @throws KanException if {@link Expression#sum} would not have made it so */
        public Sum {
            terms = List.copyOf(terms);
            Normal.requireSum(terms);
        }

        @Override
        public String toString() {
            return format(Notation.TEXT);
        }
    }

    /** The product of two or more factors. */
    record Product(List<Expression> factors) implements Expression {

        /** @throws KanException if {@link Expression#product} would not have made it so */
        public Product {
            factors = List.copyOf(factors);
            Normal.requireProduct(factors);
        }

        @Override
        public String toString() {
            return format(Notation.TEXT);
        }
    }

    /** A power; square roots are powers of 1/2. */
    record Power(Expression base, Expression exponent) implements Expression {

        /** @throws KanException if {@link Expression#power} would not have made it so */
        public Power {
            Normal.requirePower(base, exponent);
        }

        @Override
        public String toString() {
            return format(Notation.TEXT);
        }
    }

    /** A function's value. */
    record Call(UnaryFunction function, Expression argument) implements Expression {

        /** @throws KanException for exp(1), which is {@link Constant#E} */
        public Call {
            Objects.requireNonNull(function, "function");
            Objects.requireNonNull(argument, "argument");
            Normal.requireCall(function, argument);
        }

        @Override
        public String toString() {
            return format(Notation.TEXT);
        }
    }

    /** A whole number. */
    static Expression integer(long value) {
        return Numbers.fraction(value, 1);
    }

    /**
     * An exact fraction.
     *
     * @throws KanException if the denominator is 0
     */
    static Expression rational(long numerator, long denominator) {
        if (denominator == 0) {
            throw malformed("a fraction needs a denominator other than 0");
        }
        return Numbers.fraction(numerator, denominator);
    }

    /** A measured number. */
    static Expression real(double value) {
        return new Real(value);
    }

    /** A variable. */
    static Expression variable(String name) {
        return new Variable(name);
    }

    /** The sum of any number of terms. */
    static Expression sum(List<? extends Expression> terms) {
        return Normal.sum(terms);
    }

    /** The sum of any number of terms. */
    static Expression sum(Expression... terms) {
        return Normal.sum(List.of(terms));
    }

    /** The product of any number of factors. */
    static Expression product(List<? extends Expression> factors) {
        return Normal.product(factors);
    }

    /** The product of any number of factors. */
    static Expression product(Expression... factors) {
        return Normal.product(List.of(factors));
    }

    /** A power. */
    static Expression power(Expression base, Expression exponent) {
        return Normal.power(base, exponent);
    }

    /** A function's value. */
    static Expression call(UnaryFunction function, Expression argument) {
        return Normal.call(function, argument);
    }

    /** This plus another. */
    default Expression plus(Expression other) {
        return sum(this, other);
    }

    /** This less another. */
    default Expression minus(Expression other) {
        return sum(this, other.negated());
    }

    /** This times another. */
    default Expression times(Expression other) {
        return product(this, other);
    }

    /** This divided by another. */
    default Expression over(Expression other) {
        return product(this, power(other, integer(-1)));
    }

    /** The square root. */
    default Expression squareRoot() {
        return power(this, rational(1, 2));
    }

    /** The negative. */
    default Expression negated() {
        return product(integer(-1), this);
    }

    /**
     * Reads an expression in any of the infix notations: text, Java, Python, SymPy, C. {@link Formula} says what may
     * stand in it.
     *
     * @throws KanException if it cannot be read, with the place
     */
    static Expression parse(String text) {
        return new Parser(text, null, List.of()).expression();
    }

    /**
     * Reads an expression that may call functions of the user's.
     *
     * @throws KanException if it cannot be read, with the place
     */
    static Expression parse(String text, List<UnaryFunction> functions) {
        return new Parser(text, null, functions).expression();
    }

    /** The parts of which this is made, in order. */
    default List<Expression> children() {
        return switch (this) {
            case Sum sum -> sum.terms;
            case Product product -> product.factors;
            case Power power -> List.of(power.base, power.exponent);
            case Call call -> List.of(call.argument);
            default -> List.of();
        };
    }

    /** The same node of changed parts. */
    default Expression mapChildren(UnaryOperator<Expression> change) {
        List<Expression> old = children();
        List<Expression> changed = new ArrayList<>(old.size());
        boolean same = true;
        for (Expression child : old) {
            Expression now = change.apply(child);
            same &= now == child;
            changed.add(now);
        }
        if (same) {
            return this;
        }
        return switch (this) {
            case Sum sum -> sum(changed);
            case Product product -> product(changed);
            case Power power -> power(changed.get(0), changed.get(1));
            case Call call -> call(call.function, changed.get(0));
            default -> this;
        };
    }

    /** Whether it is a single number without a name. */
    default boolean isNumber() {
        return this instanceof Rational || this instanceof Real;
    }

    /** The number of nodes of the tree. */
    default int size() {
        int nodes = 1;
        for (Expression child : children()) {
            nodes += child.size();
        }
        return nodes;
    }

    /** The names of the variables that occur, in natural order: a, b, x1, x2, x10. */
    default List<String> variables() {
        TreeSet<String> names = new TreeSet<>(Order.NATURAL);
        Order.collectVariables(this, names);
        return List.copyOf(names);
    }

    /** The value at a point, one number a variable; NaN or infinite where it is undefined. */
    default double evaluate(Map<String, Double> point) {
        return Evaluation.at(this, point);
    }

    /**
     * The values at many points.
     *
     * @param columns of each variable its values, all of one length
     * @param rows how many points
     */
    default double[] evaluate(Map<String, double[]> columns, int rows) {
        return Evaluation.columns(this, columns, rows);
    }

    /** The derivative with respect to a variable, as it follows from the rules; {@link #simplify()} makes it short. */
    default Expression derivative(String variable) {
        return Derivative.of(this, variable);
    }

    /** Other expressions in place of variables, all at once; numbers are folded as everywhere. */
    default Expression substitute(Map<String, Expression> replacements) {
        if (this instanceof Variable variable) {
            return replacements.getOrDefault(variable.name, this);
        }
        return mapChildren(child -> child.substitute(replacements));
    }

    /** An interval that holds the values at all points of a box where the expression is defined. */
    default Interval enclose(Map<String, Interval> box) {
        return Enclosure.of(this, box);
    }

    /** Whether it is defined at every point of a box. */
    default DomainProof proveDomain(Map<String, Interval> box) {
        return DomainProof.of(this, box, DomainProof.PIECES);
    }

    /** A smaller expression of equal value wherever this one is defined, in canonical order. */
    default Expression simplify() {
        return new Simplifier(Map.of()).simplify(this);
    }

    /** A smaller expression of equal value at all points of a box where this one is defined, in canonical order. */
    default Expression simplify(Map<String, Interval> box) {
        return new Simplifier(box).simplify(this);
    }

    /** The same with terms and factors in canonical order. */
    default Expression canonical() {
        return Order.canonical(this);
    }

    /** Written in a notation, every number to its last digit. */
    default String format(Notation notation) {
        return format(notation, 0);
    }

    /**
     * Written in a notation.
     *
     * @param digits significant digits of measured numbers; 0 for as many as tell them from their neighbours
     */
    default String format(Notation notation, int digits) {
        return switch (notation) {
            case LATEX -> new LatexPrinter(digits).print(this);
            case MATHML -> new MathMlPrinter(digits).print(this);
            default -> new InfixPrinter(notation, digits).print(this);
        };
    }

    private static KanException malformed(String message) {
        return new KanException(Status.INVALID_ARGUMENT, message);
    }
}
