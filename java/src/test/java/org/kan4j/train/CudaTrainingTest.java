// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.kan4j.basis.BSpline;
import org.kan4j.device.Context;
import org.kan4j.device.Device;
import org.kan4j.error.DeviceMemoryException;
import org.kan4j.error.NonFiniteLossException;
import org.kan4j.internal.SplitMix;
import org.kan4j.internal.passes.NativeVector;
import org.kan4j.io.Checkpoint;
import org.kan4j.measure.EdgeStatistics;
import org.kan4j.measure.Metrics;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.optim.Optimizer;
import org.kan4j.optim.ParameterGroup;
import org.kan4j.optim.Schedule;
import org.kan4j.rows.Dataset;
import org.kan4j.rows.RowSource;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.DeviceTensor;
import org.kan4j.tensor.HostTensor;
import org.kan4j.testing.Samples;
import org.kan4j.train.ActivationRegulariser.Measure;

/** Training on a CUDA device, or on its emulation: see {@link CudaTest}. */
class CudaTrainingTest {

    /** Runs whose bits are compared. */
    private static final int REPEATS = Integer.getInteger("kan4j.cuda.repeats", 3);
    private static final KanModel MODEL = KanModel.kan(DType.F32, BSpline.of(4, 3), 2, 3, 1);

    @TempDir
    Path folder;

    @BeforeAll
    static void aDeviceIsThere() {
        String missing = Device.cuda(0).unavailable().orElse("");
        assumeTrue(missing.isEmpty(), missing);
    }

    private static List<Optimizer> optimizers() {
        return List.of(Optimizer.adamW(1e-2, 1e-3), Optimizer.sgd(1e-2, 0.9), Optimizer.sgd(1e-2, 0));
    }

    private static TrainingResult train(Context context, Parameters parameters, Optimizer optimizer, RowSource data,
            TrainingListener... listeners) {
        Trainer.Builder builder = Trainer.builder(parameters).context(context).optimizer(optimizer).epochs(4).batchSize(16)
                .schedule(Schedule.cosine(1));
        Arrays.stream(listeners).forEach(builder::listener);
        try (Trainer trainer = builder.build()) {
            return trainer.fit(data);
        }
    }

    @ParameterizedTest
    @MethodSource("optimizers")
    void trainsAsTheCpuDoes(Optimizer optimizer) {
        try (Arena arena = Arena.ofConfined();
                Context cpu = Context.open();
                Context cuda = Context.open(Device.cuda(0));
                Parameters here = Parameters.initialise(MODEL, 1);
                Parameters there = Parameters.initialise(MODEL, 1)) {
            Dataset data = Samples.regression(arena, DType.F32, 106, 2); // a last batch of 10 rows
            TrainingResult expected = train(cpu, here, optimizer, data);
            TrainingResult actual = train(cuda, there, optimizer, data);
            assertEquals(expected.steps(), actual.steps());
            for (int e = 0; e < 4; e++) {
                double loss = expected.epochs().get(e).loss();
                assertEquals(loss, actual.epochs().get(e).loss(), 1e-3 * loss);
            }
            assertTrue(actual.epochs().get(3).loss() < actual.epochs().get(0).loss());
            assertArrayEquals(here.values().flat().toDoubles(), there.values().flat().toDoubles(), 2e-3);
        }
    }

    private static double[] grouped(Context context, Optimizer optimizer, Dataset data) {
        try (Parameters parameters = Parameters.initialise(MODEL, 1);
                Trainer trainer = Trainer.builder(parameters).context(context).optimizer(optimizer).epochs(3).batchSize(16)
                        .group(ParameterGroup.frozen("layers.0.base_weight"))
                        .group(new ParameterGroup("layers.1.*", false, 2e-2, 0.1)).build()) {
            trainer.fit(data);
            return parameters.values().flat().toDoubles();
        }
    }

    @ParameterizedTest
    @MethodSource("optimizers")
    void groupsTrainAsOnTheCpu(Optimizer optimizer) {
        try (Arena arena = Arena.ofConfined(); Context cpu = Context.open(); Context cuda = Context.open(Device.cuda(0))) {
            Dataset data = Samples.regression(arena, DType.F32, 106, 2);
            assertArrayEquals(grouped(cpu, optimizer, data), grouped(cuda, optimizer, data), 2e-3);
        }
    }

    private static double[] penalised(Context context, Dataset data, Measure measure) {
        try (Parameters parameters = Parameters.initialise(MODEL, 1);
                Trainer trainer = Trainer.builder(parameters).context(context).epochs(2).batchSize(16)
                        .regulariser(new ActivationRegulariser(measure, 1e-2, 2e-2, 0, 0)).build()) {
            trainer.fit(data);
            return parameters.values().flat().toDoubles();
        }
    }

