// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.kan4j.error.KanException;
import org.kan4j.error.UnsupportedException;
import org.kan4j.layer.Activation;
import org.kan4j.layer.ActivationLayer;
import org.kan4j.layer.Linear;
import org.kan4j.measure.Metrics;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.rows.Dataset;
import org.kan4j.rows.RowSource;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/** Weights of classes, temperatures and the lines of a log, worked out by hand. */
class ClassesAndWordsTest {

    private static Dataset classes(Arena arena, DType dtype, int... labels) {
        double[] x = new double[labels.length];
        for (int i = 0; i < x.length; i++) {
            x[i] = i;
        }
        return Dataset.classification(HostTensor.of(arena, x).to(arena, dtype).reshape(x.length, 1), HostTensor.of(arena, labels),
                3);
    }

    /** Of 8 rows in 3 classes: 8 / (3 * 4), 8 / (3 * 2) and 8 / (3 * 2). */
    @Test
    void balancedClassesWeighAlike() {
        try (Arena arena = Arena.ofConfined()) {
            assertArrayEquals(new double[] {8.0 / 12, 8.0 / 6, 8.0 / 6},
                    ClassBalance.of(classes(arena, DType.F32, 0, 1, 0, 2, 0, 1, 2, 0)), 1e-15);
            assertArrayEquals(new double[] {0, 5.0 / 3, 5.0 / 12}, ClassBalance.of(classes(arena, DType.F64, 2, 2, 1, 2, 2)),
                    1e-15);
            // More rows than are read at a time: 8191 of one class and 1 each of the others, the last row among them.
            int[] many = new int[8193];
            many[8192] = 1;
            many[4096] = 2;
            assertArrayEquals(new double[] {8193.0 / 3 / 8191, 8193.0 / 3, 8193.0 / 3}, ClassBalance.of(classes(arena, DType.F32,
                    many)), 1e-12);
            assertTrue(assertThrows(KanException.class, () -> ClassBalance.of(Dataset.regression(HostTensor.of(arena, 1.0)
                    .reshape(1, 1), HostTensor.of(arena, 1.0).reshape(1, 1)))).getMessage().contains("only classes"));
        }
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"F32", "F64"})
    void weightsOfClassesGoIntoThoseOfRows(DType dtype) {
        try (Arena arena = Arena.ofConfined()) {
            Dataset plain = classes(arena, dtype, 0, 1, 2, 1);
            Dataset own = plain.withWeights(HostTensor.of(arena, 1.0, 2, 3, 4).to(arena, dtype));
            List<Double> factors = List.of(0.5, 2.0, 8.0);
            assertArrayEquals(new double[] {0.5, 2, 8, 2}, weights(arena, dtype, new ClassWeighted(plain, factors), 0, 4));
            assertArrayEquals(new double[] {0.5, 4, 24, 8}, weights(arena, dtype, new ClassWeighted(own, factors), 0, 4));
            assertArrayEquals(new double[] {4, 24}, weights(arena, dtype, new ClassWeighted(own, factors), 1, 3));
            ClassWeighted weighted = new ClassWeighted(plain, factors);
            assertTrue(weighted.weighted());
            assertEquals(List.of(4L, 1L, 3L, 3L), List.of((long) weighted.size(), weighted.in(), weighted.out(),
                    (long) weighted.classes()));
            assertEquals("given 2 class weights, the data has 3 classes", assertThrows(KanException.class,
                    () -> new ClassWeighted(plain, List.of(1.0, 1.0))).getMessage());
        }
    }

    private static double[] weights(Arena arena, DType dtype, RowSource rows, int from, int to) {
        HostTensor x = HostTensor.allocate(arena, dtype, to - from, 1);
        HostTensor labels = HostTensor.allocate(arena, DType.I32, to - from);
        HostTensor weights = HostTensor.allocate(arena, dtype, to - from);
        try (RowSource.Pass pass = rows.inOrder()) {
            pass.read(from, to, x.segment(), labels.segment(), weights.segment());
        }
        return weights.toDoubles();
    }

    /**
     * The logits of two classes are 0 and 4 x for x of 1 or -1; three quarters of the rows are of the likelier class. The best
     * difference of the logits is log 3, so the temperature is 4 / log 3, and the log loss the entropy of a quarter.
     */
    @Test
    void theTemperatureMakesProbabilitiesThoseOfTheRows() {
        try (Arena arena = Arena.ofConfined();
                Parameters parameters = Parameters.zeros(KanModel.of(DType.F64,
                        new Linear(1, 2, true)))) {
            parameters.set(parameters.tensors().getFirst().name(), HostTensor.of(arena, 0.0, 4.0).reshape(2, 1));
            double[] x = new double[8];
            int[] labels = new int[8];
            for (int i = 0; i < 8; i++) {
                x[i] = i < 4 ? 1 : -1;
                labels[i] = i % 4 == 0 ? i < 4 ? 0 : 1 : i < 4 ? 1 : 0;
            }
            Dataset held = Dataset.classification(HostTensor.of(arena, x).reshape(8, 1), HostTensor.of(arena, labels), 2);
            Calibration found = Calibration.of(parameters, held);
            assertEquals(4 / Math.log(3), found.temperature(), 1e-6);
            assertEquals(Math.log1p(Math.exp(-4)) + 1, found.before(), 1e-12, "a quarter is wrong by 4");
            assertEquals(-0.75 * Math.log(0.75) - 0.25 * Math.log(0.25), found.after(), 1e-9);
            assertEquals(8, found.rows());
            assertEquals(Math.log(3), parameters.get(arena, parameters.tensors().getFirst().name()).getFlat(1), 1e-6);
        }
    }

    @Test
    void whatIsNotLinearInItsWeightsIsLeftAsItWas() {
        try (Arena arena = Arena.ofConfined();
                Parameters parameters = Parameters.initialise(KanModel.of(DType.F64,
                        new Linear(1, 2, true), new ActivationLayer(2, Activation.TANH)), 1)) {
            double[] before = parameters.get(arena, parameters.tensors().getFirst().name()).toDoubles();
            Dataset held = Dataset.classification(HostTensor.of(arena, 1.0, -1, 2).reshape(3, 1), HostTensor.of(arena, 0, 1, 1),
                    2);
            assertThrows(UnsupportedException.class, () -> Calibration.of(parameters, held));
            assertArrayEquals(before, parameters.get(arena, parameters.tensors().getFirst().name()).toDoubles());
            Dataset numbers = Dataset.regression(HostTensor.of(arena, 1.0).reshape(1, 1), HostTensor.of(arena, 1.0, 2)
                    .reshape(1, 2));
            assertEquals("probabilities are calibrated on held-out rows with classes, given 1 row with 0 classes",
                    assertThrows(KanException.class, () -> Calibration.of(parameters, numbers)).getMessage());
        }
    }

    @Test
    void theLogSaysHowFarItIsAndHowLongItTakes() {
        List<String> lines = new ArrayList<>();
        TrainingLog log = new TrainingLog(lines::add);
        try (Parameters parameters = Parameters.zeros(KanModel.of(DType.F32, new Linear(3, 2, false)));
                Trainer trainer = Trainer.builder(parameters).epochs(5).build()) {
            log.onStart(trainer, 1500);
            Map<String, Double> measured = new LinkedHashMap<>();
            measured.put("loss", 0.25);
            measured.put("accuracy", 0.875);
            log.onEpochEnd(trainer, new TrainingListener.Epoch(1, 5, 0.5, OptionalDouble.of(0.75), Optional.of(new Metrics(10,
                    measured)), 2));
            log.onEpochEnd(trainer, new TrainingListener.Epoch(2, 5, 0.125, OptionalDouble.empty(), Optional.empty(), 4));
        }
        assertTrue(lines.get(0).startsWith("training 6 parameters on 1,500 rows, 5 epochs, cpu"), lines.get(0));
        assertEquals(
                "epoch 1/5: loss 0.5000, accuracy 75.00 %, validation loss 0.2500, validation accuracy 0.8750, 750 rows/s, 8 s "
                        + "left",
                lines.get(1));
        assertEquals("epoch 2/5: loss 0.1250, 375 rows/s, 9 s left", lines.get(2), "6 seconds for 2, so 9 for 3");
        assertFalse(lines.size() > 3);
    }
}
