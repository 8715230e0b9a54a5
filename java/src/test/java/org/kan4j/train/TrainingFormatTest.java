// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.RecordComponent;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.kan4j.constraint.Monotonicity;
import org.kan4j.error.FormatException;
import org.kan4j.grid.GridUpdate;
import org.kan4j.internal.Json;
import org.kan4j.internal.model.OptimizerSteps;
import org.kan4j.io.SavedState;
import org.kan4j.measure.Metrics;
import org.kan4j.optim.Clipping;
import org.kan4j.optim.Lbfgs;
import org.kan4j.optim.Loss;
import org.kan4j.optim.Optimizer;
import org.kan4j.optim.ParameterGroup;
import org.kan4j.optim.Schedule;

/** A training is what it was when it comes back from its checkpoint: every setting of every kind, and where it stands. */
class TrainingFormatTest {

    private static final double INFINITE = Double.POSITIVE_INFINITY;

    private static final List<Loss> LOSSES = List.of(new Loss.Mse(), new Loss.CrossEntropy(), new Loss.BinaryCrossEntropy(2),
            new Loss.BinaryCrossEntropy(0.5), new Loss.Huber(0.25), new Loss.Huber(3), new Loss.Pinball(List.of(0.1, 0.9)),
            new Loss.Pinball(List.of(0.5)));
    private static final List<Optimizer> OPTIMIZERS = List.of(new Optimizer.AdamW(0.01, 0.8, 0.99, 1e-7, 0.3),
            new Optimizer.AdamW(0.02, 0.9, 0.999, 1e-8, 0), new Optimizer.Sgd(0.1, 0, 0.2, false),
            new Optimizer.Sgd(0.2, 0.5, 0, true), new Lbfgs(3, 4, 1e-5, 1e-6, 7), new Lbfgs(5, 6, 1e-7, 1e-9, 9));
    private static final List<Schedule> SCHEDULES = List.of(new Schedule.Constant(), new Schedule.Exponential(0.5),
            new Schedule.Exponential(0.9), new Schedule.Step(2, 0.5), new Schedule.Step(3, 0.1), new Schedule.Cosine(0, 0),
            new Schedule.Cosine(1.5, 0.1), new Schedule.OneCycle(0.3, 0.1, 0.01), new Schedule.OneCycle(0.5, 0.2, 0.02),
            new Schedule.Plateau(0.5, 2, 0.01, 3, 0.1), new Schedule.Plateau(0.1, 0, 0, 0, 0));
    private static final List<ParameterGroup> GROUPS = List.of(ParameterGroup.frozen("*.coef"),
            new ParameterGroup("layers.0.*", false, 0.5, Double.NaN), new ParameterGroup("*.bias", false, Double.NaN, 0));
    private static final List<GridUpdates> UPDATES = List.of(
            new GridUpdates(new GridUpdate(0.1, 0.02, 1e-3, 3, INFINITE), 5, 0, 100),
            new GridUpdates(new GridUpdate(0.2, 0.03, 1e-4, 4, 0.5), 6, 60, 200));
    private static final List<Regulariser> REGULARISERS = List.of(new WeightRegulariser(0.1, 0.2, 0.3, 0.4),
            new WeightRegulariser(0.5, 0.6, 0.7, 0.8),
            new ActivationRegulariser(ActivationRegulariser.Measure.MEAN_ABS, 0.1, 0.2, 0.3, 0.4),
            new ActivationRegulariser(ActivationRegulariser.Measure.DEVIATION, 0.5, 0.6, 0.7, 0.8));
    private static final List<Clipping> CLIPPINGS = List.of(Clipping.none(), new Clipping(0.5, INFINITE),
            new Clipping(INFINITE, 0.25), new Clipping(2, 3));

    private static final TrainingPlan PLAN = new TrainingPlan(null, List.of(), OPTIMIZERS.get(2), SCHEDULES.getFirst(), 4, 0, 16,
            1,
            1, true, 0, Clipping.none(), List.of(), 0, null, List.of(), null);

