// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.serve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.basis.BSpline;
import org.kan4j.device.ContextOptions;
import org.kan4j.io.Checkpoint;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.tensor.HostTensor;

/** Closing what is being used: new calls are refused, those that run end with right results. */
class PredictorClosingTest {

    private static final KanModel MODEL = KanModel.kan(BSpline.of(5, 3), 16, 24, 3);

    @TempDir
    private Path folder;

    private static float[] rows(int count) {
        float[] x = new float[16 * count];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) Math.sin(i);
        }
        return x;
    }

    /** A call that found all slots taken, and the pool open, adds none once it is closed. */
    @Test
    void aCallThatWaitedForAClosingPoolIsRefused() throws Exception {
        try (Parameters parameters = Parameters.initialise(MODEL, 1)) {
            PredictorPool pool = new PredictorPool(parameters, ContextOptions.defaults().withThreads(1), 4, true);
            PredictorPool.Slot taken = pool.acquire();
            FutureTask<PredictorPool.Slot> call = new FutureTask<>(pool::acquire);
            Thread caller = new Thread(call);
            synchronized (pool) {
                caller.start();
                while (caller.getState() != Thread.State.BLOCKED) { // about to add a slot
                    Thread.onSpinWait();
                }
                taken.release();
                pool.close();
            }
            ExecutionException refused = assertThrows(ExecutionException.class, call::get);
            assertEquals("the predictor is closed", refused.getCause().getMessage());
        }
    }

    /** Many threads predict until they are refused; the calls before that have the right numbers. */
    private static void closeUnderLoad(Parameters parameters, Predictor predictor, AutoCloseable closed) throws Exception {
        float[] x = rows(2000);
        float[] expected = predictor.predict(x);
        CountDownLatch running = new CountDownLatch(8);
        try (ExecutorService pool = Executors.newFixedThreadPool(8)) {
            List<Future<Integer>> results = new ArrayList<>();
            for (int t = 0; t < 8; t++) {
                int rows = t % 2 == 0 ? 2000 : 1;
                results.add(pool.submit(() -> {
                    float[] mine = Arrays.copyOf(x, 16 * rows);
                    float[] right = Arrays.copyOf(expected, 3 * rows);
                    for (int calls = 0;; calls++) {
                        float[] y;
                        try {
                            y = predictor.predict(mine);
                        } catch (IllegalStateException e) {
                            assertEquals("the predictor is closed", e.getMessage());
                            return calls;
                        }
                        assertArrayEquals(right, y);
                        if (calls == 0) {
                            running.countDown();
                        }
                    }
                }));
            }
            running.await();
            closed.close();
            assertThrows(IllegalStateException.class, () -> predictor.predict(x));
            for (Future<Integer> result : results) {
                assertTrue(result.get() > 0);
            }
        }
    }

    @Test
    void aPredictorIsClosedUnderLoad() throws Exception {
        for (int i = 0; i < 10; i++) {
            try (Parameters parameters = Parameters.initialise(MODEL, 1)) {
                Predictor predictor = Predictor.of(parameters);
                closeUnderLoad(parameters, predictor, predictor);
                predictor.close();
            }
        }
    }

    @Test
    void parametersAreClosedUnderLoad() throws Exception {
        for (int i = 0; i < 10; i++) {
            Parameters parameters = Parameters.initialise(MODEL, 1);
            Predictor predictor = Predictor.of(parameters);
            closeUnderLoad(parameters, predictor, parameters);
            parameters.close();
            predictor.close();
            assertEquals("the parameters are closed",
                    assertThrows(IllegalStateException.class, () -> Predictor.of(parameters)).getMessage());
        }
    }

    @Test
    void onePredictorOwnsItsCheckpoint() throws Exception {
        Path file = folder.resolve("model.safetensors");
        try (Parameters parameters = Parameters.initialise(MODEL, 1)) {
            Checkpoint.write(file, parameters);
        }
        Predictor predictor = Predictor.of(Checkpoint.read(file));
        assertEquals(3, predictor.predict(rows(1)).length);
        Parameters inside = predictor.parameters();
        predictor.close();
        assertThrows(IllegalStateException.class, inside::requireOpen);
    }

    @Test
    void memoryOfOneThreadStaysWithIt() {
        try (Parameters parameters = Parameters.initialise(MODEL, 1);
                Predictor predictor = Predictor.of(parameters);
                Arena one = Arena.ofConfined();
                Arena all = Arena.ofShared()) {
            float[] x = rows(4000);
            float[] expected = predictor.predict(x);
            for (Arena arena : List.of(one, all)) {
                HostTensor y = predictor.predict(arena, HostTensor.of(arena, x).reshape(4000, 16));
                assertArrayEquals(expected, y.toFloats());
            }
        }
    }

    @Test
    void manyRowsOnSeveralProcessorsHaveTheBitsOfOneByOne() {
        try (Parameters parameters = Parameters.initialise(MODEL, 1); Predictor predictor = Predictor.of(parameters)) {
            int count = 5003;
            float[] x = rows(count);
            float[] all = predictor.predict(x);
            double[] wide = new double[x.length];
            for (int i = 0; i < x.length; i++) {
                wide[i] = x[i];
            }
            double[] alsoAll = predictor.predict(wide);
            for (int row = 0; row < count; row++) {
                float[] one = predictor.predict(Arrays.copyOfRange(x, 16 * row, 16 * row + 16));
                for (int o = 0; o < 3; o++) {
                    assertEquals(one[o], all[3 * row + o], "row " + row);
                    assertEquals(one[o], alsoAll[3 * row + o], "row " + row);
                }
            }
        }
    }
}
