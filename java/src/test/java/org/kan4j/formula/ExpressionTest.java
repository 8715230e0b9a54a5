// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.formula;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.kan4j.error.KanException;

class ExpressionTest {

    @ParameterizedTest
    @EnumSource(names = {"TEXT", "JAVA", "PYTHON", "SYMPY", "C"})
    void everyNotationReadsBackAsTheSameTree(Notation notation) {
        RandomTrees trees = new RandomTrees(1);
        for (int i = 0; i < 5_000; i++) {
            Expression tree = trees.tree(4);
            String text = tree.format(notation);
            assertEquals(tree, Expression.parse(text), text);
        }
    }

    @Test
    void columnsHoldTheValuesOfPoints() {
        RandomTrees trees = new RandomTrees(2);
        for (int i = 0; i < 500; i++) {
            Expression tree = trees.tree(4);
            double[][] columns = new double[3][7];
            for (double[] column : columns) {
                java.util.Arrays.setAll(column, b -> trees.random().nextDouble(-2, 2));
            }
            double[] values = tree.evaluate(Map.of("x", columns[0], "y", columns[1], "z", columns[2]), 7);
            for (int b = 0; b < 7; b++) {
                assertEquals(tree.evaluate(Map.of("x", columns[0][b], "y", columns[1][b], "z", columns[2][b])), values[b],
                        tree.toString());
            }
        }
    }

    @Test
    void partsComeInOrder() {
        Map<String, String> parts = Map.of("x + 2*y - z", "[x, 2*y, -z]", "z*sin(x)*y", "[z, sin(x), y]", "(x + 1)^y",
                "[x + 1, y]", "tanh(x*y)", "[x*y]", "x", "[]", "1.5", "[]");
        parts.forEach((text, expected) -> {
            Expression e = Expression.parse(text);
            assertEquals(expected, e.children().toString(), text);
            assertEquals(e, e.mapChildren(child -> child), text);
            java.util.List<Expression> seen = new java.util.ArrayList<>();
            e.mapChildren(child -> {
                seen.add(child);
                return child;
            });
            assertEquals(expected, seen.toString(), text);
        });
    }

