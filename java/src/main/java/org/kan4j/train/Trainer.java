// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.error.NonFiniteLossException;
import org.kan4j.error.Status;
import org.kan4j.internal.Checks;
import org.kan4j.io.Checkpoint;
import org.kan4j.internal.Forgotten;
import org.kan4j.measure.Metric;
import org.kan4j.measure.Metrics;
import org.kan4j.model.Parameters;
import org.kan4j.optim.Clipping;
import org.kan4j.optim.Loss;
import org.kan4j.optim.Optimizer;
import org.kan4j.optim.ParameterGroup;
import org.kan4j.optim.Schedule;
import org.kan4j.rows.RowSource;

/**
 * Trains parameters on a data set in mini-batches. The order of the rows is a function of the seed and the epoch, the
 * kernels give the same bits whatever the number of threads; so a training that is stopped, saved and resumed ends with
 * the same bits as one that was not.
 *
 * <p>On a CUDA device it trains a copy of the parameters there, with its optimizer's state and, where there is room for
 * it, the data; steps of plain AdamW and SGD are recorded once and launched as a whole. The caller's parameters are
 * brought up to date after each epoch for the listeners, and at the end.
 *
 * <p>Used by one thread at a time; only {@link #requestStop} may be called from others. Closing it frees the
 * optimizer's state and the context it opened, not the parameters.
 */
public final class Trainer implements AutoCloseable {

    private final Parameters parameters;
    private final Context context;
    private final boolean ownsContext;
    private final TrainingPlan plan;
    private final List<TrainingListener> listeners;
    private final List<Metric> metrics;
    private final Path checkpoint;
    private final Map<String, String> properties;
    private final TrainingLoop loop;
    private final Runnable free;
    private final Forgotten forgotten;

    private Trainer(Builder builder) {
        this.parameters = builder.parameters;
        this.plan = builder.plan();
        this.listeners = List.copyOf(builder.listeners);
        this.metrics = List.copyOf(builder.metrics);
        this.checkpoint = builder.checkpoint;
        this.properties = Map.copyOf(builder.properties);
        plan.require(parameters.model());
        this.ownsContext = builder.context == null;
        this.context = ownsContext ? Context.open() : builder.context;
        try {
            this.loop = new TrainingLoop(this, plan, listeners, metrics, builder.resumed);
        } catch (RuntimeException | Error e) {
            if (ownsContext) {
                context.close();
            }
            throw e;
        }
        Runnable ofLoop = loop.free();
        Context opened = ownsContext ? context : null;
        this.free = () -> { // knows no trainer, so that one that is forgotten can be freed
            try (opened) {
                ofLoop.run();
            }
        };
        this.forgotten = Forgotten.watch(this, "a Trainer of " + parameters.model().parameterCount() + " parameters", free);
    }

    /** A trainer for these parameters, to be configured. */
    public static Builder builder(Parameters parameters) {
        return new Builder(parameters);
    }

    /**
     * Goes on with a training where a checkpoint left it: its parameters, plan, optimizer state, position in the data.
     * The checkpoint must stay open while the trainer is used, whose parameters are the checkpoint's.
     */
    public static Builder resume(Checkpoint checkpoint) {
        TrainingState training = TrainingFormat.load(checkpoint.state().orElseThrow(() -> KanException.invalid(
                "the checkpoint holds a model but no training to resume")));
        Builder builder = new Builder(checkpoint.parameters());
        builder.goOn(training);
        builder.properties.putAll(checkpoint.properties());
        return builder;
    }

    /** How to train. */
    public static final class Builder extends TrainingSettings {

        private final Parameters parameters;
        private Context context;
        private final List<TrainingListener> listeners = new ArrayList<>();
        private final List<Metric> metrics = new ArrayList<>();
        private Path checkpoint;
        private final Map<String, String> properties = new LinkedHashMap<>();

        private Builder(Parameters parameters) {
            this.parameters = Objects.requireNonNull(parameters, "parameters");
        }

        /** Where to run; the trainer opens a context of its own otherwise. The caller closes this one. */
        public Builder context(Context value) {
            context = value;
            return this;
        }

        /**
         * What to minimise; otherwise cross-entropy for class labels and mean squared error for real targets. One of one's
         * own is a {@link Loss.Custom}; a resume that needs it is given it again.
         */
        public Builder loss(Loss value) {
            keep("loss", loss, value);
            loss = value;
            return this;
        }

