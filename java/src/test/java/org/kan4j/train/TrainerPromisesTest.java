// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.Wavelet;
import org.kan4j.constraint.Monotonicity;
import org.kan4j.error.KanException;
import org.kan4j.io.Checkpoint;
import org.kan4j.measure.Metric;
import org.kan4j.measure.Metrics;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.optim.Loss;
import org.kan4j.optim.Optimizer;
import org.kan4j.optim.Schedule;
import org.kan4j.rows.Dataset;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.testing.Samples;

/** What a trainer promises beyond learning. */
class TrainerPromisesTest {

    private static final KanModel MODEL = KanModel.kan(DType.F64, BSpline.of(4, 3), 2, 5, 1);

    @TempDir
    private Path folder;

    private static Trainer.Builder builder(Parameters parameters) {
        return Trainer.builder(parameters).optimizer(Optimizer.adamW(2e-2, 1e-3)).batchSize(16).epochs(3);
    }

    private static double[] numbers(Parameters parameters) {
        return parameters.values().flat().toDoubles();
    }

    /** Does something after each batch. */
    private static TrainingListener afterBatch(java.util.function.BiConsumer<Trainer, TrainingListener.Batch> what) {
        return new TrainingListener() {
            @Override
            public void onBatch(Trainer trainer, Batch batch) {
                what.accept(trainer, batch);
            }
        };
    }

    // --------------------------------------------------------------------------------------------------- again and more

    @Test
    void aDoneTrainingIsRefusedOrTrainsMore() {
        try (Arena arena = Arena.ofConfined();
                Parameters parameters = Parameters.initialise(MODEL, 1);
                Trainer trainer = builder(parameters).build()) {
            Dataset data = Samples.regression(arena, DType.F64, 100, 1);
            assertEquals(TrainingResult.End.EPOCHS, trainer.fit(data).end());
            double[] before = numbers(parameters);
            String message = assertThrows(IllegalStateException.class, () -> trainer.fit(data)).getMessage();
            assertTrue(message.contains("3 epochs") && message.contains("fit(data, validation, epochs)"), message);
            assertArrayEquals(before, numbers(parameters));
            TrainingResult more = trainer.fit(data, null, 2);
            assertEquals(5, more.epochs().size());
            assertFalse(Arrays.equals(before, numbers(parameters)));
            assertThrows(KanException.class, () -> trainer.fit(data, null, 0));
        }
    }

    @Test
    void moreEpochsAreWhatAsManyAtOnceWouldHaveBeen() {
        try (Arena arena = Arena.ofConfined();
                Parameters once = Parameters.initialise(MODEL, 1);
                Parameters twice = Parameters.initialise(MODEL, 1);
                Trainer five = builder(once).epochs(5).build();
                Trainer threeAndTwo = builder(twice).build()) {
            Dataset data = Samples.regression(arena, DType.F64, 100, 1);
            five.fit(data);
            threeAndTwo.fit(data);
            threeAndTwo.fit(data, null, 2);
            assertArrayEquals(numbers(once), numbers(twice));
        }
    }

    @Test
    void earlyStoppingCountsAnewWhereMoreIsAskedFor() {
        try (Arena arena = Arena.ofConfined();
                Parameters parameters = Parameters.initialise(MODEL, 1);
                Trainer trainer = Trainer.builder(parameters).optimizer(Optimizer.adamW(0.2, 0)).batchSize(8).epochs(300)
                        .earlyStopping(2).build()) {
            Dataset data = Samples.regression(arena, DType.F64, 40, 1);
            Dataset validation = Samples.regression(arena, DType.F64, 40, 2);
            TrainingResult result = trainer.fit(data, validation);
            assertEquals(TrainingResult.End.EARLY_STOPPING, result.end());
            assertEquals(result.epochs().size() - 2, result.bestEpoch().orElseThrow());
            assertTrue(trainer.fit(data, validation, 50).epochs().size() >= result.epochs().size() + 2);
        }
    }

    // ------------------------------------------------------------------------------------------------------------ stops

    @Test
    void aStopAskedForBeforeFitHolds() {
        try (Arena arena = Arena.ofConfined();
                Parameters parameters = Parameters.initialise(MODEL, 1);
                Trainer trainer = builder(parameters).checkpoint(folder.resolve("c.safetensors")).build()) {
            Dataset data = Samples.regression(arena, DType.F64, 100, 1);
            trainer.requestStop();
            TrainingResult result = trainer.fit(data);
            assertEquals(TrainingResult.End.STOPPED, result.end());
            assertEquals(0, result.steps());
            assertTrue(result.bestEpoch().isEmpty());
            assertEquals(TrainingResult.End.EPOCHS, trainer.fit(data).end(), "a stop is used up by the fit that it ended");
        }
    }