    @ParameterizedTest
    @EnumSource(Measure.class)
    void penaltiesOnEdgesTrainAsOnTheCpu(Measure measure) {
        try (Arena arena = Arena.ofConfined(); Context cpu = Context.open(); Context cuda = Context.open(Device.cuda(0))) {
            Dataset data = Samples.regression(arena, DType.F32, 40, 2);
            assertArrayEquals(penalised(cpu, data, measure), penalised(cuda, data, measure), 2e-3);
        }
    }

    @Test
    void statisticsOfEdgesAreThoseOfTheCpu() {
        try (Arena arena = Arena.ofConfined();
                Context cpu = Context.open();
                Context cuda = Context.open(Device.cuda(0));
                Parameters parameters = Parameters.initialise(MODEL, 1)) {
            HostTensor rows = Samples.regression(arena, DType.F32, 40, 2).features();
            EdgeStatistics.Layer expected = EdgeStatistics.of(cpu, parameters, rows).layers().get(0);
            try (Parameters there = parameters.onto(cuda)) {
                EdgeStatistics.Layer found = EdgeStatistics.of(cuda, there, rows).layers().get(0);
                assertArrayEquals(expected.deviation(), found.deviation(), 1e-5);
                assertArrayEquals(expected.inputDeviation(), found.inputDeviation(), 1e-5);
            }
        }
    }

    @Test
    void manyRunsGiveTheSameBits() {
        try (Arena arena = Arena.ofConfined(); Context cuda = Context.open(Device.cuda(0))) {
            Dataset data = Samples.regression(arena, DType.F32, 70, 2);
            float[] first = null;
            for (int run = 0; run < REPEATS; run++) {
                try (Parameters parameters = Parameters.initialise(MODEL, 1)) {
                    train(cuda, parameters, Optimizer.adamW(1e-2, 1e-3), data);
                    float[] bits = parameters.values().flat().toFloats();
                    if (first != null) {
                        assertArrayEquals(first, bits, "run " + run);
                    }
                    first = bits;
                }
            }
        }
    }

    @Test
    void classesAreCountedAndWeightsCount() {
        KanModel model = KanModel.kan(DType.F32, BSpline.of(3, 3), 2, 3);
        try (Arena arena = Arena.ofConfined(); Context cpu = Context.open(); Context cuda = Context.open(Device.cuda(0))) {
            SplitMix random = new SplitMix(7);
            HostTensor x = HostTensor.allocate(arena, DType.F32, 90, 2);
            HostTensor labels = HostTensor.allocate(arena, DType.I32, 90);
            HostTensor weights = HostTensor.allocate(arena, DType.F32, 90);
            for (int i = 0; i < 90; i++) {
                x.set(random.uniform(-1, 1), i, 0);
                x.set(random.uniform(-1, 1), i, 1);
                labels.set(x.get(i, 0) > 0.3 ? 2 : x.get(i, 1) > 0 ? 1 : 0, i);
                weights.set(i % 16 < 3 ? 0 : random.uniform(), i);
            }
            Dataset plain = Dataset.classification(x, labels, 3);
            for (Dataset data : List.of(plain, plain.withWeights(weights), plain.select(4, 8, 15, 16, 23, 42, 3, 2, 1))) {
                try (Parameters here = Parameters.initialise(model, 1); Parameters there = Parameters.initialise(model, 1)) {
                    TrainingResult expected = train(cpu, here, Optimizer.adamW(1e-2, 0), data);
                    TrainingResult actual = train(cuda, there, Optimizer.adamW(1e-2, 0), data);
                    for (int e = 0; e < 4; e++) {
                        TrainingListener.Epoch epoch = expected.epochs().get(e);
                        assertEquals(epoch.loss(), actual.epochs().get(e).loss(), 1e-4 * epoch.loss());
                        assertEquals(epoch.accuracy().orElseThrow(), actual.epochs().get(e).accuracy().orElseThrow(), 0.03);
                    }
                    try (Trainer trainer = Trainer.builder(there).context(cuda).build()) {
                        assertEquals(Metrics.measure(cpu, there, null, data).loss(), trainer.evaluate(data).loss(), 1e-5);
                    }
                }
            }
        }
    }

