// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.formula.DomainStatus;
import org.kan4j.internal.SplitMix;

/** From data to formulas; more formulas and seeds: {@code kan4j explain formulas}. */
class ExplainTest {

    private static Explanation explain(Explain explain, int rows, List<String> names, double noise,
            ToDoubleFunction<double[]> f) {
        return explain(explain, rows, names, noise, f, new java.util.ArrayList<>());
    }

    private static Explanation explain(Explain explain, int rows, List<String> names, double noise,
            ToDoubleFunction<double[]> f, List<String> lines) {
        SplitMix random = new SplitMix(1, 7);
        double[][] x = new double[rows][names.size()];
        double[] y = new double[rows];
        for (int b = 0; b < rows; b++) {
            for (int i = 0; i < names.size(); i++) {
                x[b][i] = random.uniform(-1, 1);
            }
            y[b] = f.applyAsDouble(x[b]) + noise * random.normal();
        }
        try (Context context = KanGraphTest.single()) {
            return explain.run(context, x, y, names, "z", new Explain.Listener() {
                @Override
                public void onStep(String stage, String text) {
                    lines.add(text);
                }
            });
        }
    }

    @Test
    void theToyFormulaComesOutExactly() throws Exception {
        Explanation found = explain(Explain.defaults(), 1000, List.of("x", "y"), 0, PruningTest::toy);
        assertEquals("exp(sin(pi*x) + y^2)", found.formulas().getFirst().toString());
        assertEquals("[2,1,1]", found.network().shape());
        assertEquals(DomainStatus.PROVED, found.scores().domains());
        assertTrue(found.scores().formula() < 1e-12, found.scores().toString());
        assertTrue(found.constants().stream().allMatch(c -> c.exact().isPresent()));
        assertTrue(found.functions().containsValue("sin"));
        assertEquals(List.of(true, true), found.features().stream().map(Explanation.Feature::kept).toList());
        PictureTest.parsed(found.pictures().after());
        String report = found.report();
        assertTrue(report.contains("<math") && report.contains("<svg") && report.contains("proved by interval arithmetic"));
        assertFalse(report.contains("<script") || report.contains("NaN"), "a script or NaN");
        assertTrue(report.replace("http://www.w3.org/", "").indexOf("http") < 0, "something from elsewhere");
        assertEquals("exp(sin(pi*x) + y^2)", ((java.util.Map<?, ?>) found.fields().get("formula")).get("text"));
    }

    @Test
    void anInputWithoutEffectAndATwinAreLeftOut() {
        Explanation found = explain(Explain.defaults().withShape("3,1,1"), 600, List.of("x", "y", "junk", "same"), 0, r -> {
            r[3] = r[0];
            return r[0] * r[0] + Math.exp(r[1]);
        });
        assertEquals("x^2 + exp(y)", found.formulas().getFirst().toString());
        assertEquals(List.of(true, true, false, false), found.features().stream().map(Explanation.Feature::kept).toList());
    }

    /** More inputs than are looked through for structure: a network leaves most of them out first. */
    @Test
    void ofManyInputsThoseThatMatterAreLookedThrough() {
        List<String> names = java.util.stream.IntStream.range(0, 12).mapToObj(i -> "x" + i).toList();
        List<String> lines = new java.util.ArrayList<>();
        Explanation found = explain(Explain.defaults(), 500, names, 0, x -> x[3] * x[3] + 0.5 * x[7] * x[7] * x[7], lines);
        assertEquals("x3^2 + x7^3/2", found.formulas().getFirst().toString());
        assertTrue(lines.contains("12 inputs are more than the 10 that are looked through for structure"), lines.toString());
        assertTrue(lines.stream().anyMatch(line -> line.contains("[12,5,1]")), lines.toString());
        assertEquals(12, found.features().size());
    }

    @Test
    void noFormulaIsAnAnswer() {
        Explanation found = explain(Explain.defaults().withShape("2,1,1").withLibrary(
                org.kan4j.symbolic.SymbolicLibrary.of("x")), 400, List.of("x", "y"), 0, PruningTest::toy);
        assertTrue(found.formulas().isEmpty());
        assertTrue(found.reason().orElseThrow().startsWith("no formula"), found.reason().get());
        assertTrue(found.fields().get("formula") == null && found.fields().containsKey("reason"));
        assertTrue(found.report().contains("no formula"));
    }

    /**
     * Numbers as instruments give them, to few digits: of the few rows held out a network, the best of many on them, is somewhat better
     * than the law by chance. The law leaves noise, so larger networks are not fitted either.
     */
    @Test
    void aLawOfRoundedNumbersIsNoWorseThanChanceMakesItLook() {
        List<String> lines = new ArrayList<>();
        java.util.SplittableRandom random = new java.util.SplittableRandom(12);
        double[][] x = new double[80][1];
        double[] y = new double[80];
        for (int b = 0; b < 80; b++) {
            x[b][0] = Math.rint(100 * random.nextDouble()) / 10;
            y[b] = Math.rint(10 * (3 * (x[b][0] + 0.1 * random.nextDouble() - 0.05) + 2)) / 10;
        }
        try (Context context = KanGraphTest.single()) {
            Explanation found = Explain.defaults().withStarts(2).run(context, x, y, List.of("x"), "y", new Explain.Listener() {
                @Override
                public void onStep(String stage, String text) {
                    lines.add(stage + " " + text);
                }
            });
            assertEquals("[3*x + 2]", found.formulas().toString(), lines.toString());
        }
        assertTrue(lines.stream().filter(line -> line.startsWith("fit ")).count() <= 4, lines.toString());
    }

