// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.Basis;
import org.kan4j.error.FormatException;
import org.kan4j.error.KanException;
import org.kan4j.error.UnsupportedException;
import org.kan4j.layer.Activation;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerSpec;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.serve.Predictor;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/** What a published library has no form for is refused: it never comes back as another model. */
class VariantFormsTest {

    private static final Map<String, UnaryOperator<KanLayer>> CHANGES = Map.of(
            "bias", kan -> kan.withBias(!kan.bias()),
            "as it is", kan -> kan,
            "no base", kan -> kan.withBase(Activation.NONE),
            "another base", kan -> kan.withBase(Activation.TANH),
            "inputNorm", kan -> kan.withInputNorm(!kan.inputNorm()),
            "baseNorm", kan -> kan.withBaseNorm(!kan.baseNorm()),
            "scale", kan -> kan.withScale(!kan.scale()));

    /** Each flag of all KAN layers of a model of that variant turned round. */
    @ParameterizedTest
    @MethodSource("org.kan4j.interop.StateDictsTest#trained")
    void comesBackAsItWasOrIsRefused(String name, Basis basis) {
        Variant variant = Variant.of(name);
        int refused = 0;
        for (Map.Entry<String, UnaryOperator<KanLayer>> change : CHANGES.entrySet()) {
            try (Parameters parameters = changed(basis, change.getValue()); Arena arena = Arena.ofConfined()) {
                if (parameters == null) {
                    continue; // not for this basis
                }
                StateDicts.Exported state = StateDicts.save(variant, parameters, null, arena);
                try (Parameters back = StateDicts.load("w", variant, state.tensors(), state.metadata().get("config"))
                        .parameters()) {
                    if (!name.equals("pykan") || !Set.of("scale", "bias").contains(change.getKey())) { // scales of 1, no biases of 0
                        assertEquals(forms(parameters.model()), forms(back.model()), change.getKey());
                    }
                    assertArrayEquals(outputs(parameters), outputs(back), 1e-5, change.getKey());
                }
            } catch (UnsupportedException e) {
                refused++;
                assertTrue(e.getMessage().contains("layer"), e.getMessage());
            }
        }
        assertTrue(refused > 0, "none was refused");
    }

    private static double[] outputs(Parameters parameters) {
        double[] x = IntStream.range(0, 40).mapToDouble(i -> 1.3 * Math.sin(2 + 3.7 * i)).toArray();
        double[] y = new double[20];
        try (Predictor predictor = Predictor.of(parameters)) {
            predictor.predict(x, y);
        }
        assertTrue(Arrays.stream(y).anyMatch(value -> value != 0), "something is computed");
        return y;
    }

    private static Parameters changed(Basis basis, UnaryOperator<KanLayer> change) {
        try {
            return Parameters.initialise(KanModel.of(DType.F32, KanModel.kan(DType.F32, basis, 4, 6, 2).layers().stream()
                    .map(layer -> layer instanceof KanLayer kan ? change.apply(kan) : layer).toArray(LayerSpec[]::new)), 7);
        } catch (KanException e) {
            return null;
        }
    }

    /** All but the ranges, which are float32 in files, what is trained, and pykan's masks. */
    private static List<String> forms(KanModel model) {
        return model.layers().stream().map(layer -> layer instanceof KanLayer kan ? kan.in() + " " + kan.out() + " "
                + kan.basis().name() + kan.basis().functions() + kan.base() + kan.scale() + kan.bias() + kan.inputNorm()
                + kan.baseNorm() : layer.toString()).toList();
    }

