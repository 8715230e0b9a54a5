// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.Basis;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.Multiply;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.tensor.DType;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

/** Drawings are whole XML, the same every time, and of a bounded size. */
class PictureTest {

    static Document parsed(String svg) throws Exception {
        return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(svg)));
    }

    private static void keep(String name, String svg) throws Exception {
        String folder = System.getProperty("kan4j.pictures");
        if (folder != null) {
            Files.writeString(Path.of(folder, name), svg);
        }
    }

    @ParameterizedTest
    @MethodSource("org.kan4j.explain.KanGraphTest#bases")
    void everyBasisIsDrawn(Basis basis) throws Exception {
        try (Context context = KanGraphTest.single(); Parameters parameters = KanGraphTest.random(basis, 1)) {
            KanGraph graph = KanGraph.of(parameters);
            double[] x = KanGraphTest.rows(4, 2);
            String svg = Diagram.svg(context, graph, x, List.of("a<b", "b", "c & d", "e"), List.of("y", "z"),
                    Map.of(new Edge(0, 1, 2), "sin"));
            assertEquals(graph.edges().size(), parsed(svg).getElementsByTagName("rect").getLength() - 1);
            assertEquals(svg, Diagram.svg(context, graph, x, List.of("a<b", "b", "c & d", "e"), List.of("y", "z"),
                    Map.of(new Edge(0, 1, 2), "sin")));
            assertTrue(!svg.contains("NaN") && svg.contains("prefers-color-scheme:dark"), svg);
            keep("diagram-" + basis.name() + ".svg", svg);
            String plot = EdgePlot.svg(context, graph, new Edge(1, 0, 1), x, "sin", Math::sin);
            parsed(plot);
            assertTrue(!plot.contains("NaN"), plot);
            keep("edge-" + basis.name() + ".svg", plot);
        }
    }

    private static double number(org.w3c.dom.Node node, String name) {
        return Double.parseDouble(node.getAttributes().getNamedItem(name).getNodeValue());
    }

    /** Nodes stand evenly about the middle, boxes half way between them, wires lead from one to the other. */
    @Test
    void nodesBoxesAndWiresAreWhereTheyBelong() throws Exception {
        try (Context context = KanGraphTest.single();
                Parameters parameters = Parameters.initialise(KanModel.kan(DType.F64, BSpline.of(5, 3), 3, 1), 1)) {
            Document svg = parsed(Diagram.svg(context, KanGraph.of(parameters), KanGraphTest.rows(3, 2), List.of("a", "b", "c"),
                    List.of("y"), Map.of(new Edge(0, 1, 0), "sin")));
            double width = number(svg.getDocumentElement(), "width");
            var circles = svg.getElementsByTagName("circle");
            assertEquals(4, circles.getLength());
            double[] at = IntStream.range(0, 4).mapToDouble(i -> number(circles.item(i), "cx")).toArray();
            double low = number(circles.item(0), "cy");
            double high = number(circles.item(3), "cy");
            assertEquals(width, at[0] + at[2], 0.2);
            assertEquals(width / 2, at[1], 0.1);
            assertEquals(width / 2, at[3], 0.1);
            assertTrue(at[0] < at[1] && at[0] > 0 && high < low && high > 0, "inputs below the output");
            List<String> wires = new java.util.ArrayList<>();
            var paths = svg.getElementsByTagName("path");
            for (int i = 0; i < paths.getLength(); i++) {
                if (paths.item(i).getAttributes().getNamedItem("class").getNodeValue().equals("wire")) {
                    wires.add(paths.item(i).getAttributes().getNamedItem("d").getNodeValue());
                }
            }
            assertEquals(6, wires.size(), "to each box and from it");
            List<org.w3c.dom.Node> boxes = IntStream.range(0, svg.getElementsByTagName("rect").getLength())
                    .mapToObj(i -> svg.getElementsByTagName("rect").item(i))
                    .filter(r -> r.getAttributes().getNamedItem("class") != null
                            && r.getAttributes().getNamedItem("class").getNodeValue().equals("box"))
                    .toList();
            assertEquals(3, boxes.size());
            for (int i = 0; i < 3; i++) {
                double size = number(boxes.get(i), "width");
                assertEquals(size, number(boxes.get(i), "height"));
                assertEquals(at[i], number(boxes.get(i), "x") + size / 2, 0.2, "above its input");
                assertEquals((low + high) / 2, number(boxes.get(i), "y") + size / 2, 0.2);
                double[] up = ends(wires.get(2 * i));
                double[] on = ends(wires.get(2 * i + 1));
                assertEquals(List.of(true, true, true, true), List.of(near(up[0], at[i]), near(up[1], low), near(up[2], at[i]),
                        near(up[3], (low + high) / 2 + size / 2)));
                assertEquals(List.of(true, true, true, true),
                        List.of(near(on[0], at[i]), near(on[1], (low + high) / 2 - size / 2),
                                near(on[2], at[3]), near(on[3], high)));
            }
        }
    }

    private static boolean near(double a, double b) {
        return Math.abs(a - b) < 0.2;
    }

    /** Of M1 2L3 4. */
    private static double[] ends(String path) {
        return java.util.Arrays.stream(path.substring(1).split("[ L]")).mapToDouble(Double::parseDouble).toArray();
    }

    @Test
    void aWideNetworkIsDrawnInPart() throws Exception {
        KanModel model = KanModel.kan(DType.F64, BSpline.of(5, 3), 100, 10, 10, 1);
        try (Context context = KanGraphTest.single(); Parameters parameters = Parameters.initialise(model, 1)) {
            List<String> names = IntStream.range(0, 100).mapToObj(i -> "x" + i).toList();
            double[] x = KanGraphTest.rows(100, 2);
            String svg = Diagram.svg(context, KanGraph.of(parameters), x, names, List.of("y"), Map.of());
            assertTrue(svg.length() < 1_000_000, svg.length() + " characters");
            assertTrue(svg.contains("+ 910 weaker edges not drawn"));
            parsed(svg);
            keep("wide.svg", svg);
        }
    }

    /** Names stand beside each other; very long ones are cut. */
    @Test
    void namesDoNotOverlap() throws Exception {
        try (Context context = KanGraphTest.single(); Parameters parameters = KanGraphTest.random(BSpline.of(5, 3), 4)) {
            KanGraph graph = KanGraph.of(parameters);
            double[] x = KanGraphTest.rows(4, 6);
            List<String> names = List.of("mean radius (mm)", "concave points worst", "fractal dimension error",
                    "a name that is far too long to be read under a node of a picture of this width");
            java.util.Map<Edge, String> functions = new java.util.HashMap<>();
            graph.edges().forEach(edge -> functions.put(edge, "polynomial 4"));
            String svg = Diagram.svg(context, graph, x, names, List.of("first", "second"), functions);
            parsed(svg);
            java.util.regex.Matcher text = java.util.regex.Pattern.compile(
                    "<text class=\"(mid|name)\" x=\"([\\d.]+)\" y=\"([\\d.]+)\">([^<]{2,})<").matcher(svg);
            java.util.Map<String, List<double[]>> rows = new java.util.TreeMap<>();
            while (text.find()) {
                double width = 6.2 * text.group(4).length();
                double left = Double.parseDouble(text.group(2)) - (text.group(1).equals("mid") ? width / 2 : 0);
                rows.computeIfAbsent(text.group(3), k -> new java.util.ArrayList<>()).add(new double[] {left, left + width});
            }
            assertEquals(4, rows.size(), "inputs, outputs and two layers of functions");
            for (List<double[]> row : rows.values()) {
                row.sort(java.util.Comparator.comparingDouble(span -> span[0]));
                for (int k = 1; k < row.size(); k++) {
                    assertTrue(row.get(k)[0] >= row.get(k - 1)[1], row.get(k - 1)[1] + " to " + row.get(k)[0]);
                }
            }
            assertTrue(svg.contains("fractal dimension error") && svg.contains("…<"));
        }
    }

    @Test
    void productsAndNamesAreThere() throws Exception {
        KanModel model = KanModel.of(DType.F64, KanLayer.of(2, 5, BSpline.of(3, 3)), new Multiply(1, 2, 2),
                KanLayer.of(3, 1, BSpline.of(3, 3)));
        try (Context context = KanGraphTest.single(); Parameters parameters = Parameters.initialise(model, 1)) {
            String svg = Diagram.svg(context, KanGraph.of(parameters), KanGraphTest.rows(2, 1), List.of("voltage", "time"),
                    List.of("power"), Map.of());
            assertTrue(svg.contains("×") && svg.contains("voltage") && svg.contains("power"));
            keep("products.svg", svg);
            assertThrows(KanException.class, () -> Diagram.svg(context, KanGraph.of(parameters), KanGraphTest.rows(2, 1),
                    List.of("voltage"), List.of("power"), Map.of()));
        }
    }

    @Test
    void numbersAreShort() {
        assertEquals("0.1235", Svg.number(0.123456, 4));
        assertEquals("3", Svg.number(3, 4));
        assertEquals("-1.5", Svg.number(-1.5, 4));
        assertEquals("1.234e-08", Svg.number(1.23400e-8, 4));
        assertEquals("0", Svg.px(-0.001));
        assertEquals("12.5", Svg.px(12.5));
    }
}
