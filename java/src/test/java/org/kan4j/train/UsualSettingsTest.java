// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.Chebyshev;
import org.kan4j.device.Context;
import org.kan4j.device.ContextOptions;
import org.kan4j.error.KanException;
import org.kan4j.grid.GridUpdate;
import org.kan4j.measure.Metrics;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.optim.Clipping;
import org.kan4j.optim.Lbfgs;
import org.kan4j.optim.Optimizer;
import org.kan4j.optim.ParameterGroup;
import org.kan4j.optim.Schedule;
import org.kan4j.tensor.DType;

/** What a training is where nothing is said, what one setting changes, and each line it says, to the last letter. */
class UsualSettingsTest {

    private static final KanModel MODEL = KanModel.kan(DType.F64, BSpline.of(4, 3), 2, 1);
    private static final Map<String, Double> NO_VALUES = Map.of();

    @Test
    void aTrainerIsUsuallyThis() {
        try (Parameters parameters = Parameters.initialise(MODEL, 1)) {
            assertEquals(
                    new TrainingPlan(null, List.of(), new Optimizer.AdamW(1e-3, 0.9, 0.999, 1e-8, 1e-4), new Schedule.Constant(),
                            10, 0, 64, 1, 1, true, 0, Clipping.none(), List.of(), 0, null, List.of(), null),
                    Trainer.builder(parameters).plan());
            TrainingPlan steps = Trainer.builder(parameters).steps(7).plan();
            assertEquals(List.of(Integer.MAX_VALUE, 7L), List.of(steps.epochs(), steps.steps()), "as many as the steps take");
            TrainingPlan both = Trainer.builder(parameters).steps(7).epochs(3).plan();
            assertEquals(List.of(3, 7L), List.of(both.epochs(), both.steps()));
            assertEquals(Integer.MAX_VALUE, Trainer.builder(parameters).optimizer(Optimizer.lbfgs(5)).plan().batchSize(),
                    "all rows at once");
            assertEquals(5, Trainer.builder(parameters).optimizer(Optimizer.lbfgs(5)).batchSize(5).plan().batchSize());
            assertEquals(new Optimizer.Sgd(0.1, 0.5, 0, false), Optimizer.sgd(0.1, 0.5));
            TrainingPlan until = both.until(9);
            assertEquals(List.of(9, 0L), List.of(until.epochs(), until.steps()), "so many more epochs, whatever the steps");
        }
    }

    /** What L-BFGS cannot do, one by one. */
    @Test
    void whatGoesWithoutLbfgsIsNamed() {
        try (Parameters parameters = Parameters.initialise(MODEL, 1)) {
            Map<String, Trainer.Builder> wrong = new LinkedHashMap<>();
            wrong.put("given accumulation 2, ", Trainer.builder(parameters).accumulation(2));
            wrong.put("given accumulation 1, Clipping[norm=1.0, value=Infinity]",
                    Trainer.builder(parameters).clipping(Clipping.byNorm(1)));
            wrong.put("given accumulation 1, Clipping[norm=Infinity, value=1.0]",
                    Trainer.builder(parameters).clipping(Clipping.byValue(1)));
            wrong.put("Exponential[gamma=0.5]", Trainer.builder(parameters).schedule(Schedule.exponential(0.5)));
            wrong.put("its groups can only be frozen", Trainer.builder(parameters).group(new ParameterGroup("*.coef", false, 0.5,
                    Double.NaN)));
            wrong.forEach((part, builder) -> {
                String message = assertThrows(KanException.class, () -> builder.optimizer(Optimizer.lbfgs(2)).plan())
                        .getMessage();
                assertTrue(message.contains(part), message);
            });
            Trainer.builder(parameters).group(ParameterGroup.frozen("*.coef")).optimizer(Optimizer.lbfgs(2)).plan();
        }
    }

    /** Which trainings have one native step for all. */
    @Test
    void onlyPlainTrainingsAreFused() {
        try (Parameters parameters = Parameters.initialise(MODEL, 1)) {
            assertTrue(Trainer.builder(parameters).plan().fusible());
            for (Trainer.Builder other : List.of(Trainer.builder(parameters).accumulation(2),
                    Trainer.builder(parameters).clipping(Clipping.byNorm(1)),
                    Trainer.builder(parameters).optimizer(Optimizer.sgd(1, 0)),
                    Trainer.builder(parameters).group(ParameterGroup.frozen("*.coef")),
                    Trainer.builder(parameters).regulariser(new WeightRegulariser(1, 0, 0, 0)),
                    Trainer.builder(parameters).optimizer(Optimizer.lbfgs(2)))) {
                assertFalse(other.plan().fusible());
            }
            assertTrue(Trainer.builder(parameters).optimizer(Optimizer.sgd(1, 0)).plan().plain());
            assertTrue(Trainer.builder(parameters).plan().countsClasses());
            assertFalse(Trainer.builder(parameters).classWeights(1, 2).plan().countsClasses());
            assertFalse(Trainer.builder(parameters).optimizer(Optimizer.lbfgs(2)).plan().countsClasses());
        }
    }

