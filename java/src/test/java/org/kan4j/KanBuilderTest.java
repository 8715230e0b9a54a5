// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.Chebyshev;
import org.kan4j.encoding.Encoding;
import org.kan4j.encoding.Transform;
import org.kan4j.error.KanException;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.optim.Optimizer;
import org.kan4j.optim.Schedule;
import org.kan4j.rows.Dataset;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.train.Trainer;

/** What the front door's settings do, against the same by hand one floor below. */
class KanBuilderTest {

    private static final int ROWS = 90;

    @TempDir
    private Path folder;

    private static double[][] rows() {
        Random random = new Random(9);
        double[][] x = new double[ROWS][];
        for (int i = 0; i < ROWS; i++) {
            x[i] = new double[] {random.nextDouble(2, 4), random.nextDouble(-9, 0)};
        }
        x[0] = new double[] {2, -9};
        x[1] = new double[] {4, 0}; // the ranges are round
        return x;
    }

    @Test
    void everySettingReachesTheTrainer() {
        double[][] x = rows();
        double[] y = Arrays.stream(x).mapToDouble(row -> 50 + row[0] * row[1]).toArray();
        double mean = Arrays.stream(y).average().orElseThrow();
        double deviation = Math.sqrt(Arrays.stream(y).map(v -> (v - mean) * (v - mean)).average().orElseThrow());
        try (Arena arena = Arena.ofConfined();
                Parameters parameters = Parameters.initialise(KanModel.kan(DType.F64, new Chebyshev(3), 2, 5, 4, 1), 7);
                Trainer trainer = Trainer.builder(parameters).optimizer(Optimizer.adamW(0.02, 0.3)).seed(7).epochs(3).batchSize(8)
                        .schedule(Schedule.exponential(Math.pow(0.02, 1.0 / 3))).build();
                KanRegressor model = Kan.regressor().dtype(DType.F64).basis(new Chebyshev(3)).hidden(5, 4).learningRate(0.02)
                        .weightDecay(0.3).seed(7).epochs(3).batchSize(8).fit(x, y)) {
            HostTensor features = HostTensor.allocate(arena, DType.F64, ROWS, 2);
            HostTensor targets = HostTensor.allocate(arena, DType.F64, ROWS, 1);
            for (int i = 0; i < ROWS; i++) {
                features.set((x[i][0] - 2) / 2 * 2 - 1, i, 0);
                features.set((x[i][1] + 9) / 9 * 2 - 1, i, 1);
                targets.set((y[i] - mean) / deviation, i, 0);
            }
            trainer.fit(Dataset.regression(features, targets));
            double[] byHand = parameters.values().flat().toDoubles();
            assertArrayEquals(byHand, model.parameters().values().flat().toDoubles(), 1e-10);
        }
    }

    @Test
    void theRecipeFitsTheNumberOfRows() {
        assertEquals(new Recipe(List.of(32L, 16L), 10, 5, 200, 16, 0.005, Math.pow(0.02, 1 / 200.0), 0.4,
                List.of(0.001, 0.1, 0.4, 1.5), 3, 200, 3), Recipe.of(999, 8));
        assertEquals(List.of(List.of(64L, 32L), 10, 60, 128, 30, 1),
                List.of(Recipe.of(10_000, 20).hidden(), Recipe.of(10_000, 20).grid(),
                        Recipe.of(10_000, 20).epochs(), Recipe.of(10_000, 20).batchSize(), Recipe.of(10_000, 20).comparedEpochs(),
                        Recipe.of(10_000, 20).comparisons()));
        assertEquals(List.of(), Recipe.of(1_000_000, 30).weightDecays());
        assertEquals(20, Recipe.of(1_000_000, 30).epochs());
        assertEquals(1, Recipe.of(1_000_000, 30).members());
        Recipe classes = Recipe.of(999, 8, true);
        assertEquals(List.of(5, 12), List.of(classes.grid(), classes.otherGrid()));
        assertTrue(classes.takesOther(0.99, 1), "a finer grid for any gain");
        assertFalse(Recipe.of(999, 8).takesOther(0.96, 1), "a coarser one for a clear one");
        assertTrue(Recipe.of(999, 8).takesOther(0.94, 1));
        assertEquals(40, Recipe.of(2_000, 400).epochs(), "wide rows take longer");
        double[][] x = rows();
        try (KanRegressor model = Kan.regressor().fit(x, Arrays.stream(x).mapToDouble(r -> r[0]).toArray())) {
            assertEquals(200, model.training().orElseThrow().epochs().size());
            assertEquals(3 * 32, model.summary().layers().getFirst().out(), "the mean of three");
            assertEquals(new BSpline(10, 3, -1, 1, BSpline.of(10, 3).outside()),
                    ((org.kan4j.layer.KanLayer) model.parameters().model().layers().getFirst()).basis());
        }
    }

