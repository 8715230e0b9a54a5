// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.kan4j.basis.BSpline;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.formula.Formula;
import org.kan4j.internal.SplitMix;

/** Structure of formulas whose structure is plain to see. */
class HypothesesTest {

    private static Hypotheses about(String text, double low, double high) {
        Formula formula = Formula.parse(text);
        int in = formula.variables().size();
        SplitMix random = new SplitMix(5);
        double[] x = new double[1000 * in];
        Arrays.setAll(x, k -> random.uniform(low, high));
        return new Hypotheses(rows -> {
            double[] y = new double[rows.length / in];
            for (int b = 0; b < y.length; b++) {
                y[b] = formula.evaluate(Arrays.copyOfRange(rows, b * in, (b + 1) * in));
            }
            return y;
        }, x, in, 0, 1);
    }

    private static String groups(List<int[]> groups) {
        return groups.stream().map(Arrays::toString).collect(Collectors.joining(" "));
    }

    @Test
    void sumsOfProducts() {
        Hypotheses h = about("x1*x2 + x3*x4 + x5*x6", -1, 1);
        assertEquals("[0, 1] [2, 3] [4, 5]", groups(h.addends()));
        assertEquals("[0, 1, 2, 3, 4, 5]", groups(h.factors()));
        assertEquals("[(0, 1, x*y), (2, 3, x*y), (4, 5, x*y)]", pairs(h));
    }

    private static String pairs(Hypotheses h) {
        return h.symmetries().stream().map(s -> "(" + s.first() + ", " + s.second() + ", " + s.form().orElse("-") + ")")
                .sorted().toList().toString();
    }

    @Test
    void productsOfSums() {
        Hypotheses h = about("(x1+x2)*(x3+x4)*(x5+x6)", -1, 1);
        assertEquals("[0, 1] [2, 3] [4, 5]", groups(h.factors()));
        assertEquals("[0, 1, 2, 3, 4, 5]", groups(h.addends()));
        assertEquals("[(0, 1, x + y), (2, 3, x + y), (4, 5, x + y)]", pairs(h));
        assertTrue(h.symmetric(new int[] {0, 2}) > 0.02);
        Hypotheses sine = about("sin((x1+x2)*(x3+x4)*(x5+x6))", -1, 1);
        assertEquals("[0, 1, 2, 3, 4, 5]", groups(sine.factors()));
        assertEquals("[(0, 1, x + y), (2, 3, x + y), (4, 5, x + y)]", pairs(sine));
    }

    @Test
    void aQuotientInside() {
        Hypotheses h = about("x1*sqrt(1 + (x2/x3)^2)", 0.3, 1);
        assertEquals("[(1, 2, x/y)]", pairs(h));
        assertEquals("[0] [1, 2]", groups(h.factors()));
    }

    @Test
    void aKinkOnLessThanHalfOfTheBoxCounts() {
        assertEquals("[0, 1]", groups(about("relu(x1-0.5)*x2 + x1^2 + x2^2", -1, 1).addends()));
        assertEquals("[0] [1]", groups(about("exp(x1) + x2^2", -1, 1).addends()));
    }

    @Test
    void aTreeOfSquares() {
        Hypotheses h = about("((x1^2+x2^2)^2+(x3^2+x4^2)^2)^2+((x5^2+x6^2)^2+(x7^2+x8^2)^2)^2", -1, 1);
        StructureTree tree = h.tree();
        assertEquals("(((0 1) (2 3)) ((4 5) (6 7)))", tree.toString());
        assertEquals(3, tree.depth());
        assertEquals("sum", tree.kind().toString());
        assertEquals("general", tree.children().getFirst().kind().toString());
        assertEquals("8,4,2,1", tree.shape());
        KanGraph network = tree.network(BSpline.of(3, 3), 1);
        assertEquals("[8,4,2,1]", network.shape());
        assertEquals(8 + 4 + 2, network.edges().size(), "an edge a child");
        String svg = tree.svg(List.of("a", "b", "c", "d", "e", "f", "g", "<h>"), "y");
        assertEquals(15, svg.split("<circle", -1).length - 1, "8 inputs, 4 + 2 groups, the whole");
        assertEquals(14, svg.split("class=\"wire\"", -1).length - 1);
        assertTrue(svg.contains("&lt;h&gt;") && svg.contains(">+<") && svg.contains(">f(+)<"), svg);
    }

