// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.error;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.basis.BSpline;
import org.kan4j.device.Context;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.optim.Loss;
import org.kan4j.rows.Dataset;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.testing.Samples;
import org.kan4j.train.Trainer;

/** Messages name what the reader knows, in the words of the layer that speaks. */
class MessagesTest {

    private static final KanModel MODEL = KanModel.kan(DType.F64, BSpline.of(4, 3), 2, 1);

    @TempDir
    private Path folder;

    @Test
    void whatIsClosedIsNamed() {
        Arena arena = Arena.ofConfined();
        Dataset data = Samples.regression(arena, DType.F64, 10, 1);
        Parameters parameters = Parameters.initialise(MODEL, 1);
        try (Arena other = Arena.ofConfined(); Trainer trainer = Trainer.builder(parameters).build()) {
            arena.close();
            assertEquals("the arena of the data set's tensors is closed",
                    assertThrows(IllegalStateException.class, () -> trainer.fit(data)).getMessage());
            parameters.close();
            assertEquals("the parameters are closed",
                    assertThrows(IllegalStateException.class, () -> parameters.get(other, "layers.0.coef")).getMessage());
            assertEquals("the parameters are closed",
                    assertThrows(IllegalStateException.class, () -> parameters.values().flat()).getMessage());
        }
    }

    @Test
    void numbersAreWrittenAlikeEverywhere() {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.forLanguageTag("ar-EG"));
            String message = assertThrows(KanException.class, () -> BSpline.of(0, 3)).getMessage();
            assertTrue(message.contains("given 0"), message);
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void kernelsSpeakOfRowsAndSettings() {
        try (Arena arena = Arena.ofConfined(); Context context = Context.open()) {
            HostTensor predictions = HostTensor.allocate(arena, DType.F64, 2, 3);
            String message = assertThrows(KanException.class, () -> new Loss.CrossEntropy().evaluate(context, predictions,
                    HostTensor.of(arena, 0, 7), null, null)).getMessage();
            assertTrue(message.startsWith("target 1: expected a class label of 0 to 2, given 7"), message);
        }
        String widths = assertThrows(KanException.class,
                () -> KanModel.kan(DType.F64, org.kan4j.basis.Rational.of(3), 2, 1).parameterCount()).getMessage();
        assertFalse(widths.contains("spec."), widths);
    }

    @Test
    void tooMuchMemoryIsOneKindOfException() {
        try (Arena arena = Arena.ofConfined()) {
            KanException e = assertThrows(KanException.class, () -> HostTensor.allocate(arena, DType.F64, 1L << 56));
            assertEquals(Status.OUT_OF_MEMORY, e.status());
        }
    }

    @Test
    void aCheckpointThatCannotBeWrittenIsAnErrorOfTheFile() throws Exception {
        Path file = folder.resolve("folder");
        Files.createDirectory(file);
        try (Arena arena = Arena.ofConfined();
                Parameters parameters = Parameters.initialise(MODEL, 1);
                Trainer trainer = Trainer.builder(parameters).epochs(1).checkpoint(file).build()) {
            KanException e = assertThrows(KanException.class,
                    () -> trainer.fit(Samples.regression(arena, DType.F64, 10, 1)));
            assertEquals(Status.IO_ERROR, e.status());
        }
    }
}