        /**
         * How much rows of each class count in cross-entropy while training: a row's loss, and its share in the mean,
         * are multiplied by its class's weight. Measurements do not know of it, and no accuracy over the batches is
         * kept then. Otherwise all classes count 1.
         *
         * @param weights one a class, at least 0
         */
        public Builder classWeights(double... weights) {
            for (int c = 0; c < weights.length; c++) {
                Checks.nonNegative("the weight of class " + c, weights[c]);
            }
            List<Double> value = Arrays.stream(weights).boxed().toList();
            keep("class weights", classWeights, value);
            classWeights = value;
            return this;
        }

        /** The optimizer; otherwise AdamW with rate 1e-3 and weight decay 1e-4. Cannot change in a resume. */
        public Builder optimizer(Optimizer value) {
            keep("optimizer", optimizer, value);
            optimizer = Objects.requireNonNull(value, "optimizer");
            return this;
        }

        /**
         * The course of the learning rate; otherwise constant. One of one's own is a {@link Schedule.Custom}; a resume that
         * needs it is given it again.
         */
        public Builder schedule(Schedule value) {
            keep("schedule", schedule, value);
            schedule = Objects.requireNonNull(value, "schedule");
            return this;
        }

        /** Passes over the data in all; otherwise 10, or as many as the {@link #steps} take. */
        public Builder epochs(int value) {
            Checks.atLeast("the epochs", value, 0);
            epochs = value;
            return this;
        }

        /**
         * Steps in all at most; otherwise as many as the epochs have. The epoch in which the last one falls ends with
         * it, and is measured.
         */
        public Builder steps(long value) {
            Checks.atLeast("the steps", value, 1);
            steps = value;
            return this;
        }

        /**
         * Rows of a mini-batch; otherwise 64, and all for L-BFGS. The last batch of an epoch may have fewer; one of a
         * single row is left out of an epoch where the model has a batch norm.
         */
        public Builder batchSize(int value) {
            Checks.atLeast("the batch size", value, 1);
            keep("batch size", batchSize, value);
            batchSize = value;
            return this;
        }

        /**
         * Mini-batches whose gradients make one step; otherwise 1. The step is that of one batch of all their rows, to
         * rounding; the last one of an epoch may have fewer. A batch norm sees each mini-batch alone.
         */
        public Builder accumulation(int batches) {
            Checks.atLeast("the batches of a step", batches, 1);
            keep("accumulation", accumulation, batches);
            accumulation = batches;
            return this;
        }

        /** Limits on the gradient of each step; otherwise none. */
        public Builder clipping(Clipping value) {
            keep("clipping", clipping, value);
            clipping = Objects.requireNonNull(value, "clipping");
            return this;
        }

        /**
         * Adds parameters that are trained otherwise than the rest, or not at all. Of several groups that name a tensor
         * the first counts.
         */
        public Builder group(ParameterGroup value) {
            if (resumed != null && !groups.contains(value)) {
                throw KanException.invalid("a resumed training keeps its groups, %s; given %s", groups, value);
            }
            value.require(parameters.model());
            if (resumed == null) {
                groups.add(value);
            }
            return this;
        }

        /**
         * Keeps an exponential moving average of the parameters, which is what is measured, saved as the model and left
         * in the end: after step t it is d of what it was and 1 - d of the parameters, where d is the decay, or (1 + t)
         * / (10 + t) where that is less, so that the initial parameters are soon forgotten. Running statistics of batch
         * norms are those of the parameters.
         *
         * @param decay above 0 and below 1, such as 0.999
         */
        public Builder averaging(double decay) {
            if (!(decay > 0 && decay < 1)) {
                throw KanException.invalid("the decay of the average must be above 0 and below 1, given %s", decay);
            }
            keep("averaging", averaging, decay);
            averaging = decay;
            return this;
        }

        /** Moves the grids to the data on the way; otherwise they stay. */
        public Builder gridUpdates(GridUpdates value) {
            keep("grid updates", gridUpdates, value);
            gridUpdates = Objects.requireNonNull(value, "gridUpdates");
            return this;
        }

        /**
         * Adds a penalty to the loss that is minimised; the loss reported is without it. Otherwise none.
         *
         * @param value one of kan4j's own, for checkpoints describe it
         */
        public Builder regulariser(Regulariser value) {
            TrainingSpecs.regulariser(value);
            if (resumed != null && !regularisers.contains(value)) {
                throw KanException.invalid("a resumed training keeps its regularisers, %s; given %s", regularisers, value);
            }
            if (resumed == null) {
                regularisers.add(value);
            }
            return this;
        }

        /** The seed of the order of rows; otherwise 1. */
        public Builder seed(long value) {
            keep("seed", seed, value);
            seed = value;
            return this;
        }

        /** Whether each epoch has the rows in another order; otherwise yes. */
        public Builder shuffle(boolean value) {
            keep("shuffling", shuffle, value);
            shuffle = value;
            return this;
        }

