// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kan4j.device.Context;
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
    @CsvSource({"trained, '[4,5,1]'", "arity2, '[3,1+2,2]'", "arity3, '[3,1+2,2]'"})
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
}
