// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.kan4j.device.Context;
import org.kan4j.error.NonFiniteLossException;
import org.kan4j.internal.measure.Measurement;
import org.kan4j.internal.memory.Memory;
import org.kan4j.internal.measure.LossPass;
import org.kan4j.internal.model.LossKernel;
import org.kan4j.internal.model.OptimizerSteps;
import org.kan4j.internal.model.Vectors;
import org.kan4j.internal.passes.Passes;
import org.kan4j.model.ParameterVector;
import org.kan4j.model.Parameters;
import org.kan4j.model.TensorInfo;
import org.kan4j.model.Workspace;
import org.kan4j.optim.Lbfgs;
import org.kan4j.optim.LbfgsMinimizer;
import org.kan4j.optim.Loss;
import org.kan4j.optim.Objective;
import org.kan4j.optim.OptimizerState;
import org.kan4j.rows.RowSource;
import org.kan4j.tensor.HostTensor;

/**
 * Makes steps of a training out of rows of its data. One for each way to a step: AdamW inside the backward pass, a
 * gradient that is gathered, changed and then applied, and a minimisation of its own.
 */
abstract sealed class Updater implements AutoCloseable
        permits Updater.Batched, Updater.Minimising, CapturedUpdater {

    final Context context;
    final RowSource data;
    final Loss loss;
    final TrainingPlan plan;
    final TrainingProgress progress;
    final Parameters parameters;
    final OptimizerState state;
    final OptimizerSteps steps;

    Updater(TrainingLoop.Run run) {
        this.context = run.context();
        this.data = run.data();
        this.loss = run.loss();
        this.plan = run.plan();
        this.progress = run.progress();
        this.parameters = run.parameters();
        this.state = run.state();
        this.steps = OptimizerSteps.of(state);
    }

    /** The updater of a training. */
    static Updater of(TrainingLoop.Run run) {
        return run.plan().optimizer() instanceof Lbfgs ? new Minimising(run)
                : CapturedUpdater.can(run) ? new CapturedUpdater(run)
                        : run.plan().fusible() ? new Fused(run) : new Gathered(run);
    }

    /**
     * One step, whose sums are added to the progress; none if all rows have the weight 0.
     *
     * @param pass over the rows of this epoch
     * @param from first position
     * @param to behind the last position
     * @param factor of the schedule on the learning rate
     * @throws NonFiniteLossException if the loss or the gradient is; the step is not made then
     */
    abstract void step(RowSource.Pass pass, int from, int to, double factor);

    /**
     * Adds the sums of all steps to the progress, where they are not there yet.
     *
     * @throws NonFiniteLossException if the loss of a step is not finite
     */
    void settle() {
        // The sums are there.
    }

    /** Frees its memory. */
    @Override
    public abstract void close();

    /** Mini-batches passed through the model. */
    abstract static sealed class Batched extends Updater {

        final Workspace workspace;
        final Passes passes;
        final Measurement.Batch batch;
        private final Memory memory;

        private Batched(TrainingLoop.Run run) {
            super(run);
            int rows = Math.min(plan.batchSize(), data.size());
            this.memory = Memory.confined(context);
            try {
                this.batch = new Measurement.Batch(memory, data, rows);
                this.workspace = Workspace.training(context, parameters, rows);
                this.passes = Passes.of(workspace);
            } catch (RuntimeException | Error e) {
                memory.close();
                throw e;
            }
        }

        /** Loads a mini-batch; the sum of its weights. */
        final double load(RowSource.Pass pass, int from, int to) {
            batch.read(pass, from, to);
            progress.rows += to - from;
            return batch.weight(to - from);
        }

        /** Runs the loaded mini-batch forward: the derivative of its loss by the predictions. */
        final MemorySegment forward(int rows, double weight, double factor) {
            MemorySegment predictions = passes.forward(rows, batch.x);
            if (Measurement.hasClasses(loss)) {
                progress.correct += Measurement.correct(loss, data, batch.onHost(predictions, rows), batch, rows);
            }
            // The gradient takes the predictions' place.
            double value = LossPass.evaluate(loss, context, data.dtype(), rows,
                    data.out(), predictions, batch.targets, data.weighted() ? batch.weights : MemorySegment.NULL,
                    predictions, batch.value);
            if (!Double.isFinite(value)) {
                throw notFinite("the loss became " + value, rows, factor);
            }
            progress.lossSum += value * weight;
            progress.weightSum += weight;
            return predictions;
        }

        final NonFiniteLossException notFinite(String what, int rows, double factor) {
            return Diagnosis.of(context, parameters, rows, batch.x).in(what, progress, state.steps() + 1,
                    plan.optimizer().learningRate() * factor);
        }

        @Override
        public void close() {
            workspace.close();
            memory.close();
        }
    }

    /** AdamW inside the backward pass: the gradient never exists as a whole. */
    private static final class Fused extends Batched {

        Fused(TrainingLoop.Run run) {
            super(run);
        }

        @Override
        void step(RowSource.Pass pass, int from, int to, double factor) {
            double weight = load(pass, from, to);
            if (weight == 0) {
                return; // rows of weight 0 have no gradient
            }
            MemorySegment gradient = forward(to - from, weight, factor);
            steps.next(plan.optimizer().learningRate() * factor);
            steps.backward(passes, to - from, batch.x, gradient);
        }
    }

    /** A gradient gathered from one or more mini-batches, changed as the plan says, then given to the optimizer. */
    private static final class Gathered extends Batched {

        private final Regularisation regularisation;
        private final Vectors vectors;
        private final ParameterVector gradients;
        /** Of one mini-batch where a step has several; else null. */
        private final ParameterVector part;

        Gathered(TrainingLoop.Run run) {
            super(run);
            this.regularisation = new Regularisation(context, plan.regularisers());
            this.vectors = run.vectors();
            this.gradients = parameters.newVector();
            this.part = plan.accumulation() > 1 ? parameters.newVector() : null;
        }

        @Override
        void step(RowSource.Pass pass, int from, int to, double factor) {
            int batchSize = Math.min(plan.batchSize(), data.size());
            boolean several = to - from > batchSize;
            double total = 0;
            int rows = 0;
            for (int start = from; start < to; start += batchSize) {
                rows = Math.min(batchSize, to - start);
                double weight = load(pass, start, start + rows);
                if (weight == 0) {
                    continue;
                }
                MemorySegment gradient = forward(rows, weight, factor);
                regularisation.backward(workspace, rows, batch.x, gradient, several ? part : gradients);
                if (several && total == 0) {
                    gradients.clear();
                }
                if (several) { // a mean over the rows of all mini-batches
                    vectors.add(weight, part, gradients);
                }
                total += weight;
            }
            if (total == 0) {
                return;
            }
            if (several) {
                vectors.scale(1 / total, gradients);
            }
            if (!vectors.clip(plan.clipping().norm(), plan.clipping().value(), gradients)) {
                throw notFinite("the gradient became not finite", rows, factor);
            }
            steps.step(context, gradients, plan.optimizer().learningRate() * factor, factor);
        }

        @Override
        public void close() {
            gradients.close();
            if (part != null) {
                part.close();
            }
            super.close();
        }
    }

    /** L-BFGS on the loss over the rows of a step, which are the same in every epoch. */
    static final class Minimising extends Updater {

        private static final int DIAGNOSED_ROWS = 256;

        private final LbfgsMinimizer minimizer;
        private final List<TensorInfo> frozen;
        /** Of all rows; null while not needed. */
        private DataObjective whole;

        Minimising(TrainingLoop.Run run) {
            super(run);
            this.minimizer = LbfgsMinimizer.of(context, state);
            this.frozen = parameters.tensors().stream().filter(t -> t.role() == TensorInfo.Role.PARAMETER
                    && plan.groups().stream().anyMatch(group -> group.has(t))).toList();
        }

        @Override
        void step(RowSource.Pass pass, int from, int to, double factor) {
            if (to - from == data.size()) {
                if (whole == null) {
                    whole = objective(data);
                }
                minimise(whole, to - from);
                return;
            }
            minimizer.reset(); // the curvature was another function's
            try (DataObjective part = objective(new BatchRows(data, plan, from, to))) {
                minimise(part, to - from);
            }
        }

        private DataObjective objective(RowSource rows) {
            return DataObjective.of(context, parameters, rows, loss, plan.regularisers());
        }

        private void minimise(DataObjective objective, int rows) {
            double[] before = {Double.NaN};
            Objective watched = gradient -> {
                double value = objective.evaluate(gradient);
                if (Double.isNaN(before[0])) {
                    before[0] = objective.dataLoss();
                    if (!Double.isFinite(value)) {
                        throw notFinite(value);
                    }
                }
                freeze(gradient);
                return value;
            };
            long left = plan.steps() == 0 ? Long.MAX_VALUE : plan.steps() - state.steps();
            int iterations = (int) Math.min(((Lbfgs) plan.optimizer()).iterations(), left);
            steps.count(minimizer.minimize(watched, iterations).iterations());
            progress.rows += rows;
            progress.lossSum += before[0] * objective.totalWeight();
            progress.weightSum += objective.totalWeight();
        }

        private void freeze(ParameterVector gradient) {
            for (TensorInfo tensor : frozen) {
                try (Arena arena = Arena.ofConfined()) {
                    gradient.set(tensor.name(), HostTensor.allocate(arena, parameters.model().dtype(), tensor.shape()));
                }
            }
        }

        private NonFiniteLossException notFinite(double value) {
            try (Arena arena = Arena.ofConfined(); Memory memory = Memory.confined(context)) {
                HostTensor sample = data.sample(arena, DIAGNOSED_ROWS);
                long bytes = sample.segment().byteSize();
                MemorySegment x = memory.allocate(bytes);
                memory.write(sample.segment(), x, bytes);
                return Diagnosis.of(context, parameters, (int) sample.rows(), x).in("the loss became " + value, progress,
                        state.steps() + 1, 1);
            }
        }

        @Override
        public void close() {
            minimizer.close();
            if (whole != null) {
                whole.close();
            }
        }
    }
}