        /**
         * Stops when the validation loss has not become better for so many epochs, and in the end, whether stopped or
         * not, leaves the parameters of the epoch where it was best. A checkpoint holds these as its model, and those
         * that training goes on with beside them. Otherwise the parameters are those of the last epoch.
         *
         * @param epochs at least 1
         */
        public Builder earlyStopping(int epochs) {
            Checks.atLeast("the patience of early stopping", epochs, 1);
            keep("patience", patience, epochs);
            patience = epochs;
            return this;
        }

        /** Adds a measure of one's own to those of validation and {@link Trainer#evaluate}. */
        public Builder metric(Metric value) {
            metrics.add(Objects.requireNonNull(value, "metric"));
            return this;
        }

        /** Adds a listener. */
        public Builder listener(TrainingListener value) {
            listeners.add(Objects.requireNonNull(value, "listener"));
            return this;
        }

        /** Where to write a checkpoint after each epoch, and when a stop is requested. */
        public Builder checkpoint(Path file) {
            checkpoint = file;
            return this;
        }

        /** Adds to what checkpoints carry for the application: {@link Checkpoint#properties}. */
        public Builder properties(Map<String, String> values) {
            properties.putAll(values);
            return this;
        }

        /** The trainer. */
        public Trainer build() {
            return new Trainer(this);
        }
    }

    /** The parameters it trains. */
    public Parameters parameters() {
        return parameters;
    }

    /** Where it runs. */
    public Context context() {
        return context;
    }

    /** Epochs completed. */
    public int epoch() {
        return loop.epoch();
    }

    /** Steps made. */
    public long steps() {
        return loop.steps();
    }

    /**
     * Ends {@link #fit} after the current step, or the next one before its first step; from any thread. Interrupting the
     * training thread does the same, and leaves it interrupted.
     */
    public void requestStop() {
        loop.requestStop();
    }

    /** As {@link #fit(RowSource, RowSource)} without validation. */
    public TrainingResult fit(RowSource data) {
        return fit(data, null);
    }

    /**
     * Trains so many epochs more, whatever was done before: on other data, say, or because they were too few. The optimizer
     * goes on with what it knows, early stopping begins to count anew.
     *
     * @param data to train on
     * @param validation to measure after each epoch, or null
     * @param more epochs, at least 1
     */
    public TrainingResult fit(RowSource data, RowSource validation, int more) {
        Checks.atLeast("the further epochs", more, 1);
        loop.more(more);
        return loop.fit(data, validation);
    }

    /**
     * Trains until all epochs are done or a stop is requested. Afterwards, and also where it threw, the parameters are what
     * {@link #save} writes as the model; only a failure on a CUDA device leaves them as the last completed epoch did.
     *
     * @param data to train on; after a resume the same as before
     * @param validation to measure after each epoch, or null
     * @throws NonFiniteLossException if the loss is NaN or infinite; the step is not made
     * @throws KanException if data and model do not fit each other
     * @throws IllegalStateException if the training is done already
     */
    public TrainingResult fit(RowSource data, RowSource validation) {
        return loop.fit(data, validation);
    }

    /**
     * Epochs in all, the last perhaps a part of one.
     *
     * @param rows of the training data, at least 1
     */
    public int epochs(int rows) {
        return loop.epochs(rows);
    }

    /**
     * Whether there is nothing left to train: all epochs or steps are made, the validation loss has not become better
     * for long enough, or L-BFGS found nothing lower.
     */
    public boolean isDone() {
        return loop.isDone();
    }

    /** Writes the checkpoint that was asked for, if any. */
    void writeCheckpoint() {
        if (checkpoint == null) {
            return;
        }

        try {
            save(checkpoint);
        } catch (IOException e) {
            Object why = e.getClass() == IOException.class ? e.getMessage() : e; // others need their name to be understood
            throw new KanException(Status.IO_ERROR, "cannot write the checkpoint " + checkpoint + ": " + why, e);
        }
    }

    /** Measures the parameters as they are. */
    public Metrics evaluate(RowSource data) {
        return Metrics.measure(context, parameters, plan.loss(), data, metrics.toArray(Metric[]::new));
    }

    /** Writes a checkpoint from which training can be resumed. Replaces the file in one step. */
    public void save(Path file) throws IOException {
        Checkpoint.write(file, loop.result(), properties, context.toString(), TrainingFormat.save(loop.state()));
    }

    /** Frees the optimizer's state and the context it opened; does nothing the second time. */
    @Override
    public void close() {
        free.run();
        forgotten.closed();
    }
}
