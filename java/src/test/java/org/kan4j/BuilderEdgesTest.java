// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kan4j.basis.Chebyshev;
import org.kan4j.device.ContextOptions;
import org.kan4j.encoding.Encoding;
import org.kan4j.encoding.Transform;
import org.kan4j.error.KanException;
import org.kan4j.measure.Metrics;
import org.kan4j.tensor.DType;
import org.kan4j.train.Trainer;
import org.kan4j.train.TrainingListener;

/** What each setting of the front door changes of the others' meaning, and what is said of rows before a training. */
class BuilderEdgesTest {

    private static final int ROWS = 90;
    private static final double[][] X = IntStream.range(0, ROWS).mapToObj(i -> new double[] {i * 7 % ROWS, i % 5})
            .toArray(double[][]::new);
    private static final double[] Y = IntStream.range(0, ROWS).mapToDouble(i -> X[i][0] + 3 * X[i][1]).toArray();
    private static final String[] LABELS = IntStream.range(0, ROWS).mapToObj(i -> i % 3 == 0 ? "a" : "b").toArray(String[]::new);

    private static KanBuilder<KanRegressor> small() {
        return Kan.regressor().hidden().epochs(1).weightDecay(0);
    }

    private static void refused(String message, Executable act) {
        assertEquals(message, assertThrows(KanException.class, act).getMessage());
    }

    /** Each of them makes a user's own training, of one network. */
    @Test
    void whatMakesATrainingTheUsersOwn() {
        Recipe recipe = Recipe.of(ROWS, 2);
        Map<String, Consumer<KanBuilder<KanClassifier>>> own = new LinkedHashMap<>();
        own.put("hidden", builder -> builder.hidden(3));
        own.put("additive", KanBuilder::additive);
        own.put("basis", builder -> builder.basis(new Chebyshev(3)));
        own.put("epochs", builder -> builder.epochs(3));
        own.put("batch size", builder -> builder.batchSize(3));
        own.put("rate", builder -> builder.learningRate(3));
        own.put("validation", builder -> builder.validation(0.5));
        own.put("patience", builder -> builder.patience(3));
        own.put("checkpoint", builder -> builder.checkpoint(Path.of("c")));
        own.put("trainer", builder -> builder.trainer(settings -> {
        }));
        own.forEach((name, setting) -> {
            KanBuilder<KanClassifier> builder = Kan.classifier();
            setting.accept(builder);
            assertFalse(builder.isUsual(), name);
            assertEquals(1, builder.members(recipe), name);
            assertEquals(4, builder.ensemble(4).members(recipe), name);
        });
        KanBuilder<KanClassifier> usual = Kan.classifier().seed(5).weightDecay(0.1).dtype(DType.F64).balanced().calibrated()
                .missing(Encoding.Missing.FILL).unseen(Encoding.Unseen.UNKNOWN).scaling(Encoding.Scaling.RANGE).monotone("x", 1)
                .on(ContextOptions.defaults()).stopWhen(() -> false).listener(new TrainingListener() {
                }).bagged();
        assertTrue(usual.isUsual());
        assertEquals(3, usual.members(recipe));
        assertEquals(1, usual.ensemble(1).members(recipe));
        assertEquals(1, Kan.classifier().members(Recipe.of(50_001, 2)));
    }

    @Test
    void settingsAreRefusedBeyondTheirEnds() {
        refused("an ensemble has 1 to 100 members, given 0", () -> Kan.regressor().ensemble(0));
        refused("an ensemble has 1 to 100 members, given 101", () -> Kan.regressor().ensemble(101));
        Kan.regressor().ensemble(1).ensemble(100);
        for (double share : new double[] {0, 1, -0.1, Double.NaN}) {
            refused("the share of validation rows must be above 0 and below 1, given " + share,
                    () -> Kan.regressor().validation(share));
        }
        for (double rate : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
            refused("the learning rate must be above 0 and finite, given " + rate, () -> Kan.regressor().learningRate(rate));
        }
        refused("the patience must be at least 1, given 0", () -> Kan.regressor().patience(0));
        for (Transform.Choice choice : Transform.Choice.values()) {
            Kan.regressor().targetTransform(choice);
            Executable act = () -> Kan.classifier().targetTransform(choice);
            if (choice == Transform.Choice.LOG || choice == Transform.Choice.ASINH) {
                refused("only numbers have a target transform; Kan.regressor predicts numbers", act);
            } else {
                Kan.classifier().targetTransform(choice);
                Kan.multiLabel().targetTransform(choice);
            }
        }
        refused("only numbers have quantiles; Kan.regressor predicts numbers", () -> Kan.classifier().quantiles(0.5));
        refused("only classes can be balanced", () -> Kan.multiLabel().balanced());
        refused("only probabilities of classes are calibrated", () -> Kan.multiLabel().calibrated());
        refused("the direction of 'x' must be 1, rising, or -1, falling, given 0", () -> Kan.regressor().monotone("x", 0));
    }

