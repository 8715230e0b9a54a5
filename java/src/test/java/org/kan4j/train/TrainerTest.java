// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.Chebyshev;
import org.kan4j.basis.Wavelet;
import org.kan4j.device.Context;
import org.kan4j.device.ContextOptions;
import org.kan4j.error.KanException;
import org.kan4j.error.NonFiniteLossException;
import org.kan4j.internal.SplitMix;
import org.kan4j.io.Checkpoint;
import org.kan4j.layer.Activation;
import org.kan4j.layer.BatchNorm;
import org.kan4j.layer.KanLayer;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.optim.Optimizer;
import org.kan4j.optim.Schedule;
import org.kan4j.rows.Dataset;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.testing.Samples;

class TrainerTest {

    @TempDir
    Path folder;

    private static Trainer.Builder trainer(Parameters parameters, Context context) {
        return Trainer.builder(parameters).context(context).optimizer(Optimizer.adamW(1e-2, 1e-4)).batchSize(32)
                .schedule(Schedule.exponential(0.95));
    }

    private static double[] train(Dataset data, KanModel model, int threads, int epochs) {
        try (Context context = Context.open(ContextOptions.defaults().withThreads(threads));
                Parameters parameters = Parameters.initialise(model, 7);
                Trainer trainer = trainer(parameters, context).epochs(epochs).build()) {
            trainer.fit(data);
            return parameters.values().flat().toDoubles();
        }
    }

    static Stream<KanModel> models() {
        return Stream.of(
                KanModel.kan(DType.F64, BSpline.of(5, 3), 2, 8, 1),
                KanModel.kan(DType.F32, BSpline.of(5, 3), 2, 80, 1),
                KanModel.kan(DType.F32, new Chebyshev(4), 2, 16, 1),
                KanModel.mlp(DType.F32, Activation.SILU, 2, 70, 1));
    }