    @Test
    void anInterruptEndsTheTrainingAfterTheStepAndStays() {
        try (Arena arena = Arena.ofConfined();
                Parameters parameters = Parameters.initialise(MODEL, 1);
                Trainer trainer = builder(parameters).listener(afterBatch((running, batch) -> {
                    if (batch.step() == 4) {
                        Thread.currentThread().interrupt();
                    }
                })).build()) {
            Dataset data = Samples.regression(arena, DType.F64, 100, 1);
            TrainingResult result = trainer.fit(data);
            assertTrue(Thread.interrupted(), "whoever interrupted wants to see it");
            assertEquals(TrainingResult.End.STOPPED, result.end());
            assertEquals(4, result.steps());
        }
    }

    // --------------------------------------------------------------------------------------------------------- failures

    @Test
    void afterAFailureTheParametersAreWhatSaveWrites() throws Exception {
        Path file = folder.resolve("failed.safetensors");
        List<TrainingResult> ends = new ArrayList<>();
        List<String> order = new ArrayList<>();
        try (Arena arena = Arena.ofConfined(); Parameters parameters = Parameters.initialise(MODEL, 1)) {
            Dataset data = Samples.regression(arena, DType.F64, 40, 1);
            Dataset validation = Samples.regression(arena, DType.F64, 40, 2);
            try (Trainer trainer = Trainer.builder(parameters).optimizer(Optimizer.adamW(0.2, 0)).batchSize(8).epochs(30)
                    .earlyStopping(30).listener(new TrainingListener() {
                        @Override
                        public void onEpochEnd(Trainer running, Epoch epoch) {
                            if (epoch.epoch() == 20) {
                                throw new IllegalStateException("mine");
                            }
                        }

                        @Override
                        public void onEnd(Trainer running, TrainingResult result) {
                            order.add("first");
                            throw new IllegalStateException("another");
                        }
                    }).listener(new TrainingListener() {
                        @Override
                        public void onEnd(Trainer running, TrainingResult result) {
                            order.add("second");
                            ends.add(result);
                        }
                    }).build()) {
                IllegalStateException thrown = assertThrows(IllegalStateException.class, () -> trainer.fit(data, validation));
                assertEquals("mine", thrown.getMessage());
                assertEquals(List.of("first", "second"), order);
                assertEquals(TrainingResult.End.FAILED, ends.getFirst().end());
                assertTrue(ends.getFirst().stopped());
                double least = ends.getFirst().epochs().stream().mapToDouble(e -> e.validation().orElseThrow().loss()).min()
                        .orElseThrow();
                assertNotEquals(least, ends.getFirst().epochs().getLast().validation().orElseThrow().loss(),
                        "the test needs a worse end");
                assertEquals(least, trainer.evaluate(validation).loss());
                trainer.save(file);
                try (Checkpoint checkpoint = Checkpoint.read(file)) {
                    assertArrayEquals(numbers(checkpoint.parameters()), numbers(parameters));
                }
            }
        }
    }

    // ---------------------------------------------------------------------------------------------------------- resumes

    private Path stopped(Trainer.Builder builder, Dataset data) throws Exception {
        Path file = folder.resolve("stopped" + System.nanoTime() + ".safetensors");
        try (Trainer trainer = builder.checkpoint(file).listener(afterBatch((running, batch) -> {
            if (batch.step() == 9) {
                running.requestStop();
            }
        })).build()) {
            assertTrue(trainer.fit(data).stopped());
        }
        return file;
    }

    @Test
    void aResumeKeepsItsLossScheduleAndShuffling() throws Exception {
        try (Arena arena = Arena.ofConfined(); Parameters parameters = Parameters.initialise(MODEL, 1)) {
            Dataset data = Samples.regression(arena, DType.F64, 100, 1);
            Path file = stopped(builder(parameters).schedule(Schedule.cosine(1)).loss(new Loss.Huber(1)), data);
            try (Checkpoint checkpoint = Checkpoint.read(file)) {
                refused("loss", () -> Trainer.resume(checkpoint).loss(new Loss.Mse()));
                refused("schedule", () -> Trainer.resume(checkpoint).schedule(Schedule.cosine(2)));
                refused("shuffling", () -> Trainer.resume(checkpoint).shuffle(false));
                Trainer.resume(checkpoint).loss(new Loss.Huber(1)).schedule(Schedule.cosine(1)).shuffle(true).build().close();
            }
        }
    }

