// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kan4j.error.KanException;
import org.kan4j.formula.Expression;
import org.kan4j.formula.Interval;

class ConstantFitTest {

    private static final Map<String, Interval> SQUARE = box();

    private static Map<String, Interval> box() {
        Map<String, Interval> box = new LinkedHashMap<>();
        box.put("x", new Interval(-1, 1));
        box.put("y", new Interval(-1, 1));
        return box;
    }

    private static Observations sample(String formula, long seed, double noise) {
        return KnownNetwork.sample(Expression.parse(formula), SQUARE, 1000, seed, noise);
    }

    private static Composition composition(String... formulas) {
        Map<String, Expression> outputs = new LinkedHashMap<>();
        for (int k = 0; k < formulas.length; k++) {
            outputs.put(k == 0 ? "z" : "z" + k, Expression.parse(formulas[k]));
        }
        return Composition.of(outputs);
    }

    @Test
    void allConstantsFromTenPercentOff() {
        Observations data = sample("exp(sin(pi*x)+y^2)", 1, 0);
        ConstantFit.Result result = ConstantFit.fit(
                composition("1.1*exp(0.92*sin(3.4*x+0.05)+1.08*(y-0.06)^2)+0.07"), data, 100);
        assertTrue(result.rmse() < 1e-15, "the error is " + result.rmse());
        double[] expected = {1, 1, Math.PI, 0, 1, 0, 0};
        for (int p = 0; p < expected.length; p++) {
            assertEquals(expected[p], result.constants().get(p).value(), 1e-13);
        }
        assertEquals(List.of(), result.indistinct());
    }

