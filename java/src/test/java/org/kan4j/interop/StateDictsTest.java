// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.Basis;
import org.kan4j.basis.Chebyshev;
import org.kan4j.basis.Fourier;
import org.kan4j.basis.GaussianRbf;
import org.kan4j.basis.Jacobi;
import org.kan4j.basis.Rational;
import org.kan4j.basis.ReluPower;
import org.kan4j.basis.Rswaf;
import org.kan4j.basis.Sine;
import org.kan4j.basis.Wavelet;
import org.kan4j.error.KanException;
import org.kan4j.error.UnsupportedException;
import org.kan4j.io.Checkpoint;
import org.kan4j.io.Safetensors;
import org.kan4j.layer.Activation;
import org.kan4j.layer.KanLayer;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/** Importing and exporting: exact round trips, and a name for everything that does not fit. */
class StateDictsTest {

    private final Arena arena = Arena.ofShared();

    @TempDir
    private Path folder;

    @AfterEach
    void close() {
        arena.close();
    }

    static List<Path> files() {
        return GoldenTest.files();
    }

    private Map<String, HostTensor> state(Path file, String prefix) throws IOException {
        Map<String, HostTensor> state = new TreeMap<>();
        StateDicts.tensors(Safetensors.open(file), arena).forEach((name, tensor) -> {
            if (name.startsWith("param.")) {
                state.put(prefix + name.substring("param.".length()), tensor);
            }
        });
        return state;
    }

    private static Path golden(String name) {
        return files().stream().filter(f -> f.endsWith(name + ".safetensors")).findFirst().orElseThrow();
    }

    private static Map<String, HostTensor> floats(Arena arena, Map<String, HostTensor> state) {
        Map<String, HostTensor> floats = new TreeMap<>();
        state.forEach((name, tensor) -> floats.put(name, tensor.dtype() == DType.F64 ? tensor.to(arena, DType.F32) : tensor));
        return floats;
    }

    private static void assertSame(Map<String, HostTensor> expected, Map<String, HostTensor> found) {
        assertEquals(expected.keySet(), found.keySet());
        expected.forEach((name, tensor) -> {
            assertEquals(tensor.toString(), found.get(name).toString(), name);
            assertArrayEquals(tensor.segment().toArray(ValueLayout.JAVA_BYTE),
                    found.get(name).segment().toArray(ValueLayout.JAVA_BYTE), name);
        });
    }

    /** In float32 and float64, with and without a wrapper's prefix, with and without a config: the same bits back. */
    @ParameterizedTest
    @MethodSource("files")
    void roundTripsAreExact(Path file) throws IOException {
        Safetensors golden = Safetensors.open(file);
        Variant variant = Variant.of(golden.metadata().get("variant"));
        for (String prefix : List.of("", "module.", "_orig_mod.net.")) {
            for (boolean single : List.of(true, false)) {
                Map<String, HostTensor> state = state(file, prefix);
                state = single ? floats(arena, state) : state;
                Path checkpoint = folder.resolve("model.safetensors");
                StateDicts.Imported imported = StateDicts.load("weights", variant, state, golden.metadata().get("config"));
                try (Parameters parameters = imported.parameters()) {
                    assertEquals(single ? DType.F32 : DType.F64, parameters.model().dtype());
                    Checkpoint.write(checkpoint, parameters, Map.of(Origin.PROPERTY, imported.origin().toJson()));
                }
                try (Checkpoint read = Checkpoint.read(checkpoint)) {
                    assertSame(state, StateDicts.save(variant, read.parameters(), Origin.of(read.properties(), arena),
                            arena).tensors());
                }
            }
        }
    }

    /** What the tensors tell needs no config. */
    @ParameterizedTest
    @ValueSource(strings = {"efficientkan_order2_g8", "efficientkan_no_scaler", "efficientkan_uneven_order2",
        "pykan_multiplication", "fastkan_nobase", "fastkan_3layer", "rswaf_2layer", "chebykan_degree9", "chebykan_layernorm",
        "fourierkan_smooth", "sinekan_3layer", "bsrbf_order2", "rational_3groups"})
    void tensorsTellTheModelWithoutAConfig(String name) throws IOException {
        Safetensors golden = Safetensors.open(golden(name));
        Variant variant = Variant.of(golden.metadata().get("variant"));
        Map<String, HostTensor> state = state(golden(name), "");
        try (Parameters with = StateDicts.load("a", variant, state, golden.metadata().get("config")).parameters();
                Parameters without = StateDicts.load("b", variant, state, null).parameters()) {
            assertEquals(with.model(), without.model());
        }
    }

