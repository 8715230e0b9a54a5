// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.Basis;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.formula.Expression;
import org.kan4j.model.Parameters;

/** Several edges by one pattern: named, frozen, let go. */
class EdgePatternTest {

    @Test
    void patternsNameTheEdgesThatAreThere() {
        try (Parameters parameters = KanGraphTest.random(BSpline.of(3, 3), 1)) { // [4,3,2]
            KanGraph graph = KanGraph.of(parameters).without(new Edge(0, 1, 2), 0);
            assertEquals(List.of(new Edge(0, 0, 2), new Edge(0, 2, 2), new Edge(0, 3, 2)), graph.edges("0,*,2"));
            assertEquals(6, graph.edges("1,*,*").size());
            assertEquals(graph.edges(), graph.edges(" * ,*,*"));
            assertEquals(List.of(new Edge(1, 2, 1)), graph.edges("1,2,1"));
            for (String bad : List.of("0,*", "*", "0,**,1", "a,*,*", "", "0,7,*", "5,*,*", "0,1,2", "-1,*,*")) {
                assertThrows(KanException.class, () -> graph.edges(bad), bad);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("org.kan4j.explain.KanGraphTest#bases")
    void frozenEdgesStayWhatTheyAre(Basis basis) {
        try (Context context = KanGraphTest.single(); Arena arena = Arena.ofConfined();
                Parameters parameters = KanGraphTest.random(basis, 3)) {
            KanGraph graph = KanGraph.of(parameters).without(new Edge(0, 1, 2), 0.1);
            double[] x = KanGraphTest.rows(4, 5);
            double[] y = new double[x.length / 2];
            Arrays.setAll(y, k -> Math.sin(k));
            Rows rows = new Rows(x, y, 4, 0);
            List<Edge> frozen = graph.edges("*,0,*");
            KanGraph fitted = graph.fitted(context, rows.dataset(arena), 30, frozen);
            assertTrue(Quality.of(context, fitted, rows).value() < Quality.of(context, graph, rows).value());
            assertEquals(graph.edges(), fitted.edges());
            double[] at = {-0.9, -0.2, 0.1, 0.7};
            int moved = 0;
            for (Edge edge : graph.edges()) {
                double[] before = graph.values(context, edge, at);
                double[] after = fitted.values(context, edge, at);
                if (frozen.contains(edge)) {
                    assertArrayEquals(before, after, edge.toString());
                } else {
                    moved += Arrays.equals(before, after) ? 0 : 1;
                }
            }
            assertTrue(moved > 0);
            assertThrows(KanException.class, () -> graph.fitted(context, rows.dataset(arena), 1, List.of(new Edge(0, 9, 0))));
        }
    }

    @Test
    void fixedEdgesAreLetGoTogether() {
        SymbolicEdges known = new SymbolicEdges(Map.of(new Edge(0, 0, 0), Expression.parse("x"), new Edge(0, 1, 0),
                Expression.parse("x^2"), new Edge(1, 0, 0), Expression.parse("exp(x)")));
        assertEquals(List.of(new Edge(1, 0, 0)), List.copyOf(known.without("0,*,*").functions().keySet()));
        assertTrue(known.without("*,*,*").functions().isEmpty());
        assertFalse(known.without("0,1,0").functions().containsKey(new Edge(0, 1, 0)));
        assertTrue(assertThrows(KanException.class, () -> known.without("2,*,*")).getMessage().contains("is not fixed"));
    }
}
