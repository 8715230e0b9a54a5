// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kan4j.formula.Expression;
import org.kan4j.formula.UnaryFunction;

/** Values and derivatives of tapes against expressions' own values and their differences. */
class TapeTest {

    private static final Map<String, double[]> COLUMNS = Map.of("x", new double[] {0.3, 1.7, -0.9, 2.2}, "y",
            new double[] {1.1, 0.4, 2.5, 0.6});

    private static Composition one(String text) {
        return Composition.of(Map.of("out", Expression.parse(text)));
    }

    private static void compare(Composition composition, boolean tied) {
        Tape tape = new Tape(composition, tied);
        double[] at = tape.parameters();
        double[][] values = Arrays.stream(tape.forward(at, COLUMNS, 4)).map(double[]::clone).toArray(double[][]::new);
        for (int k = 0; k < composition.outputs().size(); k++) {
            assertArrayEquals(composition.evaluate(COLUMNS, 4).get(composition.outputs().get(k)), values[k], 1e-12);
            double[][] jacobian = new double[at.length][4];
            Arrays.fill(jacobian[0], 77); // of a run before
            tape.forward(at, COLUMNS, 4);
            tape.backward(k, jacobian);
            for (int p = 0; p < at.length; p++) {
                double step = 1e-6 * (1 + Math.abs(at[p]));
                double[] above = at.clone();
                double[] below = at.clone();
                above[p] += step;
                below[p] -= step;
                double[] high = tape.with(above).evaluate(COLUMNS, 4).get(composition.outputs().get(k));
                double[] low = tape.with(below).evaluate(COLUMNS, 4).get(composition.outputs().get(k));
                for (int b = 0; b < 4; b++) {
                    double difference = (high[b] - low[b]) / (2 * step);
                    assertEquals(difference, jacobian[p][b], 1e-5 * (1 + Math.abs(difference)),
                            "constant " + p + " of output " + k);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.5*x + 2.5*y + 0.5", "1.5*x*y*(x + 0.7)", "(2.5*x + 9.1)^2", "(2.5*x + 9.1)^3",
        "(2.5*x + 9.1)^(-1)",
        "(2.5*x + 9.1)^(-2)", "(2.5*x + 9.1)^(-3)", "(2.5*x + 9.1)^(1/2)", "(2.5*x + 9.1)^(-1/2)", "(2.5*x + 9.1)^(3/2)",
        "(2.5*x + 9.1)^5", "y^1.7 + (1.2*x)^2", "(0.3*y)^x", "1.25^(0.5*x)", "exp(1.3*x)", "log(1.3*y)", "sin(1.3*x)*cos(0.7*x)",
        "tanh(0.4*x)/(y + 1.5)", "tan(0.3*x)", "abs(x - 1.05)", "sqrt(y + 0.25)*atan(1.5*x)", "3.5*x + pi*y/3 + 2*exp(-0.1*y)"})
    void derivativesAreThoseOfTheValues(String text) {
        compare(one(text), false);
        compare(one(text), true);
    }

    @Test
    void definitionsAreUsedByLaterOnesAndByEachOutput() {
        Composition composition = new Composition(List.of(new Definition("h", Expression.parse("1.5*x + 0.25")),
                new Definition("a", Expression.parse("h^2 + 0.5*h*y")), new Definition("b", Expression.parse("sin(h) - 2.5*a"))),
                List.of("a", "b"));
        compare(composition, false);
        Tape tape = new Tape(composition, false);
        assertEquals(List.of("h", "h", "a", "b"), List.of(tape.place(0), tape.place(1), tape.place(2), tape.place(3)));
        assertArrayEquals(new double[] {1.5, 0.25, 0.5, 2.5}, Arrays.stream(tape.parameters()).map(Math::abs).toArray(), 0);
    }

    @Test
    void equalConstantsAreOneWhereTheyAreTied() {
        Composition twice = one("1.5*x + 1.5*y^2 + 0.5");
        assertEquals(3, new Tape(twice, false).parameters().length);
        Tape tied = new Tape(twice, true);
        assertEquals(2, tied.parameters().length);
        double[] other = tied.parameters();
        int one = other[0] == 1.5 ? 0 : 1;
        other[one] = 3;
        assertEquals(3 * 1.7 + 3 * 0.16 + 0.5, tied.with(other).evaluate(COLUMNS, 4).get("out")[1], 1e-12);
        compare(twice, true);
    }

    /** Fewer rows after more: nothing of the longer columns is left. */
    @Test
    void aTapeTakesAnyNumberOfRows() {
        Tape tape = new Tape(one("1.5*x + y"), false);
        tape.forward(tape.parameters(), COLUMNS, 4);
        double[][] less = tape.forward(tape.parameters(), Map.of("x", new double[] {1, 2}, "y", new double[] {5, 6}), 2);
        assertArrayEquals(new double[] {6.5, 9}, less[0], 1e-15);
    }

    @Test
    void slopesAreThoseOfFunctions() {
        for (UnaryFunction function : List.of(UnaryFunction.EXP, UnaryFunction.LOG, UnaryFunction.SIN, UnaryFunction.COS,
                UnaryFunction.TANH, UnaryFunction.TAN, UnaryFunction.ABS, UnaryFunction.ATAN, UnaryFunction.COSH)) {
            for (double x : new double[] {0.3, 1.2}) {
                assertEquals((function.at(x + 1e-6) - function.at(x - 1e-6)) / 2e-6, Slopes.at(function, x, function.at(x)),
                        1e-6 * (1 + Math.abs(Slopes.at(function, x, function.at(x)))), function.name() + " at " + x);
            }
        }
        assertEquals(-1, Slopes.at(UnaryFunction.ABS, -2, 2));
    }

    /** Each warp and the way back are inverse on its domain, and what loses digits is left out. */
    @Test
    void warpsLeadBack() {
        double[][] targets = {{0.1, 0.4, 0.75, 0.9}, {-0.9, -0.3, 0.2, 0.8}, {1.5, 2, 2.5, 7}, {-3, -2, -0.5, -0.1}};
        int seen = 0;
        for (double[] target : targets) {
            assertTrue(Warp.of(target).getFirst() == Warp.NONE);
            for (Warp warp : Warp.of(target)) {
                double[] warped = warp.apply(target);
                double[] back = warp.back().apply(Expression.variable("w")).evaluate(Map.of("w", warped), 4);
                assertArrayEquals(target, back, 1e-12, warp.name());
                seen++;
            }
        }
        List<String> names = Warp.of(targets[0]).stream().map(Warp::name).toList();
        assertEquals(List.of("", "log", "square of", "1 over", "1 over the square of", "root of", "exp", "artanh", "sin", "tan",
                "cos", "arcsin", "logit"), names);
        assertEquals(List.of("", "log of minus", "square of minus", "1 over", "exp"),
                Warp.of(targets[3]).stream().map(Warp::name).toList());
        assertEquals(List.of("", "1 over", "exp", "artanh", "sin", "tan", "arcsin"),
                Warp.of(targets[1]).stream().map(Warp::name).toList());
        assertEquals(List.of("", "log", "square of", "1 over", "1 over the square of", "root of", "exp"),
                Warp.of(targets[2]).stream().map(Warp::name).toList());
        assertEquals(List.of("", "1 over"), Warp.reciprocal(targets[2]).stream().map(Warp::name).toList());
        assertEquals(List.of(""), Warp.reciprocal(new double[] {0, 1, 2}).stream().map(Warp::name).toList());
        assertFalse(Warp.of(new double[] {1e-5, 2e-5, 3e-5}).stream().anyMatch(w -> w.name().equals("exp")),
                "1 + x of a small x has lost its digits");
        assertEquals(13 + 7 + 7 + 5, seen);
    }
}