    @Test
    void theWidthOfRswafIsTheTensors() throws IOException {
        Map<String, HostTensor> state = state(golden("rswaf_2layer"), "");
        String inverse = state.keySet().stream().filter(name -> name.endsWith("inv_denominator")).findFirst().orElseThrow();
        state.get(inverse).set(0.8, 0);
        try (Parameters parameters = StateDicts.load("weights", Variant.of("rswaf"), state, null).parameters()) {
            assertEquals(0.8, ((Rswaf) ((KanLayer) parameters.model().layers().getFirst()).basis()).inverseDenominator());
        }
    }

    static Stream<Object[]> trained() {
        return Stream.of(
                new Object[] {"efficient-kan", BSpline.of(5, 3)}, new Object[] {"fastkan", GaussianRbf.of(8)},
                new Object[] {"rswaf", Rswaf.of(8)}, new Object[] {"fourierkan", new Fourier(5)},
                new Object[] {"chebykan", new Chebyshev(4)}, new Object[] {"jacobikan", Jacobi.legendre(4)},
                new Object[] {"sinekan", new Sine(8)}, new Object[] {"wavkan", new Wavelet(Wavelet.Kind.DOG)},
                new Object[] {"relukan", new ReluPower(5, 3)}, new Object[] {"rational", new Rational(2)},
                new Object[] {"pykan", BSpline.of(3, 2)});
    }

    /** A model made in kan4j comes out as a state dict that comes in as the same model. */
    @ParameterizedTest
    @MethodSource("trained")
    void exportsOwnModels(String name, Basis basis) throws IOException {
        Variant variant = Variant.of(name);
        try (Parameters own = Parameters.initialise(KanModel.kan(basis, 4, 6, 2), 7)) {
            StateDicts.Exported state = StateDicts.save(variant, own, null, arena);
            assertTrue(published(name).containsAll(state.tensors().keySet()), name + " has none of " + state.tensors().keySet());
            StateDicts.Imported back = StateDicts.load("weights", variant, state.tensors(), state.metadata().get("config"));
            try (Parameters parameters = back.parameters()) {
                assertSame(tensors(own), name.equals("pykan") ? without(tensors(parameters), "mask") : tensors(parameters));
            }
        }
    }

    /** The names that the published implementation gives tensors, of all golden files of a variant. */
    private static Set<String> published(String name) throws IOException {
        Set<String> names = new TreeSet<>();
        for (Path file : files()) {
            Safetensors golden = Safetensors.open(file);
            if (golden.metadata().get("variant").equals(name)) {
                golden.entries().keySet().stream().filter(key -> key.startsWith("param."))
                        .forEach(key -> names.add(key.substring("param.".length())));
            }
        }
        return names;
    }

    private Map<String, HostTensor> tensors(Parameters parameters) {
        Map<String, HostTensor> tensors = new TreeMap<>();
        parameters.tensors().forEach(info -> tensors.put(info.name(), parameters.get(arena, info.name())));
        return tensors;
    }

    private static Map<String, HostTensor> without(Map<String, HostTensor> tensors, String ending) {
        Map<String, HostTensor> rest = new TreeMap<>(tensors);
        rest.keySet().removeIf(name -> name.endsWith(ending));
        return rest;
    }

    /** pykan's node and subnode maps stay apart, whichever of them changes something. */
    @ParameterizedTest
    @ValueSource(strings = {"node_scale_0", "subnode_bias_0", "node_bias_1", "subnode_scale_1"})
    void affineMapsOfNodesComeBackWhereTheyWere(String name) throws IOException {
        for (String file : List.of("pykan_untrained", "pykan_multiplication_arity3")) {
            Map<String, HostTensor> state = state(golden(file), "");
            state.get(name).set(-0.75, 0);
            String config = Safetensors.open(golden(file)).metadata().get("config");
            StateDicts.Imported imported = StateDicts.load("weights", Variant.of("pykan"), state, config);
            try (Parameters parameters = imported.parameters()) {
                assertSame(state, StateDicts.save(Variant.of("pykan"), parameters, imported.origin(), arena).tensors());
            }
        }
    }

    @Test
    void namesOfOnesOwnModelClass() throws IOException {
        Map<String, HostTensor> state = new TreeMap<>();
        state(golden("chebykan_2layer"), "")
                .forEach((name, tensor) -> state.put("cheby" + (name.charAt(0) == '0' ? "9" : "10") + name.substring(1), tensor));
        StateDicts.Imported imported = StateDicts.load("weights", Variant.of("chebykan"), state, null);
        try (Parameters parameters = imported.parameters()) {
            assertEquals(4, parameters.model().in());
            assertSame(state, StateDicts.save(Variant.of("chebykan"), parameters, imported.origin(), arena).tensors());
        }
    }