    /** Numbers, then by variables, by falling degree, and of one degree variables, powers, products, sums and calls. */
    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {"exp(x)*(x + 1)*sqrt(x^2)*x; x*sqrt(x^2)*(x + 1)*exp(x)",
        "exp(x) + 2*x + sqrt(x^2) + x; x + sqrt(x^2) + 2*x + exp(x)", "x + x^2 + 3 + x^3; x^3 + x^2 + x + 3",
        "cos(x) + abs(x) + sin(x); abs(x) + cos(x) + sin(x)", "b + a2 + a10 + a; a + a2 + a10 + b", "y*pi*x*2; 2*pi*x*y",
        "-x + 1; 1 - x", "x*y + y + x; x + x*y + y"})
    void sumsAndProductsHaveOneOrder(String text, String canonical) {
        assertEquals(canonical, Expression.parse(text).canonical().toString());
    }

    @Test
    void derivativesAreThoseOfDifferences() {
        RandomTrees trees = new RandomTrees(3);
        int compared = 0;
        for (int i = 0; i < 3_000; i++) {
            Expression tree = trees.tree(3);
            Expression slope = tree.derivative("x");
            Map<String, Double> at = Map.of("x", 0.7, "y", 0.4, "z", 1.3);
            double h = 1e-5;
            double exact = slope.evaluate(at);
            double high = tree.evaluate(Map.of("x", 0.7 + h, "y", 0.4, "z", 1.3));
            double low = tree.evaluate(Map.of("x", 0.7 - h, "y", 0.4, "z", 1.3));
            double higher = tree.evaluate(Map.of("x", 0.7 + 2 * h, "y", 0.4, "z", 1.3));
            double lower = tree.evaluate(Map.of("x", 0.7 - 2 * h, "y", 0.4, "z", 1.3));
            double difference = (8 * (high - low) - (higher - lower)) / (12 * h);
            double rough = (high - low) / (2 * h);
            double scale = Math.max(Math.abs(high), Math.abs(difference));
            if (Double.isFinite(exact) && scale < 1e6 && Math.abs(difference - rough) < 1e-6 * scale) {
                assertEquals(difference, exact, 1e-5 * (1 + scale), () -> tree + " has the derivative " + slope);
                compared++;
            }
        }
        assertTrue(compared > 1_000, "compared " + compared);
    }

    @Test
    void whatIsSimplifiedHasTheSameValue() {
        RandomTrees trees = new RandomTrees(4);
        int compared = 0;
        for (int i = 0; i < 10_000; i++) {
            Expression tree = trees.tree(4);
            Expression simple = tree.simplify(Map.of("x", new Interval(0.1, 2), "y", new Interval(-2, 2)));
            assertTrue(Simplifier.cost(simple) <= 3 * Simplifier.cost(tree) + 10, () -> tree + " grew to " + simple);
            for (int k = 0; k < 4; k++) {
                Map<String, Double> at = Map.of("x", trees.random().nextDouble(0.1, 2),
                        "y", trees.random().nextDouble(-2, 2), "z", trees.random().nextDouble(-2, 2));
                double expected = tree.evaluate(at);
                double conditioned = tree.evaluate(nudged(at));
                if (!Double.isFinite(expected) || Math.abs(expected) > 1e8
                        || !(Math.abs(expected - conditioned) < 1e-6 * (Math.abs(expected) + 1e-3))) {
                    continue;
                }
                compared++;
                assertEquals(expected, simple.evaluate(at), 1e-5 * (Math.abs(expected) + 1e-2),
                        () -> tree + " became " + simple + " at " + at);
            }
        }
        assertTrue(compared > 10_000, "compared " + compared);
    }

    private static Map<String, Double> nudged(Map<String, Double> at) {
        double factor = 1 + 1e-9;
        return Map.of("x", at.get("x") * factor, "y", at.get("y") * factor, "z", at.get("z") * factor);
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "y^2 + sin(x*pi); sin(pi*x) + y^2", "x + x; 2*x", "x*x*x/x; x^2", "log(exp(x)); x", "sqrt(y^2); abs(y)",
        "sqrt(x^2); x", "exp(2*log(x)); x^2", "exp(x)*exp(y); exp(x + y)", "sin(y + pi/2); cos(y)", "sin(y + 3*pi); -sin(y)",
        "cos(y - pi/2); sin(y)", "sin(x)^2 + cos(x)^2; 1", "tanh(atanh(y) + atanh(z)); (y + z)/(y*z + 1)",
        "2*log(x) + 2*log(w); 2*log(x*w)", "log(x^2*w^2); 2*log(w*x)", "log(x^3/w^3); 3*log(x/w)",
        "sin(2*(log(x) + log(w))); sin(2*log(x*w))", "log(x) - log(w); log(x/w)",
        "((y+z)^2 - (y-z)^2)/4; y*z", "y*z + y*w; y*(w + z)", "(y - z)*(y + z) + z^2; y^2", "exp(y) + exp(-y); 2*cosh(y)",
        "abs(-3*y); 3*abs(y)", "2*(3*y + 1/2) - 1; 6*y", "log(x^3); 3*log(x)", "x - x; 0", "y/y; 1", "0*sin(y); 0",
        "sqrt(4); 2", "e^y; exp(y)", "asin(-y); -asin(y)", "(y*2)^2; 4*y^2", "(y*z)^2; (y*z)^2", "sqrt(x)*sqrt(x); x",
        "sin(pi*(y^2 + z - 1)); -sin(pi*(y^2 + z))", "cos(y) + cos(2*y)*z/2 + z/2; z*cos(y)^2 + cos(y)",
        "x/2 - x*cos(2*y)/2; x*sin(y)^2", "1/2 - tanh(log(x*w)/2)/2; 1/(w*x + 1)", "x/(w+1) + 1/(w+1); (x + 1)/(w + 1)",
        "-y*w/(-x - w); w*y/(w + x)", "1/(-x - w)^2; 1/(w + x)^2", "3/(-x - w)^3; -3/(w + x)^3",
        "-y/(z - w); y/(w - z)", "-3*y*z/(y*z - 3); 3*y*z/(3 - y*z)", "-y*(z - 1)/w; y*(1 - z)/w",
        "y^2 - 2*y + 1 + z; (y - 1)^2 + z", "y^2 - 2*y*z + z^2; (y - z)^2", "x*(y^2 + 4*y*z + 4*z^2); x*(y + 2*z)^2",
        "-a/(2*(b - b^2/2 + c*(d - c/2) - d^2/2 - 1/2)); a/((b - 1)^2 + (c - d)^2)",
        "y^4 + y^2*(4*z^2 - 2) + 1; (y^2 - 1)^2 + 4*(y*z)^2", "(4*a^2 - 2*b^2)*c^2 + c^4 + b^4; 4*(a*c)^2 + (b^2 - c^2)^2",
        "cos(y)*cos(z) + sin(y)*sin(z); cos(y - z)",
        "x*sin(y)*cos(z) - x*cos(y)*sin(z); x*sin(y - z)", "exp(2*y) - 2*exp(y) + 1; (exp(y) - 1)^2", "exp(y*log(w/x)); (w/x)^y",
        "exp(-y*log(2)); 2^(-y)",
        "(x^(-y)*z)^(-1/y); x*z^(-1/y)", "(z^(-y)*x)^(-1/y); (z^(-y)*x)^(-1/y)", "(z*y)^(w*y); (z*y)^(w*y)",
        "log(x^y); y*log(x)", "exp(atanh(y)); sqrt((y + 1)/(1 - y))", "50*(tanh(y/2) + 1); 100/(exp(-y) + 1)",
        "1 - tanh(y); 2/(exp(2*y) + 1)", "(z + z*tanh(y/2))/2; z/(exp(-y) + 1)", "1/(w/x + 1); x/(w + x)",
        "z/(1.5/sqrt(x) + 2.5*w); z*sqrt(x)/(2.5*w*sqrt(x) + 1.5)",
        "1.5*(2.5*y + 1.0); 3.75*y + 1.5", "exp(y + 0.0); exp(y)", "sin(y + 7.0); sin(y + 0.7168146928204138)"})
    void rules(String text, String expected) {
        Map<String, Interval> box = Map.of("x", new Interval(0.1, 2), "w", new Interval(0.1, 2));
        assertEquals(Expression.parse(expected).canonical(), Expression.parse(text).simplify(box));
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "x1^2/(2*sigma); \\frac{{x_{1}}^{2}}{2 \\, \\sigma}", "sqrt(x)/3; \\frac{\\sqrt{x}}{3}", "-x - 2; -x - 2",
        "exp(-x^2); e^{-{x}^{2}}", "abs(x)*2; 2 \\, \\left|x\\right|", "`a b`; \\mathrm{a\\ b}"})
    void latex(String text, String expected) {
        assertEquals(expected, Expression.parse(text).format(Notation.LATEX));
    }

    /** A long number that is one over a short one is written as a divisor, and read back as itself. */
    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "exp(-0.2127659574468085*t); exp(-t/4.7)", "0.12027904738994467*E/T; E/(8.314*T)",
        "-0.3333333333333333*y; -0.3333333333333333*y", "0.1234567890123*y; 0.1234567890123*y", "0.25*x; 0.25*x"})
    void reciprocals(String text, String expected) {
        Expression tree = Expression.parse(text);
        assertEquals(expected, tree.toString());
        assertEquals(tree, Expression.parse(expected));
    }

    @Test
    void mathml() {
        assertEquals("<math xmlns=\"http://www.w3.org/1998/Math/MathML\"><mfrac><mrow><mi>x</mi></mrow><mrow><mn>2</mn></mrow>"
                + "</mfrac></math>", Expression.parse("x/2").format(Notation.MATHML));
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "JAVA; Math.pow(x, 3)/3 + 1/3. - Math.PI*atanh(y)", "PYTHON; x**3/3 + 1/3 - np.pi*np.arctanh(y)",
        "SYMPY; x**3/3 + Rational(1, 3) - pi*atanh(y)", "C; pow(x, 3)/3 + 1/3. - M_PI*atanh(y)"})
    void languages(Notation notation, String expected) {
        assertEquals(expected, Expression.parse("x^3/3 + 1/3 - pi*atanh(y)").format(notation));
    }

    @Test
    void namesThatAreNoIdentifiersAreQuotedOrMadeOnes() {
        assertEquals("`a b`", Expression.variable("a b").toString());
        Expression odd = Expression.variable("petal length (cm)").times(Expression.variable("e"));
        assertEquals("`petal length (cm)`*`e`", odd.toString());
        assertEquals(odd, Expression.parse(odd.toString()));
        assertEquals("petal_length_cm_*e_", odd.format(Notation.PYTHON));
    }

    @Test
    void digitsAreThoseAskedFor() {
        assertEquals("3.142*x", Expression.parse("3.14159265*x").format(Notation.TEXT, 4));
    }

    @Test
    void functionsOfTheUsersAreCalled() {
        UnaryFunction cube = UnaryFunction.of("cube", x -> x * x * x, x -> 3 * x * x, Interval.ALL);
        Expression tree = Expression.parse("cube(2*x)", List.of(cube));
        assertEquals(8, tree.evaluate(Map.of("x", 1.0)));
        assertEquals(24, tree.derivative("x").evaluate(Map.of("x", 1.0)));
        assertThrows(KanException.class, () -> tree.derivative("x").derivative("x"));
        assertThrows(KanException.class, () -> UnaryFunction.of("sin", Math::sin, Math::cos, Interval.ALL));
        assertThrows(KanException.class, () -> UnaryFunction.of("a b", Math::sin, Math::cos, Interval.ALL));
    }

    @Test
    void whatIsNoNumberIsRefused() {
        assertThrows(KanException.class, () -> Expression.real(Double.NaN));
        assertThrows(KanException.class, () -> Expression.rational(1, 0));
        assertThrows(KanException.class, () -> Expression.variable(" "));
        assertThrows(KanException.class, () -> Expression.parse("1e200*1e200*x"));
        assertThrows(KanException.class, () -> Expression.parse("1e999"));
        assertThrows(KanException.class, () -> Expression.parse("x").evaluate(Map.of()));
        assertThrows(KanException.class, () -> new Expression.Sum(List.of(Expression.variable("x"))));
    }
}