    private static TrainingPlan plan(Loss loss, Optimizer optimizer, Schedule schedule, GridUpdates updates, Clipping clipping,
            List<Regulariser> regularisers) {
        return new TrainingPlan(loss, PLAN.classWeights(), optimizer, schedule, PLAN.epochs(), 0, 16, 1, 1, true, 0, clipping,
                List.of(), 0, updates, regularisers, null);
    }

    private static TrainingState state(TrainingPlan plan, TrainingProgress progress) {
        boolean lbfgs = plan.optimizer() instanceof Lbfgs;
        return new TrainingState(plan, progress, Map.of(), 17, 5,
                lbfgs ? new OptimizerSteps.Curvature(-1, 0.5, List.of()) : null, null, null);
    }

    /** What comes back. The moments are tensors of the file, which are not looked at here. */
    private static TrainingState again(TrainingState state) {
        Map<String, org.kan4j.model.ParameterVector> vectors = new LinkedHashMap<>();
        if (state.plan().optimizer() instanceof Optimizer.AdamW) {
            vectors.put("m", null);
            vectors.put("v", null);
        } else if (state.plan().optimizer() instanceof Optimizer.Sgd sgd && sgd.momentum() > 0) {
            vectors.put("velocity", null);
        }
        return TrainingFormat.load(new SavedState(Json.write(TrainingFormat.describe(state)), vectors, Map.of()));
    }

    private static void assertComesBack(TrainingPlan plan) {
        assertEquals(plan, again(state(plan, new TrainingProgress())).plan());
    }

    @Test
    void everySettingOfEveryKindComesBack() {
        for (Loss loss : LOSSES) {
            assertComesBack(plan(loss, PLAN.optimizer(), PLAN.schedule(), null, Clipping.none(), List.of()));
        }
        for (Optimizer optimizer : OPTIMIZERS) {
            assertComesBack(plan(null, optimizer, PLAN.schedule(), null, Clipping.none(), List.of()));
        }
        for (Schedule schedule : SCHEDULES) {
            assertComesBack(plan(null, PLAN.optimizer(), schedule, null, Clipping.none(), List.of()));
        }
        for (GridUpdates updates : UPDATES) {
            assertComesBack(plan(null, PLAN.optimizer(), PLAN.schedule(), updates, Clipping.none(), List.of()));
        }
        for (Clipping clipping : CLIPPINGS) {
            assertComesBack(plan(null, PLAN.optimizer(), PLAN.schedule(), null, clipping, List.of()));
        }
        assertComesBack(plan(null, PLAN.optimizer(), PLAN.schedule(), null, Clipping.none(), REGULARISERS));
        assertComesBack(new TrainingPlan(LOSSES.get(1), List.of(0.5, 2.0), OPTIMIZERS.get(2), SCHEDULES.get(1), 7, 90, 8, 3, -5,
                false, 0, CLIPPINGS.get(3), GROUPS, 0, UPDATES.get(1), REGULARISERS,
                new Monotonicity(List.of(1, 0, -1), List.of(1))));
    }

    @Test
    void whereATrainingStandsComesBack() {
        TrainingProgress progress = new TrainingProgress();
        progress.nextEpoch(new TrainingListener.Epoch(1, 4, 0.5, OptionalDouble.of(0.75), Optional.empty(), 1.5));
        progress.nextEpoch(new TrainingListener.Epoch(2, 4, 0.25, OptionalDouble.empty(),
                Optional.of(new Metrics(9, Map.of("loss", 0.125, "rmse", 2.0))), 2.5));
        progress.batch = 3;
        progress.rows = 40;
        progress.lossSum = 1.25;
        progress.weightSum = 38.5;
        progress.correct = 20;
        progress.converged = true;
        TrainingState back = again(state(PLAN, progress));
        assertEquals(17, back.steps());
        assertEquals(5, back.restartedAt());
        TrainingProgress found = back.progress();
        assertEquals(progress.history.toString(), found.history.toString());
        assertEquals(9, found.history.getLast().validation().orElseThrow().rows());
        assertEquals(List.of(0.5, 0.125), found.losses(), "of the validation where there is one");
        assertEquals(2, found.bestEpoch());
        assertEquals(List.of(3L, 40L), List.of(found.batch, found.rows));
        assertEquals(List.of(1.25, 38.5, 20.0), List.of(found.lossSum, found.weightSum, found.correct));
        assertEquals(1.25 / 38.5, found.loss());
        assertTrue(found.converged);
        assertEquals(0, new TrainingProgress().loss());
        assertEquals(0, new TrainingProgress().bestEpoch());
    }