    // ---------------------------------------------------------------------------------------------------------- trainings

    private static double[] numbers(KanRegressor trained) {
        try (trained) {
            return trained.parameters().values().flat().toDoubles();
        }
    }

    @Test
    void theSeedIsOneAndTheTypeF32() {
        double[] usual = numbers(small().fit(X, Y));
        assertArrayEquals(usual, numbers(small().seed(1).fit(X, Y)));
        assertNotEquals(usual[5], numbers(small().seed(0).fit(X, Y))[5]);
        Map<DType, KanBuilder<KanRegressor>> types = new LinkedHashMap<>();
        types.put(DType.F32, small());
        types.put(DType.F64, small().monotone("x0", 1));
        types.forEach((type, builder) -> {
            try (KanRegressor model = builder.fit(X, Y)) {
                assertEquals(type, model.parameters().model().dtype());
                assertEquals(List.of(), model.unproved());
            }
        });
        try (KanRegressor model = small().monotone("x0", 1).dtype(DType.F32).fit(X, Y)) {
            assertEquals(DType.F32, model.parameters().model().dtype(), "as asked for");
        }
    }

    private static long held(TrainedKan trained) {
        try (trained) {
            return trained.training().orElseThrow().epochs().getFirst().validation().map(Metrics::rows).orElse(0L);
        }
    }

    @Test
    void soManyRowsAreHeldOut() {
        assertEquals(0, held(small().fit(X, Y)));
        assertEquals(9, held(small().patience(2).fit(X, Y)));
        assertEquals(27, held(small().validation(0.3).fit(X, Y)));
        assertEquals(27, held(small().validation(0.3).patience(2).fit(X, Y)));
        assertEquals(9, held(Kan.classifier().hidden().epochs(1).weightDecay(0).calibrated().fit(X, LABELS)));
        refused("holding out 0.001 of the rows leaves a part empty", () -> small().validation(0.001).fit(X, Y).close());
    }

    /** A temperature divides all logits alike: the order stays, the probabilities move. */
    @Test
    void calibrationMovesProbabilitiesAlone() {
        KanBuilder<KanClassifier> builder = Kan.classifier().hidden().epochs(30).weightDecay(0).validation(0.3);
        try (KanClassifier plain = builder.fit(X, LABELS); KanClassifier calibrated = builder.calibrated().fit(X, LABELS)) {
            double ratio = Double.NaN;
            for (double[] row : List.of(X[0], X[13], X[50])) {
                double before = plain.predict(row).probability("a");
                double after = calibrated.predict(row).probability("a");
                double temperature = Math.log(before / (1 - before)) / Math.log(after / (1 - after));
                assertTrue(Math.abs(temperature - 1) > 1e-3, "a temperature of one would be a chance");
                assertEquals(Double.isNaN(ratio) ? temperature : ratio, temperature, 1e-4);
                ratio = temperature;
            }
        }
    }

