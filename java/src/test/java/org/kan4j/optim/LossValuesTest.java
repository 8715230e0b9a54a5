// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.kan4j.device.Context;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/** Losses and their gradients against the formula of each, with weights of rows and without. */
class LossValuesTest {

    private static final double[][] PREDICTIONS = {{0.5, -1}, {2, 0.25}, {-3, 1}};
    private static final double[][] TARGETS = {{1, 0}, {0, 1}, {1, 1}};
    private static final double[] WEIGHTS = {1, 0, 2.5};

    /** What a number of an output adds, and by how much that rises with the output. */
    private interface Each {
        double of(double prediction, double target);
    }

    private static double softplus(double z) {
        return Math.log1p(Math.exp(z));
    }

    private static double sigmoid(double z) {
        return 1 / (1 + Math.exp(-z));
    }

    private static void assertLoss(Loss loss, DType type, Each value, Each slope) {
        double tolerance = type == DType.F64 ? 1e-14 : 1e-6;
        for (double[] weights : new double[][] {null, WEIGHTS}) {
            double total = weights == null ? 3 : 3.5;
            double expected = 0;
            double[] gradient = new double[6];
            for (int i = 0; i < 6; i++) {
                double share = (weights == null ? 1 : weights[i / 2]) / total / 2;
                expected += share * value.of(PREDICTIONS[i / 2][i % 2], TARGETS[i / 2][i % 2]);
                gradient[i] = share * slope.of(PREDICTIONS[i / 2][i % 2], TARGETS[i / 2][i % 2]);
            }
            try (Context context = Context.open(); Arena arena = Arena.ofConfined()) {
                HostTensor found = HostTensor.allocate(arena, type, 3, 2);
                HostTensor rowWeights = weights == null ? null : HostTensor.of(arena, weights).to(arena, type);
                assertEquals(expected, loss.evaluate(context, HostTensor.of(arena, PREDICTIONS).to(arena, type),
                        HostTensor.of(arena, TARGETS).to(arena, type), rowWeights, found), tolerance, loss.toString());
                assertArrayEquals(gradient, found.toDoubles(), tolerance, loss.toString());
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F64"})
    void everyLossOfNumbers(DType type) {
        assertLoss(new Loss.Mse(), type, (p, t) -> (p - t) * (p - t), (p, t) -> 2 * (p - t));
        for (double delta : new double[] {0.3, 1, 10}) {
            assertLoss(new Loss.Huber(delta), type, (p, t) -> Math.abs(p - t) <= delta ? 0.5 * (p - t) * (p - t)
                    : delta * (Math.abs(p - t) - 0.5 * delta), (p, t) -> Math.clamp(p - t, -delta, delta));
        }
        for (double weight : new double[] {1, 3, 0.25}) {
            assertLoss(new Loss.BinaryCrossEntropy(weight), type, (p, t) -> weight * t * softplus(-p) + (1 - t) * softplus(p),
                    (p, t) -> weight * t * (sigmoid(p) - 1) + (1 - t) * sigmoid(p));
        }
        assertLoss(new Loss.Pinball(List.of(0.2, 0.2)), type, (p, t) -> t > p ? 0.2 * (t - p) : 0.8 * (p - t),
                (p, t) -> t > p ? -0.2 : t < p ? 0.8 : 0);
    }
}
