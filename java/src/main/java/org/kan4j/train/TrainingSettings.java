// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.kan4j.constraint.Monotonicity;
import org.kan4j.error.KanException;
import org.kan4j.internal.Checks;
import org.kan4j.model.Parameters;
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
    Monotonicity monotonicity;
    /** Where a resume goes on; null for a training from the start. */
    TrainingState resumed;

    final Parameters parameters;

    TrainingSettings(Parameters parameters) {
        this.parameters = Objects.requireNonNull(parameters, "parameters");
    }

    /** The builder that these settings are of. */
    abstract Trainer.Builder self();

    /**
     * What to minimise; otherwise cross-entropy for class labels and mean squared error for real targets. One of one's
     * own is a {@link Loss.Custom}; a resume that needs it is given it again.
     */
    public Trainer.Builder loss(Loss value) {
        keep("loss", loss, value);
        loss = value;
        return self();
    }

    /**
     * How much rows of each class count in cross-entropy while training: a row's loss, and its share in the mean,
     * are multiplied by its class's weight. Measurements do not know of it, and no accuracy over the batches is
     * kept then. Otherwise all classes count 1.
     *
     * @param weights one a class, at least 0
     */
    public Trainer.Builder classWeights(double... weights) {
        for (int c = 0; c < weights.length; c++) {
            Checks.nonNegative("the weight of class " + c, weights[c]);
        }
        List<Double> value = Arrays.stream(weights).boxed().toList();
        keep("class weights", classWeights, value);
        classWeights = value;
        return self();
    }

    /** The optimizer; otherwise AdamW with rate 1e-3 and weight decay 1e-4. Cannot change in a resume. */
    public Trainer.Builder optimizer(Optimizer value) {
        keep("optimizer", optimizer, value);
        optimizer = Objects.requireNonNull(value, "optimizer");
        return self();
    }

    /**
     * The course of the learning rate; otherwise constant. One of one's own is a {@link Schedule.Custom}; a resume that
     * needs it is given it again.
     */
    public Trainer.Builder schedule(Schedule value) {
        keep("schedule", schedule, value);
        schedule = Objects.requireNonNull(value, "schedule");
        return self();
    }

    /** Passes over the data in all; otherwise 10, or as many as the {@code steps} take. */
    public Trainer.Builder epochs(int value) {
        Checks.atLeast("the epochs", value, 0);
        epochs = value;
        return self();
    }

    /**
     * Steps in all at most; otherwise as many as the epochs have. The epoch in which the last one falls ends with
     * it, and is measured.
     */
    public Trainer.Builder steps(long value) {
        Checks.atLeast("the steps", value, 1);
        steps = value;
        return self();
    }

    /**
     * Rows of a mini-batch; otherwise 64, and all for L-BFGS. The last batch of an epoch may have fewer; one of a
     * single row is left out of an epoch where the model has a batch norm.
     */
    public Trainer.Builder batchSize(int value) {
        Checks.atLeast("the batch size", value, 1);
        keep("batch size", batchSize, value);
        batchSize = value;
        return self();
    }

    /**
     * Mini-batches whose gradients make one step; otherwise 1. The step is that of one batch of all their rows, to
     * rounding; the last one of an epoch may have fewer. A batch norm sees each mini-batch alone.
     */
    public Trainer.Builder accumulation(int batches) {
        Checks.atLeast("the batches of a step", batches, 1);
        keep("accumulation", accumulation, batches);
        accumulation = batches;
        return self();
    }

    /** Limits on the gradient of each step; otherwise none. */
    public Trainer.Builder clipping(Clipping value) {
        keep("clipping", clipping, value);
        clipping = Objects.requireNonNull(value, "clipping");
        return self();
    }

    /**
     * Adds parameters that are trained otherwise than the rest, or not at all. Of several groups that name a tensor
     * the first counts.
     */
    public Trainer.Builder group(ParameterGroup value) {
        if (resumed != null && !groups.contains(value)) {
            throw KanException.invalid("a resumed training keeps its groups, %s; given %s", groups, value);
        }
        value.require(parameters.model());
        if (resumed == null) {
            groups.add(value);
        }
        return self();
    }

    /**
     * Keeps an exponential moving average of the parameters, which is what is measured, saved as the model and left
     * in the end: after step t it is d of what it was and 1 - d of the parameters, where d is the decay, or (1 + t)
     * / (10 + t) where that is less, so that the initial parameters are soon forgotten. Running statistics of batch
     * norms are those of the parameters.
     *
     * @param decay above 0 and below 1, such as 0.999
     */
    public Trainer.Builder averaging(double decay) {
        if (!(decay > 0 && decay < 1)) {
            throw KanException.invalid("the decay of the average must be above 0 and below 1, given %s", decay);
        }
        keep("averaging", averaging, decay);
        averaging = decay;
        return self();
    }

    /** Moves the grids to the data on the way; otherwise they stay. */
    public Trainer.Builder gridUpdates(GridUpdates value) {
        keep("grid updates", gridUpdates, value);
        gridUpdates = Objects.requireNonNull(value, "gridUpdates");
        return self();
    }

    /**
     * Adds a penalty to the loss that is minimised; the loss reported is without it. Otherwise none.
     *
     * @param value one of kan4j's own, for checkpoints describe it
     */
    public Trainer.Builder regulariser(Regulariser value) {
        TrainingSpecs.regulariser(value);
        if (resumed != null && !regularisers.contains(value)) {
            throw KanException.invalid("a resumed training keeps its regularisers, %s; given %s", regularisers, value);
        }
        if (resumed == null) {
            regularisers.add(value);
        }
        return self();
    }

    /**
     * Keeps the outputs rising or falling in some inputs: the parameters are put right before the first step and after each, by
     * AdamW or SGD on the CPU. Otherwise they are free.
     */
    public Trainer.Builder monotone(Monotonicity value) {
        keep("monotonicity", monotonicity, value);
        monotonicity = Objects.requireNonNull(value, "monotonicity");
        return self();
    }

    /** The seed of the order of rows; otherwise 1. */
    public Trainer.Builder seed(long value) {
        keep("seed", seed, value);
        seed = value;
        return self();
    }

    /** Whether each epoch has the rows in another order; otherwise yes. */
    public Trainer.Builder shuffle(boolean value) {
        keep("shuffling", shuffle, value);
        shuffle = value;
        return self();
    }

    /**
     * Stops when the validation loss has not become better for so many epochs, and in the end, whether stopped or
     * not, leaves the parameters of the epoch where it was best. A checkpoint holds these as its model, and those
     * that training goes on with beside them. Otherwise the parameters are those of the last epoch.
     *
     * @param epochs at least 1
     */
    public Trainer.Builder earlyStopping(int epochs) {
        Checks.atLeast("the patience of early stopping", epochs, 1);
        keep("patience", patience, epochs);
        patience = epochs;
        return self();
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
        monotonicity = plan.monotonicity();
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
                patience, clipping, List.copyOf(groups), averaging, gridUpdates, List.copyOf(regularisers), monotonicity);
    }
}
