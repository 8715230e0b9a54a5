// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.kan4j.basis.BSpline;
import org.kan4j.device.Context;
import org.kan4j.internal.Json;
import org.kan4j.layer.Activation;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.Multiply;
import org.kan4j.model.Parameters;

/**
 * pykan's scores against numbers that src/test/golden/pykan_scores.py computes from pykan's formulas in NumPy, with its own
 * B-splines: networks with products of two and of three factors.
 */
class PykanScoresTest {

    private static double[] numbers(Object list) {
        return ((List<?>) list).stream().mapToDouble(v -> ((Number) v).doubleValue()).toArray();
    }

    @Test
    void scoresAreThoseOfTheFormulas() throws Exception {
        Map<String, Object> golden;
        try (InputStream stream = PykanScoresTest.class.getResourceAsStream("pykan_scores.json")) {
            golden = Json.parseObject(new String(stream.readAllBytes(), StandardCharsets.UTF_8));
        }
        assertEquals(List.of("arity2", "arity3"), List.copyOf(golden.keySet()));
        for (Object one : golden.values()) {
            Map<?, ?> fields = (Map<?, ?>) one;
            int arity = ((Number) fields.get("arity")).intValue();
            List<GraphLayer> layers = new ArrayList<>();
            int[] in = {3, 3};
            int[] out = {1 + 2 * arity, 2};
            for (int l = 0; l < 2; l++) {
                Map<String, double[]> tensors = new LinkedHashMap<>();
                ((Map<?, ?>) ((List<?>) fields.get("layers")).get(l))
                        .forEach((name, values) -> tensors.put((String) name, numbers(values)));
                layers.add(new GraphLayer(new KanLayer(in[l], out[l], BSpline.of(4, 3), Activation.SILU, true, false, false,
                        false, false, false), tensors));
                if (l == 0) {
                    layers.add(new GraphLayer(new Multiply(1, 2, arity), Map.of()));
                }
            }
            KanGraph graph = new KanGraph(layers, new int[] {0, 1, 2});
            try (Context context = KanGraphTest.single(); Parameters parameters = graph.parameters()) {
                PykanScores scores = PykanScores.of(context, KanGraph.of(parameters), numbers(fields.get("x")));
                assertArrayEquals(numbers(fields.get("features")), scores.features(), 1e-10);
                assertArrayEquals(numbers(fields.get("hidden")), scores.nodes().get(1), 1e-10);
                for (int l = 0; l < 2; l++) {
                    assertArrayEquals(numbers(((List<?>) fields.get("edges")).get(l)), scores.edges().get(l), 1e-10);
                }
            }
        }
    }
}