    private static void refused(String part, org.junit.jupiter.api.function.Executable call) {
        String message = assertThrows(KanException.class, call).getMessage();
        assertTrue(message.contains(part), message);
    }

    // ------------------------------------------------------------------------------------------------------ of one's own

    /** Squared errors, by hand. */
    record Squares() implements Loss.Custom {
        @Override
        public double row(double[] prediction, double[] target, double[] gradient) {
            double sum = 0;
            for (int o = 0; o < prediction.length; o++) {
                double error = prediction[o] - target[o];
                sum += error * error / prediction.length;
                gradient[o] = 2 * error / prediction.length;
            }
            return sum;
        }
    }

    /** Every other step at half the rate. */
    record Halves() implements Schedule.Custom {
        @Override
        public double factor(Position at) {
            return at.step() % 2 == 0 ? 1 : 0.5;
        }
    }

    @Test
    void aLossOfOnesOwnTrainsAsTheKernelsDo() {
        for (DType dtype : List.of(DType.F32, DType.F64)) {
            try (Arena arena = Arena.ofConfined();
                    Parameters kernels = Parameters.initialise(MODEL.withDType(dtype), 1);
                    Parameters own = Parameters.initialise(MODEL.withDType(dtype), 1);
                    Trainer first = builder(kernels).loss(new Loss.Mse()).build();
                    Trainer second = builder(own).loss(new Squares()).build()) {
                Dataset plain = Samples.regression(arena, dtype, 100, 1);
                HostTensor weights = HostTensor.allocate(arena, dtype, 100);
                for (int i = 0; i < 100; i++) {
                    weights.set(i % 3, i);
                }
                Dataset data = plain.withWeights(weights);
                double expected = first.fit(data, data).epochs().getLast().validation().orElseThrow().loss();
                assertEquals(expected, second.fit(data, data).epochs().getLast().validation().orElseThrow().loss(),
                        dtype == DType.F64 ? 1e-12 : 1e-5);
                assertArrayEquals(numbers(kernels), numbers(own), dtype == DType.F64 ? 1e-10 : 1e-3);
            }
        }
    }

    @Test
    void lossAndScheduleOfOnesOwnAreGivenAgainToAResume() throws Exception {
        try (Arena arena = Arena.ofConfined();
                Parameters parameters = Parameters.initialise(MODEL, 1);
                Parameters whole = Parameters.initialise(MODEL, 1);
                Trainer uninterrupted = builder(whole).loss(new Squares()).schedule(new Halves()).build()) {
            Dataset data = Samples.regression(arena, DType.F64, 100, 1);
            uninterrupted.fit(data);
            Path file = stopped(builder(parameters).loss(new Squares()).schedule(new Halves()), data);
            try (Checkpoint checkpoint = Checkpoint.read(file)) {
                refused(Squares.class.getName(), () -> Trainer.resume(checkpoint).build());
                refused(Halves.class.getName(), () -> Trainer.resume(checkpoint).loss(new Squares()).build());
                refused("loss", () -> Trainer.resume(checkpoint).loss(new Loss.Mse()));
                try (Trainer trainer = Trainer.resume(checkpoint).loss(new Squares()).schedule(new Halves()).build()) {
                    trainer.fit(data);
                    assertArrayEquals(numbers(whole), numbers(trainer.parameters()));
                }
            }
        }
    }

    @Test
    void aMetricOfOnesOwnIsAmongTheOthers() {
        Metric within = Metric.mean("within_a_half", (y, t) -> Math.abs(y[0] - t[0]) < 0.5 ? 1 : 0);
        try (Arena arena = Arena.ofConfined();
                Parameters parameters = Parameters.initialise(MODEL, 1);
                Trainer trainer = builder(parameters).metric(within).build()) {
            Dataset data = Samples.regression(arena, DType.F64, 100, 1);
            TrainingResult result = trainer.fit(data, data);
            Metrics metrics = trainer.evaluate(data);
            assertEquals(metrics.values(), result.epochs().getLast().validation().orElseThrow().values());
            double share = metrics.values().get("within_a_half");
            assertTrue(share > 0 && share < 1 && Math.abs(share * 100 - Math.rint(share * 100)) < 1e-9, "of 100 rows: " + share);
            Metric taken = Metric.mean("rmse", (y, t) -> 0);
            refused("'rmse'", () -> Metrics.measure(trainer.context(), parameters, null, data, taken));
        }
    }

