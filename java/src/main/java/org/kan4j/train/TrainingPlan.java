// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import java.util.List;
import org.kan4j.constraint.Monotonicity;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.error.UnsupportedException;
import org.kan4j.grid.GridUpdate;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.optim.Clipping;
import org.kan4j.optim.Lbfgs;
import org.kan4j.optim.Loss;
import org.kan4j.optim.Optimizer;
import org.kan4j.optim.ParameterGroup;
import org.kan4j.optim.Schedule;

/**
 * What a training does, apart from where it stands.
 *
 * @param loss what to minimise; null for the data's default
 * @param classWeights of cross-entropy while training; empty for equal ones
 * @param optimizer how
 * @param schedule of the learning rate
 * @param epochs in all
 * @param steps in all at most; 0 for as many as the epochs have
 * @param batchSize rows of a mini-batch
 * @param accumulation mini-batches of a step
 * @param seed of the order of rows
 * @param shuffle whether rows are shuffled
 * @param patience epochs without a better validation loss after which to stop; 0 for never
 * @param clipping of gradients
 * @param groups of parameters that are trained otherwise, the first that names a tensor
 * @param averaging of the parameters; 0 for none
 * @param gridUpdates on the way; null for none
 * @param regularisers added to the loss
 * @param monotonicity kept after every step; null for none
 */
record TrainingPlan(Loss loss, List<Double> classWeights, Optimizer optimizer, Schedule schedule, int epochs, long steps,
        int batchSize, int accumulation, long seed, boolean shuffle, int patience, Clipping clipping,
        List<ParameterGroup> groups, double averaging, GridUpdates gridUpdates,
        List<Regulariser> regularisers, Monotonicity monotonicity) {

    /** Checks the combination. */
    TrainingPlan {
        if (optimizer instanceof Lbfgs) {
            if (monotonicity != null) {
                throw KanException.invalid("a monotone model is trained by AdamW or SGD, whose steps are put right one by one; "
                        + "given L-BFGS");
            }
            if (accumulation > 1 || clipping.active() || !(schedule instanceof Schedule.Constant)) {
                throw KanException.invalid("L-BFGS searches along a line of its own: it goes without accumulation, clipping "
                        + "and schedules; given accumulation %d, %s, %s", accumulation, clipping, schedule);
            }
            if (groups.stream().anyMatch(group -> !group.frozen())) {
                throw KanException.invalid("L-BFGS has one rate and no weight decay: its groups can only be frozen, given "
                        + "%s", groups);
            }
        }
    }

    /** The same until another epoch, whatever number of steps that takes. */
    TrainingPlan until(int lastEpoch) {
        return new TrainingPlan(loss, classWeights, optimizer, schedule, lastEpoch, 0, batchSize, accumulation, seed, shuffle,
                patience, clipping, groups, averaging, gridUpdates, regularisers, monotonicity);
    }

    /** Whether the batches' predictions tell how many rows were classified rightly. */
    boolean countsClasses() {
        return classWeights.isEmpty() && !(optimizer instanceof Lbfgs);
    }

    /** Whether a step is nothing but the optimizer's on one mini-batch's gradient. */
    boolean plain() {
        return !(optimizer instanceof Lbfgs) && accumulation == 1 && !clipping.active() && groups.isEmpty()
                && regularisers.isEmpty();
    }

    /** Whether a step is nothing but AdamW on one mini-batch's gradient, which then need not exist. */
    boolean fusible() {
        return optimizer instanceof Optimizer.AdamW && plain();
    }

    /** Moves parameters to the nearest that keep what is promised of them. */
    void putRight(Parameters parameters) {
        if (monotonicity != null) {
            monotonicity.project(parameters);
        }
    }

    /** Refuses a device that this plan cannot be followed on. */
    void requireRunsOn(Context context) {
        if (monotonicity != null && context.isCuda()) {
            throw new UnsupportedException("a monotone model is trained on the CPU, where its parameters are put right after "
                    + "each step; given a context on " + context.device());
        }
    }

    /** Refuses a model that this plan cannot train. */
    void require(KanModel model) {
        if (gridUpdates != null && model.layers().stream().noneMatch(GridUpdate::hasGrid)) {
            throw KanException.invalid("grid updates need a layer of B-splines, Gaussians or RSWAF; none of the %d layers is one",
                    model.layers().size());
        }
        if (monotonicity != null) {
            monotonicity.require(model);
        }
    }
}