    /** Told of each training: the seeds go on from the first, and one that is stopped is left out. */
    @Test
    void membersHaveTheNextSeedsAndStoppedOnesAreLeftOut() {
        List<Double> losses = new ArrayList<>();
        TrainingListener loss = new TrainingListener() {
            @Override
            public void onEpochEnd(Trainer trainer, Epoch epoch) {
                losses.add(epoch.loss());
            }
        };
        small().hidden(2).listener(loss).ensemble(3).seed(7).fit(X, Y).close();
        assertEquals(3, losses.size());
        for (int seed = 7; seed <= 9; seed++) {
            small().hidden(2).listener(loss).seed(seed).fit(X, Y).close();
            assertEquals(losses.get(seed - 7), losses.getLast());
        }
        int[] batches = {0};
        int whole = (ROWS + 15) / 16;
        try (KanRegressor two = small().hidden(2).ensemble(3).stopWhen(() -> ++batches[0] > 2 * whole).fit(X, Y);
                KanRegressor both = small().hidden(2).ensemble(2).fit(X, Y)) {
            assertEquals(both.predict(X[1]).value(), two.predict(X[1]).value(), "of the first two");
            assertTrue(two.training().orElseThrow().stopped());
        }
    }

    // ---------------------------------------------------------------------------------------------------------------- rows

    private static EncodedExamples learn(int rows, int texts, Learner.Task task) {
        List<Map<String, Object>> all = IntStream.range(0, rows)
                .<Map<String, Object>>mapToObj(i -> Map.of("code", "c" + i % texts, "y",
                        task == Learner.Task.CLASSES ? "k" + i % texts : i))
                .toList();
        return Learner.learn(Examples.of(all, "y"), task, Encoding.Missing.REFUSE, Encoding.Unseen.REFUSE, Encoding.Scaling.AUTO,
                List.of(), Transform.Choice.NONE);
    }

    /** Warned of beyond twenty and beyond a twentieth of the rows. */
    @ParameterizedTest
    @CsvSource({"100, 20, false", "100, 21, true", "600, 30, false", "600, 31, true", "1000, 1000, true"})
    void manyCategoriesAreWarnedOf(int rows, int texts, boolean warned) {
        List<String> said = Warnings
                .during(() -> assertEquals(texts, learn(rows, texts, Learner.Task.VALUE).encoding().features()));
        String count = texts == 1000 ? "1,000" : Integer.toString(texts);
        assertEquals(warned
                ? List.of("the input 'code' has " + count + " different texts, such as 'c0', and becomes as many inputs of "
                        + "the model; leave it out if it is a name or a date")
                : List.of(), said);
    }

    @Test
    void soManyCategoriesAndClassesAtMost() {
        refused("the input 'code' has more than 1000 different texts, which is no category; leave it out",
                () -> learn(2002, 1001, Learner.Task.VALUE));
        assertEquals(20, learn(21, 20, Learner.Task.CLASSES).encoding().target().width());
        assertEquals(21, learn(42, 21, Learner.Task.CLASSES).encoding().target().width());
        refused("'y' has 21 classes in 41 rows, such as 'k0': too few rows of each to learn from; Kan.regressor predicts numbers",
                () -> learn(41, 21, Learner.Task.CLASSES));
        refused("1 row to learn from, expected at least 2", () -> small().fit(new double[][] {{1}}, new double[] {1}));
    }

    /** Once for a model, however many rows there are. */
    @Test
    void rowsOutsideAreWarnedOfOnce() {
        try (KanRegressor model = small().fit(X, Y)) {
            List<String> said = Warnings.during(() -> {
                model.predict(50, 2);
                model.predict(500, 2);
                model.predict(500, 200);
            });
            assertEquals(List.of("a row to predict is beyond the range of the training rows in [x0], where nothing was learned; "
                    + "Prediction.outside tells for each row, this is said once"), said);
        }
    }

    /** 30 rows of one class and 60 of the other in 3 folds; another seed deals otherwise. */
    @Test
    void foldsAreDealtBySeedAndClass() {
        KanBuilder<KanClassifier> builder = Kan.classifier().hidden().epochs(1).weightDecay(0);
        List<List<Double>> truths = new ArrayList<>();
        for (int seed = 1; seed <= 2; seed++) {
            for (Report fold : builder.seed(seed).crossValidate(Examples.of(X, LABELS), 3).folds()) {
                assertEquals(10, fold.of("a").support());
                assertEquals(20, fold.of("b").support());
            }
            truths.add(small().seed(seed).crossValidate(Examples.of(X, Y), 3).folds().getFirst().pairs().stream()
                    .map(pair -> pair[1]).toList());
        }
        assertEquals(30, truths.getFirst().size());
        assertNotEquals(truths.get(0), truths.get(1));
    }
}