    // ------------------------------------------------------------------------------------------------------------ seeds

    @Test
    void theSeedDecidesTheOrderOfRowsAndTheSplit() {
        try (Arena arena = Arena.ofConfined();
                Parameters one = Parameters.initialise(MODEL, 1);
                Parameters two = Parameters.initialise(MODEL, 1);
                Trainer first = builder(one).seed(1).build();
                Trainer second = builder(two).seed(2).build()) {
            Dataset data = Samples.regression(arena, DType.F64, 100, 1);
            first.fit(data);
            second.fit(data);
            assertFalse(Arrays.equals(numbers(one), numbers(two)), "another order of rows, other numbers");
            assertArrayEquals(positions(data, 1), positions(data, 1));
            assertFalse(Arrays.equals(positions(data, 1), positions(data, 2)));
        }
    }

    private static int[] positions(Dataset data, long seed) {
        Dataset part = data.split(0.5, seed).first();
        int[] rows = new int[part.size()];
        Arrays.setAll(rows, part::row);
        Arrays.sort(rows);
        return rows;
    }

    // ------------------------------------------------------------------------------------------------- averages and ties

    @Test
    void theAverageHasTheRunningStatisticsOfTheParameters() {
        KanModel model = KanModel.kan(DType.F64, new Wavelet(Wavelet.Kind.MEXICAN_HAT), 2, 4, 1); // brings batch norms
        try (Arena arena = Arena.ofConfined();
                Parameters plain = Parameters.initialise(model, 1);
                Parameters averaged = Parameters.initialise(model, 1);
                Trainer first = builder(plain).build();
                Trainer second = builder(averaged).averaging(0.9).build()) {
            Dataset data = Samples.regression(arena, DType.F64, 96, 1);
            double[] initial = plain.buffers().toDoubles();
            first.fit(data);
            second.fit(data);
            assertFalse(Arrays.equals(initial, plain.buffers().toDoubles()));
            assertArrayEquals(plain.buffers().toDoubles(), averaged.buffers().toDoubles());
        }
    }

    @Test
    void ofEquallyGoodEpochsTheFirstIsTheBest() {
        TrainingProgress progress = new TrainingProgress();
        for (double loss : new double[] {3, 1, 2, 1, 1}) {
            Metrics metrics = new Metrics(10, java.util.Map.of("loss", loss));
            progress.nextEpoch(new TrainingListener.Epoch(progress.history.size() + 1, 5, 0, OptionalDouble.empty(),
                    Optional.of(metrics), 0));
        }
        assertEquals(2, progress.bestEpoch());
    }

    // -------------------------------------------------------------------------------------------- clocks and early refusals

    /** The seconds of all epochs are some, and no more than went by. */
    @Test
    void secondsOfEpochsAreNoMoreThanWentBy() {
        try (Arena arena = Arena.ofConfined();
                Parameters parameters = Parameters.initialise(MODEL, 1);
                Trainer trainer = builder(parameters).build()) {
            Dataset data = Samples.regression(arena, DType.F64, 100, 1);
            long start = System.nanoTime();
            double seconds = trainer.fit(data).epochs().stream().mapToDouble(TrainingListener.Epoch::seconds).sum();
            assertTrue(seconds > 0 && seconds <= (System.nanoTime() - start) * 1e-9, seconds + " s");
        }
    }

    @Test
    void aModelThatCannotBeMonotoneIsRefusedBeforeAnyRow() {
        try (Parameters parameters = Parameters.initialise(KanModel.kan(DType.F64, new Wavelet(Wavelet.Kind.MEXICAN_HAT), 2, 1),
                1)) {
            Trainer.Builder monotone = builder(parameters).monotone(new Monotonicity(List.of(1, 0), List.of(1)));
            refused("a monotone model has layers of B-splines", monotone::build);
            Trainer.Builder updated = builder(parameters).gridUpdates(GridUpdates.every(1));
            refused("grid updates need a layer of B-splines", updated::build);
        }
    }
}