    /** A size that was asked for and that no tensor has is refused in one sentence, with the size there is. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            efficient-kan | {"grid_size": 9}                    | grid_size 9                   | grid_size 5
            efficient-kan | {"spline_order": 3, "grid_size": 2} | spline_order 3 and grid_size 2 | grid_size 5
            efficient-kan | {"grid_size": [5, 4]}               | grid_size 4                   | grid_size 5
            efficient-kan | {"grid_size": 9, "spline_order": 9} | grid_size 9 and spline_order 9 |
            fastkan       | {"num_grids": 7}                    | num_grids 7                   | num_grids 8
            fourierkan    | {"gridsize": 300}                   | gridsize 300                  | gridsize 5
            chebykan      | {"degree": 3}                       | degree 3                      | degree 4
            sinekan       | {"grid_size": 1}                    | grid_size 1                   | grid_size 8
            pykan         | {"grid": 5, "k": 2}                 | grid 5 and k 2                | grid 3""")
    void aSizeThatTheTensorsDoNotHaveIsRefused(String name, String config, String given, String right) {
        Variant variant = Variant.of(name);
        Basis basis = StateDictsTest.trained().filter(each -> each[0].equals(name)).map(each -> (Basis) each[1]).findFirst()
                .orElseThrow();
        try (Parameters own = Parameters.initialise(KanModel.kan(basis, 4, 6, 2), 7); Arena arena = Arena.ofConfined()) {
            Map<String, HostTensor> state = StateDicts.save(variant, own, null, arena).tensors();
            assertEquals("w: the config says " + given + ", layer " + (config.contains("[5") ? 1 : 0)
                    + " has tensors of another size" + (right == null ? "" : ", of " + right),
                    assertThrows(FormatException.class, () -> StateDicts.load("w", variant, state, config)).getMessage());
        }
    }

    /** A size that is only the default gives way to the tensors'. */
    @Test
    void sizesThatWereNotAskedForAreTheTensors() {
        Variant variant = Variant.of("efficient-kan");
        try (Parameters own = Parameters.initialise(KanModel.kan(BSpline.of(7, 3), 4, 6, 2), 7);
                Arena arena = Arena.ofConfined();
                Parameters back = StateDicts.load("w", variant, StateDicts.save(variant, own, null, arena).tensors(),
                        "{\"grid_range\": [-1, 1]}").parameters()) {
            assertEquals(forms(own.model()), forms(back.model()));
        }
    }

    /** Tensors that agree with each other beat a configuration that says otherwise; what it adds is refused. */
    @ParameterizedTest
    @MethodSource("org.kan4j.interop.StateDictsTest#trained")
    void aConfigurationThatDoesNotFitMakesNoOtherModel(String name, Basis basis) {
        Variant variant = Variant.of(name);
        try (Parameters own = Parameters.initialise(KanModel.kan(basis, 4, 6, 2), 7); Arena arena = Arena.ofConfined()) {
            StateDicts.Exported state = StateDicts.save(variant, own, null, arena);
            String config = state.metadata().get("config");
            for (MatchResult number : Pattern.compile("(?<=[\\[,: ])[1-9](?=[,}\\]])").matcher(config).results().toList()) {
                String other = config.substring(0, number.start()) + "9" + config.substring(number.end());
                try (Parameters back = StateDicts.load("w", variant, state.tensors(), other).parameters()) {
                    assertEquals(forms(own.model()), forms(back.model()), other);
                } catch (KanException e) {
                    assertTrue(e.getMessage().contains("9") || e.getMessage().contains("w is not a state dict of variant"),
                            e.getMessage());
                }
            }
            String longer = config.replaceFirst("(,2|,\\[2,0\\])\\]", "$1$1]");
            assertTrue(longer.length() > config.length(), config);
            assertTrue(assertThrows(KanException.class, () -> StateDicts.load("w", variant, state.tensors(), longer))
                    .getMessage().contains("missing: "), longer);
            assertThrows(KanException.class,
                    () -> StateDicts.load("w", variant, state.tensors(), config.replaceFirst("\"", "\"x")));
        }
    }

    /** Layers are told by numbers, not by digits. */
    @Test
    void moreThanTenLayersComeBack() {
        Variant variant = Variant.of("efficient-kan");
        long[] widths = new long[14];
        java.util.Arrays.setAll(widths, l -> l % 3 + 1);
        try (Parameters own = Parameters.initialise(KanModel.kan(BSpline.of(3, 3), widths), 7);
                Arena arena = Arena.ofConfined()) {
            StateDicts.Exported state = StateDicts.save(variant, own, null, arena);
            try (Parameters back = StateDicts.load("w", variant, state.tensors(), state.metadata().get("config")).parameters()) {
                assertEquals(forms(own.model()), forms(back.model()));
                for (String name : List.of("layers.2.coef", "layers.12.coef")) {
                    assertArrayEquals(own.get(arena, name).toDoubles(), back.get(arena, name).toDoubles(), name);
                }
            }
        }
    }
}
