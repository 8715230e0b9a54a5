// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.Basis;
import org.kan4j.basis.GaussianRbf;
import org.kan4j.basis.Rswaf;
import org.kan4j.basis.Wavelet;
import org.kan4j.error.KanException;
import org.kan4j.grid.GridUpdate;
import org.kan4j.io.Checkpoint;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.optim.Clipping;
import org.kan4j.optim.Lbfgs;
import org.kan4j.optim.Optimizer;
import org.kan4j.optim.ParameterGroup;
import org.kan4j.optim.Schedule;
import org.kan4j.rows.Dataset;
import org.kan4j.tensor.DType;
import org.kan4j.testing.Samples;

/** What happens from step to step and from epoch to epoch, and that an interruption changes none of it. */
class TrainerCourseTest {

    @TempDir
    Path folder;

    private static final KanModel MODEL = KanModel.kan(DType.F32, BSpline.of(4, 3), 2, 5, 1);

    private static Trainer.Builder builder(Parameters parameters) {
        return Trainer.builder(parameters).optimizer(Optimizer.adamW(2e-2, 1e-3)).batchSize(16).epochs(5);
    }

    // ------------------------------------------------------------------------------------------------------- averaging

    /** The average by its definition, from the parameters after each step. */
    @Test
    void theAverageIsWhatItsDefinitionSays() {
        KanModel model = MODEL.withDType(DType.F64);
        try (Arena arena = Arena.ofConfined();
                Parameters plain = Parameters.initialise(model, 3);
                Parameters averaged = Parameters.initialise(model, 3)) {
            Dataset data = Samples.regression(arena, DType.F64, 100, 1);
            double[] average = plain.values().flat().toDoubles();
            List<double[]> raw = new ArrayList<>();
            try (Trainer trainer = builder(plain).listener(new TrainingListener() {
                @Override
                public void onBatch(Trainer running, Batch batch) {
                    raw.add(plain.values().flat().toDoubles());
                    double t = batch.step();
                    double keep = Math.min(0.8, (1 + t) / (10 + t));
                    for (int i = 0; i < average.length; i++) {
                        average[i] = keep * average[i] + (1 - keep) * raw.getLast()[i];
                    }
                }
            }).build()) {
                trainer.fit(data);
            }
            List<double[]> moved = new ArrayList<>();
            try (Trainer trainer = builder(averaged).averaging(0.8).listener(new TrainingListener() {
                @Override
                public void onBatch(Trainer running, Batch batch) {
                    moved.add(averaged.values().flat().toDoubles());
                }
            }).build()) {
                TrainingResult result = trainer.fit(data, data);
                assertEquals(trainer.evaluate(data).loss(), result.epochs().getLast().validation().orElseThrow().loss());
            }
            assertEquals(35, moved.size());
            for (int i = 0; i < moved.size(); i++) {
                assertArrayEquals(raw.get(i), moved.get(i), "averaging changes no step");
            }
            double[] given = averaged.values().flat().toDoubles();
            assertArrayEquals(average, given, 1e-14);
            assertTrue(distance(given, raw.getLast()) > 1e-3);
        }
    }