    // --------------------------------------------------------------------------------------------------------------- fits

    @Test
    void aFitIsUsuallyThisAndEachSettingChangesItselfAlone() {
        GridUpdate update = new GridUpdate(1, 0.01, 0.01, 10, 0.1);
        assertEquals(new Fit(List.of(), 1000, 50, update, 20, 32, 100, 0.1, List.of(), 1), Fit.defaults());
        Fit fit = new Fit(List.of(5), 6, 7, update, 8, 9, 10, 0.25, List.of(new WeightRegulariser(1, 0, 0, 0)), 11);
        GridUpdate other = GridUpdate.defaults();
        WeightRegulariser penalty = new WeightRegulariser(0, 1, 0, 0);
        assertEquals(new Fit(List.of(10, 20), 6, 7, update, 8, 9, 10, 0.25, fit.regularisers(), 11), fit.withRefinements(10, 20));
        assertEquals(new Fit(List.of(5), 60, 7, update, 8, 9, 10, 0.25, fit.regularisers(), 11), fit.withIterations(60));
        assertEquals(new Fit(List.of(5), 6, 70, other, 8, 9, 10, 0.25, fit.regularisers(), 11), fit.withUpdate(other, 70));
        assertEquals(new Fit(List.of(5), 6, 7, update, 80, 9, 10, 0.25, fit.regularisers(), 11), fit.withHistory(80));
        assertEquals(new Fit(List.of(5), 6, 7, update, 8, 90, 100, 0.25, fit.regularisers(), 11), fit.withStarts(90, 100));
        assertEquals(new Fit(List.of(5), 6, 7, update, 8, 9, 10, 0, fit.regularisers(), 11), fit.withValidation(0));
        assertEquals(new Fit(List.of(5), 6, 7, update, 8, 9, 10, 0.25, List.of(penalty), 11), fit.withRegularisers(penalty));
        assertEquals(new Fit(List.of(5), 6, 7, update, 8, 9, 10, 0.25, fit.regularisers(), 12), fit.withSeed(12));
        assertEquals(List.of(10, 10), fit.withRefinements(10, 10).refinements(), "the same twice");
        assertEquals("a refined grid must be at least 10, given 9",
                assertThrows(KanException.class, () -> fit.withRefinements(10, 9)).getMessage());
        assertEquals("a refined grid must be at least 1, given 0",
                assertThrows(KanException.class, () -> fit.withRefinements(0)).getMessage());
        assertEquals(0.5, new Fit.Stage(5, 1, 1, 1, 0.5, 1).score());
        assertEquals(1, new Fit.Stage(5, 1, 1, 1, Double.NaN, 1).score());
    }

    /** After every so many steps, up to the last; from before to after a call of several steps. */
    @ParameterizedTest
    @CsvSource({"5, 0, 3, 4, false", "5, 0, 4, 5, true", "5, 0, 5, 6, false", "5, 0, 5, 9, false", "5, 0, 5, 10, true",
        "5, 0, 0, 20, true", "1, 0, 7, 8, true", "5, 10, 9, 10, true", "5, 10, 14, 15, false", "5, 12, 9, 20, true",
        "5, 4, 0, 5, false", "5, 9, 4, 5, true", "5, 9, 9, 10, false"})
    void gridsMoveAfterEverySoManySteps(long every, long until, long before, long after, boolean due) {
        assertEquals(due, GridUpdates.every(every).withUntil(until).due(before, after));
        assertEquals(new GridUpdates(GridUpdate.defaults(), every, until, 10_000), GridUpdates.every(every).withUntil(until));
        GridUpdate other = new GridUpdate(1, 0, 0, 0, 1);
        assertEquals(new GridUpdates(other, every, until, 10_000), GridUpdates.every(every).withUntil(until).withUpdate(other));
    }

    // ---------------------------------------------------------------------------------------------------------- schedules

    private static List<Double> factors(Schedule schedule, long stepsPerEpoch, long steps, long... at) {
        return java.util.stream.LongStream.of(at)
                .mapToObj(step -> schedule.factor(new Schedule.Position(step, stepsPerEpoch, steps,
                        List.of())))
                .toList();
    }