    @ParameterizedTest
    @MethodSource("models")
    void learnsAFunction(KanModel model) {
        try (Arena arena = Arena.ofConfined();
                Context context = Context.open();
                Parameters parameters = Parameters.initialise(model, 3);
                Trainer trainer = trainer(parameters, context).epochs(40).build()) {
            Dataset data = Samples.regression(arena, model.dtype(), 640, 1);
            double before = trainer.evaluate(data).loss();
            TrainingResult result = trainer.fit(data);
            double after = trainer.evaluate(data).loss();
            assertEquals(40, result.epochs().size());
            assertTrue(after < 0.2 * before, "mean squared error " + before + " before, " + after + " after");
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void givesTheSameBitsAgainAndOnAnyNumberOfThreads(KanModel model) {
        try (Arena arena = Arena.ofConfined()) {
            Dataset data = Samples.regression(arena, model.dtype(), 200, 2);
            double[] once = train(data, model, 1, 3);
            assertArrayEquals(once, train(data, model, 1, 3), "trained twice");
            assertArrayEquals(once, train(data, model, 2, 3), "on two threads");
            assertArrayEquals(once, train(data, model, 3, 3), "on three threads");
            assertFalse(Arrays.equals(once, train(data, model, 1, 4)), "one epoch more must differ");
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void resumesAsIfNeverInterrupted(KanModel model) throws Exception {
        Path file = folder.resolve("checkpoint.safetensors");
        try (Arena arena = Arena.ofConfined()) {
            Dataset data = Samples.regression(arena, model.dtype(), 200, 2);
            double[] uninterrupted = train(data, model, 2, 5);
            try (Context context = Context.open();
                    Parameters parameters = Parameters.initialise(model, 7);
                    Trainer trainer = trainer(parameters, context).epochs(5).checkpoint(file)
                            .listener(new TrainingListener() {
                                @Override
                                public void onBatch(Trainer running, Batch batch) {
                                    if (batch.epoch() == 3 && batch.batch() == 2) {
                                        running.requestStop(); // in the middle of an epoch
                                    }
                                }
                            }).build()) {
                TrainingResult result = trainer.fit(data);
                assertTrue(result.stopped());
            }
            try (Checkpoint checkpoint = Checkpoint.read(file)) {
                assertTrue(checkpoint.isResumable());
                assertFalse(Arrays.equals(uninterrupted, checkpoint.parameters().values().flat().toDoubles()));
                try (Trainer trainer = Trainer.resume(checkpoint).build()) {
                    trainer.fit(data);
                    assertArrayEquals(uninterrupted, trainer.parameters().values().flat().toDoubles());
                }
            }
        }
    }

    /** A large rate on few rows: the validation loss goes up and down. */
    private static Trainer.Builder overfitting(Parameters parameters, int patience) {
        return Trainer.builder(parameters).optimizer(Optimizer.adamW(5e-2, 0)).batchSize(8).epochs(200)
                .earlyStopping(patience);
    }

    @Test
    void stopsEarlyWithTheBestParameters() throws Exception {
        Path file = folder.resolve("checkpoint.safetensors");
        KanModel model = KanModel.of(DType.F64, List.of(KanLayer.of(2, 8, new Wavelet(Wavelet.Kind.MEXICAN_HAT)),
                BatchNorm.of(8), KanLayer.of(8, 1, BSpline.of(5, 3))));
        try (Arena arena = Arena.ofConfined()) {
            Dataset data = Samples.regression(arena, DType.F64, 40, 2);
            Dataset validation = Samples.regression(arena, DType.F64, 40, 3);
            double[] best;
            List<Double> losses;
            try (Parameters parameters = Parameters.initialise(model, 7);
                    Trainer trainer = overfitting(parameters, 3).build()) {
                TrainingResult result = trainer.fit(data, validation);
                assertFalse(result.stopped());
                losses = result.epochs().stream().map(e -> e.validation().orElseThrow().loss()).toList();
                int n = losses.size();
                assertTrue(n > 4 && n < 200, n + " epochs");
                double least = losses.stream().mapToDouble(l -> l).min().orElseThrow();
                assertEquals(n - 4, losses.indexOf(least), "three epochs without a better one in " + losses);
                assertEquals(least, trainer.evaluate(validation).loss(), "BatchNorm's statistics are restored too");
                best = parameters.values().flat().toDoubles();
            }
            // Interrupted one epoch before its end, then resumed: the same.
            try (Parameters parameters = Parameters.initialise(model, 7);
                    Trainer trainer = overfitting(parameters, 3).checkpoint(file).listener(new TrainingListener() {
                        @Override
                        public void onBatch(Trainer running, Batch batch) {
                            if (batch.epoch() == losses.size() - 1 && batch.batch() == 2) {
                                running.requestStop();
                            }
                        }
                    }).build()) {
                assertTrue(trainer.fit(data, validation).stopped());
                assertArrayEquals(best, parameters.values().flat().toDoubles());
            }
            try (Checkpoint checkpoint = Checkpoint.read(file)) {
                assertArrayEquals(best, checkpoint.parameters().values().flat().toDoubles());
                try (Trainer trainer = Trainer.resume(checkpoint).build()) {
                    TrainingResult result = trainer.fit(data, validation);
                    assertEquals(losses, result.epochs().stream().map(e -> e.validation().orElseThrow().loss()).toList());
                    assertArrayEquals(best, trainer.parameters().values().flat().toDoubles());
                }
                assertThrows(KanException.class, () -> Trainer.resume(checkpoint).earlyStopping(4));
            }
            try (Parameters parameters = Parameters.initialise(model, 7);
                    Trainer trainer = overfitting(parameters, 3).build()) {
                assertThrows(KanException.class, () -> trainer.fit(data));
            }
        }
    }

    @Test
    void aBatchNormNeverMeetsABatchOfOneRow() {
        KanModel model = KanModel.kan(DType.F32, new Wavelet(Wavelet.Kind.MEXICAN_HAT), 2, 1);
        try (Arena arena = Arena.ofConfined();
                Context context = Context.open();
                Parameters parameters = Parameters.initialise(model, 1);
                Trainer trainer = trainer(parameters, context).epochs(2).build()) {
            trainer.fit(Samples.regression(arena, DType.F32, 65, 2)); // two batches of 32, one row left over
            assertEquals(4, trainer.steps());
        }
    }

    @Test
    void theCheckpointIsReplacedAtomically() throws Exception {
        Path file = folder.resolve("model.safetensors");
        try (Parameters parameters = Parameters.initialise(KanModel.kan(BSpline.of(3, 3), 2, 3, 1), 1)) {
            Checkpoint.write(file, parameters);
            Checkpoint.write(file, parameters);
            try (Stream<Path> files = Files.list(folder)) {
                assertEquals(1, files.count(), "no temporary file stays behind");
            }
            try (Checkpoint read = Checkpoint.read(file)) {
                assertEquals(parameters.model(), read.model());
                assertArrayEquals(parameters.values().flat().toDoubles(), read.parameters().values().flat().toDoubles());
                assertArrayEquals(parameters.buffers().toDoubles(), read.parameters().buffers().toDoubles());
            }
        }
    }

    @Test
    void stopsAtALossThatIsNotANumberAndNamesTheStep() {
        KanModel model = KanModel.kan(DType.F32, BSpline.of(5, 3), 2, 4, 1);
        try (Arena arena = Arena.ofConfined();
                Context context = Context.open();
                Parameters parameters = Parameters.initialise(model, 1);
                Trainer trainer = trainer(parameters, context).optimizer(Optimizer.sgd(1e30, 0)).epochs(5).build()) {
            NonFiniteLossException e = assertThrows(NonFiniteLossException.class,
                    () -> trainer.fit(Samples.regression(arena, DType.F32, 200, 2)));
            assertTrue(e.getMessage().contains("epoch 1") && e.getMessage().contains("step"), e.getMessage());
        }
    }

    @Test
    void refusesDataThatDoNotFitTheModel() {
        KanModel model = KanModel.kan(DType.F32, BSpline.of(5, 3), 3, 4, 1);
        try (Arena arena = Arena.ofConfined();
                Context context = Context.open();
                Parameters parameters = Parameters.initialise(model, 1);
                Trainer trainer = trainer(parameters, context).build()) {
            String columns = assertThrows(KanException.class,
                    () -> trainer.fit(Samples.regression(arena, DType.F32, 20, 2))).getMessage();
            assertTrue(columns.contains("3") && columns.contains("2"), columns);
            assertThrows(KanException.class, () -> trainer.fit(Samples.regression(arena, DType.F64, 20, 2)));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F64"})
    void separatesClasses(DType dtype) {
        KanModel model = KanModel.kan(dtype, BSpline.of(5, 3), 2, 5, 3);
        try (Arena arena = Arena.ofConfined();
                Context context = Context.open();
                Parameters parameters = Parameters.initialise(model, 1);
                Trainer trainer = trainer(parameters, context).epochs(30).build()) {
            SplitMix random = new SplitMix(5);
            int rows = 300;
            HostTensor x = HostTensor.allocate(arena, model.dtype(), rows, 2);
            int[] labels = new int[rows];
            for (int i = 0; i < rows; i++) {
                double angle = random.uniform(-Math.PI, Math.PI);
                double radius = random.uniform(0, 1);
                x.set(radius * Math.cos(angle), i, 0);
                x.set(radius * Math.sin(angle), i, 1);
                labels[i] = radius < 0.33 ? 0 : radius < 0.66 ? 1 : 2;
            }
            Dataset data = Dataset.classification(x, HostTensor.of(arena, labels), 3);
            trainer.fit(data);
            double accuracy = trainer.evaluate(data).accuracy().orElseThrow();
            assertTrue(accuracy > 0.9, "accuracy " + accuracy);
            labels[4] = 3;
            assertThrows(KanException.class, () -> Dataset.classification(x, HostTensor.of(arena, labels), 3));
        }
    }
}
