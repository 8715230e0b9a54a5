// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
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
import org.kan4j.error.FormatException;
import org.kan4j.internal.Fields;
import org.kan4j.internal.Json;
import org.kan4j.layer.Activation;
import org.kan4j.layer.ActivationLayer;
import org.kan4j.layer.Affine;
import org.kan4j.layer.BatchNorm;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerNorm;
import org.kan4j.layer.LayerSpec;
import org.kan4j.layer.Linear;
import org.kan4j.layer.Multiply;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.tensor.DType;

/** A model is what it was when it comes back from its file: every kind of layer and basis, every number of them. */
class ModelFormatTest {

    @TempDir
    private Path folder;

    /** Two of each kind, which differ in every number. */
    private static final List<Basis> BASES = List.of(new BSpline(4, 2, -1.5, 2.5, BSpline.Outside.values()[0]),
            new BSpline(6, 3, -2, 3, BSpline.Outside.values()[1]), new GaussianRbf(5, -3, 2, 0.75),
            new GaussianRbf(6, -2, 4, 0.5),
            new Rswaf(4, -1.25, 1.5, 0.4), new Rswaf(5, -2, 2.5, 3), new Fourier(3), new Fourier(5), new Chebyshev(2),
            new Chebyshev(4), new Jacobi(3, 0.5, 1.5), new Jacobi(2, 1, 2), new Sine(3), new Sine(4),
            new Wavelet(Wavelet.Kind.values()[0]), new Wavelet(Wavelet.Kind.values()[1]), new ReluPower(4, 2),
            new ReluPower(5, 3),
            new Rational(2), new Rational(1), new BSplineRbf(4, 2, -1.5, 2.5), new BSplineRbf(5, 3, -2, 3));

    private static final List<LayerSpec> LAYERS = List.of(
            new KanLayer(4, 3, BASES.get(0), Activation.NONE, true, false, true, false, false, false),
            new KanLayer(4, 3, BASES.get(0), Activation.SILU, false, true, false, false, false, false),
            new KanLayer(4, 3, BASES.getLast(), Activation.SILU, false, false, false, true, true, false),
            new KanLayer(4, 3, BASES.get(2), Activation.SILU, false, false, true, true, false, true), new Linear(4, 3, true),
            new Linear(4, 3, false), new LayerNorm(4, 1e-3), new LayerNorm(4, 1e-5), new BatchNorm(4, 1e-3, 0.25, true),
            new BatchNorm(4, 1e-5, 0.1, false), new ActivationLayer(4, Activation.SILU),
            new ActivationLayer(4, Activation.IDENTITY),
            new Multiply(2, 1, 2), new Multiply(0, 2, 2), new Multiply(1, 1, 3), new Affine(4));

    private void assertComesBack(DType dtype, LayerSpec... layers) throws IOException {
        KanModel model = KanModel.of(dtype, layers);
        Path file = folder.resolve("m.safetensors");
        try (Parameters parameters = Parameters.initialise(model, 3)) {
            Checkpoint.write(file, parameters);
            try (Checkpoint read = Checkpoint.read(file)) {
                assertEquals(model, read.model());
                assertArrayEquals(parameters.values().flat().toDoubles(), read.parameters().values().flat().toDoubles());
            }
        }
    }

    @Test
    void everyBasisComesBack() throws IOException {
        for (Basis basis : BASES) {
            assertComesBack(basis.name().length() % 2 == 0 ? DType.F32 : DType.F64, KanLayer.of(4, 2, basis));
        }
    }

    @Test
    void everyLayerComesBack() throws IOException {
        for (LayerSpec layer : LAYERS) {
            long out = layer.out();
            assertComesBack(DType.F64, layer, KanLayer.of(out, 1, BSpline.of(3, 3)));
        }
    }

    /** The lists above vary each component of each record, so that one that a file forgets is seen. */
    @Test
    void everyNumberOfEveryKindIsTried() throws ReflectiveOperationException {
        Set<Class<?>> kinds = new HashSet<>();
        for (List<?> list : List.of(BASES, LAYERS)) {
            for (Object one : list) {
                kinds.add(one.getClass());
                for (RecordComponent component : one.getClass().getRecordComponents()) {
                    Set<Object> values = new HashSet<>();
                    for (Object other : list) {
                        if (other.getClass() == one.getClass()) {
                            values.add(component.getAccessor().invoke(other));
                        }
                    }
                    boolean width = List.of("in", "out", "features").contains(component.getName());
                    assertTrue(width || values.size() > 1, one.getClass().getSimpleName() + "." + component.getName());
                }
            }
        }
        for (Class<?> sealed : List.of(Basis.class, LayerSpec.class)) {
            for (Class<?> kind : sealed.getPermittedSubclasses()) {
                assertTrue(kinds.contains(kind), kind.getSimpleName());
            }
        }
    }

    @Test
    void whatIsNoModelIsNamed() throws IOException {
        for (LayerSpec layer : LAYERS) {
            KanModel model = KanModel.of(DType.F64, layer, KanLayer.of(layer.out(), 1, BSpline.of(3, 3)));
            Path file = folder.resolve("m.safetensors");
            try (Parameters parameters = Parameters.initialise(model, 3)) {
                Checkpoint.write(file, parameters);
            }
            String text = Safetensors.open(file).metadata().get("model");
            for (int at = text.indexOf("\"type\":"); at >= 0; at = text.indexOf("\"type\":", at + 1)) {
                String more = text.substring(0, at) + "\"newer\":1," + text.substring(at);
                assertTrue(assertThrows(FormatException.class, () -> read(more), more).getMessage().contains("newer"),
                        more);
            }
        }
    }

    private static KanModel read(String text) throws Json.ParseException {
        return SpecFormat.model(new Fields("model", Json.parseObject(text)));
    }
}
