// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;

/**
 * Trains parameters on a data set in mini-batches. The order of the rows is a function of the seed and the epoch, the
 * kernels give the same bits whatever the number of threads; so a training that is stopped, saved and resumed ends with
 * the same bits as one that was not.
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
    private final Path checkpoint;
    private final Map<String, String> properties;
    private final OptimizerState state;
    private final TrainingProgress progress;
    /** With early stopping: the best parameters so far while training, those training goes on with after it. */
    private final Parameters other;
    private boolean restored;
    private volatile boolean stopRequested;

    private Trainer(Builder builder) {
        this.parameters = builder.parameters;
        this.plan = new TrainingPlan(builder.loss, builder.optimizer, builder.schedule, builder.epochs,
            builder.batchSize, builder.seed, builder.shuffle, builder.patience);
        this.listeners = List.copyOf(builder.listeners);
        this.checkpoint = builder.checkpoint;
        this.properties = Map.copyOf(builder.properties);
        this.ownsContext = builder.context == null;
        this.context = ownsContext ? Context.open() : builder.context;
        OptimizerState fresh = null;
        Parameters second = null;
        try {
            fresh = new OptimizerState(plan.optimizer(), parameters);
            if (builder.resumed == null) {
                this.progress = new TrainingProgress();
            } else {
                fresh.copyFrom(builder.resumed.state());
                this.progress = builder.resumed.progress().copy();
            }
            if (plan.patience() > 0) {
                second = parameters.copy();
                if (builder.resumed != null) {
                    parameters.copyFrom(builder.resumed.current());
                }
            }
        } catch (RuntimeException | Error e) {
            if (fresh != null) {
                fresh.close();
            }
            if (second != null) {
                second.close();
            }
            if (ownsContext) {
                context.close();
            }
            throw e;
        }
        this.state = fresh;
        this.other = second;
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
        TrainingState training = checkpoint.training().orElseThrow(() -> KanException.invalid(
            "the checkpoint holds a model but no training to resume"));
        Builder builder = new Builder(checkpoint.parameters());
        TrainingPlan plan = training.plan();
        builder.loss = plan.loss();
        builder.optimizer = plan.optimizer();
        builder.schedule = plan.schedule();
        builder.epochs = plan.epochs();
        builder.batchSize = plan.batchSize();
        builder.seed = plan.seed();
        builder.shuffle = plan.shuffle();
        builder.patience = plan.patience();
        builder.properties.putAll(checkpoint.properties());
        builder.resumed = training;
        return builder;
    }

    /** How to train. */
    public static final class Builder {

        private final Parameters parameters;
        private Context context;
        private Loss loss;
        private Optimizer optimizer = Optimizer.adamW(1e-3, 1e-4);
        private Schedule schedule = Schedule.constant();
        private int epochs = 10;
        private int batchSize = 64;
        private long seed = 1;
        private boolean shuffle = true;
        private int patience;
        private final List<TrainingListener> listeners = new ArrayList<>();
        private Path checkpoint;
        private final Map<String, String> properties = new LinkedHashMap<>();
        private TrainingState resumed;

        private Builder(Parameters parameters) {
            this.parameters = Objects.requireNonNull(parameters, "parameters");
        }

        /** Where to run; the trainer opens a context of its own otherwise. The caller closes this one. */
        public Builder context(Context value) {
            context = value;
            return this;
        }

        /** What to minimise; otherwise cross-entropy for class labels and mean squared error for real targets. */
        public Builder loss(Loss value) {
            loss = value;
            return this;
        }

        /** The optimizer; otherwise AdamW with rate 1e-3 and weight decay 1e-4. Cannot change in a resume. */
        public Builder optimizer(Optimizer value) {
            if (resumed != null && !value.equals(optimizer)) {
                throw KanException.invalid("a resumed training keeps its optimizer, %s; given %s", optimizer, value);
            }
            optimizer = Objects.requireNonNull(value, "optimizer");
            return this;
        }

        /** The course of the learning rate; otherwise constant. */
        public Builder schedule(Schedule value) {
            schedule = Objects.requireNonNull(value, "schedule");
            return this;
        }

        /** Passes over the data in all; otherwise 10. */
        public Builder epochs(int value) {
            Checks.atLeast("the epochs", value, 0);
            epochs = value;
            return this;
        }

        /**
         * Rows of a mini-batch; otherwise 64. The last batch of an epoch may have fewer; one of a single row is left out
         * of an epoch where the model has a batch norm.
         */
        public Builder batchSize(int value) {
            Checks.atLeast("the batch size", value, 1);
            if (resumed != null && value != batchSize) {
                throw KanException.invalid("a resumed training keeps its batch size, %d; given %d", batchSize, value);
            }
            batchSize = value;
            return this;
        }

        /** The seed of the order of rows; otherwise 1. */
        public Builder seed(long value) {
            if (resumed != null && value != seed) {
                throw KanException.invalid("a resumed training keeps its seed, %d; given %d", seed, value);
            }
            seed = value;
            return this;
        }

        /** Whether each epoch has the rows in another order; otherwise yes. */
        public Builder shuffle(boolean value) {
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
            if (resumed != null && epochs != patience) {
                throw KanException.invalid("a resumed training keeps its patience, %d epochs; given %d", patience, epochs);
            }
            patience = epochs;
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
        return progress.history.size();
    }

    /** Steps made. */
    public long steps() {
        return state.steps();
    }

    /** Ends {@link #fit} after the current batch; from any thread. Interrupting the training thread does the same. */
    public void requestStop() {
        stopRequested = true;
    }

    /** As {@link #fit(RowSource, RowSource)} without validation. */
    public TrainingResult fit(RowSource data) {
        return fit(data, null);
    }

    /**
     * Trains until all epochs are done or a stop is requested.
     *
     * @param data to train on; after a resume the same as before
     * @param validation to measure after each epoch, or null
     * @throws NonFiniteLossException if the loss is NaN or infinite; the step is not made
     * @throws KanException if data and model do not fit each other
     */
    public TrainingResult fit(RowSource data, RowSource validation) {
        Loss loss = plan.loss() == null ? Measurement.defaultLoss(data) : plan.loss();
        Measurement.requireFit(parameters.model(), loss, data);
        if (validation != null) {
            Measurement.requireFit(parameters.model(), loss, validation);
        }
        if (data.size() == 0) {
            throw KanException.invalid("a data set without rows cannot be trained on");
        }
        if (plan.patience() > 0 && validation == null) {
            throw KanException.invalid("early stopping needs a validation set to measure on");
        }
        stopRequested = false;
        exchange(false);
        listeners.forEach(listener -> listener.onStart(this, data.size()));
        int batchSize = Math.min(plan.batchSize(), data.size());
        boolean fused = plan.optimizer() instanceof Optimizer.AdamW;
        try (Memory memory = Memory.confined(context);
             Workspace workspace = Workspace.training(context, parameters, batchSize);
             ParameterVector gradients = fused ? null : parameters.newVector()) {
            Measurement.Batch batch = new Measurement.Batch(memory, data, batchSize);
            while (epoch() < plan.epochs() && !stopping() && !exhausted()) {
                boolean completed;
                try (RowSource.Pass pass = plan.shuffle() ? data.shuffled(plan.seed(), epoch()) : data.inOrder()) {
                    completed = fitEpoch(data, pass, loss, workspace, gradients, batch, batchSize);
                }
                if (completed) {
                    endEpoch(loss, validation);
                }
            }
        }
        boolean stopped = epoch() < plan.epochs() && !exhausted();
        exchange(true);
        if (stopped && checkpoint != null) {
            writeCheckpoint();
        }
        TrainingResult result = new TrainingResult(List.copyOf(progress.history), steps(), stopped);
        listeners.forEach(listener -> listener.onEnd(this, result));
        return result;
    }

    /** Batches of an epoch. A last one of a single row is left out where a batch norm would find no variance in it. */
    private long batches(int rows, int batchSize) {
        boolean normed = parameters.model().layers().stream().anyMatch(
            layer -> layer instanceof BatchNorm norm && !norm.frozen());
        return rows / batchSize + (rows % batchSize > (normed && rows > batchSize ? 1 : 0) ? 1 : 0);
    }

    /** Whether the validation loss has not become better for as many epochs as the plan allows. */
    private boolean exhausted() {
        return plan.patience() > 0 && epoch() - progress.bestEpoch() >= plan.patience();
    }

    /** Makes the parameters the best ones, or those training goes on with. */
    private void exchange(boolean best) {
        if (other == null || best == restored || progress.bestEpoch() == 0) {
            return;
        }
        try (Parameters held = parameters.copy()) {
            parameters.copyFrom(other);
            other.copyFrom(held);
        }
        restored = best;
    }

    private boolean stopping() {
        return stopRequested || Thread.currentThread().isInterrupted();
    }

    /** Trains on what is left of the current epoch; whether it was completed. */
    private boolean fitEpoch(RowSource data, RowSource.Pass pass, Loss loss, Workspace workspace,
                             ParameterVector gradients, Measurement.Batch batch, int batchSize) {
        int epoch = epoch();
        long batches = batches(data.size(), batchSize);
        if (progress.batch > batches) {
            throw KanException.invalid("the training to resume is in batch %d of an epoch, the data has %d batches; is "
                + "it the same data?", progress.batch, batches);
        }
        long start = System.nanoTime();
        if (progress.batch == 0) {
            listeners.forEach(listener -> listener.onEpochStart(this, epoch + 1));
        }
        while (progress.batch < batches) {
            if (stopping()) {
                return false;
            }
            int from = (int) (progress.batch * batchSize);
            int rows = Math.min(batchSize, data.size() - from);
            batch.read(pass, from, from + rows);
            double rate = plan.optimizer().learningRate()
                * plan.schedule().factor(epoch * batches + progress.batch, batches, plan.epochs());
            step(data, loss, workspace, gradients, batch, rows, rate);
            progress.batch++;
            if (!listeners.isEmpty()) {
                TrainingListener.Batch event = new TrainingListener.Batch(epoch + 1, plan.epochs(), progress.batch,
                    batches, steps(), progress.rows, progress.loss(), accuracy(loss), rate);
                for (TrainingListener listener : listeners) {
                    listener.onBatch(this, event);
                }
            }
        }
        progress.seconds = (System.nanoTime() - start) * 1e-9;
        return true;
    }

    private void step(RowSource data, Loss loss, Workspace workspace, ParameterVector gradients,
                      Measurement.Batch batch, int rows, double rate) {
        double weight = batch.weight(rows);
        progress.rows += rows;
        if (weight == 0) {
            return; // rows of weight 0 have no gradient
        }
        MemorySegment predictions = workspace.forward(rows, batch.x);
        if (Measurement.hasClasses(loss)) {
            progress.correct += Measurement.correct(loss, data, batch.onHost(predictions, rows), batch, rows);
        }
        // The gradient takes the predictions' place.
        double value = LossKernel.evaluate(loss, context, data.dtype(), rows, data.out(), predictions, batch.targets,
            data.weighted() ? batch.weights : MemorySegment.NULL, predictions, batch.value);
        if (!Double.isFinite(value)) {
            throw new NonFiniteLossException(value, epoch() + 1, progress.batch + 1, steps() + 1, rate);
        }
        if (gradients == null) {
            state.next(rate);
            workspace.backwardAdamW(rows, batch.x, predictions, state);
        } else {
            workspace.backward(rows, batch.x, predictions, gradients);
            state.step(context, gradients, rate);
        }
        progress.lossSum += value * weight;
        progress.weightSum += weight;
    }

    private OptionalDouble accuracy(Loss loss) {
        return Measurement.hasClasses(loss) && progress.weightSum > 0
            ? OptionalDouble.of(progress.correct / progress.weightSum) : OptionalDouble.empty();
    }

    private void endEpoch(Loss loss, RowSource validation) {
        Metrics metrics = validation == null ? null : Measurement.of(context, parameters, loss, validation);
        TrainingListener.Epoch event = new TrainingListener.Epoch(epoch() + 1, plan.epochs(), progress.loss(),
            accuracy(loss), metrics, progress.seconds);
        progress.nextEpoch(event);
        if (other != null && progress.bestEpoch() == epoch()) {
            other.copyFrom(parameters);
        }
        if (checkpoint != null) {
            writeCheckpoint();
        }
        listeners.forEach(listener -> listener.onEpochEnd(this, event));
    }

    private void writeCheckpoint() {
        try {
            save(checkpoint);
        } catch (IOException e) {
            throw new KanException(Status.INVALID_ARGUMENT, "cannot write the checkpoint " + checkpoint + ": " + e, e);
        }
    }

    /** Measures the parameters as they are. */
    public Metrics evaluate(RowSource data) {
        return Measurement.of(context, parameters, plan.loss(), data);
    }

    /** Writes a checkpoint from which training can be resumed. Replaces the file in one step. */
    public void save(Path file) throws IOException {
        boolean swapped = other != null && !restored && progress.bestEpoch() > 0;
        Parameters model = swapped ? other : parameters;
        Parameters current = other == null ? null : restored ? other : parameters;
        CheckpointFile.write(file, model, properties, context.toString(), new TrainingState(plan, progress, state, current));
    }

    /** Frees the optimizer's state and the context it opened; does nothing the second time. */
    @Override
    public void close() {
        try {
            state.close();
            if (other != null) {
                other.close();
            }
        } finally {
            if (ownsContext) {
                context.close();
            }
        }
    }
}