    /** Rows that are not in memory go to the device batch by batch: the same numbers as when they all are there. */
    @Test
    void streamedRowsTrainTheSameBits() {
        try (Arena arena = Arena.ofConfined();
                Context cuda = Context.open(Device.cuda(0));
                Parameters kept = Parameters.initialise(MODEL, 1);
                Parameters streamed = Parameters.initialise(MODEL, 1)) {
            Dataset data = Samples.regression(arena, DType.F32, 70, 2);
            train(cuda, kept, Optimizer.adamW(1e-2, 1e-3), data);
            train(cuda, streamed, Optimizer.adamW(1e-2, 1e-3), new Streamed(data));
            assertArrayEquals(kept.values().flat().toFloats(), streamed.values().flat().toFloats());
        }
    }

    /** A data set that hides that it is one. */
    private record Streamed(Dataset rows) implements RowSource {
        @Override
        public int size() {
            return rows.size();
        }

        @Override
        public long in() {
            return rows.in();
        }

        @Override
        public long out() {
            return rows.out();
        }

        @Override
        public int classes() {
            return rows.classes();
        }

        @Override
        public DType dtype() {
            return rows.dtype();
        }

        @Override
        public boolean weighted() {
            return rows.weighted();
        }

        @Override
        public Pass inOrder() {
            return rows.inOrder();
        }

        @Override
        public Pass shuffled(long seed, int epoch) {
            return rows.shuffled(seed, epoch);
        }

        @Override
        public HostTensor sample(Arena arena, int most) {
            return rows.sample(arena, most);
        }

        @Override
        public Split<? extends RowSource> split(double fraction, long seed) {
            return rows.split(fraction, seed);
        }
    }

    @Test
    void resumedIsUninterruptedAndCheckpointsGoToTheCpu() throws IOException {
        Path file = folder.resolve("model.safetensors");
        try (Arena arena = Arena.ofConfined();
                Context cuda = Context.open(Device.cuda(0));
                Parameters whole = Parameters.initialise(MODEL, 1);
                Parameters part = Parameters.initialise(MODEL, 1)) {
            Dataset data = Samples.regression(arena, DType.F32, 70, 2);
            train(cuda, whole, Optimizer.adamW(1e-2, 1e-3), data);
            float[] uninterrupted = whole.values().flat().toFloats();
            int[] batches = new int[1];
            try (Trainer trainer = Trainer.builder(part).context(cuda).optimizer(Optimizer.adamW(1e-2, 1e-3)).epochs(4)
                    .batchSize(16).schedule(Schedule.cosine(1)).checkpoint(file).listener(new TrainingListener() {
                        @Override
                        public void onBatch(Trainer trainer, Batch batch) {
                            if (++batches[0] == 7) {
                                trainer.requestStop();
                            }
                        }
                    }).build()) {
                assertTrue(trainer.fit(data).stopped());
                assertEquals(7, trainer.steps());
            }
            assertFalse(Arrays.equals(uninterrupted, part.values().flat().toFloats()));
            try (Checkpoint checkpoint = Checkpoint.read(file);
                    Trainer trainer = Trainer.resume(checkpoint).context(cuda).build()) {
                assertArrayEquals(part.values().flat().toFloats(), checkpoint.parameters().values().flat().toFloats());
                trainer.fit(data);
                assertArrayEquals(uninterrupted, trainer.parameters().values().flat().toFloats());
            }
            try (Checkpoint checkpoint = Checkpoint.read(file);
                    Context cpu = Context.open();
                    Trainer trainer = Trainer.resume(checkpoint).context(cpu).build()) {
                trainer.fit(data);
                assertArrayEquals(whole.values().flat().toDoubles(),
                        trainer.parameters().values().flat().toDoubles(), 2e-3);
            }
        }
    }

    @Test
    void listenersSeeTheParametersAndMayChangeThem() {
        try (Arena arena = Arena.ofConfined();
                Context cuda = Context.open(Device.cuda(0));
                Parameters parameters = Parameters.initialise(MODEL, 1)) {
            Dataset data = Samples.regression(arena, DType.F32, 32, 2);
            List<float[]> seen = new ArrayList<>();
            train(cuda, parameters, Optimizer.sgd(0, 0), data, new TrainingListener() {
                @Override
                public void onEpochEnd(Trainer trainer, Epoch epoch) {
                    seen.add(trainer.parameters().values().flat().toFloats());
                    trainer.parameters().values().flat().setFlat(0, epoch.epoch());
                }
            });
            assertEquals(1, seen.get(1)[0]);
            assertEquals(2, seen.get(2)[0]);
            assertEquals(4, parameters.values().flat().getFlat(0));
        }
    }

