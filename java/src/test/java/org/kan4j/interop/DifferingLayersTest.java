// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.BSplineRbf;
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
import org.kan4j.layer.Activation;
import org.kan4j.layer.BatchNorm;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerNorm;
import org.kan4j.layer.LayerSpec;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.serve.Predictor;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/** Layers that differ within one network, in whatever may differ, come out and in again as the same function. */
class DifferingLayersTest {

    static List<Variant> variants() {
        return Variant.all();
    }

    /** What a layer of a variant, and what follows it, can be. */
    private static List<List<LayerSpec>> forms(Variant variant, long in, long out) {
        Basis[] bases = bases(variant.name());
        List<List<LayerSpec>> forms = new ArrayList<>();
        for (Basis basis : bases) {
            KanLayer kan = KanLayer.of(in, out, basis);
            switch (variant.name()) {
                case "efficient-kan", "efficient-kan-update-grid", "pykan" ->
                    forms.addAll(List.of(List.of(kan), List.of(kan.withScale(!kan.scale()))));
                case "fastkan" -> {
                    KanLayer bare = kan.withBase(Activation.NONE).withBias(false);
                    forms.addAll(List.of(List.of(kan), List.of(bare), List.of(kan.withInputNorm(!kan.inputNorm())),
                            List.of(bare.withInputNorm(!bare.inputNorm()))));
                }
                case "chebykan", "jacobikan" -> forms.addAll(List.of(List.of(kan), List.of(kan, LayerNorm.of(out))));
                case "fourierkan", "rational" -> forms.addAll(List.of(List.of(kan), List.of(kan.withBias(!kan.bias()))));
                case "wavkan" -> forms.addAll(List.of(List.of(kan, BatchNorm.of(out)),
                        List.of(kan, BatchNorm.of(out).withFrozen(true))));
                default -> forms.add(List.of(kan));
            }
        }
        return forms;
    }

    private static Basis[] bases(String variant) {
        return switch (variant) { // B-splines of (5, 3) and (6, 2) have as many functions, (5, 3) and (3, 4) as many knots
            case "efficient-kan", "efficient-kan-update-grid", "pykan" ->
                new Basis[] {BSpline.of(5, 3), BSpline.of(6, 2).withRange(-2, 1), BSpline.of(3, 4)};
            case "fastkan" -> new Basis[] {GaussianRbf.of(8), GaussianRbf.of(5, -1, 3), GaussianRbf.of(2, 0, 1)};
            case "fasterkan" -> new Basis[] {new Rswaf(8, -1.2, 0.2, 1), new Rswaf(3, 0, 1, 1)};
            case "rswaf" -> new Basis[] {Rswaf.of(8), new Rswaf(3, 0, 1, 2)};
            case "chebykan" -> new Basis[] {new Chebyshev(3), new Chebyshev(5)};
            case "jacobikan" -> new Basis[] {new Jacobi(3, 1, 1), new Jacobi(3, 0, 0.5), new Jacobi(2, 1, 1)};
            case "fourierkan" -> new Basis[] {new Fourier(3), new Fourier(5)};
            case "sinekan" -> new Basis[] {new Sine(8), new Sine(3)};
            case "wavkan" -> Arrays.stream(Wavelet.Kind.values()).map(Wavelet::new).toArray(Basis[]::new);
            case "relukan" -> new Basis[] {new ReluPower(5, 3), new ReluPower(3, 5), new ReluPower(3, 2)};
            case "bsrbf" -> new Basis[] {new BSplineRbf(5, 3, -1.5, 1.5), new BSplineRbf(6, 2, -1, 2)};
            case "rational" -> new Basis[] {new Rational(1), new Rational(2)};
            default -> throw new AssertionError("no bases for " + variant + ": a variant that is added is tried here");
        };
    }

    @ParameterizedTest
    @MethodSource("variants")
    void comeBackAsTheSameFunction(Variant variant) {
        List<List<LayerSpec>> last = forms(variant, 6, 2);
        for (List<LayerSpec> first : forms(variant, 4, 6)) {
            for (List<LayerSpec> second : last) {
                KanModel model = KanModel.of(DType.F32, Stream.of(first, second).flatMap(List::stream).toList());
                try (Parameters own = Parameters.initialise(model, 7); Arena arena = Arena.ofConfined()) {
                    StateDicts.Exported state = StateDicts.save(variant, own, null, arena);
                    String config = state.metadata().get("config");
                    StateDicts.Imported back = StateDicts.load("w", variant, state.tensors(), config);
                    try (Parameters read = back.parameters()) {
                        assertArrayEquals(values(own), values(read), 1e-5f, () -> model + " as " + config);
                        assertEquals(frozen(model), frozen(read.model()), config);
                        StateDicts.Exported again = StateDicts.save(variant, read, back.origin(), arena);
                        assertEquals(config, again.metadata().get("config"));
                        assertEquals(state.tensors().keySet(), again.tensors().keySet());
                    }
                }
            }
        }
    }