    /** Along each input by itself what is left is without any order. */
    @Test
    void aProductThatIsMissingIsAPattern() {
        Observations data = sample("x + y + x*y/1000", 1, 0);
        assertTrue(ConstantFit.leavesPattern(composition("x + y"), data));
        assertTrue(!ConstantFit.leavesPattern(composition("x + y + x*y/1000"), data));
        assertTrue(!ConstantFit.leavesPattern(composition("x + y"), sample("x + y", 1, 0.01)));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void errorsOfConstantsCoverTheTruth(long seed) {
        Observations data = sample("exp(sin(pi*x)+y^2)", seed, 0.05);
        ConstantFit.Result result = ConstantFit.fit(composition("1.1*exp(0.92*sin(3.4*x+0.05)+1.08*(y-0.06)^2)+0.07"), data,
                100);
        assertEquals(0.05, result.rmse(), 0.005);
        assertTrue(!ConstantFit.leavesPattern(result.composition(), data));
        assertTrue(ConstantFit.leavesPattern(ConstantFit.fit(composition("1.1*exp(0.92*sin(3.4*x+0.05))+0.07*y"), data, 100)
                .composition(), data));
        double[] expected = {1, 1, Math.PI, 0, 1, 0, 0};
        for (int p = 0; p < expected.length; p++) {
            ConstantFit.FittedConstant constant = result.constants().get(p);
            assertEquals(expected[p], constant.value(), 4 * constant.standardError());
            assertTrue(constant.standardError() > 1e-4 && constant.standardError() < 0.1, constant.toString());
        }
    }

    @Test
    void constantsThatDoOneAnothersWorkAreNamed() {
        Observations data = sample("3*x+1", 1, 0);
        ConstantFit.Result result = ConstantFit.fit(composition("1.5*(1.2*x+0.1)+0.3"), data, 50);
        assertTrue(result.rmse() < 1e-14);
        assertEquals(2, result.indistinct().size(), result.indistinct().toString());
        assertTrue(result.indistinct().get(0).contains("cannot be told apart"));
    }

    @Test
    void theGaugeTakesRedundantConstantsOut() {
        Composition redundant = new Composition(List.of(
                new Definition("e1", Expression.parse("0.8*sin(3.1*x + 0.1) + 0.2")),
                new Definition("e2", Expression.parse("0.7*(y - 0.1)^2 + 0.3")),
                new Definition("h", Expression.parse("e1 + e2 + 0.5")),
                new Definition("e3", Expression.parse("1.5*exp(0.9*h + 0.2) + 0.4")),
                new Definition("z", Expression.parse("e3 + 0.1"))), List.of("z"));
        Observations data = sample("exp(sin(pi*x)+y^2)", 1, 0);
        Composition gauged = redundant.gauged();
        ConstantFit.Result result = ConstantFit.fit(gauged, data, 100);
        assertEquals(7, result.constants().size(), gauged.toString());
        assertEquals(List.of(), result.indistinct());
        assertTrue(result.rmse() < 1e-14);
        assertEqualValues(redundant, gauged, data);
    }

    @Test
    void nodesThatAreUsedTwiceKeepOneDefinition() {
        Composition shared = new Composition(List.of(
                new Definition("h", Expression.parse("0.8*x + 0.7*y^2 + 0.5")),
                new Definition("z", Expression.parse("1.5*sin(0.9*h + 0.2)")),
                new Definition("z1", Expression.parse("0.4*exp(1.1*h - 0.3)"))), List.of("z", "z1"));
        Observations data = new Observations(sample("x", 1, 0).inputs(), Map.of("z", new double[1000]), 1000);
        Composition gauged = shared.gauged();
        assertEquals(3, gauged.definitions().size(), gauged.toString());
        assertEqualValues(shared, gauged, data);
        assertEquals("x", gauged.value("h").children().get(0).toString());
    }

    private static void assertEqualValues(Composition a, Composition b, Observations data) {
        Map<String, double[]> expected = a.evaluate(data.inputs(), data.rows());
        Map<String, double[]> values = b.evaluate(data.inputs(), data.rows());
        for (String output : a.outputs()) {
            for (int i = 0; i < data.rows(); i++) {
                assertEquals(expected.get(output)[i], values.get(output)[i], 1e-12);
            }
        }
    }

    @Test
    void severalOutputsShareConstants() {
        Composition two = new Composition(List.of(new Definition("h", Expression.parse("x + 1.3*y")),
                new Definition("z", Expression.parse("sin(h)")), new Definition("z1", Expression.parse("2.0*h"))),
                List.of("z", "z1"));
        Observations z = sample("sin(x+1.5*y)", 1, 0);
        Observations data = new Observations(z.inputs(),
                Map.of("z", z.targets().get("z"), "z1", sample("3*x+4.5*y", 1, 0).targets().get("z")), 1000);
        ConstantFit.Result result = ConstantFit.fit(two, data, 50);
        assertEquals(1.5, result.constants().get(0).value(), 1e-14);
        assertEquals(3, result.constants().get(1).value(), 1e-14);
    }

    @Test
    void domainsAreNeverLeft() {
        Observations data = KnownNetwork.sample(Expression.parse("sqrt(x)"), Map.of("x", new Interval(0, 1)), 300, 1, 0);
        ConstantFit.Result result = ConstantFit.fit(composition("0.3*sqrt(x+2.0)+0.5"), data, 100);
        assertTrue(result.rmse() < 0.1);
        for (double value : result.composition().evaluate(data.inputs(), 300).get("z")) {
            assertTrue(Double.isFinite(value));
        }
        String message = assertThrows(KanException.class, () -> ConstantFit.fit(composition("log(x-0.5)"), data, 10))
                .getMessage();
        assertTrue(message.contains("undefined on a row"), message);
    }

    @Test
    void whatDoesNotFitTogetherIsRefused() {
        Observations data = sample("x", 1, 0);
        assertThrows(KanException.class, () -> ConstantFit.fit(composition("w*2.0"), data, 10));
        assertThrows(KanException.class, () -> ConstantFit.fit(composition("x", "y"), data, 10));
        assertThrows(KanException.class, () -> new Observations(Map.of("x", new double[] {Double.NaN}),
                Map.of("z", new double[1]), 1));
        assertThrows(KanException.class, () -> new Observations(Map.of(), Map.of("z", new double[2]), 1));
        assertThrows(KanException.class, () -> new Observations(Map.of(), Map.of(), 1));
        assertThrows(KanException.class, () -> new Composition(List.of(new Definition("z", Expression.parse("h")),
                new Definition("h", Expression.parse("x"))), List.of("z")));
        assertThrows(KanException.class, () -> composition("x").with("h", Expression.parse("x")));
        assertThrows(KanException.class, () -> new Composition(List.of(), List.of("z")));
    }
}