    /** An equal loss later is no better; NaN is worse than any. */
    @Test
    void theBestEpochIsTheFirstOfTheLeastLoss() {
        TrainingProgress progress = new TrainingProgress();
        for (double loss : new double[] {Double.NaN, 3, 1, 2, 1, Double.NaN}) {
            progress.nextEpoch(new TrainingListener.Epoch(progress.history.size() + 1, 6, loss, OptionalDouble.empty(),
                    Optional.empty(), 1));
        }
        assertEquals(3, progress.bestEpoch());
    }

    @Test
    void tensorsThatDoNotBelongToTheTrainingAreRefused() {
        String sgd = Json.write(TrainingFormat.describe(state(PLAN, new TrainingProgress())));
        Map<String, org.kan4j.model.ParameterVector> velocity = new LinkedHashMap<>();
        velocity.put("velocity", null);
        String message = assertThrows(FormatException.class,
                () -> TrainingFormat.load(new SavedState(sgd, velocity, Map.of()))).getMessage();
        assertTrue(message.contains("its moments must be [], found [velocity]"), message);
        Map<String, org.kan4j.model.Parameters> current = new LinkedHashMap<>();
        current.put("current", null);
        message = assertThrows(FormatException.class,
                () -> TrainingFormat.load(new SavedState(sgd, Map.of(), current))).getMessage();
        assertTrue(message.contains("its sets of parameters must be [], found [current]"), message);
        for (String wrong : List.of("\"stored\":4,\"newest\":3", "\"stored\":2,\"newest\":1", "\"stored\":0,\"newest\":0",
                "\"stored\":1,\"newest\":-1")) {
            String lbfgs = Json.write(TrainingFormat.describe(state(plan(null, OPTIMIZERS.get(4), PLAN.schedule(), null,
                    Clipping.none(), List.of()), new TrainingProgress()))).replace("\"stored\":0,\"newest\":-1", wrong);
            assertThrows(FormatException.class, () -> TrainingFormat.load(new SavedState(lbfgs, Map.of(), Map.of())), wrong);
        }
        assertThrows(FormatException.class, () -> TrainingFormat.load(new SavedState("[", Map.of(), Map.of())));
    }

    /** The lists above vary each component of each record, so that one that a checkpoint forgets is seen. */
    @Test
    void everyNumberOfEveryKindIsTried() throws ReflectiveOperationException {
        Set<Class<?>> kinds = new HashSet<>();
        for (List<?> list : List.of(LOSSES, OPTIMIZERS, SCHEDULES, GROUPS, UPDATES, REGULARISERS, CLIPPINGS)) {
            for (Object one : list) {
                kinds.add(one.getClass());
                for (RecordComponent component : one.getClass().getRecordComponents()) {
                    component.getAccessor().setAccessible(true);
                    Set<Object> values = new HashSet<>();
                    for (Object other : list) {
                        if (other.getClass() == one.getClass()) {
                            values.add(component.getAccessor().invoke(other));
                        }
                    }
                    assertTrue(values.size() > 1, one.getClass().getSimpleName() + "." + component.getName());
                }
            }
        }
        for (Class<?> sealed : List.of(Loss.class, Optimizer.class, Schedule.class)) {
            for (Class<?> kind : sealed.getPermittedSubclasses()) {
                assertTrue(kind.isInterface() || kinds.contains(kind), kind.getSimpleName());
            }
        }
    }
}
