// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.Fourier;
import org.kan4j.basis.GaussianRbf;
import org.kan4j.error.UnsupportedException;
import org.kan4j.io.Safetensors;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerSpec;
import org.kan4j.layer.Linear;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/** What has no form elsewhere is named with its place: the layer, the input, what is expected and what is there. */
class NamedPlacesTest {

    private static void refused(String sentence, String variant, LayerSpec... layers) {
        try (Arena arena = Arena.ofConfined();
                Parameters parameters = Parameters.initialise(KanModel.of(DType.F32, layers), 1)) {
            assertEquals(sentence, assertThrows(UnsupportedException.class,
                    () -> StateDicts.save(Variant.of(variant), parameters, null, arena)).getMessage());
        }
    }

    @Test
    void theLayerThatDoesNotFitIsNamed() {
        LayerSpec first = KanLayer.of(4, 3, GaussianRbf.of(8));
        LayerSpec second = KanLayer.of(3, 2, Fourier.of(5));
        refused("variant fastkan has the basis GaussianRbf; layer 1 of the model has " + Fourier.of(5), "fastkan", first, second);
        refused("variant fourierkan has the basis Fourier; layer 0 of the model has " + GaussianRbf.of(8), "fourierkan", first,
                second);
        refused("variant fastkan needs a KanLayer as layer 1; the model has " + Linear.of(3, 2), "fastkan", first,
                Linear.of(3, 2));
        LayerSpec other = KanLayer.of(3, 2, GaussianRbf.of(8)).withBias(false);
        String message;
        try (Arena arena = Arena.ofConfined();
                Parameters parameters = Parameters.initialise(KanModel.of(DType.F32, first, other), 1)) {
            message = assertThrows(UnsupportedException.class,
                    () -> StateDicts.save(Variant.of("fastkan"), parameters, null, arena)).getMessage();
        }
        assertEquals("layer 1 of the model is " + other + "; variant fastkan can express "
                + KanLayer.of(3, 2, GaussianRbf.of(8)), message);
    }

    /** pykan of before 0.2 has a grid for each edge: all of an input's are one. */
    @Test
    void theInputWhoseGridsDifferIsNamed() throws IOException {
        Path old = Path.of(System.getProperty("kan4j.root", ".."), "java/src/test/resources/published/pykan-0.0.x.safetensors");
        try (Arena arena = Arena.ofConfined()) {
            for (int edge = 9; edge > 7; edge--) { // of output 4 of 5, from inputs 1 and 0 of 2
                Map<String, HostTensor> state = StateDicts.tensors(Safetensors.open(old), arena);
                HostTensor grid = state.get("act_fun.0.grid");
                grid.set(grid.get(edge, 1) + 1e-3, edge, 1);
                assertEquals("old: the edges of input " + edge % 2 + " of act_fun.0 have different grids; kan4j has one grid for "
                        + "all edges of an input",
                        assertThrows(UnsupportedException.class,
                                () -> Variant.of("pykan").current("old", state, arena)).getMessage());
            }
        }
    }

    @Test
    void bSplinesWithoutAScaleAreNamed() {
        LayerSpec first = KanLayer.of(4, 3, BSpline.of(5, 3));
        LayerSpec bare = KanLayer.of(3, 2, BSpline.of(5, 3)).withBias(true);
        String message;
        try (Arena arena = Arena.ofConfined();
                Parameters parameters = Parameters.initialise(KanModel.of(DType.F32, first, bare), 1)) {
            message = assertThrows(UnsupportedException.class,
                    () -> StateDicts.save(Variant.of("efficient-kan"), parameters, null, arena)).getMessage();
        }
        assertEquals("layer 1", message.substring(0, 7), message);
    }
}
