// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.kan4j.device.Context;
import org.kan4j.layer.Linear;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.model.TensorInfo;
import org.kan4j.optim.Loss;
import org.kan4j.rows.Dataset;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/** Measures of a model that hands its input on, against numbers worked out by hand. */
class MetricsTest {

    private static Metrics measure(Arena arena, Loss loss, int features, Dataset data) {
        KanModel model = KanModel.of(DType.F64, List.of(Linear.of(features, features)));
        try (Context context = Context.open(); Parameters parameters = Parameters.zeros(model)) {
            double[][] identity = new double[features][features];
            for (int i = 0; i < features; i++) {
                identity[i][i] = 1;
            }
            TensorInfo weight = model.tensors().stream().filter(t -> t.shape().rank() == 2).findFirst().orElseThrow();
            parameters.set(weight.name(), HostTensor.of(arena, identity));
            return Metrics.measure(context, parameters, loss, data);
        }
    }

    @Test
    void twoClasses() {
        try (Arena arena = Arena.ofConfined()) {
            // leads of class 1: 2, 1, 1, -1, -2, labels 1, 1, 0, 1, 0
            HostTensor x = HostTensor.of(arena, new double[][] {{0, 2}, {0, 1}, {0, 1}, {1, 0}, {2, 0}});
            Metrics metrics = measure(arena, null, 2, Dataset.classification(x, HostTensor.of(arena, 1, 1, 0, 1, 0), 2));
            assertEquals(3 / 5.0, metrics.accuracy().orElseThrow(), 1e-15);
            // class 0: 1 of 2 predicted, 2 present; class 1: 2 of 3 predicted, 3 present
            assertEquals((2 * 1 / 4.0 + 2 * 2 / 6.0) / 2, metrics.macroF1().orElseThrow(), 1e-15);
            // pairs (1, 0): 2>1, 2>-2, 1=1, 1>-2, -1<1, -1>-2
            assertEquals(4.5 / 6, metrics.rocAuc().orElseThrow(), 1e-15);
            double logLoss = (Math.log1p(Math.exp(-2)) + Math.log1p(Math.exp(-1)) + Math.log1p(Math.exp(1))
                    + Math.log1p(Math.exp(1)) + Math.log1p(Math.exp(-2))) / 5;
            assertEquals(logLoss, metrics.values().get("log_loss"), 1e-12);
            assertEquals(logLoss, metrics.loss(), 1e-12);
            // Weights count as repeated rows.
            Metrics weighted = measure(arena, null, 2, Dataset.classification(x, HostTensor.of(arena, 1, 1, 0, 1, 0), 2)
                    .withWeights(HostTensor.of(arena, 1.0, 1.0, 1.0, 2.0, 0.0)));
            assertEquals(2 / 5.0, weighted.accuracy().orElseThrow(), 1e-15);
            assertEquals(1.5 / 4, weighted.rocAuc().orElseThrow(), 1e-15);
        }
    }

    @Test
    void threeClasses() {
        try (Arena arena = Arena.ofConfined()) {
            HostTensor x = HostTensor.of(arena, new double[][] {{9, 0, 0}, {0, 9, 0}, {9, 0, 0}});
            Metrics metrics = measure(arena, null, 3, Dataset.classification(x, HostTensor.of(arena, 0, 1, 1), 3));
            // The third class is neither there nor predicted and does not count.
            assertEquals((2 / 3.0 + 2 / 3.0) / 2, metrics.macroF1().orElseThrow(), 1e-15);
            assertTrue(metrics.rocAuc().isEmpty());
            assertTrue(metrics.rmse().isEmpty());
        }
    }

    @Test
    void realTargets() {
        try (Arena arena = Arena.ofConfined()) {
            HostTensor x = HostTensor.of(arena, new double[][] {{1}, {2}, {4}});
            Metrics metrics = measure(arena, null, 1,
                    Dataset.regression(x, HostTensor.of(arena, new double[][] {{1}, {3}, {2}})));
            assertEquals(Math.sqrt(5 / 3.0), metrics.rmse().orElseThrow(), 1e-15);
            assertEquals(1, metrics.mae().orElseThrow(), 1e-15);
            assertEquals(1 - 5 / 2.0, metrics.r2().orElseThrow(), 1e-14);
            // Weights count as repeated rows, or parts of rows.
            Metrics weighted = measure(arena, null, 1, Dataset.regression(x, HostTensor.of(arena, new double[][] {{1}, {3}, {2}}))
                    .withWeights(HostTensor.of(arena, 1.0, 2.0, 0.5)));
            double mean = (1 + 2 * 3 + 0.5 * 2) / 3.5;
            double around = (1 - mean) * (1 - mean) + 2 * (3 - mean) * (3 - mean) + 0.5 * (2 - mean) * (2 - mean);
            assertEquals(Math.sqrt((2 + 0.5 * 4) / 3.5), weighted.rmse().orElseThrow(), 1e-15);
            assertEquals((2 + 0.5 * 2) / 3.5, weighted.mae().orElseThrow(), 1e-15);
            assertEquals(1 - (2 + 0.5 * 4) / around, weighted.r2().orElseThrow(), 1e-14);
            Metrics constant = measure(arena, null, 1,
                    Dataset.regression(x, HostTensor.of(arena, new double[][] {{1}, {1}, {1}})));
            assertTrue(constant.r2().isEmpty());
            assertTrue(constant.accuracy().isEmpty());
        }
    }

    @Test
    void aMeanOfOnesOwnIsWeighted() {
        Metric off = Metric.mean("off", (prediction, target) -> Math.abs(prediction[0] - target[0]));
        assertEquals("off", off.name());
        Metric.Sum sum = off.start();
        assertTrue(Double.isNaN(sum.value()), "of no rows");
        sum.add(new double[] {1}, new double[] {3}, 1);
        sum.add(new double[] {5}, new double[] {4}, 3);
        assertEquals((2 + 3) / 4.0, sum.value());
        assertTrue(Double.isNaN(off.start().value()), "each measurement begins anew");
        Metrics metrics = new Metrics(7, java.util.Map.of("rmse", 0.5));
        assertEquals(7, metrics.rows());
        assertEquals("{rmse=0.5}", metrics.toString());
        assertEquals(0.5, metrics.rmse().orElseThrow());
        assertTrue(metrics.mae().isEmpty());
    }
}
