// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import org.kan4j.error.KanException;
import org.kan4j.error.Status;
import org.kan4j.formula.Expression;
import org.kan4j.formula.UnaryFunction;

/** What an edge may be: a function with its free constants, such as c sin(a x + b) + d. */
public final class EdgeFunction {

    private final String name;
    private final double complexity;
    private final int constants;
    private final List<Family> families;

    EdgeFunction(String name, double complexity, int constants, Family... families) {
        this.name = name;
        this.complexity = complexity;
        this.constants = constants;
        this.families = List.of(families);
    }

    /**
     * c f(a x + b) + d for a function of the user's.
     *
     * @param complexity bits that a better fit must be worth: 1 is a line's, 2 an exponential's, 4 an arcsine's
     * @throws KanException if the complexity is negative or not finite
     */
    public static EdgeFunction of(UnaryFunction function, double complexity) {
        if (!(complexity >= 0 && complexity < 1000)) {
            throw new KanException(Status.INVALID_ARGUMENT, "the complexity of the function " + function.name()
                    + " must be 0 or more, given " + complexity);
        }
        DoubleUnaryOperator inside = v -> function.domain().contains(v) ? function.at(v) : Double.NaN;
        return new EdgeFunction(function.name(), complexity, 4, new Families.OfArgument(inside, function::slopeAt,
                new Searches.Line(), argument -> Expression.call(function, argument)));
    }

    static EdgeFunction ofArgument(String name, double complexity, int constants, DoubleUnaryOperator f,
            DoubleUnaryOperator slope, UnaryOperator<Expression> written, Families.Search... searches) {
        Family[] families = new Family[searches.length];
        for (int i = 0; i < families.length; i++) {
            families[i] = new Families.OfArgument(f, slope, searches[i], written);
        }
        return new EdgeFunction(name, complexity, constants, families);
    }

    /** Its name, such as {@code sin} or {@code x^2}. */
    public String name() {
        return name;
    }

    /** K, in bits. */
    public double complexity() {
        return complexity;
    }

    /** How many constants are free. */
    public int constants() {
        return constants;
    }

    List<Family> families() {
        return families;
    }

    @Override
    public String toString() {
        return name;
    }
}