    private static float[] values(Parameters parameters) {
        try (Predictor predictor = Predictor.of(parameters)) {
            return predictor.predict(0.3f, -0.7f, 0.9f, 0.1f);
        }
    }

    private static List<Boolean> frozen(KanModel model) {
        return model.layers().stream().filter(BatchNorm.class::isInstance).map(l -> ((BatchNorm) l).frozen()).toList();
    }

    /** Without a configuration that says so, a tensor that one layer has and another not is missing. */
    @Test
    void aMissingTensorIsNoDifference() {
        for (String name : List.of("fastkan", "fourierkan", "rational", "efficient-kan")) {
            Variant variant = Variant.of(name);
            KanModel model = KanModel.kan(bases(name)[0], 4, 6, 2);
            try (Parameters own = Parameters.initialise(model, 7); Arena arena = Arena.ofConfined()) {
                Map<String, HostTensor> tensors = StateDicts.save(variant, own, null, arena).tensors();
                String key = tensors.keySet().stream().filter(k -> k.matches(".*(bias|scaler)")).reduce((a, b) -> b)
                        .orElseThrow();
                tensors.remove(key);
                String message = assertThrows(KanException.class, () -> StateDicts.load("w", variant, tensors, null))
                        .getMessage();
                assertTrue(message.contains("missing: " + key), message);
            }
        }
        for (String config : List.of("{\"num_grids\":[8]}", "{\"num_grids\":[]}")) {
            String message = assertThrows(KanException.class, () -> Config.parse(Variant.of("fastkan"), config).at(1))
                    .getMessage();
            assertTrue(message.contains("needs a value for each layer for 'num_grids', given ["), message);
        }
        assertThrows(KanException.class,
                () -> Config.parse(Variant.of("bsrbf"), "{\"grid_range\":[]}").at(0).range("grid_range"));
    }

    /** Published norms have one eps and momentum; pykan has one base function. */
    @Test
    void whatNoLayoutCarriesIsRefused() {
        KanLayer spline = KanLayer.of(4, 4, BSpline.of(5, 3));
        for (Object[] refused : new Object[][] {
            {"wavkan", "momentum=0.2", KanLayer.of(4, 4, new Wavelet(Wavelet.Kind.DOG)), new BatchNorm(4, 1e-5, 0.2, false)},
            {"wavkan", "eps=0.001", KanLayer.of(4, 4, new Wavelet(Wavelet.Kind.DOG)), new BatchNorm(4, 1e-3, 0.1, false)},
            {"chebykan", "eps=0.001", KanLayer.of(4, 4, new Chebyshev(3)), new LayerNorm(4, 1e-3)},
            {"pykan", "one base branch for all layers; this one has [SILU, IDENTITY]", spline,
                spline.withBase(Activation.IDENTITY)}}) {
            try (Arena arena = Arena.ofConfined();
                    Parameters own = Parameters.zeros(KanModel.of(DType.F32, (LayerSpec) refused[2], (LayerSpec) refused[3]))) {
                String message = assertThrows(UnsupportedException.class,
                        () -> StateDicts.save(Variant.of((String) refused[0]), own, null, arena)).getMessage();
                assertTrue(message.contains((String) refused[1]), message);
            }
        }
    }

    /** What the tensors told at the import and no longer tell is in the configuration that is exported. */
    @Test
    void theConfigurationIsTodays() {
        Variant variant = Variant.of("relukan");
        try (Arena arena = Arena.ofConfined();
                Parameters own = Parameters.initialise(KanModel.kan(new ReluPower(5, 3), 4, 6, 2), 7)) {
            StateDicts.Exported state = StateDicts.save(variant, own, null, arena);
            StateDicts.Imported imported = StateDicts.load("w", variant, state.tensors(), null);
            try (Parameters trained = imported.parameters()) {
                HostTensor low = trained.get(arena, "layers.0.phase_low");
                low.set(0.3, 1, 1);
                trained.set("layers.0.phase_low", low);
                StateDicts.Exported today = StateDicts.save(variant, trained, imported.origin(), arena);
                assertThrows(KanException.class, () -> StateDicts.load("w", variant, today.tensors(), null));
                StateDicts.load("w", variant, today.tensors(), today.metadata().get("config")).parameters().close();
            }
            Origin wide = new Origin(variant, "{\"layers\":[4,9,2],\"g\":5,\"k\":3,\"train_ab\":true}", Map.of(), Map.of());
            assertEquals("{\"layers\":[4,6,2],\"g\":5,\"k\":3,\"train_ab\":true}",
                    StateDicts.save(variant, own, wide, arena).metadata().get("config"));
        }
    }
}
