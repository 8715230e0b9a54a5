// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.kan4j.device.Context;
import org.kan4j.error.Counted;
import org.kan4j.error.KanException;
import org.kan4j.error.NonFiniteLossException;
import org.kan4j.error.Status;
import org.kan4j.internal.Checks;
import org.kan4j.io.Checkpoint;
import org.kan4j.internal.Forgotten;
import org.kan4j.measure.Metric;
import org.kan4j.measure.Metrics;
import org.kan4j.model.Parameters;
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
        this.forgotten = Forgotten.watch(this, "a Trainer of " + Counted.of(parameters.model().parameterCount(), "parameter"),
                free);
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

    /** How to train; where nothing is said, as the defaults have it. */
    public static final class Builder extends TrainingSettings {

        private Context context;
        private final List<TrainingListener> listeners = new ArrayList<>();
        private final List<Metric> metrics = new ArrayList<>();
        private Path checkpoint;
        private final Map<String, String> properties = new LinkedHashMap<>();

        private Builder(Parameters parameters) {
            super(parameters);
        }

        @Override
        Builder self() {
            return this;
        }

        /** Where to run; the trainer opens a context of its own otherwise. The caller closes this one. */
        public Builder context(Context value) {
            context = value;
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
            String why = e.getClass() == IOException.class ? e.getMessage() // others need their name to be understood
                    : "cannot write " + checkpoint + ": " + e;
            throw new KanException(Status.IO_ERROR, why, e);
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