    @Test
    void averagesClippingAndEarlyStoppingTrainOnTheDeviceToo() {
        try (Arena arena = Arena.ofConfined(); Context cpu = Context.open(); Context cuda = Context.open(Device.cuda(0))) {
            Dataset data = Samples.regression(arena, DType.F32, 64, 2);
            Dataset validation = Samples.regression(arena, DType.F32, 20, 3);
            List<float[]> results = new ArrayList<>();
            for (Context context : List.of(cpu, cuda)) {
                try (Parameters parameters = Parameters.initialise(MODEL, 1);
                        Trainer trainer = Trainer.builder(parameters).context(context).epochs(3).batchSize(16)
                                .optimizer(Optimizer.adamW(1e-2, 0)).averaging(0.9).accumulation(2).earlyStopping(2)
                                .build()) {
                    trainer.fit(data, validation);
                    results.add(parameters.values().flat().toFloats());
                }
            }
            assertArrayEquals(results.get(0), results.get(1), 1e-3f);
        }
    }

    @Test
    void aLossThatIsNotFiniteStopsAndTheLastCheckpointIsWhole() throws IOException {
        Path file = folder.resolve("last.safetensors");
        try (Arena arena = Arena.ofConfined();
                Context cuda = Context.open(Device.cuda(0));
                Parameters parameters = Parameters.initialise(MODEL, 1)) {
            Dataset data = Samples.regression(arena, DType.F32, 64, 2);
            TrainingListener spoil = new TrainingListener() {
                @Override
                public void onEpochEnd(Trainer trainer, Epoch epoch) {
                    if (epoch.epoch() == 2) {
                        trainer.parameters().values().flat().setFlat(0, Double.NaN);
                    }
                }
            };
            try (Trainer trainer = Trainer.builder(parameters).context(cuda).epochs(5).batchSize(16).checkpoint(file)
                    .listener(spoil).build()) {
                NonFiniteLossException e = assertThrows(NonFiniteLossException.class, () -> trainer.fit(data));
                assertEquals(3, e.epoch());
                assertEquals(9, e.step());
            }
            try (Checkpoint checkpoint = Checkpoint.read(file);
                    Trainer trainer = Trainer.resume(checkpoint).context(cuda).build()) {
                assertEquals(2, trainer.epoch());
                assertTrue(Double.isFinite(trainer.evaluate(data).loss()));
            }
        }
    }

    @Test
    void exhaustedMemoryLeavesContextAndCheckpoint() throws IOException {
        Path file = folder.resolve("kept.safetensors");
        try (Arena arena = Arena.ofConfined();
                Context cuda = Context.open(Device.cuda(0));
                Parameters parameters = Parameters.initialise(MODEL, 1)) {
            Dataset data = Samples.regression(arena, DType.F32, 64, 2);
            List<DeviceTensor> greedy = new ArrayList<>();
            TrainingListener eat = new TrainingListener() {
                @Override
                public void onEpochEnd(Trainer trainer, Epoch epoch) {
                    if (epoch.epoch() == 2) { // measuring the validation set needs some more memory
                        for (long bytes = Long.highestOneBit(cuda.deviceMemory().free()); bytes >= 1; bytes /= 2) {
                            try {
                                greedy.add(DeviceTensor.allocate(cuda, DType.F32, bytes / 4));
                            } catch (DeviceMemoryException full) {
                                assertTrue(full.getMessage().contains("free"), full.getMessage());
                            }
                        }
                    }
                }
            };
            try (Trainer trainer = Trainer.builder(parameters).context(cuda).epochs(5).batchSize(16).checkpoint(file)
                    .listener(eat).build()) {
                assertThrows(DeviceMemoryException.class, () -> trainer.fit(data, data));
            }
            greedy.forEach(DeviceTensor::close);
            try (Checkpoint checkpoint = Checkpoint.read(file);
                    Trainer trainer = Trainer.resume(checkpoint).context(cuda).build()) {
                assertTrue(Files.exists(file));
                assertEquals(2, trainer.epoch());
                assertEquals(5, trainer.fit(data, data).epochs().size());
            }
        }
    }

    @Test
    void theHostCannotReachWhatTheKernelsArePassed() {
        try (Context cuda = Context.open(Device.cuda(0));
                Parameters host = Parameters.initialise(MODEL, 1);
                Parameters device = host.onto(cuda)) {
            MemorySegment array = NativeVector.of(device.values()).array();
            assertEquals(0, array.byteSize());
            assertThrows(IndexOutOfBoundsException.class, () -> array.get(java.lang.foreign.ValueLayout.JAVA_BYTE, 0));
        }
    }
}