    /** A target with a long tail has trainings made for its transform, which come too late to refuse after. */
    @Test
    void whatDoesNotGoTogetherIsRefusedBeforeAnythingIsTrained() {
        double[][] x = rows();
        double[] y = Arrays.stream(x).mapToDouble(row -> Math.exp(5 * row[0] + 5 * row[1])).toArray();
        AtomicInteger steps = new AtomicInteger();
        KanBuilder<KanRegressor> builder = Kan.regressor().epochs(1).stopWhen(() -> steps.incrementAndGet() < 0);
        builder.fit(x, y).close();
        assertTrue(steps.getAndSet(0) > 0, "asked in comparisons too");
        builder.ensemble(2).checkpoint(folder.resolve("m.safetensors"));
        assertTrue(assertThrows(KanException.class, () -> builder.fit(x, y)).getMessage().startsWith("a checkpoint is of one"));
        assertEquals(0, steps.get());
    }

    @Test
    void balancedClassesCountAlike() {
        double[][] x = rows();
        String[] labels = new String[ROWS];
        for (int i = 0; i < ROWS; i++) {
            labels[i] = i % 9 == 0 ? "rare" : "common"; // 10 and 80
        }
        try (KanClassifier balanced = Kan.classifier().epochs(2).balanced().fit(x, labels);
                KanClassifier byHand = Kan.classifier().epochs(2).trainer(t -> t.classWeights(90 / 160.0, 90 / 20.0)).fit(x,
                        labels);
                KanClassifier plain = Kan.classifier().epochs(2).fit(x, labels)) {
            assertEquals(byHand.predict(x[0]).probabilities(), balanced.predict(x[0]).probabilities());
            assertNotEquals(plain.predict(x[0]).probabilities(), balanced.predict(x[0]).probabilities());
        }
        assertThrows(KanException.class, () -> Kan.regressor().balanced());
    }

    @Test
    void rowsOfWeightNothingTeachNothing() {
        double[][] x = rows();
        double[] y = new double[ROWS];
        double[] weights = new double[ROWS];
        for (int i = 0; i < ROWS; i++) {
            y[i] = i % 2 == 0 ? x[i][0] : 1000;
            weights[i] = i % 2 == 0 ? 1 : 0;
        }
        Examples examples = Examples.of(x, y).weighted(weights);
        assertArrayEquals(new double[] {0, 1, 0}, examples.select(3, 2, 1).weights());
        try (KanRegressor model = Kan.regressor().dtype(DType.F64).epochs(300).fit(examples)) {
            double error = Math.abs(model.predict(3, -4).value() - 3);
            assertTrue(error < 60, "of a deviation of 500: " + error);
        }
    }

    @Test
    void rowsChosenOfChosenRowsKeepTheirWeights() {
        double[] weights = new double[ROWS];
        Arrays.setAll(weights, i -> i);
        Examples examples = Examples.of(rows(), weights).weighted(weights).select(30, 20, 10, 0);
        assertArrayEquals(new double[] {10, 30}, examples.select(2, 0).weights());
        assertEquals(10, examples.select(2, 0).targetOf(0).number(0));
    }

    /** 10 comes after 9, and not before 2. */
    @Test
    void labelsThatAreWholeNumbersAreInTheirOrder() {
        int[] labels = new int[ROWS];
        Arrays.setAll(labels, i -> List.of(10, 9, -1, 2).get(i % 4));
        try (KanClassifier model = Kan.classifier().hidden().epochs(1).weightDecay(0).fit(rows(), labels)) {
            assertEquals(List.of("-1", "2", "9", "10"), model.labels());
        }
    }

    @Test
    void aClosedModelHasFreedItsNumbers() throws Exception {
        double[][] x = rows();
        KanRegressor model = Kan.regressor().hidden().epochs(1).weightDecay(0).fit(x,
                Arrays.stream(x).mapToDouble(r -> r[0]).toArray());
        Path file = folder.resolve("m.safetensors");
        model.save(file);
        TrainedKan loaded = Kan.load(file);
        for (TrainedKan each : List.of(model, loaded)) {
            each.close();
            each.close();
            assertThrows(IllegalStateException.class, () -> each.predict(x[0]));
            assertThrows(IllegalStateException.class, () -> each.parameters().copy());
        }
    }

