// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.kan4j.device.Context;
import org.kan4j.formula.DomainStatus;
import org.kan4j.formula.Expression;
import org.kan4j.internal.SplitMix;
import org.kan4j.layer.Linear;
import org.kan4j.symbolic.FormulaResult;

/** Which of the formulas that were found is the answer, and what is said of it, of formulas made up for it. */
class ExplanationMakerTest {

    private static final double NOISE = 0.01;

    private final List<String> lines = new ArrayList<>();

    /** A deviation is about 0.65. */
    private static double line(double[] x) {
        return x[0] + x[1] / 2;
    }

    private static Rows rows(long seed, ToDoubleFunction<double[]> f) {
        SplitMix noise = new SplitMix(seed + 100);
        return PruningTest.sample(200, 2, seed, x -> f.applyAsDouble(x) + NOISE * noise.normal());
    }

    private static ExplainRun.Data data(ToDoubleFunction<double[]> f, ToDoubleFunction<double[]> test) {
        return new ExplainRun.Data(rows(1, f), rows(2, f), rows(3, test), List.of(Column.plain("x"), Column.plain("z")),
                List.of(Column.plain("y")));
    }

    /** A formula as it came of a network that is the line itself. */
    private static FormulaAttempt attempt(ExplainRun.Data data, String text, double rmse, double held) {
        KanGraph graph = new KanGraph(List.of(new GraphLayer(new Linear(2, 1, true),
                Map.of("weight", new double[] {1, 0.5}, "bias", new double[1]))), Widening.all(2));
        Map<String, Expression> formulas = Map.of("y", Expression.parse(text));
        FormulaResult result = new FormulaResult(formulas, formulas, List.of(), rmse, held, held, List.of(), List.of());
        return new FormulaAttempt(new FormulaAttempt.Network(graph, "[2,1]", Widening.all(2)), 2, data, result, Map.of(),
                Map.of(),
                List.of(), held, formulas.get("y").size(), () -> "");
    }

    private Explanation made(ExplainRun.Data data, FormulaAttempt... found) {
        lines.clear();
        try (Context context = KanGraphTest.single()) {
            return new ExplanationMaker(context, Explain.defaults(), data, List.of(found), List.of(), List.of(),
                    (stage, format, arguments) -> lines.add(stage + " " + String.format(Locale.ROOT, format, arguments)), 1)
                    .make();
        }
    }

    /** A term that makes the error on the rows held out a little less is not worth its bits; one that makes it far less is. */
    @Test
    void theFormulaOfFewestBitsIsTheAnswer() {
        ExplainRun.Data data = data(ExplanationMakerTest::line, ExplanationMakerTest::line);
        FormulaAttempt plain = attempt(data, "x + z/2", 0.0155, 0.0155);
        FormulaAttempt longer = attempt(data, "x + z/2 + 0.0003*sin(17.3*x)*z^3", 0.0154, 0.0152);
        assertEquals("[x + z/2]", made(data, longer, plain).formulas().toString());
        FormulaAttempt fitted = attempt(data, "x + z/2 + 0.0003*sin(17.3*x)", 0.01, 0.05);
        assertEquals("[x + z/2]", made(data, fitted, plain).formulas().toString(), "rows held out count, too");
        FormulaAttempt worse = attempt(data, "x", 0.45, 0.45);
        assertEquals("[x + z/2]", made(data, worse, plain).formulas().toString());
    }

    /** The error that is told is that of rows that nothing was fitted to or chosen by: here all of them are 1 further up. */
    @Test
    void theErrorIsThatOfTheRowsToTestOn() {
        ExplainRun.Data data = data(ExplanationMakerTest::line, x -> line(x) + 1);
        Explanation explanation = made(data, attempt(data, "x + z/2", 0.0155, 0.0155));
        assertEquals(1, explanation.scores().formula(), NOISE);
        assertEquals(1, explanation.scores().network(), NOISE);
        assertEquals(0, explanation.scores().difference(), 1e-12);
    }