    /** A cubic is near a sine: a tolerance may take it, but it is not said to be the formula. */
    @Test
    void anApproximationSaysSo() {
        List<String> lines = ofOneInput("polynomial 3", x -> Math.sin(2 * x));
        assertTrue(lines.stream().anyMatch(l -> l.startsWith("formula y ~ ") && l.contains("is no noise")), lines.toString());
    }

    /** Nor is a sine the formula of yes and no, though what it leaves follows nothing. */
    @Test
    void aFormulaOfYesAndNoIsAnApproximation() {
        List<String> lines = ofOneInput("sin", x -> x > 0.102 ? 1 : 0);
        assertTrue(lines.stream().anyMatch(l -> l.startsWith("formula y ~ ") && l.contains("two values alone")),
                lines.toString());
        lines = ofOneInput("abs", Math::abs);
        assertTrue(lines.stream().anyMatch(l -> l.startsWith("formula y = ")), lines.toString());
    }

    private static List<String> ofOneInput(String functions, java.util.function.DoubleUnaryOperator target) {
        List<String> lines = new ArrayList<>();
        double[][] x = new double[200][1];
        double[] y = new double[200];
        for (int b = 0; b < 200; b++) {
            x[b][0] = b / 100.0 - 1;
            y[b] = target.applyAsDouble(x[b][0]);
        }
        try (Context context = KanGraphTest.single()) {
            Explanation found = Explain.defaults().withShape("1,1")
                    .withLibrary(org.kan4j.symbolic.SymbolicLibrary.of(functions)).withTolerance(1e9).withStarts(2)
                    .run(context, x, y, List.of("x"), "y", new Explain.Listener() {
                        @Override
                        public void onStep(String stage, String text) {
                            lines.add(stage + " " + text);
                        }
                    });
            double network = found.scores().network();
            assertTrue(network > 1e-12 && network < 0.5, "the network's own error is " + network);
        }
        return lines;
    }

    @Test
    void tooLittleTimeIsSaidToBeTooLittle() {
        Explanation found = explain(Explain.defaults().withShape("2,1,1").withMinutes(1e-9), 200, List.of("x", "y"), 0,
                PruningTest::toy);
        assertTrue(found.reason().orElseThrow().contains("minutes were too few to find functions"), found.reason().get());
    }

    @Test
    void noiseAloneHasNoFormula() {
        Explanation found = explain(Explain.defaults().withShape("2,1,1"), 300, List.of("x", "y"), 1, r -> 0);
        assertTrue(found.formulas().isEmpty(), found.formulas().toString());
        assertTrue(found.reason().orElseThrow().contains("no input was found to change z"), found.reason().get());
        assertEquals(List.of(false, false), found.features().stream().map(Explanation.Feature::kept).toList());
    }

    @Test
    void theBestSoFarIsTheAnswerWhenTimeIsUp() {
        List<String> lines = new ArrayList<>();
        double[][] x = new double[200][1];
        double[] y = new double[200];
        for (int b = 0; b < 200; b++) {
            x[b][0] = b / 100.0 - 1;
            y[b] = Math.sin(3 * x[b][0]);
        }
        try (Context context = KanGraphTest.single()) {
            Explanation found = Explain.defaults().withStarts(2).run(context, x, y, List.of("x"), "y", new Explain.Listener() {
                @Override
                public void onStep(String stage, String text) {
                    lines.add(stage);
                }

                @Override
                public boolean goOn() {
                    return false;
                }
            });
            assertEquals(1, found.network().in());
            assertTrue(lines.contains("verified"));
        }
    }

    @Test
    void badInputIsRefusedInASentence() {
        try (Context context = KanGraphTest.single()) {
            double[][] x = new double[20][2];
            double[] y = new double[20];
            assertEquals("all 2 features are constant: there is nothing to explain by", assertThrows(KanException.class,
                    () -> Explain.defaults().run(context, x, y, List.of("a", "b"), "y")).getMessage());
            x[3][1] = Double.NaN;
            assertThrows(KanException.class, () -> Explain.defaults().run(context, x, y, List.of("a", "b"), "y"));
            assertThrows(KanException.class, () -> Explain.defaults().run(context, new double[1][2], new double[1],
                    List.of("a", "b"), "y"));
            assertThrows(KanException.class, () -> Explain.defaults().withShape("2;1"));
            assertThrows(KanException.class, () -> Explain.defaults().withMinutes(0));
        }
    }
}