    /** The range of the training rows is 2 to 4 and -9 to 0, a tenth of it is borne. */
    @Test
    void rowsBeyondATenthOfTheRangeAreOutside() {
        double[][] x = rows();
        Examples examples = Examples.of(x, Arrays.stream(x).mapToDouble(row -> row[0]).toArray()).named("a", "b");
        try (KanRegressor model = Kan.regressor().hidden().epochs(1).weightDecay(0).fit(examples)) {
            assertEquals(List.of(), model.predict(4.19, -9.89).outside());
            assertEquals(List.of(), model.predict(1.81, 0.89).outside());
            assertEquals(List.of("a"), model.predict(4.21, -9).outside());
            assertEquals(List.of("b"), model.predict(2, -9.91).outside());
            assertEquals(List.of("a", "b"), model.predict(1.79, 0.91).outside());
        }
    }

    /** An input that is not there is a mistake in its name more often than a missing value. */
    @Test
    void aMapWithoutAnInputIsRefusedAlsoWhereMissingValuesAreFilled() {
        double[][] x = rows();
        Examples examples = Examples.of(x, Arrays.stream(x).mapToDouble(row -> row[0]).toArray()).named("a", "b");
        try (KanRegressor model = Kan.regressor().hidden().epochs(1).weightDecay(0).missing(Encoding.Missing.FILL)
                .fit(examples)) {
            Map<String, Object> row = new java.util.HashMap<>(Map.of("a", 3, "B", -1));
            String message = assertThrows(KanException.class, () -> model.predict(row)).getMessage();
            assertTrue(message.contains("has no 'b', which the model was trained on; it has"), message);
            row.put("b", null);
            assertEquals(model.predict(3, Double.NaN).value(), model.predict(row).value());
        }
    }

    @Test
    void aCheckpointOfTheTrainingLoadsAsAModel() throws Exception {
        double[][] x = rows();
        Path file = folder.resolve("running.safetensors");
        try (KanRegressor model = Kan.regressor().epochs(3).checkpoint(file).fit(Examples.of(x,
                Arrays.stream(x).mapToDouble(r -> r[0]).toArray()).named("a", "b")); TrainedKan loaded = Kan.load(file)) {
            assertEquals(model.predict(3, -1).value(), loaded.predict(3, -1).value());
            assertEquals(model.predict(3, -1).value(), loaded.predict(3f, -1f).value());
            assertEquals(List.of(model.predict(3, -1).value()),
                    loaded.predictAll(List.of(Map.of("b", -1, "a", 3))).stream().map(Prediction::value).toList());
        }
    }

    @Test
    void settingsThatMeanNothingAreRefused() {
        assertThrows(KanException.class, () -> Kan.regressor().validation(1));
        assertThrows(KanException.class, () -> Kan.regressor().patience(0));
        double[][] x = rows();
        Examples examples = Examples.of(x, new int[ROWS]);
        assertThrows(KanException.class, () -> Kan.regressor().crossValidate(examples, 1));
        assertThrows(KanException.class, () -> Kan.regressor().crossValidate(examples, ROWS + 1));
        assertThrows(KanException.class, () -> examples.named("a"));
        assertThrows(KanException.class, () -> examples.named("a", "a"));
        assertThrows(KanException.class, () -> examples.weighted(1, 2));
    }

    /** An even column and one with an outlier, as they are scaled by each way. */
    @Test
    void columnsAreScaledByTheWayThatIsAskedFor() {
        double[][] x = new double[100][];
        double[] y = new double[100];
        for (int i = 0; i < 100; i++) {
            x[i] = new double[] {i, i == 7 ? 1e6 : i};
            y[i] = i;
        }
        Map<Encoding.Scaling, List<Boolean>> quantiles = Map.of(Encoding.Scaling.AUTO, List.of(false, true),
                Encoding.Scaling.RANGE, List.of(false, false), Encoding.Scaling.QUANTILES, List.of(true, true));
        quantiles.forEach((way, expected) -> assertEquals(expected, Learner.learn(Examples.of(x, y), Learner.Task.VALUE,
                Encoding.Missing.REFUSE, Encoding.Unseen.REFUSE, way, List.of(), Transform.Choice.NONE).encoding().columns()
                .stream().map(column -> !((Encoding.Numeric) column).quantiles().isEmpty()).toList(), way.name()));
    }
}