    @Test
    void whatANodeIsOfItsChildren() {
        assertEquals("product", about("(x1+x2)*(x3+x4)*(x5+x6)", -1, 1).tree().kind().toString());
        StructureTree general = about("sin(x1 + x2^2 + exp(x3))", -1, 1).tree();
        assertEquals("general", general.kind().toString());
        // Neither (x1, x2) nor another pair is one number of x1 x2 + x2 x3 + x1 x3^2.
        StructureTree none = about("x1*x2 + x2*x3 + x1*x3^2", -1, 1).tree();
        assertEquals("none (0 1 2) 3,3,1", none.kind() + " " + none + " " + none.shape());
        Hypotheses h = about("sin(3*x1*x2) + x2", 0.2, 1);
        assertEquals("function", h.tree().kind().toString());
        assertTrue(h.general(new int[] {0}, new int[] {1}) > 1e-2);
        assertTrue(about("sin(x1*x2)", 0.2, 1).general(new int[] {0}, new int[] {1}) < 1e-9, "log x1 + log x2");
        assertTrue(about("relu(x1-0.5)*x2 + x1^2 + x2^2", -1, 1).general(new int[] {0}, new int[] {1}) > 1e-3);
    }

    /** A network of the tree's shape alone holds the function, where one without groups has no better. */
    @Test
    void aNetworkOfATreeIsFittedAsItIs() {
        Rows rows = PruningTest.sample(600, 4, 3, p -> (p[0] + p[1]) * (p[2] - p[3]));
        StructureTree tree = about("(x1+x2)*(x3-x4)", -1, 1).tree();
        assertEquals("((0 1) (2 3)) product 4,2,0+1,1", tree + " " + tree.kind() + " " + tree.shape());
        try (Context context = KanGraphTest.single()) {
            double best = Double.POSITIVE_INFINITY;
            for (int seed = 1; seed <= 3; seed++) { // starts may end elsewhere, as those of every fit
                KanGraph graph = tree.network(BSpline.of(5, 3), seed);
                assertEquals(4 + 2 + 1, graph.edges().size());
                KanGraph fitted = Refit.run(context, graph, rows, 300);
                assertEquals(graph.edges(), fitted.edges());
                double error = Moments.rms(fitted.predict(context, rows.x()), rows.y()) / Moments.deviation(rows.y());
                best = Math.min(best, error);
            }
            assertTrue(best < 1e-2, "relative error " + best);
        }
    }

    @Test
    void whatCannotBeAskedIsRefused() {
        assertThrows(KanException.class, () -> new Hypotheses(rows -> new double[rows.length], new double[100], 1, 0, 1));
        assertThrows(KanException.class, () -> new Hypotheses(rows -> rows, new double[4], 1, 0, 1));
        assertThrows(KanException.class, () -> new Hypotheses(rows -> new double[2 * rows.length], new double[100], 1, 0, 1));
    }

    /** Errors explain a trace of interaction, and no more than that. */
    @Test
    void errorsAloneMakeSmallInteractions() {
        SplitMix random = new SplitMix(5);
        double[] errors = new double[300];
        Arrays.setAll(errors, k -> 0.02 * random.normal());
        double[] x = new double[2 * 500];
        Arrays.setAll(x, k -> random.uniform(0.5, 1.5));
        int[] a = {0};
        int[] b = {1};
        for (double amount : new double[] {0, 0.3}) {
            // An error of its own at every point, as a network has one.
            Sensitivity.Function noisy = rows -> {
                double[] y = new double[rows.length / 2];
                Arrays.setAll(y, k -> rows[2 * k] + Math.exp(rows[2 * k + 1]) + amount * rows[2 * k] * rows[2 * k + 1]
                        + 0.02 * Math.sin(1e6 * (rows[2 * k] + 3 * rows[2 * k + 1])));
                return y;
            };
            Hypotheses.Chances p = new Hypotheses(noisy, x, 2, 0.01, 1).chances(a, b, errors, 1);
            assertTrue(amount == 0 ? p.sum() > 0.05 : p.sum() == 0.001, p.toString());
            assertEquals(0.001, p.product());
            Sensitivity.Function product = rows -> {
                double[] y = noisy.apply(rows);
                Arrays.setAll(y, k -> rows[2 * k] * rows[2 * k + 1] * rows[2 * k + 1] + y[k] - rows[2 * k]
                        - Math.exp(rows[2 * k + 1]) - amount * rows[2 * k] * rows[2 * k + 1] + amount);
                return y;
            };
            Hypotheses.Chances q = new Hypotheses(product, x, 2, 0.01, 1).chances(a, b, errors, 1);
            assertTrue(amount == 0 ? q.product() > 0.05 : q.product() == 0.001, q.toString());
            assertEquals(0.001, q.sum());
        }
        Hypotheses plain = new Hypotheses(rows -> GraphRun.column(rows, 2, 0), x, 2, 0, 1);
        assertEquals(1, plain.chances(a, b, errors, 1).sum());
        assertThrows(KanException.class, () -> plain.chances(a, b, new double[5], 1));
    }
}