    /** Norms in a row with the layers, with numbers like the layer before, or in a list of their own. */
    @ParameterizedTest
    @ValueSource(strings = {"{n} {n}", "net.{n} net.{n}", "chebykan{l} ln{l}", "kan{l} after{l}", "layers.{l} norms.{l}"})
    void layerNormsOfAnyNaming(String naming) throws IOException {
        String[] parts = naming.split(" ");
        Map<String, HostTensor> state = new TreeMap<>();
        state(golden("chebykan_layernorm"), "").forEach((name, tensor) -> {
            int number = name.charAt(0) - '0';
            state.put(parts[number % 2].replace("{n}", "" + number).replace("{l}", "" + number / 2) + name.substring(1), tensor);
        });
        StateDicts.Imported imported = StateDicts.load("weights", Variant.of("chebykan"), state, null);
        try (Parameters parameters = imported.parameters()) {
            assertEquals(List.of(5L, 7L, 7L, 4L, 4L), parameters.model().layers().stream().map(layer -> layer.in()).toList());
            assertSame(state, StateDicts.save(Variant.of("chebykan"), parameters, imported.origin(), arena).tensors());
            StateDicts.Exported fresh = StateDicts.save(Variant.of("chebykan"), parameters, null, arena);
            assertTrue(fresh.tensors().keySet().containsAll(List.of("0.arange", "1.bias", "2.cheby_coeffs", "4.cheby_coeffs")),
                    fresh.tensors().keySet()::toString);
        }
        assertContains(refusal("chebykan_layernorm", "chebykan", null, map -> map.remove("1.bias")),
                "missing: 1.bias, expected [7]");
        assertContains(refusal("chebykan_layernorm", "chebykan", null,
                map -> map.put("3.running_var", HostTensor.allocate(arena, DType.F64, 4))), "extra: 3.running_var");
    }

    /** The rational variant has no published model class, so many a naming is to be expected. */
    @ParameterizedTest
    @ValueSource(strings = {"act{l} fc{l} 0", "layers.{l}.rational layers.{l}.linear 0", "{l} {l} 0", "r{l} l{l} 3"})
    void rationalLayersOfAnyNaming(String naming) throws IOException {
        String[] parts = naming.split(" ");
        Map<String, HostTensor> state = new TreeMap<>();
        state(golden("rational_3groups"), "").forEach((name, tensor) -> {
            String module = name.startsWith("act") ? parts[0] : parts[1];
            int index = name.charAt(name.indexOf('.') - 1) - '1' + Integer.parseInt(parts[2]);
            state.put(module.replace("{l}", Integer.toString(index)) + name.substring(name.indexOf('.')), tensor);
        });
        StateDicts.Imported imported = StateDicts.load("weights", Variant.of("rational"), state, "{\"groups\": 3}");
        try (Parameters parameters = imported.parameters()) {
            assertEquals(List.of(6L, 9L, 3L), parameters.model().layers().stream().map(layer -> layer.in()).toList());
            assertSame(state, StateDicts.save(Variant.of("rational"), parameters, imported.origin(), arena).tensors());
        }
    }

    // ------------------------------------------------------------------------------------------------------- bad input

    private String refusal(String file, String variant, String config,
            java.util.function.Consumer<Map<String, HostTensor>> change) throws IOException {
        Map<String, HostTensor> state = state(golden(file), "");
        change.accept(state);
        return assertThrows(KanException.class,
                () -> StateDicts.load("weights", Variant.of(variant), state, config)).getMessage();
    }

    private static void assertContains(String message, String... parts) {
        for (String part : parts) {
            assertTrue(message.contains(part), () -> "'" + part + "' in: " + message);
        }
    }

