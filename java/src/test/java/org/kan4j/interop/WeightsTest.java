// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kan4j.error.FormatException;
import org.kan4j.error.KanException;
import org.kan4j.io.Safetensors;
import org.kan4j.layer.Affine;
import org.kan4j.layer.Multiply;
import org.kan4j.model.Parameters;
import org.kan4j.serve.Predictor;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.tensor.Shape;

/**
 * State dicts in the files users have: PyTorch's own, pykan's of today and of 2024, half precision, names without
 * numbers.
 */
class WeightsTest {

    private static final Path RESOURCES = Path.of(System.getProperty("kan4j.root", ".."), "java/src/test/resources");
    private static final Path TORCH = RESOURCES.resolve("torch");
    private static final Path PUBLISHED = RESOURCES.resolve("published");

    @TempDir
    private Path folder;

    private static Map<String, HostTensor> read(Path file, String variant, String key, Arena arena) throws IOException {
        return Weights.read(file, Variant.of(variant), key, arena).tensors();
    }

    private static String refused(Path file, String variant, String key) {
        try (Arena arena = Arena.ofConfined()) {
            return assertThrows(FormatException.class, () -> Weights.read(file, Variant.of(variant), key, arena))
                    .getMessage();
        }
    }

    private static void contains(String message, String... parts) {
        for (String part : parts) {
            assertTrue(message.contains(part), message + "\nhas no " + part);
        }
    }

    private static double[] numbers(int count, IntToDoubleFunction value) {
        double[] numbers = new double[count];
        Arrays.setAll(numbers, value);
        return numbers;
    }

    // --------------------------------------------------------------------------------------------------------- PyTorch

