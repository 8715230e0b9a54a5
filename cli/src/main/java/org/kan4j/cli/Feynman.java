// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.kan4j.data.FormulaSet.Range;
import org.kan4j.formula.Formula;

/**
 * The dimensionless Feynman equations of arXiv 2404.19756, table 2 (without I.26.2, whose published cells disagree),
 * with the shape that the authors chose by hand and the RMSE they report for it. The ranges are kan4j's, as the paper
 * does not state its own.
 *
 * @param name its number in the Feynman lectures
 * @param formula of its variables, in order
 * @param ranges of the variables
 * @param layers the human-constructed shape
 * @param published RMSE of that shape
 */
record Feynman(String name, Formula formula, List<Range> ranges, long[] layers, double published) {

    private static final double PI = Math.PI;
    private static final List<Feynman> ALL = List.of(
            of("I.6.2", "exp(-theta^2/(2*sigma^2))/sqrt(2*pi*sigma^2)", 7.66e-5, widths(2, 2, 1, 1),
                    "theta", -1, 1, "sigma", .5, 2),
            of("I.6.2b", "exp(-(theta-theta1)^2/(2*sigma^2))/sqrt(2*pi*sigma^2)", 1.22e-3, widths(3, 2, 2, 1, 1),
                    "theta", -1, 1, "theta1", -1, 1, "sigma", .5, 2),
            of("I.9.18", "a/((b-1)^2+(c-d)^2+(f-g)^2)", 1.48e-3, widths(6, 4, 2, 1, 1),
                    "a", -1, 1, "b", -1, 0, "c", -1, 1, "d", -1, 1, "f", -1, 1, "g", -1, 1),
            of("I.12.11", "1+a*sin(theta)", 2.07e-3, widths(2, 2, 2, 1), "a", -1, 1, "theta", -PI, PI),
            of("I.13.12", "a*(1/b-1)", 7.22e-3, widths(2, 2, 1), "a", -1, 1, "b", .5, 2),
            of("I.15.3x", "(1-a)/sqrt(1-b^2)", 7.35e-3, widths(2, 2, 1, 1), "a", -1, 1, "b", -.8, .8),
            of("I.16.6", "(a+b)/(1+a*b)", 1.06e-3, widths(2, 2, 2, 2, 2, 1), "a", -.9, .9, "b", -.9, .9),
            of("I.18.4", "(1+a*b)/(1+a)", 3.92e-4, widths(2, 2, 2, 1, 1), "a", 0, 1, "b", -1, 1),
            of("I.27.6", "1/(1+a*b)", 2.22e-4, widths(2, 2, 1, 1), "a", 0, 2, "b", 0, 2),
            of("I.29.16", "sqrt(1+a^2-2*a*cos(theta1-theta2))", 2.36e-1, widths(3, 2, 2, 3, 2, 1, 1),
                    "a", 0, .8, "theta1", -PI, PI, "theta2", -PI, PI),
            of("I.30.3", "sin(n*theta/2)^2/sin(theta/2)^2", 3.85e-1, widths(2, 3, 2, 2, 1, 1),
                    "n", 1, 3, "theta", .2, 3),
            of("I.30.5", "asin(a/n)", 2.23e-4, widths(2, 1, 1), "a", -.9, .9, "n", 1, 2),
            of("I.37.4", "1+a+2*sqrt(a)*cos(delta)", 7.57e-5, widths(2, 3, 2, 1), "a", .05, 1, "delta", -PI, PI),
            of("I.40.1", "n0*exp(-a)", 3.45e-3, widths(2, 1, 1), "n0", 0, 1, "a", -1, 1),
            of("I.44.4", "n*log(a)", 2.30e-5, widths(2, 2, 1), "n", 0, 1, "a", .2, 2),
            of("I.50.26", "cos(a)+alpha*cos(a)^2", 1.52e-4, widths(2, 2, 3, 1), "a", -PI, PI, "alpha", -1, 1),
            of("II.2.42", "(a-1)*b", 8.54e-4, widths(2, 2, 1), "a", -1, 1, "b", -1, 1),
            of("II.6.15a", "c*sqrt(a^2+b^2)/(4*pi)", 2.61e-3, widths(3, 2, 2, 2, 1),
                    "a", .1, 1, "b", .1, 1, "c", -1, 1),
            of("II.11.7", "n0*(1+a*cos(theta))", 7.10e-3, widths(3, 3, 3, 2, 2, 1),
                    "n0", -1, 1, "a", -1, 1, "theta", -PI, PI),
            of("II.11.27", "n*alpha/(1-n*alpha/3)", 2.67e-5, widths(2, 2, 1, 2, 1), "n", 0, 1, "alpha", 0, 1),
            of("II.35.18", "n0/(exp(a)+exp(-a))", 4.13e-4, widths(2, 1, 1), "n0", 0, 1, "a", -1, 1),
            of("II.36.38", "a+alpha*b", 2.85e-3, widths(3, 3, 1), "a", -1, 1, "alpha", -1, 1, "b", -1, 1),
            of("II.38.3", "a/b", 1.47e-4, widths(2, 1, 1), "a", -1, 1, "b", .5, 2),
            of("III.9.52", "a*(sin((b-c)/2)/((b-c)/2))^2", 4.43e-2, widths(3, 2, 3, 1, 1),
                    "a", 0, 1, "b", -1, 1, "c", -1, 1),
            of("III.10.19", "sqrt(1+a^2+b^2)", 2.54e-3, widths(2, 1, 1), "a", -1, 1, "b", -1, 1),
            of("III.17.37", "beta*(1+alpha*cos(theta))", 1.10e-3, widths(3, 3, 3, 2, 2, 1),
                    "alpha", -1, 1, "beta", -1, 1, "theta", -PI, PI));

    /** All, in the order of the lectures. */
    static List<Feynman> all() {
        return ALL;
    }

    /** The equation of a name, in any case of its letters. */
    static Optional<Feynman> named(String name) {
        return ALL.stream().filter(e -> e.name.equalsIgnoreCase(name)).findFirst();
    }

    /** @param box of each variable its name and its range's ends */
    private static Feynman of(String name, String formula, double published, long[] layers, Object... box) {
        List<String> variables = new ArrayList<>();
        List<Range> ranges = new ArrayList<>();
        for (int i = 0; i < box.length; i += 3) {
            variables.add((String) box[i]);
            ranges.add(new Range(((Number) box[i + 1]).doubleValue(), ((Number) box[i + 2]).doubleValue()));
        }
        return new Feynman(name, Formula.parse(formula, variables), ranges, layers, published);
    }

    private static long[] widths(long... widths) {
        return widths;
    }
}
