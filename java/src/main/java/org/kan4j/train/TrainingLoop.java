// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.kan4j.device.Context;
import org.kan4j.error.Counted;
import org.kan4j.error.KanException;
import org.kan4j.grid.GridCoverage;
import org.kan4j.grid.GridUpdate;
import org.kan4j.internal.measure.Measurement;
import org.kan4j.internal.model.OptimizerSteps;
import org.kan4j.internal.model.Vectors;
import org.kan4j.layer.BatchNorm;
import org.kan4j.measure.Metric;
import org.kan4j.measure.Metrics;
import org.kan4j.model.Parameters;
import org.kan4j.optim.Lbfgs;
import org.kan4j.optim.Loss;
import org.kan4j.optim.OptimizerState;
import org.kan4j.optim.ParameterGroup;
import org.kan4j.optim.Schedule;
import org.kan4j.rows.RowSource;

/** The loop of a training: epochs of steps, and what comes between them. Tells the trainer's listeners. */
final class TrainingLoop {

    private static final Logger LOG = System.getLogger("org.kan4j");

    /** A larger share of features outside the grid of the first layer is warned of. */
    private static final double OUTSIDE = 0.1;

    private final Trainer trainer;
    private final Parameters parameters;
    private final Context context;
    private final List<TrainingListener> listeners;
    private final Metric[] metrics;
    /** What steps move: the parameters themselves, or a copy of them on the context's device. */
    private final Parameters moved;
    private final OptimizerState state;
    private final TrainingProgress progress;
    private final ParameterSets sets;
    private TrainingPlan plan;
    /** Epochs completed when more were asked for; early stopping counts from there. */
    private int since;
    private volatile boolean stopRequested;

