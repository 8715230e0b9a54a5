// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.Collections;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.kan4j.basis.BSpline;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.formula.Formula;
import org.kan4j.formula.Interval;
import org.kan4j.rows.Dataset;

/** A textbook's law and what data adds to it. */
class CorrectionTest {

    private static Dataset rows(Arena arena, long seed, ToDoubleFunction<double[]> f) {
        return PruningTest.sample(400, 2, seed, f).dataset(arena);
    }

    private static KanGraph law(Context context, String text) {
        Formula formula = Formula.parse(text);
        return KanCompiler.compile(context, formula, Collections.nCopies(2, new Interval(-1, 1)), BSpline.of(20, 3)).graph();
    }

    @Test
    void whatTheLawLeavesOutIsLearnedAndItsSizeSaid() {
        ToDoubleFunction<double[]> truth = p -> p[0] * p[1] + 0.2 * Math.sin(3 * p[0]);
        try (Context context = KanGraphTest.single(); Arena arena = Arena.ofConfined()) {
            KanGraph law = law(context, "x*y");
            Correction found = Correction.of(context, law, 2, rows(arena, 1, truth), rows(arena, 2, truth), 150, 1);
            // The deviation of 0.2 sin 3x on -1..1 is 0.1449, that of all 0.3635.
            assertEquals(0.145, found.before(), 0.01);
            assertTrue(found.after() < 0.05 * found.before(), found.toString());
            assertEquals(0.145 / 0.3635, found.learned(), 0.03);
            double[] x = KanGraphTest.rows(2, 9);
            for (Edge edge : law.edges()) { // the law's nodes are the first of their layers
                int shift = edge.layer() == 0 ? 2 : 0;
                assertArrayEquals(law.values(context, edge, x), found.graph().values(context,
                        new Edge(edge.layer(), edge.input() + (edge.layer() > 0 ? 2 : 0), edge.output() + shift), x), 1e-12,
                        edge.toString());
            }
        }
    }

    @Test
    void aRightLawIsLeftAloneAndOneWithoutHiddenLayersToo() {
        ToDoubleFunction<double[]> truth = p -> p[0] * p[0] + p[1];
        try (Context context = KanGraphTest.single(); Arena arena = Arena.ofConfined()) {
            Correction right = Correction.of(context, law(context, "x^2 + y"), 2, rows(arena, 1, truth), rows(arena, 2, truth),
                    60,
                    1);
            assertTrue(right.learned() < 1e-2 && right.after() < 1e-2, right.toString());
            assertEquals("[2,3,1]", right.graph().shape());
        }
    }

    @Test
    void rowsThatDoNotFitAreRefused() {
        try (Context context = KanGraphTest.single(); Arena arena = Arena.ofConfined()) {
            KanGraph law = law(context, "x*y");
            Dataset three = PruningTest.sample(40, 3, 1, p -> p[0]).dataset(arena);
            assertEquals("the law has 2 inputs and gives 1 number, the rows have 3 features and 1 target",
                    assertThrows(KanException.class, () -> Correction.of(context, law, 2, three, three, 10, 1)).getMessage());
            Dataset two = rows(arena, 1, p -> p[0]);
            assertThrows(KanException.class, () -> Correction.of(context, law, 0, two, two, 10, 1));
        }
    }
}