    private static void assertFactors(double[] expected, List<Double> factors) {
        assertEquals(expected.length, factors.size());
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], factors.get(i), 1e-14, factors.toString());
        }
    }

    @Test
    void factorsOfEveryScheduleStepByStep() {
        double half = Math.sqrt(0.5);
        assertFactors(new double[] {1, 1, 0.5, 0.25}, factors(Schedule.exponential(0.5), 3, 12, 0, 2, 3, 8));
        assertFactors(new double[] {1, 1, 0.5, 0.5, 0.25}, factors(new Schedule.Step(2, 0.5), 3, 99, 0, 5, 6, 11, 12));
        // Two epochs of two steps to rise, 4 of 8 to fall.
        assertFactors(new double[] {1 / 5., 2 / 5., 3 / 5., 4 / 5., 1, (1 + half) / 2, 0.5, (1 - half) / 2, 0, 0},
                factors(Schedule.cosine(2), 2, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8, 100));
        assertFactors(new double[] {1, 0.2 + 0.8 * (1 + half) / 2, 0.6, 0.2},
                factors(new Schedule.Cosine(0, 0.2), 2, 8, 0, 2, 4, 8));
        assertFactors(new double[] {0.1 + 0, 0.5, 0.9}, factors(new Schedule.Cosine(9, 0), 1, 5, 0, 4, 8));
        assertFactors(new double[] {0, 0}, factors(new Schedule.Cosine(5, 0), 1, 5, 5, 6));
        // From a quarter up to 1 at half of the nine steps, and down to nothing at the last.
        Schedule cycle = new Schedule.OneCycle(0.5, 0.25, 0);
        assertFactors(new double[] {0.25, 0.625, 1, (1 + half) / 2, 0.5, 0, 0}, factors(cycle, 1, 9, 0, 2, 4, 5, 6, 8, 20));
        assertEquals(new Schedule.OneCycle(0.3, 1 / 25.0, 1e-5), Schedule.oneCycle());
        assertEquals(new Schedule.Plateau(0.1, 3, 1e-4, 0, 0), Schedule.plateau(0.1, 3));
        assertEquals(new Schedule.Cosine(2, 0), Schedule.cosine(2));
    }

    /** Losses and what is left of the rate after each. */
    @Test
    void plateausAreCountedEpochByEpoch() {
        record Case(Schedule.Plateau schedule, double[] losses, double[] factors) {
        }
        double[] flat = {1, 1, 1, 1, 1, 1, 1};
        for (Case each : List.of(
                new Case(new Schedule.Plateau(0.5, 0, 0, 0, 0), flat,
                        new double[] {1, 0.5, 0.25, 0.125, 1 / 16., 1 / 32., 1 / 64.}),
                new Case(new Schedule.Plateau(0.5, 1, 0, 0, 0), flat, new double[] {1, 1, 0.5, 0.5, 0.25, 0.25, 0.125}),
                new Case(new Schedule.Plateau(0.5, 0, 0, 2, 0), flat, new double[] {1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25}),
                new Case(new Schedule.Plateau(0.5, 0, 0, 0, 0.2), flat, new double[] {1, 0.5, 0.25, 0.2, 0.2, 0.2, 0.2}),
                new Case(new Schedule.Plateau(0.5, 0, 0.1, 0, 0), new double[] {1, 0.95, 0.89, 0.85, 0.8},
                        new double[] {1, 0.5, 0.5, 0.25, 0.25}),
                new Case(new Schedule.Plateau(0.5, 1, 0, 0, 0), new double[] {1, 2, 0.5, 2, 0.4, 2, 2},
                        new double[] {1, 1, 1, 1, 1, 1, 0.5}))) {
            for (int i = 0; i < each.losses.length; i++) {
                List<Double> sofar = DoubleStream.of(each.losses).limit(i + 1).boxed().toList();
                assertEquals(each.factors[i], each.schedule.factor(new Schedule.Position(0, 1, 1, sofar)), 1e-15,
                        each.schedule + " after " + sofar);
            }
        }
    }

    // -------------------------------------------------------------------------------------------------------------- words

    private static TrainingListener.Epoch epoch(int number, int epochs, double loss, double accuracy,
            Map<String, Double> validation,
            double seconds) {
        return new TrainingListener.Epoch(number, epochs, loss, Double.isNaN(accuracy) ? OptionalDouble.empty()
                : OptionalDouble.of(accuracy), validation.isEmpty() ? Optional.empty() : Optional.of(new Metrics(9, validation)),
                seconds);
    }

    @Test
    void aLogSaysEachLineSo() {
        List<String> lines = new ArrayList<>();
        TrainingLog log = new TrainingLog(lines::add);
        try (Context context = Context.open(ContextOptions.defaults().withThreads(1));
                Parameters parameters = Parameters.initialise(KanModel.kan(DType.F64, new Chebyshev(3), 20, 30, 1), 1);
                Trainer trainer = Trainer.builder(parameters).context(context).epochs(4).batchSize(8).build();
                Trainer one = Trainer.builder(parameters).context(context).epochs(1).build();
                Trainer steps = Trainer.builder(parameters).context(context).steps(Long.MAX_VALUE).build()) {
            log.onStart(trainer, 1600);
            log.onEpochEnd(trainer, epoch(1, 4, 0.123456, Double.NaN, NO_VALUES, 2));
            Map<String, Double> validation = new LinkedHashMap<>();
            validation.put("loss", 0.25);
            validation.put("rmse", 0.5);
            log.onEpochEnd(trainer, epoch(2, 4, 12.3456789, 0.98765, validation, 1));
            log.onEpochEnd(trainer, epoch(4, 4, 1e-9, 1, NO_VALUES, 0.001));
            log.onStart(one, 1);
            log.onEpochEnd(one, epoch(1, 1, 1, Double.NaN, NO_VALUES, 4));
            log.onStart(steps, 1000);
            assertEquals(List.of("training 2,520 parameters on 1,600 rows, 4 epochs, " + context,
                    "epoch 1/4: loss 0.1235, 800 rows/s, 6 s left",
                    "epoch 2/4: loss 12.35, accuracy 98.77 %, validation loss 0.2500, validation rmse 0.5000, 1,600 rows/s, 3 s left",
                    "epoch 4/4: loss 1.000e-09, accuracy 100.00 %, 1,600,000 rows/s, 0 s left",
                    "training 2,520 parameters on 1 row, 1 epoch, " + context, "epoch 1/1: loss 1.000, 0 rows/s, 0 s left",
                    "training 2,520 parameters on 1,000 rows, until all steps are made, " + context), lines);
        }
        lines.clear();
        Map<TrainingResult.End, String> why = new LinkedHashMap<>();
        why.put(TrainingResult.End.EPOCHS, "all epochs are done");
        why.put(TrainingResult.End.STEPS, "all steps are made");
        why.put(TrainingResult.End.EARLY_STOPPING, "the validation loss has not become better for long enough");
        why.put(TrainingResult.End.CONVERGED, "nothing lower was found");
        why.put(TrainingResult.End.STOPPED, "a stop was requested");
        why.put(TrainingResult.End.FAILED, "it failed");
        assertEquals(List.of(TrainingResult.End.values()), List.copyOf(why.keySet()));
        List<TrainingListener.Epoch> two = List.of(epoch(1, 2, 1, Double.NaN, NO_VALUES, 1),
                epoch(2, 2, 1, Double.NaN, NO_VALUES, 1));
        why.forEach((end, words) -> {
            TrainingResult result = new TrainingResult(two, 31, end, OptionalInt.of(2));
            log.onEnd(null, result);
            assertEquals("training ended after 2 epochs, 31 steps: " + words + "; best epoch 2", lines.removeLast());
            assertEquals(end == TrainingResult.End.STOPPED || end == TrainingResult.End.FAILED, result.stopped());
        });
        log.onEnd(null, new TrainingResult(two.subList(0, 1), 1, TrainingResult.End.EPOCHS, OptionalInt.empty()));
        assertEquals(List.of("training ended after 1 epoch, 1 step: all epochs are done"), lines);
    }

    // -------------------------------------------------------------------------------------------------------- rows held out

    @Test
    void whatIsBetterHoweverRowsAreHeldOut() {
        assertTrue(HeldOut.isAlwaysLess(List.of(1.0, 2.0), List.of(1.5, 2.5)));
        assertFalse(HeldOut.isAlwaysLess(List.of(1.0, 2.5), List.of(1.5, 2.5)), "equal once");
        assertFalse(HeldOut.isAlwaysLess(List.of(1.0, 3.0), List.of(1.5, 2.5)));
        assertFalse(HeldOut.isAlwaysLess(List.of(), List.of()), "of nothing");
        assertFalse(HeldOut.isAlwaysLess(List.of(1.0), List.of(2.0, 2.0)), "of less");
        assertFalse(HeldOut.isAlwaysLess(List.of(Double.NaN), List.of(2.0)));
        List<HeldOut.Score<String>> scores = List.of(new HeldOut.Score<>("a", 1), new HeldOut.Score<>("b", 1),
                new HeldOut.Score<>("c", Double.POSITIVE_INFINITY), new HeldOut.Score<>("d", Double.NaN));
        assertEquals(Optional.of("b"), HeldOut.best(scores), "of equal ones the later, which shrinks more");
        assertEquals(Optional.empty(), HeldOut.best(scores.subList(2, 4)));
        assertEquals(0.2, HeldOut.SHARE);
    }

    @Test
    void lbfgsIsUsuallyThis() {
        Lbfgs usual = Optimizer.lbfgs(7);
        assertEquals(new Lbfgs(20, 7, 0, 0, 25), usual);
        assertEquals(new Lbfgs(33, 7, 0, 0, 25), usual.withHistory(33));
    }
}
