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
import java.util.OptionalDouble;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.error.NonFiniteLossException;
import org.kan4j.error.Status;
import org.kan4j.grid.GridUpdate;
import org.kan4j.internal.Checks;
import org.kan4j.internal.model.Vectors;
import org.kan4j.io.Checkpoint;
import org.kan4j.io.CheckpointFile;
import org.kan4j.io.SpecFormat;
import org.kan4j.layer.BatchNorm;
import org.kan4j.optim.Loss;
import org.kan4j.internal.measure.Measurement;
import org.kan4j.measure.Metrics;
import org.kan4j.model.Parameters;
import org.kan4j.optim.Clipping;
import org.kan4j.optim.Lbfgs;
import org.kan4j.optim.Optimizer;
import org.kan4j.optim.OptimizerState;
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
    private final Path checkpoint;
    private final Map<String, String> properties;
    /** What steps move: the parameters themselves, or a copy of them on the context's device. */
    private final Parameters moved;
    private final OptimizerState state;
    private final TrainingProgress progress;
    private final ParameterSets sets;
    private volatile boolean stopRequested;

    private Trainer(Builder builder) {
        this.parameters = builder.parameters;
        this.plan = builder.plan();
        if (plan.gridUpdates() != null && parameters.model().layers().stream().noneMatch(GridUpdate::hasGrid)) {
            throw KanException.invalid("grid updates need a layer of B-splines, Gaussians or RSWAF; given %s",
                parameters.model());
        }
        this.listeners = List.copyOf(builder.listeners);
        this.checkpoint = builder.checkpoint;
        this.properties = Map.copyOf(builder.properties);
        this.ownsContext = builder.context == null;
        this.context = ownsContext ? Context.open() : builder.context;
        TrainingState resumed = builder.resumed;
        OptimizerState fresh = null;
        Parameters copy = null;
        try {
            if (context.isCuda()) {
                copy = parameters.onto(context);
            }
            this.moved = copy == null ? parameters : copy;
            fresh = new OptimizerState(plan.optimizer(), moved, plan.groups());
            if (resumed == null) {
                this.progress = new TrainingProgress();
                this.sets = new ParameterSets(moved, plan.averaging(), plan.patience() > 0);
            } else {
                fresh.copyFrom(resumed.state());
                this.progress = resumed.progress().copy();
                this.sets = new ParameterSets(moved, plan.averaging(), plan.patience() > 0,
                    plan.patience() > 0 && progress.bestEpoch() > 0, resumed);
            }
        } catch (RuntimeException | Error e) {
            if (fresh != null) {
                fresh.close();
            }
            if (copy != null) {
                copy.close();
            }
            if (ownsContext) {
                context.close();
            }
            throw e;
        }
        this.state = fresh;
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
        builder.classWeights = plan.classWeights();
        builder.optimizer = plan.optimizer();
        builder.schedule = plan.schedule();
        builder.epochs = plan.epochs();
        builder.steps = plan.steps();
        builder.batchSize = plan.batchSize();
        builder.accumulation = plan.accumulation();
        builder.seed = plan.seed();
        builder.shuffle = plan.shuffle();
        builder.patience = plan.patience();
        builder.clipping = plan.clipping();
        builder.groups.addAll(plan.groups());
        builder.averaging = plan.averaging();
        builder.gridUpdates = plan.gridUpdates();
        builder.regularisers.addAll(plan.regularisers());
        builder.properties.putAll(checkpoint.properties());
        builder.resumed = training;
        return builder;
    }

    /** How to train. */
    public static final class Builder {

        private final Parameters parameters;
        private Context context;
        private Loss loss;
        private List<Double> classWeights = List.of();
        private Optimizer optimizer = Optimizer.adamW(1e-3, 1e-4);
        private Schedule schedule = Schedule.constant();
        private Integer epochs;
        private long steps;
        private Integer batchSize;
        private int accumulation = 1;
        private long seed = 1;
        private boolean shuffle = true;
        private int patience;
        private Clipping clipping = Clipping.none();
        private final List<ParameterGroup> groups = new ArrayList<>();
        private double averaging;
        private GridUpdates gridUpdates;
        private final List<Regulariser> regularisers = new ArrayList<>();
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

        /** What a resume does not change: where it did, the training would not be the one that was interrupted. */
        private void keep(String what, Object before, Object value) {
            if (resumed != null && !Objects.equals(before, value)) {
                throw KanException.invalid("a resumed training keeps its %s, %s; given %s", what, before, value);
            }
        }

        /** The course of the learning rate; otherwise constant. */
        public Builder schedule(Schedule value) {
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
            SpecFormat.regulariser(value);
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

        private TrainingPlan plan() {
            int passes = epochs != null ? epochs : steps > 0 ? Integer.MAX_VALUE : 10;
            int rows = batchSize != null ? batchSize : optimizer instanceof Lbfgs ? Integer.MAX_VALUE : 64;
            return new TrainingPlan(loss, classWeights, optimizer, schedule, passes, steps, rows, accumulation, seed,
                shuffle, patience, clipping, List.copyOf(groups), averaging, gridUpdates,
                List.copyOf(regularisers));
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

    /** Ends {@link #fit} after the current step; from any thread. Interrupting the training thread does the same. */
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
        upload();
        sets.goOn();
        listeners.forEach(listener -> listener.onStart(this, data.size()));
        RowSource rows = plan.classWeights().isEmpty() ? data : new ClassWeighted(data, plan.classWeights());
        try (Vectors vectors = new Vectors(context)) {
            Run run = new Run(context, plan, moved, state, progress, rows, loss, vectors);
            try (Updater updater = Updater.of(run)) {
                while (!isDone() && !stopping()) {
                    long before = steps();
                    boolean whole = progress.batch == 0;
                    boolean completed = fitEpoch(run, updater);
                    updater.settle();
                    if (completed) {
                        progress.converged = whole && steps() == before;
                        endEpoch(run, validation);
                    }
                }
            }
        }
        boolean stopped = !isDone();
        sets.give();
        download();
        if (stopped && checkpoint != null) {
            writeCheckpoint();
        }
        TrainingResult result = new TrainingResult(List.copyOf(progress.history), steps(), stopped);
        listeners.forEach(listener -> listener.onEnd(this, result));
        return result;
    }

    /** The caller's parameters get what is on the device. */
    private void download() {
        if (moved != parameters) {
            parameters.copyFrom(moved);
        }
    }

    /** The device gets the caller's parameters, whatever became of them. */
    private void upload() {
        if (moved != parameters) {
            moved.copyFrom(parameters);
        }
    }

    /** What the parts of a training have in common. */
    record Run(Context context, TrainingPlan plan, Parameters parameters, OptimizerState state,
               TrainingProgress progress, RowSource data, Loss loss, Vectors vectors) {
    }

    /** Batches of an epoch. A last one of a single row is left out where a batch norm would find no variance in it. */
    private long batches(int rows) {
        int batchSize = Math.min(plan.batchSize(), rows);
        boolean normed = parameters.model().layers().stream().anyMatch(
            layer -> layer instanceof BatchNorm norm && !norm.frozen());
        return rows / batchSize + (rows % batchSize > (normed && rows > batchSize ? 1 : 0) ? 1 : 0);
    }

    private long stepsPerEpoch(int rows) {
        int iterations = plan.optimizer() instanceof Lbfgs lbfgs ? Math.max(1, lbfgs.iterations()) : 1;
        return (batches(rows) + plan.accumulation() - 1) / plan.accumulation() * iterations;
    }

    /**
     * Epochs in all, the last perhaps a part of one.
     *
     * @param rows of the training data, at least 1
     */
    public int epochs(int rows) {
        long most = plan.steps() == 0 ? Long.MAX_VALUE : (plan.steps() - 1) / stepsPerEpoch(rows) + 1;
        return (int) Math.min(plan.epochs(), most);
    }

    /**
     * Whether there is nothing left to train: all epochs or steps are made, the validation loss has not become better
     * for long enough, or L-BFGS found nothing lower.
     */
    public boolean isDone() {
        return epoch() >= plan.epochs() || spent() || progress.converged
            || plan.patience() > 0 && epoch() - progress.bestEpoch() >= plan.patience();
    }

    private boolean spent() {
        return plan.steps() > 0 && steps() >= plan.steps();
    }

    private boolean stopping() {
        return stopRequested || Thread.currentThread().isInterrupted();
    }

    /** Trains on what is left of the current epoch; whether it was completed, or all steps are made. */
    private boolean fitEpoch(Run run, Updater updater) {
        RowSource data = run.data();
        int epoch = epoch();
        int batchSize = Math.min(plan.batchSize(), data.size());
        long batches = batches(data.size());
        if (progress.batch > batches) {
            throw KanException.invalid("the training to resume is in batch %d of an epoch, the data has %d batches; is "
                + "it the same data?", progress.batch, batches);
        }
        long stepsPerEpoch = stepsPerEpoch(data.size());
        long allSteps = plan.epochs() * stepsPerEpoch;
        if (plan.steps() > 0) {
            allSteps = Math.min(allSteps, plan.steps());
        }
        int epochs = epochs(data.size());
        List<Double> losses = progress.losses();
        long start = System.nanoTime();
        if (progress.batch == 0) {
            listeners.forEach(listener -> listener.onEpochStart(this, epoch + 1));
        }
        try (RowSource.Pass pass = plan.shuffle() ? data.shuffled(plan.seed(), epoch) : data.inOrder()) {
            while (progress.batch < batches && !spent()) {
                if (stopping()) {
                    return false;
                }
                long next = Math.min(batches, progress.batch + plan.accumulation());
                double factor = plan.schedule().factor(new Schedule.Position(
                    epoch * stepsPerEpoch + progress.batch / plan.accumulation(), stepsPerEpoch, allSteps, losses));
                step(run, updater, pass, (int) (progress.batch * batchSize),
                    (int) Math.min(data.size(), next * batchSize), factor);
                progress.batch = next;
                if (!listeners.isEmpty()) {
                    TrainingListener.Batch event = new TrainingListener.Batch(epoch + 1, epochs, next, batches, steps(),
                        progress.rows, progress.loss(), accuracy(run.loss()), plan.optimizer().learningRate() * factor);
                    for (TrainingListener listener : listeners) {
                        listener.onBatch(this, event);
                    }
                }
            }
        }
        updater.settle(); // what a device was given is done when this returns
        progress.seconds = (System.nanoTime() - start) * 1e-9;
        return true;
    }

    /** A step on the rows at these positions of the pass, and what follows a step. */
    private void step(Run run, Updater updater, RowSource.Pass pass, int from, int to, double factor) {
        long before = steps();
        updater.step(pass, from, to, factor);
        if (steps() == before) {
            return;
        }
        sets.afterStep(run.vectors(), steps());
        if (plan.gridUpdates() != null && plan.gridUpdates().due(before, steps())) {
            updateGrids(run.data());
        }
    }

    private void updateGrids(RowSource data) {
        GridUpdate.Report report = plan.gridUpdates().apply(context, moved, data, layer -> !frozen(layer));
        if (report.updated() > 0) {
            state.restart();
            sets.restartAverage();
        }
        listeners.forEach(listener -> listener.onGridUpdate(this, report));
    }

    /** Whether a layer's coefficients keep their numbers, and so its grid has to. */
    private boolean frozen(int layer) {
        return parameters.tensors().stream().filter(t -> t.layer() == layer && t.tensor().equals("coef"))
            .anyMatch(t -> plan.groups().stream().filter(group -> group.has(t)).findFirst()
                .map(ParameterGroup::frozen).orElse(false));
    }

    private OptionalDouble accuracy(Loss loss) {
        return Measurement.hasClasses(loss) && plan.countsClasses() && progress.weightSum > 0
            ? OptionalDouble.of(progress.correct / progress.weightSum) : OptionalDouble.empty();
    }

    private void endEpoch(Run run, RowSource validation) {
        if (!run.vectors().finite(moved.values())) {
            throw NonFiniteLossException.after(progress, steps(), Diagnosis.of(moved));
        }
        Metrics metrics = validation == null ? null : Metrics.measure(context, sets.measured(), run.loss(), validation);
        TrainingListener.Epoch event = new TrainingListener.Epoch(epoch() + 1, epochs(run.data().size()), progress.loss(),
            accuracy(run.loss()), metrics, progress.seconds);
        progress.nextEpoch(event);
        if (plan.patience() > 0 && progress.bestEpoch() == epoch()) {
            sets.keepBest();
        }
        if (checkpoint != null) {
            writeCheckpoint();
        }
        download();
        if (!listeners.isEmpty()) { // they may change the parameters
            listeners.forEach(listener -> listener.onEpochEnd(this, event));
            upload();
        }
    }

    private void writeCheckpoint() {
        try {
            save(checkpoint);
        } catch (IOException e) {
            Object why = e.getClass() == IOException.class ? e.getMessage() : e;  // others need their name to be understood
            throw new KanException(Status.INVALID_ARGUMENT, "cannot write the checkpoint " + checkpoint + ": " + why, e);
        }
    }

    /** Measures the parameters as they are. */
    public Metrics evaluate(RowSource data) {
        return Metrics.measure(context, parameters, plan.loss(), data);
    }

    /** Writes a checkpoint from which training can be resumed. Replaces the file in one step. */
    public void save(Path file) throws IOException {
        CheckpointFile.write(file, sets.result(), properties, context.toString(), new TrainingState(plan, progress, state,
            sets.hasCurrent() ? sets.current() : null, sets.average()));
    }

    /** Frees the optimizer's state and the context it opened; does nothing the second time. */
    @Override
    public void close() {
        try {
            state.close();
            sets.close();
            if (moved != parameters) {
                moved.close();
            }
        } finally {
            if (ownsContext) {
                context.close();
            }
        }
    }
}