    @Test
    void readsStateDictsOfBothProtocols() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            for (String file : List.of("state.pt", "protocol4.pt", "checkpoint.pt")) {
                Map<String, HostTensor> tensors = read(TORCH.resolve(file), "chebykan", null, arena);
                assertEquals(List.of("layers.0.cheby_coeffs", "layers.0.arange", "layers.1.cheby_coeffs",
                        "layers.1.arange"), List.copyOf(tensors.keySet()), file);
                HostTensor coefficients = tensors.get("layers.0.cheby_coeffs");
                assertEquals(Shape.of(2, 3, 5), coefficients.shape());
                assertArrayEquals(numbers(30, i -> i / 8.0), coefficients.toDoubles());
                assertEquals(DType.I64, tensors.get("layers.1.arange").dtype());
                StateDicts.load(file, Variant.of("chebykan"), tensors, null).parameters().close();
            }
        }
    }

    @Test
    void tensorsOfTypesThatAreNotNeededAreSkippedByName() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            Weights weights = Weights.read(TORCH.resolve("types.pt"), Variant.of("chebykan"), null, arena);
            assertEquals(List.of("typed is skipped: kan4j does not read uint16",
                    "quantized is skipped: kan4j does not read QUInt8Storage",
                    "sparse is skipped: kan4j does not read sparse_coo",
                    "meta is skipped: kan4j does not read meta"), weights.notes());
            assertTrue(weights.tensors().containsKey("layers.0.cheby_coeffs"));
        }
    }

    @Test
    void viewsAndHalfPrecisionAreWhatPyTorchSees() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            Weights weights = Weights.read(TORCH.resolve("views.pt"), Variant.of("chebykan"), null, arena);
            Map<String, HostTensor> tensors = weights.tensors();
            assertArrayEquals(numbers(24, i -> (i % 4 * 6 + i / 4) / 8.0), tensors.get("transposed").toDoubles());
            assertArrayEquals(numbers(6, i -> (7 + i / 3 * 6 + i % 3 * 2) / 8.0), tensors.get("slice").toDoubles());
            assertEquals(5 / 8.0, tensors.get("scalar").get());
            assertEquals(Shape.of(0, 3), tensors.get("empty").shape());
            assertEquals(DType.F64, tensors.get("parameter").dtype());
            for (String half : List.of("half", "brain")) {
                assertEquals(DType.F32, tensors.get(half).dtype());
                assertArrayEquals(numbers(half.equals("half") ? 10 : 7, i -> i / 8.0), tensors.get(half).toDoubles());
            }
            assertArrayEquals(numbers(3, i -> i), tensors.get("int").toDoubles());
            assertFalse(tensors.containsKey("char"));
            assertEquals(List.of("char is skipped: kan4j does not read CharStorage"), weights.notes());
            assertEquals(List.of("bfloat16", "float16"), weights.halves());
        }
    }

    @Test
    void whichOfSeveralStateDicts() throws IOException {
        contains(refused(TORCH.resolve("two.pt"), "chebykan", null), "model, ema", "key=model, say, names");
        contains(refused(TORCH.resolve("two.pt"), "chebykan", "best"), "'best'", "model, ema");
        try (Arena arena = Arena.ofConfined()) {
            assertEquals(4, read(TORCH.resolve("two.pt"), "chebykan", "ema", arena).size());
        }
        contains(refused(RESOURCES.resolve("published/encoder-decoder.safetensors"), "efficient-kan", "model"),
                "leave key=model out");
    }

    @Test
    void refusesByName() throws IOException {
        contains(refused(TORCH.resolve("module.pt"), "chebykan", null), "torch._utils KAN", "model.state_dict()");
        contains(refused(TORCH.resolve("legacy.pt"), "chebykan", null), "before PyTorch 1.6");
        contains(refused(TORCH.resolve("beyond.pt"), "chebykan", null), "beyond its storage");
        contains(assertThrows(FormatException.class, () -> Safetensors.open(TORCH.resolve("state.pt"))).getMessage(),
                "Weights.read");
    }

    static List<Path> golden() {
        return GoldenTest.files();
    }

    @ParameterizedTest
    @MethodSource("golden")
    void everyVariantsStateDictIsTheSameBitsFromTorchSave(Path golden) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            Map<String, HostTensor> state = new LinkedHashMap<>();
            Safetensors file = Safetensors.open(golden);
            StateDicts.tensors(file, arena).forEach((name, tensor) -> {
                if (name.startsWith("param.")) {
                    state.put(name.substring("param.".length()), tensor);
                }
            });
            Path torch = folder.resolve("weights.pt");
            TorchWriter.write(torch, state);
            Map<String, HostTensor> read = read(torch, file.metadata().get("variant"), null, arena);
            assertEquals(state.keySet(), read.keySet());
            state.forEach((name, tensor) -> {
                assertEquals(tensor.shape(), read.get(name).shape(), name);
                assertEquals(-1, tensor.segment().mismatch(read.get(name).segment()), name);
            });
        }
    }

    // ----------------------------------------------------------------------------------------------------------- pykan

    @Test
    void readsWhatSaveckptWrote() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            Weights weights = Weights.read(TORCH.resolve("mark"), Variant.of("pykan"), null, arena);
            contains(weights.config(), "\"base_fun\":\"identity\"", "[[1,0],[1,1]]", "\"mult_arity\":2");
            StateDicts.Imported model = StateDicts.load("mark", Variant.of("pykan"), weights.tensors(),
                    weights.config());
            try (Parameters parameters = model.parameters()) {
                assertTrue(parameters.model().layers().contains(new Multiply(1, 1, 2)));
                assertEquals(2, parameters.model().out());
            }
            assertEquals(List.of("act_fun.0 (1 -> 2)"), model.layers());
        }
    }

    @Test
    void configurationsThatPykanDoesNotWriteAreRefused() {
        for (String text : List.of("width\n", "- 1\n", "width:\n", " grid: 3\n", "width:\n  - 1\n")) {
            contains(assertThrows(FormatException.class, () -> PykanConfig.of("mark_config.yml", text)).getMessage(),
                    "mark_config.yml", "expected");
        }
        assertEquals(Map.of("a", List.of(List.of(1L, List.of(2L, -3L)), 4L), "b", 0.5, "c", "x: y", "d", List.of()),
                PykanConfig.of("x",
                        "a:\n- - 1\n  - - 2\n    - -3\n- 4\nb: 0.5\nc: 'x: y'\nd: []\nsymbolic.funs_name.0:\n- '0'\n"));
    }

    /**
     * The published formula of pykan 0.0.x, edge by edge: textbook splines on the grid extended by its mean spacing.
     */
    @Test
    void readsPykanOf2024() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            Path file = PUBLISHED.resolve("pykan-0.0.x.safetensors");
            Map<String, HostTensor> old = StateDicts.tensors(Safetensors.open(file), arena);
            for (int o = 0; o < 5; o++) {
                old.get("biases.0.weight").set(0.1 * o - 0.3, 0, o); // in the file they are 0
            }
            StateDicts.Imported model = StateDicts.load("old", Variant.of("pykan"),
                    Variant.of("pykan").current("old", old, arena), null);
            try (Parameters parameters = model.parameters(); Predictor predictor = Predictor.of(parameters)) {
                assertTrue(parameters.model().layers().stream().anyMatch(Affine.class::isInstance), "biases are kept");
                for (double x0 : new double[] {-0.9, -0.3, 0.2, 0.7}) {
                    double[] x = {x0, 0.5 - x0 / 2};
                    double[] expected = x;
                    for (int l = 0; l < 2; l++) {
                        expected = oldLayer(old, l, expected);
                    }
                    assertArrayEquals(expected, predictor.predict(x), 1e-5);
                }
            }
            assertTrue(read(file, "pykan", null, arena).containsKey("node_bias_0"));
        }
    }

    private static double[] oldLayer(Map<String, HostTensor> old, int l, double[] x) {
        HostTensor bias = old.get("biases." + l + ".weight");
        int out = (int) bias.size();
        double[] y = new double[out];
        String act = "act_fun." + l + ".";
        for (int o = 0; o < out; o++) {
            y[o] = bias.get(0, o);
            for (int i = 0; i < x.length; i++) {
                int e = o * x.length + i;
                int points = (int) old.get(act + "grid").shape().axis(1);
                int n = (int) old.get(act + "coef").shape().axis(1);
                int k = n - points + 1;
                double[] t = new double[points + 2 * k];
                double first = old.get(act + "grid").get(e, 0);
                double h = (old.get(act + "grid").get(e, points - 1) - first) / (points - 1);
                for (int p = 0; p < t.length; p++) {
                    t[p] = p < k ? first - (k - p) * h
                            : p < k + points ? old.get(act + "grid").get(e, p - k) : old.get(act + "grid")
                                    .get(e, points - 1) + (p - k - points + 1) * h;
                }
                double spline = 0;
                for (int c = 0; c < n; c++) {
                    spline += old.get(act + "coef").get(e, c) * basis(t, c, k, x[i]);
                }
                y[o] += old.get(act + "mask").get(e) * (old.get(act + "scale_base")
                        .get(e) * x[i] / (1 + Math.exp(-x[i])) + old.get(act + "scale_sp").get(e) * spline);
            }
        }
        return y;
    }

    private static double basis(double[] t, int c, int k, double x) {
        if (k == 0) {
            return t[c] <= x && x < t[c + 1] ? 1 : 0;
        }
        return (x - t[c]) / (t[c + k] - t[c]) * basis(t, c, k - 1, x)
                + (t[c + k + 1] - x) / (t[c + k + 1] - t[c + 1]) * basis(t, c + 1, k - 1, x);
    }

    // --------------------------------------------------------------------------------------------- order, types, notes

    @Test
    void theOrderOfLayersIsNeverGuessed() throws IOException {
        Variant variant = Variant.of("efficient-kan");
        try (Arena arena = Arena.ofConfined()) {
            Map<String, HostTensor> state = read(PUBLISHED.resolve("encoder-decoder.safetensors"), "efficient-kan",
                    null, arena);
            contains(assertThrows(FormatException.class, () -> StateDicts.load("ae", variant, state, null))
                    .getMessage(), "decoder, encoder", "order=encoder,decoder", "order=decoder,encoder");
            double[] x = {0.3, -0.2, 0.6};
            double[] expected = one(one(x, state, "encoder"), state, "decoder");
            assertArrayEquals(expected, predict(x, StateDicts.load("ae", variant, state, null,
                    List.of("encoder", "decoder"))), 1e-6);
            StateDicts.Imported other = StateDicts.load("ae", variant, state, null, List.of("decoder", "encoder"));
            assertEquals(List.of("decoder (3 -> 3)", "encoder (3 -> 3)"), other.layers());
            assertArrayEquals(one(one(x, state, "decoder"), state, "encoder"), predict(x, other), 1e-6);
            for (List<String> order : List.of(List.of("encoder"), List.of("encoder", "head"),
                    List.of("encoder", "encoder"))) {
                contains(assertThrows(FormatException.class, () -> StateDicts.load("ae", variant, state, null, order))
                        .getMessage(), "order=" + String.join(",", order), "decoder");
            }
            Map<String, HostTensor> numbered = read(PUBLISHED.resolve("efficient-kan-f16.safetensors"), "efficient-kan",
                    null, arena);
            contains(assertThrows(FormatException.class, () -> StateDicts.load("n", variant, numbered, null,
                    List.of("layers.1", "layers.0")))
                    .getMessage(), "leave order=layers.1,layers.0 out");
        }
    }

    @Test
    void namesOfWhichOnlySomeHaveNumbersTellNoOrder() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            Map<String, HostTensor> state = read(TORCH.resolve("state.pt"), "chebykan", null, arena);
            HostTensor first = state.get("layers.0.cheby_coeffs");
            HostTensor last = state.get("layers.1.cheby_coeffs");
            for (List<String> names : List.of(List.of("input", "output"), List.of("kan1", "output"),
                    List.of("a1.in", "a1.out"))) {
                Map<String, HostTensor> named = Map.of(names.get(0) + ".cheby_coeffs", first, names.get(1)
                        + ".cheby_coeffs", last);
                contains(assertThrows(FormatException.class, () -> StateDicts.load("n", Variant.of("chebykan"), named,
                        null)).getMessage(), "order=", names.get(0), names.get(1));
                StateDicts.load("n", Variant.of("chebykan"), named, null, names).parameters().close();
            }
        }
    }

    private static double[] one(double[] x, Map<String, HostTensor> state, String layer) {
        Map<String, HostTensor> alone = new LinkedHashMap<>();
        state.forEach((name, tensor) -> {
            if (name.startsWith(layer)) {
                alone.put(name, tensor);
            }
        });
        return predict(x, StateDicts.load(layer, Variant.of("efficient-kan"), alone, null));
    }

    private static double[] predict(double[] x, StateDicts.Imported model) {
        try (Parameters parameters = model.parameters(); Predictor predictor = Predictor.of(parameters)) {
            return predictor.predict(x);
        }
    }

    @Test
    void halfPrecisionIsWidenedExactly() throws IOException {
        Path file = PUBLISHED.resolve("efficient-kan-f16.safetensors");
        try (Arena arena = Arena.ofConfined()) {
            Safetensors raw = Safetensors.open(file);
            Map<String, HostTensor> state = read(file, "efficient-kan", null, arena);
            for (String name : raw.entries().keySet()) {
                var bits = raw.map(arena, name);
                for (long i = 0; i < state.get(name).size(); i++) {
                    short half = bits.get(java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED, 2 * i);
                    assertEquals(Float.float16ToFloat(half), state.get(name).reshape(state.get(name).size()).get(i));
                }
            }
            StateDicts.load("half", Variant.of("efficient-kan"), state, null).parameters().close();
        }
    }

    @Test
    void unknownTypesAreSkippedNullMetadataAreNoneAndNaNsAreTold() throws IOException {
        String header = "{\"__metadata__\":null,\"layers.0.cheby_coeffs\":{\"dtype\":\"F32\",\"shape\":[1,1,2],\"data_offsets\":[0,8]},"
                + "\"scale\":{\"dtype\":\"F8_E8M0\",\"shape\":[3],\"data_offsets\":[8,11]}}";
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        var bytes = java.nio.ByteBuffer.allocate(8 + text.length + 11).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(text.length).put(text).putFloat(Float.NaN).putFloat(2);
        Path file = Files.write(folder.resolve("newer.safetensors"), bytes.array());
        try (Arena arena = Arena.ofConfined()) {
            Weights weights = Weights.read(file, Variant.of("chebykan"), null, arena);
            assertEquals(List.of("scale is skipped: kan4j does not read F8_E8M0",
                    "layers.0.cheby_coeffs has 1 number that is not finite; the model's outputs will not be either"),
                    weights.notes());
            assertThrows(KanException.class, () -> Safetensors.open(file).read(arena, "scale"));
        }
    }
}
