// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kan4j.formula.Expression;

/** Numbers made of inputs: each has the values of what it is said to be, and those that laws are made of are there. */
class NumberPoolTest {

    private static final double[] X = {0.5, 9, 2, 1.5};
    private static final double[] Y = {3, 9, 0.7, 1.25};
    private static final int[] ROWS = {0, 2, 3};
    private static final Map<String, double[]> AT = Map.of("x", new double[] {0.5, 2, 1.5}, "y", new double[] {3, 0.7, 1.25});

    private static NumberPool pool() {
        return new NumberPool(List.of(new Target.Quantity(Expression.variable("x"), X),
                new Target.Quantity(Expression.variable("y"), Y)), ROWS);
    }

    private interface Walk {
        boolean over(NumberPool pool, NumberPool.Visitor visitor);
    }

    private static List<String> visited(Walk walk) {
        List<String> names = new ArrayList<>();
        assertTrue(walk.over(pool(), (values, meaning) -> {
            Expression e = meaning.get();
            double[] expected = e.evaluate(AT, 3);
            for (int b = 0; b < 3; b++) {
                assertEquals(expected[b], values[b], 1e-12 * (1 + Math.abs(expected[b])), e.toString());
            }
            names.add(e.toString());
            return true;
        }));
        return names;
    }

    /** 5 powers of each and 4 of both; of each the exponential, logarithm, sine and cosine. */
    @Test
    void atomsArePowersAndFunctionsOfThem() {
        NumberPool pool = pool();
        List<String> products = pool.products().stream().map(a -> a.meaning().toString()).toList();
        assertEquals(14, products.size());
        assertTrue(products.containsAll(List.of("x", "x^2", "1/x", "1/x^2", "sqrt(x)", "x*y", "x/y", "y/x")),
                products.toString());
        assertEquals(14 + 14 * 4, pool.plain().size());
        for (NumberPool.Atom atom : pool.plain()) {
            assertArrayEquals(atom.meaning().evaluate(AT, 3), atom.values(), 1e-12);
        }
        // A column of nothing but one number is none, and a wave of large arguments is no plain function.
        NumberPool large = new NumberPool(List.of(new Target.Quantity(Expression.variable("x"), new double[] {400, 500}),
                new Target.Quantity(Expression.variable("one"), new double[] {1, 1})), new int[] {0, 1});
        List<String> plain = large.plain().stream().map(a -> a.meaning().toString()).toList();
        assertFalse(plain.contains("one") || plain.contains("sin(x)"), plain.toString());
        assertTrue(plain.contains("log(x)") && plain.contains("sin(1/x)"), plain.toString());
    }

    @Test
    void pairsAreWhatTheOperationsMakeOfTwo() {
        List<String> pairs = visited(NumberPool::pairs);
        // 70 atoms; four operations of two, of logarithms two; 28 numbers beside 1 times and over atoms and those before them.
        assertEquals(70 + 4 * 70 * 69 / 2 - 2 * 14 * 13 / 2 + 2 * (28 * 70 + 28 * 27 / 2), pairs.size());
        assertTrue(pairs.containsAll(List.of("log(x)", "x + y", "x^2 - y^2", "x/y", "sin(x)*exp(-y)", "(1 - x)/y", "(1 + x)*y",
                "(1 + x)/(1 - x)")), () -> pairs.subList(14000, pairs.size()).toString());
        for (String one : List.of("log(x) + log(y)", "log(y) + log(x)", "log(x) - log(y)")) {
            assertFalse(pairs.contains(one), "sums of logarithms are products");
        }
        assertEquals(1, pairs.stream().filter("x"::equals).count());
        int[] count = {0};
        assertFalse(pool().pairs((values, meaning) -> ++count[0] < 100));
        assertEquals(100, count[0], "the visitor has enough");
    }

    @Test
    void triplesAreSumsOfTwoWithAThird() {
        List<String> triples = visited(NumberPool::triples);
        // Of 8 products; with a third behind both by plus and minus, with each of 2 inputs by times and over.
        assertEquals(2 * 2 * 56 + 2 * 28 * 2 * 2, triples.size());
        assertTrue(triples.containsAll(List.of("(x - y)/y", "(x + y)*x", "x + x^2 - y", "x^2 - x*y + y^2")), triples::toString);
        int[] count = {0};
        assertFalse(pool().triples((values, meaning) -> ++count[0] < 50));
        assertEquals(50, count[0]);
    }

    /** Other ways to write a formula are the same function, and the one that is looked for is among them. */
    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {"R*sqrt(1 + x^2/R^2); sqrt(R^2 + x^2)",
        "2.5*exp(1.5*x); exp(1.5*x + 0.9162907318741551)",
        "sin(x + 1.5707963267948966); cos(x + 0.0)", "cos(x + 0.5); sin(x + 2.0707963267948966)",
        "sin(x + 3.0); -sin(x - 0.14159265358979312)", "3.5*(2.0*x + y)^2; 14.0*(x + 0.5*y)^2",
        "1.5/(2.0*x + 4.0*y); 0.75/(x + 2.0*y)"})
    void plainFormsAreTheSameFunction(String text, String wanted) {
        Expression e = Expression.parse(text);
        Map<String, Double> at = Map.of("x", 0.7, "y", 1.3, "R", 2.1);
        List<Expression> forms = PlainForms.of(e);
        assertFalse(forms.isEmpty() || forms.contains(e));
        for (Expression form : forms) {
            assertEquals(e.evaluate(at), form.evaluate(at), 1e-12, form.toString());
        }
        String plain = Expression.parse(wanted).simplify().toString();
        assertTrue(forms.stream().anyMatch(form -> form.simplify().toString().equals(plain)),
                () -> plain + " among " + forms.stream().map(f -> f.simplify().toString()).toList());
    }

    @ParameterizedTest
    @ValueSource(strings = {"x + y", "sin(x)", "2*x^2", "exp(x)"})
    void whatHasNoMeasuredConstantIsPlain(String text) {
        assertEquals(List.of(), PlainForms.of(Expression.parse(text)));
    }

    /** What a search may take is counted, kept and spent. */
    @Test
    void theBudgetKeepsAShareForLater() {
        Budget budget = new Budget(1000);
        budget.keep(0.4);
        budget.spend(599);
        assertFalse(budget.spent());
        budget.spend(1);
        assertTrue(budget.spent());
        budget.keep(0);
        assertFalse(budget.spent());
        // A row, a step: 5 nodes of 30 and 2 squares of 2 unknowns.
        budget.constants(Expression.parse("1.5*x + 2.5"), 1, 1);
        budget.constants(Expression.parse("1.5*x + 2.5"), 1, 1);
        budget.spend(400 - 2 * 158 - 0.5);
        assertFalse(budget.spent());
        budget.spend(0.5);
        assertTrue(budget.spent());
        Budget fits = new Budget(2 * 4 * 9);
        fits.fit(List.of(new double[] {1, 2, 3, 4}, new double[] {1, 1, 1, 1}), new double[] {1, 2, 4, 8});
        assertFalse(fits.spent());
        fits.fit(List.of(new double[] {1, 2, 3, 4}, new double[] {1, 1, 1, 1}, new double[] {1, 4, 9, 16}),
                new double[] {1, 2, 4, 8});
        assertTrue(fits.spent());
    }
}