    /** At its start, or where {@code resumed} says, which may be null. */
    TrainingLoop(Trainer trainer, TrainingPlan plan, List<TrainingListener> listeners, List<Metric> metrics,
            TrainingState resumed) {
        this.trainer = trainer;
        this.parameters = trainer.parameters();
        this.context = trainer.context();
        this.plan = plan;
        this.listeners = listeners;
        this.metrics = metrics.toArray(Metric[]::new);
        OptimizerState fresh = null;
        Parameters copy = null;
        try {
            if (context.isCuda()) {
                copy = parameters.onto(context);
            }
            this.moved = copy == null ? parameters : copy;
            fresh = OptimizerState.of(plan.optimizer(), moved, plan.groups());
            if (resumed == null) {
                this.progress = new TrainingProgress();
                this.sets = new ParameterSets(moved, plan.averaging(), plan.patience() > 0);
            } else {
                OptimizerSteps.of(fresh).restore(resumed.moments(), resumed.steps(), resumed.restartedAt(),
                        resumed.curvature());
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
            throw e;
        }
        this.state = fresh;
    }

    int epoch() {
        return progress.history.size();
    }

    long steps() {
        return state.steps();
    }

    /** From any thread. */
    void requestStop() {
        stopRequested = true;
    }

    /** The parameters that the training gives. */
    Parameters result() {
        return sets.result();
    }

    /** Where it stands; all of it stays the loop's. */
    TrainingState state() {
        OptimizerSteps optimizer = OptimizerSteps.of(state);
        return new TrainingState(plan, progress, state.moments(), state.steps(), optimizer.restartedAt(),
                optimizer.curvature(), sets.hasCurrent() ? sets.current() : null, sets.average());
    }

    /** What the parts of a training have in common. */
    record Run(Context context, TrainingPlan plan, Parameters parameters, OptimizerState state,
            TrainingProgress progress, RowSource data, Loss loss, Vectors vectors) {
    }

    TrainingResult fit(RowSource data, RowSource validation) {
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
        if (isDone() && epoch() > 0) {
            throw new IllegalStateException("this training is done, after " + Counted.of(epoch(), "epoch") + " and "
                    + Counted.of(steps(), "step") + "; fit(data, validation, epochs) trains so many more, and a resume may be "
                    + "given more by epochs(...) and steps(...)");
        }
        plan.requireRunsOn(context);
        upload();
        sets.goOn();
        try {
            plan.putRight(moved);
            if (plan.gridUpdates() == null) {
                warnOutsideGrid(data);
            }
            listeners.forEach(listener -> listener.onStart(trainer, data.size()));
            train(data, validation, loss);
        } catch (RuntimeException | Error e) {
            fail(e);
            throw e;
        }
        boolean stopped = !isDone();
        sets.give();
        download();
        if (stopped) {
            trainer.writeCheckpoint();
        }
        TrainingResult result = result(stopped ? TrainingResult.End.STOPPED : end());
        stopRequested = false;
        listeners.forEach(listener -> listener.onEnd(trainer, result));
        return result;
    }

    /** Has the next fit train so many epochs more. */
    void more(int epochs) {
        plan = plan.until(Math.addExact(epoch(), epochs));
        progress.converged = false;
        since = epoch();
    }

    /** What is promised of the parameters holds after a failure too, and listeners can tidy up. */
    private void fail(Throwable failure) {
        stopRequested = false;
        try {
            sets.give();
            if (sets.hasCurrent()) {
                download();
            }
        } catch (RuntimeException e) {
            failure.addSuppressed(e); // the device may be what failed
        }
        TrainingResult result = result(TrainingResult.End.FAILED);
        for (TrainingListener listener : listeners) {
            try {
                listener.onEnd(trainer, result);
            } catch (RuntimeException e) {
                failure.addSuppressed(e);
            }
        }
    }

    private TrainingResult result(TrainingResult.End end) {
        int best = progress.bestEpoch();
        return new TrainingResult(progress.history, steps(), end, best == 0 ? OptionalInt.empty() : OptionalInt.of(best));
    }

    /** Why a training is done. */
    private TrainingResult.End end() {
        return progress.converged ? TrainingResult.End.CONVERGED
                : outOfPatience() ? TrainingResult.End.EARLY_STOPPING
                        : spent() ? TrainingResult.End.STEPS : TrainingResult.End.EPOCHS;
    }

    /** The error of those who are new to splines: raw features, of which a grid sees nothing. */
    private void warnOutsideGrid(RowSource data) {
        GridCoverage.firstLayer(context, moved, data).filter(layer -> layer.share() > OUTSIDE).ifPresent(layer -> LOG
                .log(Level.WARNING, String.format(Locale.ROOT, "%.1f %% of the features lie outside the grid of the first layer, "
                        + "%.1f %% of feature %d: little is learned there. Scale the features to the grid (Kan does by itself), give "
                        + "the basis another range, or move the grids to the data with gridUpdates", 100 * layer.share(),
                        100 * layer.share(layer.worstInput()), layer.worstInput())));
    }

    private void train(RowSource data, RowSource validation, Loss loss) {
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

    int epochs(int rows) {
        long most = plan.steps() == 0 ? Long.MAX_VALUE : (plan.steps() - 1) / stepsPerEpoch(rows) + 1;
        return (int) Math.min(plan.epochs(), most);
    }

    boolean isDone() {
        return epoch() >= plan.epochs() || spent() || progress.converged || outOfPatience();
    }

    private boolean outOfPatience() {
        return plan.patience() > 0 && epoch() - Math.max(since, progress.bestEpoch()) >= plan.patience();
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
            throw KanException.invalid("the training to resume is in batch %d of an epoch, the data has %s; is "
                    + "it the same data?", progress.batch, Counted.of(batches, "batch"));
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
            listeners.forEach(listener -> listener.onEpochStart(trainer, epoch + 1));
        }
        try (RowSource.Pass pass = plan.shuffle() ? data.shuffled(plan.seed(), epoch) : data.inOrder()) {
            while (progress.batch < batches && !spent()) {
                if (stopping()) {
                    return false;
                }
                long next = Math.min(batches, progress.batch + plan.accumulation());
                double factor = plan.schedule().factor(new Schedule.Position(
                        epoch * stepsPerEpoch + progress.batch / plan.accumulation(), stepsPerEpoch, allSteps, losses));
                if (!(factor >= 0 && Double.isFinite(factor))) {
                    throw KanException.invalid("the schedule gave the factor %s for step %d, expected a finite one of at least 0",
                            factor, steps() + 1);
                }
                step(run, updater, pass, (int) (progress.batch * batchSize),
                        (int) Math.min(data.size(), next * batchSize), factor);
                progress.batch = next;
                if (!listeners.isEmpty()) {
                    TrainingListener.Batch event = new TrainingListener.Batch(epoch + 1, epochs, next, batches, steps(),
                            progress.rows, progress.loss(), accuracy(run.loss()), plan.optimizer().learningRate() * factor);
                    for (TrainingListener listener : listeners) {
                        listener.onBatch(trainer, event);
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
        plan.putRight(moved);
        sets.afterStep(run.vectors(), steps());
        if (plan.gridUpdates() != null && plan.gridUpdates().due(before, steps())) {
            updateGrids(run.data());
        }
    }

    private void updateGrids(RowSource data) {
        GridUpdate.Report report = plan.gridUpdates().apply(context, moved, data, layer -> !frozen(layer));
        plan.putRight(moved);
        if (report.updated() > 0) {
            state.restart();
            sets.restartAverage();
        }
        listeners.forEach(listener -> listener.onGridUpdate(trainer, report));
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
            throw Diagnosis.of(moved).after(progress, steps());
        }
        Optional<Metrics> measured = Optional.ofNullable(validation)
                .map(rows -> Metrics.measure(context, sets.measured(), run.loss(), rows, metrics));
        TrainingListener.Epoch event = new TrainingListener.Epoch(epoch() + 1, epochs(run.data().size()), progress.loss(),
                accuracy(run.loss()), measured, progress.seconds);
        progress.nextEpoch(event);
        if (plan.patience() > 0 && progress.bestEpoch() == epoch()) {
            sets.keepBest();
        }
        trainer.writeCheckpoint();
        download();
        if (!listeners.isEmpty()) { // they may change the parameters
            listeners.forEach(listener -> listener.onEpochEnd(trainer, event));
            upload();
        }
    }

    /** Frees what it holds; knows neither the loop nor the trainer. */
    Runnable free() {
        OptimizerState ofOptimizer = state;
        ParameterSets ofSets = sets;
        Parameters copy = moved != parameters ? moved : null;
        return () -> {
            ofOptimizer.close();
            ofSets.close();
            if (copy != null) {
                copy.close();
            }
        };
    }
}