    @Test
    void everyTensorThatDoesNotFitIsNamed() throws IOException {
        assertContains(refusal("efficientkan_2layer", "efficient-kan", null, state -> {
            state.remove("layers.0.spline_weight");
            state.put("layers.1.bias", HostTensor.allocate(arena, DType.F64, 3));
            state.put("layers.1.base_weight", HostTensor.allocate(arena, DType.F64, 6, 3));
        }), "missing: layers.0.spline_weight, expected [6, 4, ", "extra: layers.1.bias", "found [3]",
                "misshaped: layers.1.base_weight, expected [3, 6], found [6, 3]");
        assertContains(refusal("fastkan_2layer", "fastkan", "{\"layers\": [4, 6, 3]}",
                state -> state.put("layers.0.rbf.grid", HostTensor.allocate(arena, DType.F64, 7))),
                "misshaped: layers.0.rbf.grid, expected [8], found [7]");
        assertContains(refusal("chebykan_2layer", "chebykan", "{\"layers\": [4, 6, 3], \"degree\": 4}",
                state -> state.put("0.cheby_coeffs", HostTensor.allocate(arena, DType.F64, 6, 4, 5))),
                "misshaped: 0.cheby_coeffs, expected [4, 6, 5], found [6, 4, 5]");
        assertContains(refusal("efficientkan_1layer", "efficient-kan", "{\"layers\": [3, 5]}",
                state -> state.remove("layers.0.spline_scaler")), "missing: layers.0.spline_scaler, expected [5, 3]");
        assertContains(refusal("efficientkan_1layer", "efficient-kan", "{\"layers\": [3, 5]}",
                state -> state.put("layers.0.grid", HostTensor.allocate(arena, DType.F64, 3, 11))),
                "misshaped: layers.0.grid, expected [3, 12], found [3, 11]");
    }

    @Test
    void wrongVariantsAndConfigs() throws IOException {
        assertContains(refusal("pykan_fitted", "efficient-kan", null, state -> {
        }), "variant pykan");
        assertContains(assertThrows(KanException.class, () -> Variant.of("spikan")).getMessage(), "spikan", "efficient-kan",
                "rational");
        assertContains(refusal("chebykan_2layer", "chebykan", "{\"layers\": [4, 6, 3], \"grade\": 4}", state -> {
        }),
                "grade", "degree");
        assertContains(refusal("chebykan_2layer", "chebykan", "{\"layers\": 4}", state -> {
        }), "layers", "array");
        assertContains(refusal("chebykan_2layer", "chebykan", "[", state -> {
        }), "JSON");
        assertContains(refusal("jacobikan_2layer", "jacobikan", "{\"a\": -1}", state -> {
        }), "-1");
        assertContains(refusal("relukan_2layer", "relukan", null, state -> {
        }), "g", "k", "config");
        assertContains(
                refusal("rational_3groups", "rational", "{\"groups\": 8}",
                        state -> state.put("act1.weight_denominator", HostTensor.allocate(arena, DType.F64, 4, 4))),
                "groups 8", "groups 4");
        assertContains(
                refusal("rational_3groups", "rational", null,
                        state -> state.put("act1.weight_denominator", HostTensor.allocate(arena, DType.F64, 4, 4))),
                "groups", "6");
        assertContains(
                refusal("efficientkan_1layer", "efficient-kan", null,
                        state -> state.put("layers.0.grid", state.get("layers.0.grid").to(arena, DType.F32))),
                "layers.0.grid", "F32");
    }

    @Test
    void aSymbolicBranchIsRefused() throws IOException {
        assertContains(refusal("pykan_fitted", "pykan", null,
                state -> state.get("symbolic_fun.0.mask").set(1, 3, 1)), "symbolic_fun.0.mask[3, 1]");
    }

    @Test
    void whatAVariantCannotExpressIsRefused() {
        KanLayer clamped = KanLayer.of(3, 2, BSpline.of(5, 3).withOutside(BSpline.Outside.CLAMP));
        try (Parameters parameters = Parameters.zeros(KanModel.of(DType.F32, clamped))) {
            assertContains(assertThrows(UnsupportedException.class,
                    () -> StateDicts.save(Variant.of("efficient-kan"), parameters, null, arena)).getMessage(), "CLAMP", "ZERO");
            assertContains(assertThrows(UnsupportedException.class,
                    () -> StateDicts.save(Variant.of("chebykan"), parameters, null, arena)).getMessage(), "Chebyshev", "BSpline");
        }
        try (Parameters mlp = Parameters.zeros(KanModel.mlp(DType.F32, Activation.RELU, 3, 4, 2))) {
            assertContains(assertThrows(UnsupportedException.class,
                    () -> StateDicts.save(Variant.of("fastkan"), mlp, null, arena)).getMessage(), "Linear");
        }
        try (Parameters faster = Parameters.zeros(KanModel.kan(Rswaf.of(8), 3, 2))) {
            assertContains(assertThrows(UnsupportedException.class,
                    () -> StateDicts.save(Variant.of("fasterkan"), faster, null, arena)).getMessage(), "rswaf");
        }
    }
}
