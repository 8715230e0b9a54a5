// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kan4j.error.KanException;
import org.kan4j.formula.DomainStatus;
import org.kan4j.formula.Expression;
import org.kan4j.formula.Interval;

class FormulaSearchTest {

    /** Formulas that networks [2,1,1] hold, with the edges that such networks learn. */
    static List<KnownNetwork> networks() {
        return List.of(
                KnownNetwork.of("exp(sin(pi*x) + y^2)", "0.8*sin(pi*x)+0.1", "0.8*x^2-0.3", "exp((x+0.2)/0.8)", -1, 1, -1, 1),
                KnownNetwork.of("(x + y)/(x*y + 1)", "atanh(x)/2", "atanh(x)/2+0.1", "tanh(2*(x-0.1))", -.9, .9, -.9, .9),
                KnownNetwork.of("sin(2*log(x*y))", "log(x)/3", "log(x)/3-0.2", "sin(6*(x+0.2))", .2, 5, .2, 5),
                KnownNetwork.of("sqrt(x^2 + y^2)", "0.7*x^2-0.2", "0.7*x^2-0.1", "sqrt((x+0.301)/0.7)", -1, 1, -1, 1),
                KnownNetwork.of("sqrt(x^2 + y^2 + 1)", "0.7*x^2-0.2", "0.7*x^2-0.1", "sqrt(1+(x+0.3)/0.7)", -1, 1, -1, 1),
                KnownNetwork.of("1/(x*y + 1)", "0.3*log(x)", "0.3*log(x)", "1/(1+exp(x/0.3))", .1, 2, .1, 2),
                KnownNetwork.of("x/y", "0.4*log(x)+0.3", "-0.4*log(x)", "exp((x-0.3)/0.4)", .1, 1, .5, 2),
                KnownNetwork.of("x/(2*cosh(y))", "0.3*log(x)", "-0.3*log(cosh(x))", "exp(x/0.3)/2", .05, 1, -1, 1));
    }

    @ParameterizedTest
    @MethodSource("networks")
    void networksBecomeTheirFormulas(KnownNetwork known) {
        assertEquals(known.formula(), found(known, 1e-3, 0).formulas().get("z").toString());
    }

    /** Without log cosh, which at an error of 0.005 is a cosine as well. */
    static List<KnownNetwork> clearNetworks() {
        return networks().subList(0, 7);
    }

    @ParameterizedTest
    @MethodSource("clearNetworks")
    void noiseHidesNothingThatItNeedNot(KnownNetwork known) {
        FormulaResult result = found(known, 5e-3, 0.01);
        assertEquals(known.formula(), result.formulas().get("z").toString());
        assertEquals(0.01, result.heldRmse(), 0.003);
    }

    private static FormulaResult found(KnownNetwork known, double error, double noise) {
        Observations train = known.sample(800, 1, noise);
        Observations held = known.sample(200, 2, noise);
        Map<String, Double> resolutions = Map.of("edge 0,0,0", 3 * error, "edge 0,0,1", 3 * error, "edge 1,0,0", 3 * error);
        Choice choice = ContextChoice.defaults().choose(known.network(error), resolutions, train, held);
        assertTrue(choice.accepted() && choice.numeric().isEmpty(), choice.toString());
        return FormulaSearch.defaults().find(choice.composition(), train, held, known.box());
    }

    @Test
    void constantsThatAreNoneOfTheKnownStay() {
        Map<String, Interval> box = Map.of("x", new Interval(-1, 1));
        Expression truth = Expression.parse("1.2345678*sin(2.7654321*x)+0.3183098861837907");
        Observations train = KnownNetwork.sample(truth, box, 300, 1, 0);
        Observations held = KnownNetwork.sample(truth, box, 100, 2, 0);
        FormulaResult result = FormulaSearch.defaults().find(Composition.of(Map.of("z",
                Expression.parse("1.2*sin(2.7*x+0.1)+0.3"))), train, held, box);
        assertFalse(result.isExact());
        assertEquals(2, result.constants().stream().filter(c -> c.exact() == null).count());
        assertTrue(result.formulas().get("z").toString().contains("1/pi"), result.formulas().toString());
        assertTrue(result.heldRmse() < 1e-12);
    }

    @Test
    void nothingIsMadeExactAgainstTheData() {
        Map<String, Interval> box = Map.of("x", new Interval(-1, 1));
        Expression truth = Expression.parse("1.01*x + 0.03");
        Observations train = KnownNetwork.sample(truth, box, 2000, 1, 0.05);
        Observations held = KnownNetwork.sample(truth, box, 500, 2, 0.05);
        FormulaResult result = FormulaSearch.defaults().find(Composition.of(Map.of("z",
                Expression.parse("0.9*x+0.1"))), train, held, box);
        double offset = result.formulas().get("z").evaluate(Map.of("x", 0.0));
        assertEquals(0.03, offset, 0.01);
        FormulaResult raw = FormulaSearch.defaults().withSnapping(false).find(Composition.of(Map.of("z",
                Expression.parse("0.9*x+0.1"))), train, held, box);
        assertEquals(raw.raw(), raw.formulas());
    }

