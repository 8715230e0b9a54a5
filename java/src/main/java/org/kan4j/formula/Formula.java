// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.formula;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.kan4j.error.Counted;
import org.kan4j.error.KanException;
import org.kan4j.error.Status;

/**
 * A real function of variables in an order: an {@link Expression} as it was written, such as {@code exp(sin(pi*x) + y^2)}.
 *
 * <p>It may hold numbers, {@code + - * / ^} (also {@code **}; powers bind from the right and closer than a sign before
 * them), brackets, the constants {@code pi} and {@code e}, and the functions {@code sqrt exp log abs sign relu sin cos tan
 * asin acos atan sinh cosh tanh atanh erf} ({@code ln}, {@code arcsin}, {@code arccos}, {@code arctan}, {@code arctanh} are
 * other names for five of them), also with the prefixes and names they have in Java, NumPy, SymPy and C. Every other name is
 * a variable; names that are no identifiers stand between back quotes. Values are those of {@link StrictMath}: the same on
 * every machine.
 *
 * <p>Immutable.
 */
public final class Formula {

    private final String text;
    private final Expression expression;
    private final List<String> variables;
    private final Map<String, Integer> places = new HashMap<>();

    private Formula(String text, Expression expression, List<String> variables) {
        this.text = text;
        this.expression = expression;
        this.variables = List.copyOf(variables);
        for (int i = 0; i < variables.size(); i++) {
            places.put(variables.get(i), i);
        }
    }

    /**
     * Reads a formula. Its variables are all names in it that mean nothing else, in natural order: a, b, x1, x2, x10.
     *
     * @throws KanException if it cannot be read, with the place
     */
    public static Formula parse(String text) {
        Expression expression = Expression.parse(text);
        return new Formula(text, expression, expression.variables());
    }

    /**
     * Reads a formula of given variables.
     *
     * @param variables their names, in the order of {@link #evaluate}'s values; not all must occur
     * @throws KanException if it cannot be read or holds another name, with the place
     */
    public static Formula parse(String text, List<String> variables) {
        requireNames(variables);
        return new Formula(text, new Parser(text, variables, List.of()).expression(), variables);
    }

    /**
     * An expression as a function of variables.
     *
     * @param variables their names, in the order of {@link #evaluate}'s values; all of the expression's must be among them
     * @throws KanException if the expression holds another variable
     */
    public static Formula of(Expression expression, List<String> variables) {
        for (String name : expression.variables()) {
            if (!variables.contains(name)) {
                throw invalid("the expression's variable '%s' is none of %s", name, String.join(", ", variables));
            }
        }
        return new Formula(expression.toString(), expression, variables);
    }

    private static void requireNames(List<String> variables) {
        Set<String> known = new HashSet<>();
        for (String name : variables) {
            if (name.isBlank() || name.indexOf('`') >= 0 || Parser.isReserved(name)) {
                throw invalid("'%s' cannot be the name of a variable", name);
            }
            if (!known.add(name)) {
                throw invalid("the variable '%s' is named twice", name);
            }
        }
    }

    private static KanException invalid(String format, Object... arguments) {
        return new KanException(Status.INVALID_ARGUMENT, String.format(format, arguments));
    }

    /** Its tree. */
    public Expression expression() {
        return expression;
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
            throw invalid("the formula has the %s %s, given %s", Counted.of(variables.size(), "variable"),
                    variables, Counted.of(values.length, "value"));
        }
        return Evaluation.at(expression, variable -> values[places.get(variable.name())]);
    }

    /**
     * Source of a function of the variables, in their order: a static method of Java, a function of Python for arrays of
     * NumPy, or one of C; with what the language's library lacks and no other dependency.
     *
     * @param language {@link Notation#JAVA}, {@link Notation#PYTHON} or {@link Notation#C}
     * @param name of the function
     * @throws KanException if it is another notation, the name is no identifier, or the formula calls a function of the user's
     */
    public String source(Notation language, String name) {
        return SourceCode.of(language, name, this);
    }

    /** The text it was read from. */
    @Override
    public String toString() {
        return text;
    }
}
