// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.formula;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kan4j.error.KanException;

class FormulaTest {

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "1+2*3; 7", "(1+2)*3; 9", "8/4/2; 1", "8-4-2; 2", "2^3^2; 512", "-2^2; -4", "(-2)^2; 4", "2^-1; 0.5",
        "2**3; 8", "2*-3; -6", "--3; 3", "1.5e2 + .5; 150.5", "2e-1; 0.2", "exp(0); 1", "log(e); 1", "ln(e^2); 2",
        "sqrt(abs(-9)); 3", "sin(pi/2); 1", "cos(0) + tan(0); 1", "asin(1) - arcsin(1); 0", "acos(1); 0",
        "4*atan(1) - pi; 0", "sinh(0) + cosh(0) + tanh(0); 1", " ( 1 ) ; 1"})
    void constants(String text, double value) {
        assertEquals(value, Formula.parse(text).evaluate(), 1e-15 * Math.max(1, Math.abs(value)));
    }

    @Test
    void variablesAreInNaturalOrder() {
        Formula formula = Formula.parse("x10 + 10*x2 + 100*x1 + 1000*a");
        assertEquals(List.of("a", "x1", "x2", "x10"), formula.variables());
        assertEquals(1234, formula.evaluate(1, 2, 3, 4));
        assertEquals("x10 + 10*x2 + 100*x1 + 1000*a", formula.toString());
    }

    @Test
    void givenVariablesKeepTheirOrderAndNeedNotOccur() {
        Formula formula = Formula.parse("y - x", List.of("x", "unused", "y"));
        assertEquals(4, formula.evaluate(1, 9, 5));
        assertThrows(KanException.class, () -> formula.evaluate(1, 2));
        assertThrows(KanException.class, () -> Formula.parse("x", List.of("x", "x")));
        assertThrows(KanException.class, () -> Formula.parse("x", List.of("pi")));
    }

    @Test
    void undefinedPointsAreNotFinite() {
        assertTrue(Double.isNaN(Formula.parse("log(x)").evaluate(-1)));
        assertTrue(Double.isInfinite(Formula.parse("1/x").evaluate(0)));
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', quoteCharacter = '"', value = {
        "exp(sin(pi*x)+y^2; 18; '(' at position 4 is not closed", "x+; 3; ends where", "x+*y; 3; found '*'",
        "x y; 3; expected an operator", "x); 2; closes nothing", "foo(x); 1; no function 'foo'",
        "2*sin x; 6; sin needs its argument in brackets", "1..2; 3; expected an operator", "x $ y; 3; expected an operator",
        "(x; 3; position 1 is not closed", "; 1; ends where", "ü; 1; found 'ü'", "2*.; 3; not a number",
        "2x; 2; expected an operator"})
    void errorsGiveThePosition(String text, int position, String part) {
        String formula = text == null ? "" : text;
        String message = assertThrows(KanException.class, () -> Formula.parse(formula)).getMessage();
        assertTrue(message.contains("at position " + position + ":") && message.contains(part), message);
    }

    @Test
    void anUnknownNameAmongGivenVariablesIsRefusedWhereItStands() {
        String message = assertThrows(KanException.class, () -> Formula.parse("x + z", List.of("x", "y"))).getMessage();
        assertTrue(message.contains("position 5") && message.contains("x, y"), message);
    }

    @Test
    void deepNestingIsAnErrorNotAnOverflow() {
        String deep = "(".repeat(100_000) + "x" + ")".repeat(100_000);
        assertThrows(KanException.class, () -> Formula.parse(deep));
        assertThrows(KanException.class, () -> Formula.parse("2^".repeat(100_000) + "x"));
        assertEquals(1, Formula.parse("-".repeat(100_000) + "x").evaluate(1));
    }

    @Test
    void javaSourceCompilesAndHasTheSameValues(@TempDir Path folder) throws Exception {
        Formula formula = Formula.parse("atanh(`a b`/3) + erf(2.5*x)*relu(x) - sign(x)*x^(1/3)/4 + 1/3 + pi*e",
                List.of("a b", "x"));
        String method = formula.source(Notation.JAVA, "value");
        Path file = folder.resolve("Generated.java");
        Files.writeString(file, "public class Generated {\npublic " + method + "}\n");
        assertEquals(0, ToolProvider.getSystemJavaCompiler().run(null, null, null, "-proc:none", file.toString()));
        try (URLClassLoader loader = new URLClassLoader(new URL[] {folder.toUri().toURL()})) {
            var value = loader.loadClass("Generated").getMethod("value", double.class, double.class);
            for (double x = 0.1; x < 3; x += 0.31) {
                assertEquals(formula.evaluate(0.4, x), (double) value.invoke(null, 0.4, x), 1e-14);
            }
        }
    }

    @Test
    void sourceOfOtherLanguages() {
        Formula formula = Formula.parse("sqrt(x)*sign(y)/3");
        assertEquals("import numpy as np\n\n\ndef f(x, y):\n    return np.sqrt(x)*np.sign(y)/3\n",
                formula.source(Notation.PYTHON, "f"));
        assertTrue(
                formula.source(Notation.C, "f").endsWith("double f(double x, double y) {\n    return sqrt(x)*sign(y)/3;\n}\n"));
        assertThrows(KanException.class, () -> formula.source(Notation.LATEX, "f"));
        assertThrows(KanException.class, () -> formula.source(Notation.JAVA, "a b"));
        assertThrows(KanException.class, () -> Formula.parse("`a b`+`a_b`").source(Notation.JAVA, "f"));
        UnaryFunction phi = UnaryFunction.of("phi", Math::sin, Math::cos, Interval.ALL);
        Formula numeric = Formula.of(Expression.call(phi, Expression.variable("x")), List.of("x"));
        assertThrows(KanException.class, () -> numeric.source(Notation.C, "f"));
    }
}
