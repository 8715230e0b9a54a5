// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kan4j.formula.Expression;
import org.kan4j.formula.Formula;
import org.kan4j.formula.Notation;

/** Formulas of noisy data alone. */
class NoisySearchTest {

    /** The work of two seconds at most. */
    private static final double FEW = 4e9;

    private static Observations noisy(Observations exact, double share, long seed) {
        Random random = new Random(seed);
        double deviation = share * exact.deviation("Y_");
        double[] values = Arrays.stream(exact.targets().get("Y_")).map(y -> y + deviation * random.nextGaussian()).toArray();
        return new Observations(exact.inputs(), Map.of("Y_", values), exact.rows());
    }

    /** The first met has the law's form, and its constants to the digits shown. */
    @ParameterizedTest
    @CsvSource({"13.12 - 11.37*v^0.16, v=5:80, 0.002, 13.0 - 11.0*v^0.16", "57.3*asin(x), x=0.05:0.91, 0.01, 57.0*asin(x)",
        "1013.25*(1 - 0.0000226*h)^5.256, h=0:9000, 0.0002, 1000.0*(1 - 2.3E-5*h)^5.3",
        "13.12 + 0.6215*T - 11.37*v^0.16 + 0.3965*T*v^0.16, T=-40:5 v=5:80, 0.0015, 0.62*T + (0.4*T - 11.0)*v^0.16 + 13.0"})
    void aFormulaComesBackThroughNoise(String text, String ranges, double share, String expected) {
        Map<String, org.kan4j.formula.Interval> box = StructureSearchTest.box(ranges);
        Formula formula = Formula.parse(text, List.copyOf(box.keySet()));
        Observations train = noisy(StructureSearchTest.sample(formula, box, 800, 1), share, 3);
        Observations held = noisy(StructureSearchTest.sample(formula, box, 100, 2), share, 4);
        StructureRun run = new StructureRun(StructureSearch.defaults().withOperations(FEW), "Y_", train, held);
        run.inNoise(share);
        assertTrue(!run.met().isEmpty(), "nothing was met");
        assertEquals(expected, run.met().getFirst().formula().format(Notation.TEXT, 2), run.met().toString());
    }

    /** From one side of 0 a fit of the exponent does not get to the other. */
    @Test
    void powersOfBothSignsAreOffered() {
        Observations exact = StructureSearchTest.sample(Formula.parse("13.12 - 11.37*v^0.16", List.of("v")),
                StructureSearchTest.box("v=5:80"), 300, 1);
        double[] v = exact.inputs().get("v");
        Target target = new Target(List.of(new Target.Quantity(Expression.variable("v"), v)), exact.targets().get("Y_"), 0.01);
        List<String> offered = new ArrayList<>();
        FreePowers powers = new FreePowers(new StructureRun(StructureSearch.defaults(), "Y_", exact, exact));
        powers.search(target, 0.1, form -> !offered.add(form.format(Notation.TEXT, 3)));
        assertEquals(List.of("13.1 - 11.4*v^0.16", "-160.0 + 164.0/v^0.02"), offered);
        powers.search(target, 1e-3, form -> !offered.add("near"));
        assertEquals("near", offered.get(2));
        assertEquals(3, offered.size(), "the other sign is not so near");
        Target.Quantity shifted = new Target.Quantity(Expression.variable("v"), Arrays.stream(v).map(x -> x - 6).toArray());
        assertFalse(powers.search(new Target(List.of(shifted), target.values(), 0.01), 0.1, form -> true), "of negative numbers");
    }

    /** 1/x^300 for x from 10 on, times what makes it about 1: no double holds that factor, and no search ends for it. */
    @Test
    void constantsThatNoDoubleHoldsAreNoFormula() {
        Observations x = StructureSearchTest.sample(Formula.parse("x", List.of("x")), StructureSearchTest.box("x=11:12"), 300, 1);
        double[] values = Arrays.stream(x.inputs().get("x")).map(v -> Math.exp(730 - 300 * Math.log(v))).toArray();
        Observations data = new Observations(x.inputs(), Map.of("Y_", values), 300);
        StructureRun run = new StructureRun(StructureSearch.defaults().withOperations(FEW), "Y_", data, data);
        Target target = new Target(List.of(new Target.Quantity(Expression.variable("x"), x.inputs().get("x"))), values, 1e-3);
        RaisedForms forms = new RaisedForms(run, new SingleForms(run, SymbolicLibrary.standard()));
        assertFalse(forms.products(target, form -> {
            throw new AssertionError("a factor of exp(730) in " + form);
        }));
        assertFalse(run.solve(target, 1, form -> false), "the rest of the forms");
        run.run().forEach(met -> assertTrue(Double.isFinite(met.heldRmse()), met.toString()));
    }

    @Test
    void reductionsLeaveOutOneConstantEach() {
        assertEquals("2.5*(v - 0.17)^(1/6); (v - 0.17)^(1/6) + 3.5; 2.5*v^(1/6) + 3.5; "
                + "2.5*(v - 0.17)^0.166667; (v - 0.17)^0.166667 + 3.5; 2.5*v^0.166667 + 3.5",
                reductions("2.5*(v - 0.17)^(1/6) + 3.5"));
        // 4 - h as 4 (1 - h/4), so that a step of the exponent leaves the size of the values as it is.
        assertEquals("(4.0 - h)^(3/2); 2.5*(-h)^(3/2); 8.0*(1 - 0.25*h)^1.5; 2.5*(-h)^1.5", reductions("2.5*(4.0 - h)^(3/2)"));
        assertEquals("x^3 - y; x^2 - y; x^4 - y", reductions("x^3 - y + 2.5"));
        assertEquals("", reductions("sin(x)/2 + 3"));
        assertEquals("(x + 1.0E-310)^(1/6); 2.5*x^(1/6); 2.5*x^0.166667", reductions(
                "2.5*(x + 1e-310)^(1/6)"), "1/b is no number");
        assertEquals("(x + 1.0E200)^(7/3); 2.5*x^(7/3); 2.5*x^2.33333", reductions(
                "2.5*(x + 1e200)^(7/3)"), "nor is b^p");
    }

    private static String reductions(String text) {
        return Reductions.of(Expression.parse(text)).stream().map(e -> e.format(Notation.TEXT, 6))
                .collect(Collectors.joining("; "));
    }
}
