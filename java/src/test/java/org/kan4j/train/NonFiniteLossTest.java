// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.basis.BSpline;
import org.kan4j.error.NonFiniteLossException;
import org.kan4j.io.Checkpoint;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.optim.Lbfgs;
import org.kan4j.optim.Optimizer;
import org.kan4j.rows.Dataset;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.testing.Samples;

/** Training that meets numbers which are not finite says where they come from, and keeps the last good checkpoint. */
class NonFiniteLossTest {

    @TempDir
    Path folder;

    private static final KanModel MODEL = KanModel.kan(DType.F32, BSpline.of(4, 3), 2, 5, 1);

    private static Trainer.Builder builder(Parameters parameters) {
        return Trainer.builder(parameters).optimizer(Optimizer.adamW(2e-2, 1e-3)).batchSize(16).epochs(5);
    }

    @Test
    void namesTheLayerWhereNumbersBecomeInfinite() {
        try (Arena arena = Arena.ofConfined(); Parameters parameters = Parameters.initialise(MODEL, 3)) {
            parameters.set("layers.0.base_weight", HostTensor.allocate(arena, DType.F32, 5, 2).fill(1e20));
            parameters.set("layers.1.base_weight", HostTensor.allocate(arena, DType.F32, 1, 5).fill(1e30));
            for (Optimizer optimizer : List.of(Optimizer.adamW(1e-3, 0), Optimizer.sgd(1e-3, 0), Lbfgs.of(5))) {
                try (Trainer trainer = builder(parameters).optimizer(optimizer).build()) {
                    NonFiniteLossException e = assertThrows(NonFiniteLossException.class,
                            () -> trainer.fit(Samples.regression(arena, DType.F32, 100, 1)));
                    assertTrue(e.getMessage().contains("that of layer 1 (bspline), whose input has a root mean square of")
                            && e.getMessage().contains("step 1"), e.getMessage());
                    assertTrue(e.getMessage().contains("parameters have grown"), e.getMessage());
                    assertEquals(1, e.layer());
                    assertEquals(0, trainer.steps());
                }
            }
        }
    }

    /** The first layer, and before it the features themselves. */
    @Test
    void namesTheFirstLayerAndTheFeatures() {
        try (Arena arena = Arena.ofConfined();
                Parameters parameters = Parameters.initialise(MODEL.withDType(DType.F64), 3);
                Trainer trainer = builder(parameters).optimizer(Optimizer.sgd(0.25, 0)).build()) {
            HostTensor zeros = HostTensor.allocate(arena, DType.F64, 16, 1);
            Dataset large = Dataset.regression(HostTensor.allocate(arena, DType.F64, 16, 2).fill(1e200), zeros);
            NonFiniteLossException features = assertThrows(NonFiniteLossException.class, () -> trainer.fit(large));
            assertEquals(
                    "the loss became Infinity in epoch 1, batch 1 (step 1, learning rate 0.250); the parameters are those of "
                            + "the step before: the features of the batch are too large, or not finite: scale them",
                    features.getMessage());
            assertEquals(-1, features.layer());
            parameters.set("layers.0.base_weight", HostTensor.allocate(arena, DType.F64, 5, 2).fill(1e170));
            Dataset halves = Dataset.regression(HostTensor.allocate(arena, DType.F64, 16, 2).fill(0.5), zeros);
            NonFiniteLossException first = assertThrows(NonFiniteLossException.class, () -> trainer.fit(halves));
            assertEquals(0, first.layer());
            assertTrue(first.getMessage().contains("that of layer 0 (bspline), whose input has a root mean square of 0.500;"),
                    first.getMessage());
        }
    }

    @Test
    void namesTheTargetsWhereNoLayerIsAtFault() {
        try (Arena arena = Arena.ofConfined();
                Parameters parameters = Parameters.initialise(MODEL.withDType(DType.F64), 3);
                Trainer trainer = builder(parameters).build()) {
            Dataset data = Dataset.regression(HostTensor.allocate(arena, DType.F64, 10, 2),
                    HostTensor.allocate(arena, DType.F64, 10, 1).fill(1e200));
            NonFiniteLossException e = assertThrows(NonFiniteLossException.class, () -> trainer.fit(data));
            assertTrue(e.getMessage().contains("the loss became Infinity in epoch 1, batch 1")
                    && e.getMessage().contains("targets of a very large scale"), e.getMessage());
            assertEquals(-1, e.layer());
        }
    }

    @Test
    void neverWritesACheckpointOfParametersThatAreNotFinite() throws Exception {
        Path file = folder.resolve("m.safetensors");
        try (Arena arena = Arena.ofConfined(); Parameters parameters = Parameters.initialise(MODEL, 3)) {
            Dataset data = Samples.regression(arena, DType.F32, 16, 1); // one batch an epoch
            try (Trainer trainer = builder(parameters).epochs(1).checkpoint(file).build()) {
                trainer.fit(data);
            }
            byte[] good = Files.readAllBytes(file);
            try (Trainer trainer = builder(parameters).checkpoint(file).listener(new TrainingListener() {
                @Override
                public void onBatch(Trainer running, Batch batch) { // as a gradient that is not finite would
                    if (batch.step() == 2) {
                        parameters.set("layers.1.coef_scale",
                                HostTensor.allocate(arena, DType.F32, 1, 5).fill(Double.NaN));
                    }
                    if (batch.step() == 1) {
                        assertEquals(1, running.steps());
                    }
                }
            }).build()) {
                NonFiniteLossException e = assertThrows(NonFiniteLossException.class, () -> trainer.fit(data));
                assertEquals(1, e.layer());
                assertEquals(2, e.step());
                assertTrue(e.getMessage().contains("coef_scale of layer 1 (bspline) holds NaN"), e.getMessage());
            }
            assertNotEquals(0, good.length);
            try (Checkpoint checkpoint = Checkpoint.read(file)) { // that of the first epoch
                for (double value : checkpoint.parameters().values().flat().toDoubles()) {
                    assertTrue(Double.isFinite(value));
                }
            }
        }
    }
}
