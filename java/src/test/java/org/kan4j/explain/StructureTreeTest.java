// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kan4j.basis.BSpline;
import org.kan4j.error.KanException;
import org.kan4j.explain.StructureTree.Kind;

/** Trees put together by hand: their shapes, their networks and where their nodes are drawn. */
class StructureTreeTest {

    private static StructureTree input(int i) {
        return new StructureTree(new int[] {i}, Kind.INPUT, List.of());
    }

    private static StructureTree of(Kind kind, StructureTree... children) {
        return new StructureTree(Arrays.stream(children).flatMapToInt(c -> Arrays.stream(c.inputs())).sorted().toArray(), kind,
                List.of(children));
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {"SUM; 2; 2,1; 2", "SUM; 3; 3,1; 3", "PRODUCT; 2; 2,0+1,1; 3", "PRODUCT; 3; 3,0+1x3,1; 4",
        "GENERAL; 3; 3,1,1; 4", "FUNCTION; 2; 2,2,1; 6", "NONE; 4; 4,4,1; 20"})
    void aFlatTreeHasTheShapeOfItsKind(Kind kind, int inputs, String shape, int edges) {
        StructureTree tree = of(kind,
                IntStream.range(0, inputs).mapToObj(StructureTreeTest::input).toArray(StructureTree[]::new));
        assertEquals(shape, tree.shape());
        assertEquals(1, tree.depth());
        KanGraph network = tree.network(BSpline.of(3, 3), 1);
        assertEquals(edges, network.edges().size());
        assertEquals(Shape.parse(shape).toString(), network.shape());
    }

    /** y = a + f(b, c): the first input waits for the group beside it. */
    private static final StructureTree UNEVEN = of(Kind.SUM, input(0), of(Kind.GENERAL, input(1), input(2)));

    @Test
    void anInputWaitsForTheGroupBesideIt() {
        assertEquals("(0 (1 2)) 2 3,2,1", UNEVEN + " " + UNEVEN.depth() + " " + UNEVEN.shape());
        assertEquals("[0,0,0, 0,1,1, 0,2,1, 1,0,0, 1,1,0]", UNEVEN.network(BSpline.of(3, 3), 1).edges().toString());
        assertEquals("1,1", input(0).shape());
        assertThrows(KanException.class, () -> input(0).network(BSpline.of(3, 3), 1));
    }

    @Test
    void everyNodeIsDrawnAboveTheMiddleOfItsChildren() {
        String svg = UNEVEN.svg(List.of("a", "b", "<c>"), "y");
        assertTrue(svg.contains("viewBox=\"0 0 290 260\""), svg);
        assertEquals(List.of("M122.5 90L55 230", "M122.5 90L190 160", "M190 160L145 230", "M190 160L235 230"),
                found(svg, "<path class=\"wire\" d=\"([^\"]*)\""));
        assertEquals(List.of("55\" cy=\"230\" r=\"4", "145\" cy=\"230\" r=\"4", "235\" cy=\"230\" r=\"4",
                "190\" cy=\"160\" r=\"13", "122.5\" cy=\"90\" r=\"13"), found(svg, "<circle class=\"node\" cx=\"(.*?)\"/>"));
        assertEquals(List.of("55\" y=\"250\">a", "145\" y=\"250\">b", "235\" y=\"250\">&lt;c&gt;", "190\" y=\"164\">f(+)",
                "122.5\" y=\"94\">+", "122.5\" y=\"68\">y"), found(svg, "<text class=\"mid\" x=\"(.*?)</text>"));
        assertEquals(List.of(">×<"), found(of(Kind.PRODUCT, input(0), input(1)).svg(List.of("a", "b"), "y"), "(>×<)"));
        assertTrue(assertThrows(KanException.class, () -> UNEVEN.svg(List.of("a", "b"), "y")).getMessage().contains(
                "inputs up to 2, given 2 names"));
    }

    private static List<String> found(String svg, String pattern) {
        return Pattern.compile(pattern).matcher(svg).results().map((MatchResult m) -> m.group(1)).toList();
    }
}
