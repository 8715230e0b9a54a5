// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kan4j.device.Context;
import org.kan4j.error.FormatException;
import org.kan4j.error.KanException;
import org.kan4j.formula.Expression;
import org.kan4j.internal.Json;
import org.kan4j.interop.StateDicts;
import org.kan4j.interop.Variant;
import org.kan4j.interop.Weights;
import org.kan4j.model.Parameters;

/**
 * pykan's own checkpoints, outputs and scores of attribute (pykan 0.2.8 on PyTorch 2.13, src/test/golden/pykan_checkpoints.py):
 * a trained [4,5,1] and networks with products of two and of three factors.
 */
class PykanParityTest {

    static final Path PYKAN = Path.of(System.getProperty("kan4j.root", ".."), "java/src/test/resources/pykan");

    static double[] numbers(Object list) {
        return ((List<?>) list).stream().mapToDouble(v -> ((Number) v).doubleValue()).toArray();
    }

    @ParameterizedTest
    @CsvSource({"trained, '[4,5,1]'", "arity2, '[3,1+2,2]'", "arity3, '[3,1+2x3,2]'"})
    void scoresArePykans(String name, String shape) throws Exception {
        Map<String, Object> golden = Json.parseObject(Files.readString(PYKAN.resolve(name + ".json")));
        double[] x = numbers(golden.get("x"));
        Variant pykan = Variant.of("pykan");
        try (Arena arena = Arena.ofConfined(); Context context = KanGraphTest.single()) {
            Weights weights = Weights.read(PYKAN.resolve(name), pykan, null, arena);
            try (Parameters parameters = StateDicts.load(weights.what(), pykan, weights.tensors(), weights.config())
                    .parameters()) {
                KanGraph graph = KanGraph.of(parameters);
                assertEquals(shape, graph.shape());
                assertArrayEquals(numbers(golden.get("y")), graph.predict(context, x), 1e-12);
                PykanScores scores = PykanScores.of(context, graph, x);
                assertArrayEquals(numbers(golden.get("features")), scores.features(), 1e-10);
                List<?> nodes = (List<?>) golden.get("nodes");
                List<?> edges = (List<?>) golden.get("edges");
                assertEquals(nodes.size(), scores.nodes().size());
                for (int l = 0; l < nodes.size(); l++) {
                    assertArrayEquals(numbers(nodes.get(l)), scores.nodes().get(l), 1e-10);
                }
                for (int l = 0; l < edges.size(); l++) {
                    assertArrayEquals(numbers(edges.get(l)), scores.edges().get(l), 1e-10);
                }
            }
        }
    }

    /** Symbolic edges, doubled ones, pruned ones, maps of nodes and subnodes; every function of pykan's library. */
    @ParameterizedTest
    @CsvSource({"law, 3", "mixed, 3", "library, 29"})
    void symbolicEdgesPredictAsPykan(String name, int functions) throws Exception {
        Map<String, Object> golden = Json.parseObject(Files.readString(PYKAN.resolve(name + ".json")));
        Variant pykan = Variant.of("pykan");
        try (Arena arena = Arena.ofConfined(); Context context = KanGraphTest.single()) {
            Weights weights = Weights.read(PYKAN.resolve(name), pykan, null, arena);
            StateDicts.Imported model = StateDicts.load(weights.what(), pykan, weights.tensors(), weights.config());
            try (Parameters parameters = model.parameters()) {
                SymbolicEdges known = SymbolicEdges.parse(Json.write(model.functions()));
                assertEquals(functions, known.functions().size());
                KanGraph graph = KanGraph.of(parameters);
                double[] x = numbers(golden.get("x"));
                assertArrayEquals(numbers(golden.get("y")), known.predict(context, graph, x), 1e-12);
                Map<String, String> properties = Map.of(SymbolicEdges.KEY, known.toJson());
                assertThrows(KanException.class, () -> SymbolicEdges.requireCurves(parameters, properties));
                SymbolicEdges.requireCurves(parameters, Map.of());
                List<Column> inputs = java.util.stream.IntStream.rangeClosed(1, graph.in()).mapToObj(i -> Column.plain("x" + i))
                        .toList();
                if (name.equals("mixed")) {
                    assertTrue(assertThrows(KanException.class, () -> known.formulas(context, graph, inputs,
                            List.of(Column.plain("y")))).getMessage().contains("edges have no function yet"));
                } else {
                    Expression formula = known.formulas(context, graph, inputs, List.of(Column.plain("y"))).getFirst();
                    if (name.equals("law")) {
                        assertEquals("exp(sin(3.141592653589793*x1) + x2^2)", formula.toString());
                    }
                    double[] y = numbers(golden.get("y"));
                    for (int b = 0; b < y.length; b++) {
                        Map<String, Double> point = new java.util.HashMap<>();
                        for (int i = 0; i < graph.in(); i++) {
                            point.put("x" + (i + 1), x[b * graph.in() + i]);
                        }
                        assertEquals(y[b], formula.evaluate(point), 1e-10 * (1 + Math.abs(y[b])));
                    }
                }
            }
        }
    }

    @Test
    void functionsWithoutTheirNamesAreRefused() throws Exception {
        Variant pykan = Variant.of("pykan");
        try (Arena arena = Arena.ofConfined()) {
            Weights weights = Weights.read(PYKAN.resolve("law"), pykan, null, arena);
            for (String config : List.of("{\"width\": [2, 1, 1]}", "{\"width\": [2, 1, 1], \"symbolic\": [[[\"sin\"]]]}",
                    "{\"width\": [2, 1, 1], \"symbolic\": [[[\"sin\", \"os.system\"]], [[\"exp\"]]]}")) {
                String said = assertThrows(FormatException.class,
                        () -> StateDicts.load(weights.what(), pykan, weights.tensors(), config)).getMessage();
                assertTrue(said.contains("symbolic") || said.contains("function's name"), said);
            }
            StateDicts.load(weights.what(), pykan, weights.tensors(), "{\"width\": [2, 1, 1], \"symbolic_enabled\": false}")
                    .parameters().close();
        }
    }
}
