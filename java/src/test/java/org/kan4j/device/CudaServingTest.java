// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.kan4j.basis.BSpline;
import org.kan4j.ffi.Kan;
import org.kan4j.internal.SplitMix;
import org.kan4j.measure.Metrics;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.optim.Lbfgs;
import org.kan4j.optim.LbfgsMinimizer;
import org.kan4j.optim.Loss;
import org.kan4j.rows.Dataset;
import org.kan4j.serve.Predictor;
import org.kan4j.tensor.DType;
import org.kan4j.testing.Samples;
import org.kan4j.train.DataObjective;

/** What stands on the CUDA backend, as {@link CudaTest} runs it: metrics, the minimiser, predictors. */
class CudaServingTest {

    private static final KanModel SMALL = KanModel.kan(DType.F32, BSpline.of(5, 3), 3, 4, 2);

    @BeforeAll
    static void aDeviceIsThere() {
        String missing = Device.cuda(0).unavailable().orElse("");
        assumeTrue(missing.isEmpty(), missing);
    }

    @Test
    void metricsAreTheCpus() {
        try (Arena arena = Arena.ofConfined(); Context cpu = Context.open(); Context cuda = Context.open(Device.cuda(0))) {
            Dataset data = Samples.regression(arena, DType.F32, 700, 3);
            KanModel model = KanModel.kan(DType.F32, BSpline.of(5, 3), data.in(), 4, data.out());
            try (Parameters host = Parameters.initialise(model, 1); Parameters device = host.onto(cuda)) {
                Metrics here = Metrics.measure(cpu, host, null, data);
                Metrics there = Metrics.measure(cuda, device, null, data);
                assertEquals(here.values().keySet(), there.values().keySet());
                here.values().forEach((name, value) -> assertEquals(value, there.values().get(name),
                        1e-5 * Math.abs(value) + 1e-7, name));
            }
        }
    }

    @Test
    void lbfgsMovesParametersOnTheDevice() {
        try (Arena arena = Arena.ofConfined(); Context cpu = Context.open(); Context cuda = Context.open(Device.cuda(0))) {
            Dataset data = Samples.regression(arena, DType.F32, 120, 3);
            KanModel model = KanModel.kan(DType.F32, BSpline.of(3, 3), data.in(), data.out());
            try (Parameters host = Parameters.initialise(model, 1);
                    Parameters device = host.onto(cuda);
                    DataObjective here = DataObjective.of(cpu, host, data, new Loss.Mse());
                    DataObjective there = DataObjective.of(cuda, device, data, new Loss.Mse());
                    LbfgsMinimizer minimiser = LbfgsMinimizer.of(cpu, host, Lbfgs.of(15));
                    LbfgsMinimizer onDevice = LbfgsMinimizer.of(cuda, device, Lbfgs.of(15))) {
                double expected = minimiser.minimize(here, 15).value();
                double actual = onDevice.minimize(there, 15).value();
                assertEquals(expected, actual, 0.05 * expected + 1e-7);
            }
        }
    }

    @Test
    void aPredictorServesManyThreads() throws Exception {
        try (Parameters host = Parameters.initialise(SMALL, 1); Predictor cpu = Predictor.of(host)) {
            Predictor cuda = Predictor.of(host, Device.cuda(0));
            float[] x = new float[3 * 50];
            SplitMix random = new SplitMix(4, 0);
            for (int i = 0; i < x.length; i++) {
                x[i] = (float) random.uniform();
            }
            float[] expected = cuda.predict(x);
            CudaTest.near(cpu.predict(x), expected);
            List<Thread> threads = new ArrayList<>();
            AtomicReference<Throwable> failure = new AtomicReference<>();
            for (int t = 0; t < 4; t++) {
                threads.add(Thread.ofPlatform().start(() -> {
                    try {
                        for (int i = 0; i < 20; i++) {
                            assertArrayEquals(expected, cuda.predict(x));
                        }
                    } catch (Throwable e) {
                        failure.set(e);
                    }
                }));
            }
            for (Thread thread : threads) {
                thread.join();
            }
            if (failure.get() != null) {
                throw new AssertionError(failure.get());
            }
            cuda.close();
            assertThrows(IllegalStateException.class, () -> cuda.predict(x));
        }
    }

    @Test
    void nothingIsLeftOpen() {
        long contexts = Kan.kan_debug_live(0);
        try (Parameters host = Parameters.initialise(SMALL, 1)) {
            long inside = Kan.kan_debug_live(0);
            try (Predictor predictor = Predictor.of(host, Device.cuda(0))) {
                assertEquals(2, predictor.predict(1f, 2f, 3f).length);
            }
            assertEquals(inside, Kan.kan_debug_live(0));
        }
        assertEquals(contexts, Kan.kan_debug_live(0));
    }
}