    /** Few rows of much noise take 0.9 for 1; the rows held out, which have none, do not. */
    @Test
    void whatTheRowsHeldOutObjectToIsNotMadeExact() {
        Map<String, Interval> box = Map.of("x", new Interval(-1, 1));
        Expression truth = Expression.parse("0.9*x");
        Observations train = KnownNetwork.sample(truth, box, 100, 1, 0.6);
        Composition line = Composition.of(Map.of("z", Expression.parse("0.8*x")));
        Observations same = KnownNetwork.sample(truth, box, 20, 2, 0.6);
        assertEquals("x", FormulaSearch.defaults().find(line, train, same, box).formulas().get("z").toString());
        Observations clean = KnownNetwork.sample(truth, box, 2000, 2, 0);
        double slope = FormulaSearch.defaults().find(line, train, clean, box).formulas().get("z").evaluate(Map.of("x", 1.0));
        assertTrue(Math.abs(slope - 0.9) < 0.09, "slope " + slope);
    }

    @Test
    void polynomialsOfProductsAreExpanded() {
        Map<String, Interval> box = Map.of("x", new Interval(-1, 1), "y", new Interval(-1, 1));
        Observations train = KnownNetwork.sample(Expression.parse("x*y"), box, 400, 1, 0);
        Observations held = KnownNetwork.sample(Expression.parse("x*y"), box, 100, 2, 0);
        for (String start : List.of("0.24*(x+1.02*y+0.1)^2-0.26*(x-0.99*y+0.05)^2+0.01",
                "1.3*(0.9*x+0.1)*(0.8*y-0.05)+0.02")) {
            FormulaResult result = FormulaSearch.defaults().find(Composition.of(Map.of("z", Expression.parse(start))), train,
                    held, box);
            assertEquals("x*y", result.formulas().get("z").toString());
        }
    }

    @Test
    void theListOfSizesFallsInError() {
        FormulaResult result = found(networks().get(0), 5e-3, 0.01);
        for (int i = 1; i < result.pareto().size(); i++) {
            assertTrue(result.pareto().get(i).size() > result.pareto().get(i - 1).size()
                    && result.pareto().get(i).heldRmse() < result.pareto().get(i - 1).heldRmse());
        }
        assertFalse(result.pareto().isEmpty());
    }

    @Test
    void edgesThatNoFunctionFitsStayNumeric() {
        KnownNetwork odd = KnownNetwork.of("sin(40*x^2) + y", "sin(40*x^2)", "x", "x", -1, 1, -1, 1);
        Observations train = odd.sample(800, 1, 0);
        Choice choice = ContextChoice.defaults().choose(odd.network(0), Map.of(), train, odd.sample(200, 2, 0));
        assertEquals(List.of("edge 0,0,0"), choice.numeric());
        assertTrue(choice.accepted(), choice.toString());
        assertEquals("x", choice.chosen().get("edge 0,0,1").function().name());
    }

    @Test
    void cancellingReturnsWhatIsThere() {
        KnownNetwork known = networks().get(0);
        Choice choice = ContextChoice.defaults().withCancelled(() -> true).choose(known.network(1e-3), Map.of(),
                known.sample(300, 1, 0), known.sample(100, 2, 0));
        assertEquals(3, choice.numeric().size());
        assertEquals(choice.networkRmse(), choice.heldRmse());
    }

    @Test
    void theSameInputGivesTheSameBits() {
        KnownNetwork known = networks().get(3);
        assertEquals(found(known, 5e-3, 0.01), found(known, 5e-3, 0.01));
    }

    @Test
    void verification() {
        Map<String, Interval> box = Map.of("x", new Interval(0.1, 2));
        Observations test = KnownNetwork.sample(Expression.parse("log(x)"), box, 500, 3, 0);
        Verification right = Verification.of(Expression.parse("log(x)"), "z", test,
                columns -> Expression.parse("log(x)+0.01*x").evaluate(columns, 10_000), box);
        assertEquals(0, right.rmse());
        assertEquals(0.02, right.maxDifference(), 1e-5);
        assertEquals(0.01 * Math.sqrt((8 - 1e-3) / 5.7), right.rmsDifference(), 1e-5);
        assertEquals(DomainStatus.PROVED, right.domain().status());
        assertTrue(right.extrapolation().contains("undefined"), right.extrapolation());
        Verification wrong = Verification.of(Expression.parse("log(x-0.5)"), "z", test, null, box);
        assertEquals(DomainStatus.VIOLATED, wrong.domain().status());
        assertEquals(0.4 / 1.9, wrong.undefinedShare(), 1e-3);
        assertTrue(Double.isNaN(wrong.maxDifference()));
        Verification above = Verification.of(Expression.parse("log(x)+0.25"), "z", test, null, box);
        assertEquals(0.25, above.rmse(), 1e-12, "of the rows to test on");
        assertEquals(0.25, above.maxError(), 1e-12);
        assertEquals(1 - Math.pow(0.25 / test.deviation("z"), 2), above.r2(), 1e-12);
        assertThrows(KanException.class, () -> Verification.of(Expression.parse("x"), "w", test, null, box));
    }

    @Test
    void badSettingsAreRefused() {
        assertThrows(KanException.class, () -> ContextChoice.defaults().withTolerance(-1));
        assertThrows(KanException.class, () -> ContextChoice.defaults().withCandidates(0, 1));
        KnownNetwork known = networks().get(0);
        Observations data = known.sample(100, 1, 0);
        assertThrows(KanException.class, () -> ContextChoice.defaults().choose(known.network(0), Map.of("h", Double.NaN), data,
                data));
        assertThrows(KanException.class, () -> FormulaSearch.defaults().find(known.network(0), data, data, Map.of()));
    }
}
