// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.BSplineRbf;
import org.kan4j.basis.Chebyshev;
import org.kan4j.basis.Fourier;
import org.kan4j.basis.GaussianRbf;
import org.kan4j.basis.Jacobi;
import org.kan4j.basis.Rational;
import org.kan4j.basis.ReluPower;
import org.kan4j.basis.Rswaf;
import org.kan4j.basis.Sine;
import org.kan4j.basis.Wavelet;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.layer.Activation;
import org.kan4j.layer.ActivationLayer;
import org.kan4j.layer.Affine;
import org.kan4j.layer.BatchNorm;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerNorm;
import org.kan4j.layer.LayerSpec;
import org.kan4j.layer.Linear;
import org.kan4j.layer.Multiply;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/** Whatever a layer's record says reaches the kernels: another value of any of its components computes something else. */
class SpecReachTest {

    private static final int ROWS = 6;

    static Stream<LayerSpec> layers() {
        Stream<LayerSpec> kan = Stream
                .of(BSpline.of(5, 3), BSplineRbf.of(5, 3), Chebyshev.of(3), Fourier.of(3), GaussianRbf.of(5),
                        Jacobi.of(3), Rational.of(2), ReluPower.of(5, 3), Rswaf.of(5), Sine.of(3), Wavelet.of(Wavelet.Kind.DOG))
                .map(basis -> KanLayer.of(4, 3, basis));
        return Stream.concat(kan, Stream.of(Linear.of(4, 3), LayerNorm.of(4), BatchNorm.of(4),
                new ActivationLayer(4, Activation.TANH), new Affine(4), new Multiply(2, 1, 2)));
    }

    /** What a layer has, computes and learns: tensors, buffers, outputs and gradients of the same numbers. */
    private static String computed(LayerSpec layer) {
        KanModel model = KanModel.of(DType.F64, layer);
        try (Arena arena = Arena.ofConfined();
                Context context = Context.open();
                Parameters parameters = Parameters.initialise(model, 1);
                Workspace workspace = Workspace.training(context, parameters, ROWS);
                ParameterVector gradients = parameters.newVector()) {
            HostTensor flat = parameters.values().flat();
            for (int i = 0; i < flat.size(); i++) {
                flat.set(0.6 + 0.5 * Math.sin(1 + i), i);
            }
            HostTensor x = waves(arena, model.in(), 2.5);
            String outputs = Arrays.toString(workspace.forward(x).toDoubles());
            HostTensor slopes = HostTensor.allocate(arena, DType.F64, ROWS, model.in());
            workspace.backward(x, waves(arena, model.out(), 1), gradients, slopes);
            return model.tensors() + " " + Arrays.toString(parameters.buffers().toDoubles()) + outputs
                    + Arrays.toString(slopes.toDoubles()) + Arrays.toString(gradients.flat().toDoubles());
        }
    }

    private static HostTensor waves(Arena arena, long width, double size) {
        HostTensor x = HostTensor.allocate(arena, DType.F64, ROWS, width);
        for (int i = 0; i < x.size(); i++) {
            x.set(size * Math.sin(3.1 * i + 0.4), i / width, i % width);
        }
        return x;
    }

    @ParameterizedTest
    @MethodSource("layers")
    void anotherValueOfAnyComponentComputesSomethingElse(LayerSpec layer) throws ReflectiveOperationException {
        String own = computed(layer);
        assertEquals(own, computed(layer), "the same again");
        int tried = 0;
        for (List<Record> variants : variants((Record) layer)) {
            List<String> seen = new ArrayList<>(List.of(own));
            for (Record variant : variants) {
                String other;
                try {
                    other = computed((LayerSpec) variant);
                } catch (KanException refused) { // by the library, as what a basis does not have
                    assertTrue(refused.getMessage().startsWith("flags: "), refused.getMessage());
                    continue;
                }
                assertTrue(!seen.contains(other), variant + " computes what " + layer + " or another value computes");
                seen.add(other);
                tried++;
            }
        }
        assertTrue(tried > 0, "something to try");
    }

    /** For each component, the record with other values of it; what is refused is left out. */
    private static List<List<Record>> variants(Record record) throws ReflectiveOperationException {
        RecordComponent[] components = record.getClass().getRecordComponents();
        List<List<Record>> all = new ArrayList<>();
        for (int i = 0; i < components.length; i++) {
            Object value = components[i].getAccessor().invoke(record);
            if (value instanceof Record inner) {
                for (List<Record> others : variants(inner)) {
                    all.add(with(record, i, others));
                }
            } else {
                all.add(with(record, i, others(value)));
            }
        }
        return all;
    }

    private static List<?> others(Object value) {
        return switch (value) {
            case Integer number -> List.of(number + 1);
            case Long number -> List.of(number + 2); // still of both groups of a rational basis
            case Double number -> List.of(0.75 * number + 0.07);
            case Boolean flag -> List.of(!flag);
            case Enum<?> constant -> Arrays.stream(constant.getDeclaringClass().getEnumConstants())
                    .filter(other -> other != constant).toList();
            default -> throw new AssertionError("no other value of " + value);
        };
    }

    private static List<Record> with(Record record, int place, List<?> values) throws ReflectiveOperationException {
        RecordComponent[] components = record.getClass().getRecordComponents();
        Class<?>[] types = Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        List<Record> all = new ArrayList<>();
        for (Object value : values) {
            Object[] arguments = new Object[components.length];
            for (int i = 0; i < components.length; i++) {
                arguments[i] = i == place ? value : components[i].getAccessor().invoke(record);
            }
            try {
                all.add(record.getClass().getDeclaredConstructor(types).newInstance(arguments));
            } catch (InvocationTargetException e) {
                assertTrue(e.getCause() instanceof KanException, String.valueOf(e.getCause()));
            }
        }
        return all;
    }

    /** Of a layer norm by hand: (x - mean) / sqrt(variance + eps). */
    @Test
    void aNormsEpsIsAddedToTheVariance() {
        for (LayerSpec norm : List.of(new LayerNorm(2, 3), new BatchNorm(2, 3, 0.1, true))) {
            try (Arena arena = Arena.ofConfined();
                    Context context = Context.open();
                    Parameters parameters = Parameters.initialise(KanModel.of(DType.F64, norm), 1);
                    Workspace workspace = Workspace.inference(context, parameters, 1)) {
                HostTensor x = HostTensor.allocate(arena, DType.F64, 1, 2);
                x.set(1, 0, 0);
                x.set(-1, 0, 1);
                double[] y = workspace.forward(x).toDoubles();
                assertEquals(0.5, y[0], 1e-12, norm.toString());
                assertEquals(-0.5, y[1], 1e-12, norm.toString());
            }
        }
    }
}
