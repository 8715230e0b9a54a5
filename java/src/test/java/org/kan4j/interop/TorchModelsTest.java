// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kan4j.error.FormatException;
import org.kan4j.internal.Json;
import org.kan4j.model.Parameters;
import org.kan4j.serve.Predictor;
import org.kan4j.tensor.DType;

/**
 * Files that PyTorch 2.13 itself wrote of the published implementations, with the outputs these gave
 * (src/test/golden/torch_models.py).
 */
class TorchModelsTest {

    private static final Path MODELS = Path.of(System.getProperty("kan4j.root", ".."),
            "java/src/test/resources/torch/models");

    private static double[] numbers(Map<String, Object> json, String key) {
        return ((List<?>) json.get(key)).stream().mapToDouble(v -> ((Number) v).doubleValue()).toArray();
    }

    @ParameterizedTest
    @CsvSource({"efficient.pt, efficient, F32", "checkpoint.pt, efficient, F32", "parallel.pth, efficient, F32",
        "views.pt, efficient, F32", "half.pt, half, F32", "bfloat16.pt, bfloat16, F32", "double.pt, double, F64",
        "fast.ckpt, fast, F32", "cheby.pt, cheby, F32", "fourier.pt, fourier, F32"})
    void predictsAsPyTorchDid(String file, String outputs, DType dtype) throws Exception {
        Map<String, Object> json = Json.parseObject(Files.readString(MODELS.resolve(outputs + ".json")));
        Variant variant = Variant.of((String) json.get("variant"));
        List<String> order = outputs.equals("cheby") ? List.of("first", "second") : null;
        try (Arena arena = Arena.ofConfined()) {
            Weights weights = Weights.read(MODELS.resolve(file), variant, null, arena);
            StateDicts.Imported model = StateDicts.load(weights.what(), variant, weights.tensors(), weights.config(), order);
            try (Parameters parameters = model.parameters()) {
                assertEquals(dtype, parameters.model().dtype());
                assertEquals(List.of(), weights.notes());
                double[] x = numbers(json, "x");
                double[] y = numbers(json, "y");
                try (Predictor predictor = Predictor.of(parameters)) {
                    double[] predicted = dtype == DType.F64 ? predictor.predict(x) : single(predictor, x);
                    assertArrayEquals(y, predicted, dtype == DType.F64 ? 1e-12 : 2e-6, file);
                }
            }
        }
    }

    private static double[] single(Predictor predictor, double[] x) {
        float[] rows = new float[x.length];
        for (int k = 0; k < rows.length; k++) {
            rows[k] = (float) x[k];
        }
        float[] y = predictor.predict(rows);
        double[] values = new double[y.length];
        for (int k = 0; k < values.length; k++) {
            values[k] = y[k];
        }
        return values;
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "module.pt | needs the Python class 'efficient_kan.kan KAN': it holds more than tensors",
        "inside.pt | needs the Python class 'efficient_kan.kan KAN': it holds more than tensors",
        "legacy.pt | was written by torch.save of before PyTorch 1.6", "big.pt | was written on a big-endian machine"})
    void whatIsNoStateDictIsOneSentence(String file, String message) {
        try (Arena arena = Arena.ofConfined()) {
            String said = assertThrows(FormatException.class,
                    () -> Weights.read(MODELS.resolve(file), Variant.of("efficient-kan"), null, arena)).getMessage();
            assertTrue(said.contains(message), said);
            assertFalse(said.contains("\n"), said);
        }
    }

    /** Without numbers in the names nothing says which layer comes first. */
    @Test
    void layersOfTheUsersOwnNamesNeedAnOrder() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            Variant cheby = Variant.of("chebykan");
            Weights weights = Weights.read(MODELS.resolve("cheby.pt"), cheby, null, arena);
            String said = assertThrows(FormatException.class, () -> StateDicts.load(weights.what(), cheby, weights.tensors(),
                    null)).getMessage();
            assertTrue(said.contains("first") && said.contains("second") && said.contains("order="), said);
        }
    }
}
