// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
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
        Hypotheses.Tree tree = h.tree();
        assertEquals("(((0 1) (2 3)) ((4 5) (6 7)))", tree.toString());
        assertEquals(3, tree.depth());
        assertEquals("sum", tree.kind());
    }

    @Test
    void whatCannotBeAskedIsRefused() {
        assertThrows(KanException.class, () -> new Hypotheses(rows -> new double[rows.length], new double[100], 1, 0, 1));
        assertThrows(KanException.class, () -> new Hypotheses(rows -> rows, new double[4], 1, 0, 1));
        assertThrows(KanException.class, () -> new Hypotheses(rows -> new double[2 * rows.length], new double[100], 1, 0, 1));
    }
}
