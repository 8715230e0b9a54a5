// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.kan4j.Warnings;
import org.kan4j.basis.BSpline;
import org.kan4j.error.ShapeException;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.optim.Optimizer;
import org.kan4j.rows.Dataset;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.testing.Samples;

/** What a trainer says: to a listener, of features outside the grid, of data it does not take. */
class TrainerWordsTest {

    private static final KanModel MODEL = KanModel.kan(DType.F64, BSpline.of(4, 3), 2, 5, 1);

    private static Trainer.Builder builder(Parameters parameters) {
        return Trainer.builder(parameters).optimizer(Optimizer.adamW(2e-2, 1e-3)).batchSize(16).epochs(3);
    }

    @Test
    void featuresOutsideTheGridAreWarnedOfOnce() {
        try (Arena arena = Arena.ofConfined()) {
            HostTensor x = HostTensor.allocate(arena, DType.F64, 200, 2);
            HostTensor y = HostTensor.allocate(arena, DType.F64, 200, 1);
            for (int i = 0; i < 200; i++) {
                x.set(i * 5, i, 0);
                x.set(i / 200.0, i, 1);
                y.set(i, i, 0);
            }
            for (Dataset data : List.of(Dataset.regression(x, y), Samples.regression(arena, DType.F64, 100, 1))) {
                List<String> warnings = Warnings.during(() -> {
                    try (Parameters parameters = Parameters.initialise(MODEL, 1);
                            Trainer trainer = builder(parameters).build()) {
                        trainer.fit(data);
                    }
                });
                if (data.size() == 100) {
                    assertEquals(List.of(), warnings);
                } else {
                    assertEquals(1, warnings.size(), warnings.toString());
                    assertTrue(warnings.getFirst().contains("49.8 % of the features")
                            && warnings.getFirst().contains("99.5 % of feature 0"), warnings.getFirst());
                }
            }
        }
    }

    @Test
    void featuresOfOneAxisAreRefusedWithAdvice() {
        try (Arena arena = Arena.ofConfined()) {
            HostTensor three = HostTensor.of(arena, 1f, 2f, 3f);
            String message = assertThrows(ShapeException.class, () -> Dataset.regression(three, three)).getMessage();
            assertTrue(message.contains("reshape(3, 1)") && message.contains("reshape(1, 3)"), message);
            assertEquals(3, Dataset.regression(three.reshape(3, 1), three).size());
        }
    }

    @Test
    void aSuppliedListenerSaysALineAnEpoch() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (Arena arena = Arena.ofConfined();
                Parameters parameters = Parameters.initialise(MODEL, 1);
                Trainer trainer = builder(parameters).listener(TrainingListener.printing(
                        new PrintStream(out, true, StandardCharsets.UTF_8))).build()) {
            Dataset data = Samples.regression(arena, DType.F64, 100, 1);
            trainer.fit(data, data);
        }
        List<String> lines = out.toString(StandardCharsets.UTF_8).lines().toList();
        assertEquals(5, lines.size(), lines.toString());
        assertTrue(lines.get(0).contains("100 rows, 3 epochs"), lines.get(0));
        assertTrue(lines.get(2).startsWith("epoch 2/3: loss ") && lines.get(2).contains("validation r2 "), lines.get(2));
        assertTrue(lines.get(4).contains("all epochs are done; best epoch 3"), lines.get(4));
    }
}
