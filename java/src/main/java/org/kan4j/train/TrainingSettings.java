// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.kan4j.error.KanException;
import org.kan4j.optim.Clipping;
import org.kan4j.optim.Lbfgs;
import org.kan4j.optim.Loss;
import org.kan4j.optim.Optimizer;
import org.kan4j.optim.ParameterGroup;
import org.kan4j.optim.Schedule;

/** A plan in the making, with what holds where nothing is said; of a resume, with what it keeps. */
abstract class TrainingSettings {

    Loss loss;
    List<Double> classWeights = List.of();
    Optimizer optimizer = Optimizer.adamW(1e-3, 1e-4);
    Schedule schedule = Schedule.constant();
    Integer epochs;
    long steps;
    Integer batchSize;
    int accumulation = 1;
    long seed = 1;
    boolean shuffle = true;
    int patience;
    Clipping clipping = Clipping.none();
    final List<ParameterGroup> groups = new ArrayList<>();
    double averaging;
    GridUpdates gridUpdates;
    final List<Regulariser> regularisers = new ArrayList<>();
    /** Where a resume goes on; null for a training from the start. */
    TrainingState resumed;

    TrainingSettings() {
        // The fields say it.
    }

    /** Takes over the plan of a training. */
    final void goOn(TrainingState training) {
        TrainingPlan plan = training.plan();
        loss = plan.loss();
        classWeights = plan.classWeights();
        optimizer = plan.optimizer();
        schedule = plan.schedule();
        epochs = plan.epochs();
        steps = plan.steps();
        batchSize = plan.batchSize();
        accumulation = plan.accumulation();
        seed = plan.seed();
        shuffle = plan.shuffle();
        patience = plan.patience();
        clipping = plan.clipping();
        groups.addAll(plan.groups());
        averaging = plan.averaging();
        gridUpdates = plan.gridUpdates();
        regularisers.addAll(plan.regularisers());
        resumed = training;
    }

    /** What a resume does not change: where it did, the training would not be the one that was interrupted. */
    final void keep(String what, Object before, Object value) {
        if (before instanceof Absent absent && absent.isFor(value)) {
            return; // what the checkpoint could only name
        }
        if (resumed != null && !Objects.equals(before, value)) {
            throw KanException.invalid("a resumed training keeps its %s, %s; given %s", what,
                    before == null ? "the default" : before, value);
        }
    }

    final TrainingPlan plan() {
        for (Object part : Arrays.asList(loss, schedule)) {
            if (part instanceof Absent absent) {
                throw absent.refusal();
            }
        }
        int passes = epochs != null ? epochs : steps > 0 ? Integer.MAX_VALUE : 10;
        int rows = batchSize != null ? batchSize : optimizer instanceof Lbfgs ? Integer.MAX_VALUE : 64;
        return new TrainingPlan(loss, classWeights, optimizer, schedule, passes, steps, rows, accumulation, seed, shuffle,
                patience, clipping, List.copyOf(groups), averaging, gridUpdates, List.copyOf(regularisers));
    }
}
