// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.serve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kan4j.basis.BSpline;
import org.kan4j.error.KanException;
import org.kan4j.error.ShapeException;
import org.kan4j.internal.SplitMix;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.tensor.Shape;

class PredictorTest {

    private static final KanModel MODEL = KanModel.kan(DType.F32, BSpline.of(5, 3), 4, 16, 3);

    private static float[] rows(int rows, long in, long seed) {
        SplitMix random = new SplitMix(seed);
        float[] x = new float[(int) (rows * in)];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) random.uniform(-1.5, 1.5);
        }
        return x;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5, 17, 100, 300})
    void aRowHasTheSameBitsAloneAndInABatch(int rows) {
        try (Parameters parameters = Parameters.initialise(MODEL, 1); Predictor predictor = Predictor.of(parameters)) {
            float[] x = rows(rows, 4, 9);
            float[] all = predictor.predict(x);
            assertEquals(3 * rows, all.length);
            for (int row = 0; row < rows; row++) {
                float[] alone = predictor.predict(Arrays.copyOfRange(x, 4 * row, 4 * row + 4));
                assertArrayEquals(Arrays.copyOfRange(all, 3 * row, 3 * row + 3), alone, "row " + row);
            }
        }
    }

    /** Whatever the caller's type and the model's: the numbers are converted, row for row. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3, 64, 65, 1000})
    void everyTypeOfArrayGoesWithEveryTypeOfModel(int rows) {
        for (DType dtype : List.of(DType.F32, DType.F64)) {
            try (Parameters parameters = Parameters.initialise(KanModel.kan(dtype, BSpline.of(5, 3), 4, 16, 3), 1);
                    Predictor predictor = Predictor.of(parameters)) {
                float[] x = rows(rows, 4, 9);
                double[] wide = new double[x.length];
                Arrays.setAll(wide, i -> x[i]);
                float[] floats = predictor.predict(x);
                double[] doubles = predictor.predict(wide);
                for (int row = 0; row < rows; row++) {
                    double[] alone = predictor.predict(Arrays.copyOfRange(wide, 4 * row, 4 * row + 4));
                    for (int o = 0; o < 3; o++) {
                        assertEquals(alone[o], doubles[3 * row + o], dtype + " row " + row);
                        assertEquals((float) alone[o], floats[3 * row + o], dtype + " row " + row);
                    }
                }
            }
        }
    }

    @Test
    void inputsOfAnyRankKeepTheirLeadingAxes() {
        try (Arena arena = Arena.ofConfined();
                Parameters parameters = Parameters.initialise(MODEL, 1);
                Predictor predictor = Predictor.of(parameters)) {
            float[] x = rows(6, 4, 2);
            HostTensor y = predictor.predict(arena, HostTensor.of(arena, x).reshape(2, 3, 4));
            assertEquals(Shape.of(2, 3, 3), y.shape());
            assertArrayEquals(predictor.predict(x), y.toFloats());
            assertThrows(ShapeException.class,
                    () -> predictor.predict(arena, HostTensor.of(arena, x).reshape(2, 4, 3)));
        }
    }

    @Test
    void oneRowAllocatesNothing() {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (Parameters parameters = Parameters.initialise(MODEL, 1); Predictor predictor = Predictor.of(parameters)) {
            float[] x = {0.1f, -0.2f, 0.3f, 0.4f};
            float[] y = new float[3];
            for (int i = 0; i < 30_000; i++) {
                predictor.predict(x, y); // compiled
            }
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 10_000; i++) {
                predictor.predict(x, y);
            }
            long bytes = threads.getCurrentThreadAllocatedBytes() - before;
            assertTrue(bytes < 10_000, bytes + " bytes in 10,000 predictions");
        }
    }

    @Test
    void manyThreadsShareOne() throws Exception {
        try (Parameters parameters = Parameters.initialise(MODEL, 1);
                Predictor predictor = Predictor.of(parameters);
                ExecutorService pool = Executors.newFixedThreadPool(16)) {
            float[] x = rows(64, 4, 3);
            float[] expected = predictor.predict(x);
            List<Future<Integer>> results = new ArrayList<>();
            for (int t = 0; t < 16; t++) {
                Callable<Integer> task = () -> {
                    int wrong = 0;
                    for (int k = 0; k < 300; k++) {
                        int row = k % 64;
                        float[] y = predictor.predict(Arrays.copyOfRange(x, 4 * row, 4 * row + 4));
                        wrong += Arrays.equals(Arrays.copyOfRange(expected, 3 * row, 3 * row + 3), y) ? 0 : 1;
                    }
                    return wrong;
                };
                results.add(pool.submit(task));
            }
            for (Future<Integer> result : results) {
                assertEquals(0, result.get());
            }
        }
    }

    @Test
    void refusesWrongLengthsAndUseAfterClose() {
        try (Parameters parameters = Parameters.initialise(MODEL, 1)) {
            Predictor predictor = Predictor.of(parameters);
            String message = assertThrows(KanException.class, () -> predictor.predict(1f, 2f, 3f)).getMessage();
            assertTrue(message.contains("4") && message.contains("3"), message);
            assertThrows(KanException.class, () -> predictor.predict(new float[4], new float[2]));
            predictor.close();
            predictor.close();
            assertThrows(IllegalStateException.class, () -> predictor.predict(1f, 2f, 3f, 4f));
        }
    }

    @Test
    void notANumberInOneRowStaysInIt() {
        try (Parameters parameters = Parameters.initialise(MODEL, 1); Predictor predictor = Predictor.of(parameters)) {
            float[] x = rows(20, 4, 3);
            float[] clean = predictor.predict(x);
            x[4 * 7 + 2] = Float.NaN;
            float[] spoiled = predictor.predict(x);
            for (int i = 0; i < clean.length; i++) {
                if (i / 3 == 7) {
                    assertTrue(Float.isNaN(spoiled[i]), "output " + i);
                } else {
                    assertEquals(clean[i], spoiled[i], "output " + i);
                }
            }
        }
    }
}