    /** Of two outputs, whose rows to test on lie 1 and 2 further up: the root of the mean square. */
    @Test
    void theErrorOfTwoOutputsIsThatOfBoth() {
        ExplainRun.Data data = new ExplainRun.Data(twice(1, 0), twice(2, 0), twice(3, 1), List.of(Column.plain("x"),
                Column.plain("z")), List.of(Column.plain("y"), Column.plain("w")));
        KanGraph graph = new KanGraph(List.of(new GraphLayer(new Linear(2, 2, true),
                Map.of("weight", new double[] {1, 0.5, 3, 1.5}, "bias", new double[2]))), Widening.all(2));
        Map<String, Expression> formulas = Map.of("y", Expression.parse("x + z/2"), "w", Expression.parse("3*x + 1.5*z"));
        FormulaResult result = new FormulaResult(formulas, formulas, List.of(), NOISE, NOISE, NOISE, List.of(), List.of());
        Explanation explanation = made(data, new FormulaAttempt(new FormulaAttempt.Network(graph, "[2,2]", Widening.all(2)), 4,
                data, result, Map.of(), Map.of(), List.of(), NOISE, 8, () -> ""));
        assertEquals("[x + z/2, 3*x + 1.5*z]", explanation.formulas().toString());
        assertEquals(Math.sqrt(2.5), explanation.scores().network(), NOISE);
        assertEquals(Math.sqrt(2.5), explanation.scores().formula(), NOISE);
    }

    private static Rows twice(long seed, double up) {
        Rows one = rows(seed, ExplanationMakerTest::line);
        double[] both = new double[2 * one.y().length];
        for (int b = 0; b < one.y().length; b++) {
            both[2 * b] = one.y()[b] + up;
            both[2 * b + 1] = 3 * one.y()[b] + 2 * up;
        }
        return new Rows(one.x(), both, 2, 0);
    }

    @Test
    void whatIsUndefinedSomewhereInTheBoxIsNoFormula() {
        ExplainRun.Data data = data(ExplanationMakerTest::line, ExplanationMakerTest::line);
        Explanation explanation = made(data, attempt(data, "x + z/2 + 0.000001*log(x + 0.98)", 0.0155, 0.0155));
        assertEquals(List.of(), explanation.formulas());
        assertTrue(explanation.reason().orElseThrow().startsWith("no formula: the best one is undefined within the ranges"),
                explanation.reason().toString());
        assertEquals(DomainStatus.VIOLATED, explanation.scores().domains());
        Explanation inside = made(data, attempt(data, "x + z/2 + 0.000001*log(x + 1.1)", 0.0155, 0.0155));
        assertEquals(DomainStatus.PROVED, inside.scores().domains());
        assertEquals(1, inside.formulas().size());
    }

    @Test
    void whatIsWorseThanTheNetworkIsNoFormula() {
        ExplainRun.Data data = data(ExplanationMakerTest::line, ExplanationMakerTest::line);
        Explanation explanation = made(data, attempt(data, "x + 0.45*z", 0.05, 0.05));
        assertEquals(List.of(), explanation.formulas());
        assertTrue(
                explanation.reason().orElseThrow()
                        .matches("no formula within 5 % of the network; best: x \\+ 0.45\\*z \\(RMSE .*"),
                explanation.reason().toString());
    }

    /** What a product leaves that neither formula nor network has goes together; noise does not. */
    @Test
    void whatIsNearAndAnotherHasATilde() {
        ExplainRun.Data noise = data(ExplanationMakerTest::line, ExplanationMakerTest::line);
        made(noise, attempt(noise, "x + z/2", 0.0155, 0.0155));
        assertTrue(lines.contains("formula y = x + z/2"), lines.toString());
        ToDoubleFunction<double[]> product = x -> line(x) + x[0] * x[1] / 20;
        ExplainRun.Data data = data(product, product);
        made(data, attempt(data, "x + z/2", 0.03, 0.03));
        assertTrue(lines.stream().anyMatch(line -> line.startsWith("formula y ~ x + z/2   an approximation")), lines.toString());
    }
}