    private static double distance(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (a[i] - b[i]) * (a[i] - b[i]);
        }
        return Math.sqrt(sum);
    }

    @Test
    void aCheckpointHoldsTheAverageAsItsModel() throws Exception {
        Path file = folder.resolve("m.safetensors");
        try (Arena arena = Arena.ofConfined();
                Parameters parameters = Parameters.initialise(MODEL, 3);
                Trainer trainer = builder(parameters).averaging(0.9).checkpoint(file).build()) {
            trainer.fit(Samples.regression(arena, DType.F32, 100, 1));
            try (Checkpoint checkpoint = Checkpoint.read(file)) {
                assertArrayEquals(parameters.values().flat().toDoubles(),
                        checkpoint.parameters().values().flat().toDoubles());
            }
        }
    }

    // ----------------------------------------------------------------------------------------------------------- steps

    @Test
    void endsAfterSoManySteps() {
        try (Arena arena = Arena.ofConfined(); Parameters parameters = Parameters.initialise(MODEL, 3)) {
            Dataset data = Samples.regression(arena, DType.F32, 100, 1); // 7 batches an epoch
            List<Double> rates = new ArrayList<>();
            List<Integer> epochs = new ArrayList<>();
            try (Trainer trainer = Trainer.builder(parameters).optimizer(Optimizer.sgd(1e-3, 0)).batchSize(16).steps(17)
                    .schedule(Schedule.cosine(0)).listener(new TrainingListener() {
                        @Override
                        public void onBatch(Trainer running, Batch batch) {
                            rates.add(batch.learningRate());
                            epochs.add(batch.epochs());
                        }
                    }).build()) {
                TrainingResult result = trainer.fit(data);
                assertFalse(result.stopped());
                assertEquals(17, result.steps());
                assertEquals(3, result.epochs().size()); // the last a part of one
                assertEquals(3, result.epochs().getLast().epochs());
            }
            assertEquals(17, rates.size());
            for (int i = 0; i < 17; i++) { // the course of the rate fits the steps
                assertEquals(1e-3 * 0.5 * (1 + Math.cos(Math.PI * i / 17)), rates.get(i), 1e-18);
                assertEquals(3, epochs.get(i));
            }
            assertThrows(KanException.class, () -> Trainer.builder(parameters).steps(0));
        }
    }

    @Test
    void thePlateauScheduleFollowsTheLosses() {
        try (Arena arena = Arena.ofConfined(); Parameters parameters = Parameters.initialise(MODEL, 3)) {
            Dataset data = Samples.regression(arena, DType.F32, 100, 1);
            Schedule schedule = new Schedule.Plateau(0.5, 0, 0.2, 0, 0); // halved where the loss falls by less than a fifth
            List<Double> rates = new ArrayList<>();
            try (Trainer trainer = builder(parameters).schedule(schedule).epochs(12).listener(new TrainingListener() {
                @Override
                public void onBatch(Trainer running, Batch batch) {
                    if (batch.batch() == 1) {
                        rates.add(batch.learningRate() / 2e-2);
                    }
                }
            }).build()) {
                List<Double> losses = trainer.fit(data, data).epochs().stream().map(e -> e.validation().orElseThrow().loss())
                        .toList();
                double factor = 1;
                double best = Double.POSITIVE_INFINITY;
                for (int epoch = 0; epoch < 12; epoch++) {
                    assertEquals(factor, rates.get(epoch), 1e-15, "epoch " + epoch + " of " + losses);
                    factor *= losses.get(epoch) < 0.8 * best ? 1 : 0.5;
                    best = losses.get(epoch) < 0.8 * best ? losses.get(epoch) : best;
                }
                assertTrue(rates.getLast() < 1 && rates.get(1) == 1, rates.toString());
            }
        }
    }

    // ----------------------------------------------------------------------------------------------------- grid updates

    static Stream<Basis> bases() {
        return Stream.of(BSpline.of(4, 3), GaussianRbf.of(6), Rswaf.of(6));
    }

    @ParameterizedTest
    @MethodSource("bases")
    void movesTheGridsOnTheWay(Basis basis) {
        KanModel model = KanModel.kan(DType.F64, basis, 2, 4, 1);
        try (Arena arena = Arena.ofConfined(); Parameters parameters = Parameters.initialise(model, 3)) {
            Dataset data = Samples.regression(arena, DType.F64, 160, 1).select(
                    java.util.stream.IntStream.range(0, 100).toArray()); // not the whole tensors
            List<Long> at = new ArrayList<>();
            List<GridUpdate.Report> reports = new ArrayList<>();
            String grid = basis instanceof BSpline ? "knots" : "centres";
            double[] before = parameters.get(arena, "layers.1." + grid).toDoubles();
            try (Trainer trainer = builder(parameters).gridUpdates(GridUpdates.every(10).withUntil(25))
                    .listener(new TrainingListener() {
                        @Override
                        public void onGridUpdate(Trainer running, GridUpdate.Report report) {
                            at.add(running.steps());
                            reports.add(report);
                        }
                    }).build()) {
                trainer.fit(data);
                assertEquals(List.of(10L, 20L), at);
                for (GridUpdate.Report report : reports) {
                    assertEquals(2, report.layers().size());
                    assertTrue(report.residual() <= 0.1, report.toString());
                }
                assertTrue(reports.stream().mapToInt(GridUpdate.Report::updated).sum() > 0, reports.toString());
            }
            assertTrue(distance(before, parameters.get(arena, "layers.1." + grid).toDoubles()) > 1e-3);
        }
    }

    @Test
    void aFrozenLayerKeepsItsGrid() {
        try (Arena arena = Arena.ofConfined(); Parameters parameters = Parameters.initialise(MODEL, 3)) {
            double[][] before = {parameters.get(arena, "layers.0.knots").toDoubles(),
                parameters.get(arena, "layers.0.coef").toDoubles(), parameters.get(arena, "layers.1.knots").toDoubles()};
            try (Trainer trainer = builder(parameters).gridUpdates(GridUpdates.every(5))
                    .group(ParameterGroup.frozen("layers.0.*")).build()) {
                trainer.fit(Samples.regression(arena, DType.F32, 100, 1));
            }
            assertArrayEquals(before[0], parameters.get(arena, "layers.0.knots").toDoubles());
            assertArrayEquals(before[1], parameters.get(arena, "layers.0.coef").toDoubles());
            assertTrue(distance(before[2], parameters.get(arena, "layers.1.knots").toDoubles()) > 1e-3);
        }
    }

    // ----------------------------------------------------------------------------------------------------------- resume

    record Case(String name, KanModel model, UnaryOperator<Trainer.Builder> options) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Case> cases() {
        KanModel batchNorm = KanModel.kan(DType.F32, new Wavelet(Wavelet.Kind.MEXICAN_HAT), 2, 6, 1);
        return Stream.of(
                new Case("accumulation", MODEL, b -> b.accumulation(3)),
                new Case("clipping", MODEL, b -> b.clipping(new Clipping(0.1, 0.05))),
                new Case("groups", MODEL, b -> b.group(ParameterGroup.frozen("*.base_weight"))
                        .group(new ParameterGroup("layers.0.*", false, 0.5, 0.1))),
                new Case("groups of SGD", MODEL, b -> b.optimizer(new Optimizer.Sgd(1e-2, 0.9, 0, true))
                        .group(ParameterGroup.decay("*.coef", 0.1))),
                new Case("averaging", MODEL, b -> b.averaging(0.9)),
                new Case("averaging with batch norm", batchNorm, b -> b.averaging(0.9)),
                new Case("averaging and early stopping", MODEL, b -> b.averaging(0.9).earlyStopping(2)),
                new Case("plateau", MODEL, b -> b.schedule(new Schedule.Plateau(0.3, 0, 0.3, 1, 0.01))),
                new Case("steps", MODEL, b -> b.steps(31).schedule(Schedule.oneCycle())),
                new Case("grid updates", MODEL, b -> b.gridUpdates(GridUpdates.every(4))),
                new Case("grid updates and averaging", MODEL, b -> b.gridUpdates(GridUpdates.every(6)).averaging(0.9)),
                new Case("penalties", MODEL, b -> b.regulariser(new WeightRegulariser(1e-3, 1e-3, 1e-3, 1e-3))),
                new Case("L-BFGS", MODEL, b -> b.optimizer(Lbfgs.of(4)).batchSize(1000)),
                new Case("L-BFGS on batches", MODEL, b -> b.optimizer(Lbfgs.of(4)).batchSize(40)),
                new Case("L-BFGS and grid updates", MODEL, b -> b.optimizer(Lbfgs.of(4).withHistory(3)).batchSize(1000)
                        .gridUpdates(GridUpdates.every(8))));
    }

    private double[][] state(Parameters parameters) {
        return new double[][] {parameters.values().flat().toDoubles(), parameters.buffers().toDoubles()};
    }

    @ParameterizedTest
    @MethodSource("cases")
    void resumesAsIfNeverInterrupted(Case each) throws Exception {
        Path file = folder.resolve("m.safetensors");
        try (Arena arena = Arena.ofConfined()) {
            Dataset data = Samples.regression(arena, each.model.dtype(), 100, 1);
            Dataset validation = Samples.regression(arena, each.model.dtype(), 50, 2);
            double[][] whole;
            List<TrainingListener.Epoch> epochs;
            int batches;
            try (Parameters parameters = Parameters.initialise(each.model, 7);
                    Trainer trainer = each.options.apply(builder(parameters)).build()) {
                int[] count = {0};
                epochs = trainer.fit(data, validation).epochs();
                whole = state(parameters);
                batches = Math.toIntExact(trainer.steps());
                assertTrue(batches > 4, count[0] + " steps");
            }
            // Interrupted after every step of the third epoch in turn, and so in the middle of it and at its end.
            for (int stopAt = 1; stopAt <= 7; stopAt += 3) {
                int last = stopAt;
                try (Parameters parameters = Parameters.initialise(each.model, 7);
                        Trainer trainer = each.options.apply(builder(parameters)).checkpoint(file)
                                .listener(new TrainingListener() {
                                    @Override
                                    public void onBatch(Trainer running, Batch batch) {
                                        if (batch.epoch() == 3 && batch.batch() >= Math.min(last, batch.batches())) {
                                            running.requestStop();
                                        }
                                    }
                                }).build()) {
                    assertTrue(trainer.fit(data, validation).stopped());
                    assertFalse(Arrays.deepEquals(whole, state(parameters)));
                }
                try (Checkpoint checkpoint = Checkpoint.read(file);
                        Trainer trainer = each.options.apply(Trainer.resume(checkpoint)).build()) {
                    List<TrainingListener.Epoch> resumed = trainer.fit(data, validation).epochs();
                    assertTrue(Arrays.deepEquals(whole, state(trainer.parameters())), "stopped at batch " + stopAt);
                    assertEquals(epochs.size(), resumed.size());
                    for (int i = 0; i < epochs.size(); i++) {
                        assertEquals(epochs.get(i).loss(), resumed.get(i).loss());
                        assertEquals(epochs.get(i).epochs(), resumed.get(i).epochs());
                        assertEquals(epochs.get(i).validation().orElseThrow().values(),
                                resumed.get(i).validation().orElseThrow().values());
                    }
                }
            }
        }
    }

    @Test
    void aResumedTrainingKeepsWhatItIs() throws Exception {
        Path file = folder.resolve("m.safetensors");
        try (Arena arena = Arena.ofConfined();
                Parameters parameters = Parameters.initialise(MODEL, 7);
                Trainer trainer = builder(parameters).averaging(0.5).clipping(Clipping.byNorm(1)).checkpoint(file).build()) {
            trainer.fit(Samples.regression(arena, DType.F32, 100, 1));
        }
        try (Checkpoint checkpoint = Checkpoint.read(file)) {
            List<UnaryOperator<Trainer.Builder>> refused = List.of(b -> b.averaging(0.6), b -> b.accumulation(2),
                    b -> b.clipping(Clipping.none()), b -> b.group(ParameterGroup.frozen("*.coef")),
                    b -> b.gridUpdates(GridUpdates.every(5)), b -> b.regulariser(new WeightRegulariser(1, 0, 0, 0)),
                    b -> b.classWeights(1, 2));
            for (UnaryOperator<Trainer.Builder> option : refused) {
                String message = assertThrows(KanException.class, () -> option.apply(Trainer.resume(checkpoint)))
                        .getMessage();
                assertTrue(message.contains("a resumed training keeps its"), message);
            }
            assertNull(checkpoint.state().orElseThrow().sets().get("average"));
        }
    }
}
