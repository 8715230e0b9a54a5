// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.internal.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.kan4j.device.Context;
import org.kan4j.layer.Linear;
import org.kan4j.model.KanModel;
import org.kan4j.model.ParameterVector;
import org.kan4j.model.Parameters;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/** Vectors as long as the parameters, worked out by hand. */
class VectorsTest {

    private static final double NONE = Double.POSITIVE_INFINITY;

    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"F32", "F64"})
    void gradientsAreClippedByNumbersAndThenByTheirLength(DType dtype) {
        try (Arena arena = Arena.ofConfined();
                Context context = Context.open();
                Vectors vectors = new Vectors(context);
                Parameters parameters = Parameters.zeros(KanModel.of(dtype, new Linear(2, 1, false)));
                ParameterVector x = parameters.newVector();
                ParameterVector y = parameters.newVector()) {
            String name = parameters.tensors().getFirst().name();
            for (double[] each : new double[][] {{NONE, NONE, 3, -4}, {5, NONE, 3, -4}, {2.5, NONE, 1.5, -2},
                {NONE, 3.5, 3, -3.5},
                {2.5, 3, 2.5 / Math.sqrt(2), -2.5 / Math.sqrt(2)}}) {
                x.set(name, HostTensor.of(arena, 3.0, -4.0).reshape(1, 2).to(arena, dtype));
                assertTrue(vectors.clip(each[0], each[1], x));
                assertArrayEquals(new double[] {each[2], each[3]}, x.get(arena, name).toDoubles(), 1e-6);
            }
            x.set(name, HostTensor.of(arena, 3.0, -4.0).reshape(1, 2).to(arena, dtype));
            y.set(name, HostTensor.of(arena, 1.0, 2.0).reshape(1, 2).to(arena, dtype));
            assertEquals(-5, vectors.dot(x, y));
            vectors.add(2, x, y);
            assertArrayEquals(new double[] {7, -6}, y.get(arena, name).toDoubles());
            vectors.scale(-0.5, y);
            assertArrayEquals(new double[] {-3.5, 3}, y.get(arena, name).toDoubles());
            vectors.clamp(3.25, y);
            assertArrayEquals(new double[] {-3.25, 3}, y.get(arena, name).toDoubles());
            assertTrue(vectors.finite(y));
            x.set(name, HostTensor.of(arena, Double.NaN, 1.0).reshape(1, 2).to(arena, dtype));
            assertFalse(vectors.finite(x));
            assertFalse(vectors.clip(1, NONE, x));
            assertTrue(vectors.clip(NONE, NONE, x), "without a limit on the norm nobody looks");
        }
    }

    /** Sixteen numbers, which fill a vector to its end. */
    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"F32", "F64"})
    void theLastNumberIsScaledToo(DType dtype) {
        try (Arena arena = Arena.ofConfined();
                Context context = Context.open();
                Vectors vectors = new Vectors(context);
                Parameters parameters = Parameters.zeros(KanModel.of(dtype, new Linear(4, 4, false)));
                ParameterVector x = parameters.newVector()) {
            String name = parameters.tensors().getFirst().name();
            x.set(name, HostTensor.allocate(arena, dtype, 4, 4).fill(2));
            vectors.scale(1.5, x);
            vectors.clamp(2.5, x);
            double[] all = new double[16];
            Arrays.fill(all, 2.5);
            assertArrayEquals(all, x.get(arena, name).toDoubles());
        }
    }
}
