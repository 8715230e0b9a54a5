// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.storage.StorageLevel;
import org.kan4j.device.Context;
import org.kan4j.grid.GridUpdate;
import org.kan4j.model.ParameterVector;
import org.kan4j.model.Parameters;
import org.kan4j.optim.Lbfgs;
import org.kan4j.optim.LbfgsMinimizer;
import org.kan4j.optim.Objective;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.train.WeightRegulariser;

/**
 * L-BFGS on the driver over the rows of all partitions, which stay packed in the executors' caches: an evaluation sends the
 * parameters to every executor and adds up a loss and a gradient a partition.
 */
final class FullBatch implements Objective, AutoCloseable {

    /** Iterations from one look at the validation rows, at what the loss has changed and at the clock of checkpoints to the next. */
    static final int PART = 10;
    /** Rows that grids are moved to. */
    private static final int SAMPLE = 10_000;

    private final Fitting.Work work;
    private final Context context;
    private final Parameters parameters;
    private final JavaRDD<Block> train;
    private final JavaRDD<Block> held;
    private final List<WeightRegulariser> penalties;
    private final List<Double> losses = new ArrayList<>();
    private final List<Double> validationLosses = new ArrayList<>();
    private final double totalWeight;
    private double lastValidation = Double.NaN;
    private Partial.State evaluated;
    private Partial sum;

    private FullBatch(Fitting.Work work, Context context, Parameters parameters) {
        this.work = work;
        this.context = context;
        this.parameters = parameters;
        this.penalties = work.settings().course().penalties();
        this.train = work.blocks(false).persist(StorageLevel.MEMORY_AND_DISK());
        this.held = work.survey().validationRows > 0 ? work.blocks(true).persist(StorageLevel.MEMORY_AND_DISK()) : null;
        this.totalWeight = Partial.weight(train, work);
    }

    static Trained run(Fitting.Work work) {
        Settings settings = work.settings();
        try (Context context = Context.open(settings.context());
                Parameters parameters = Parameters.initialise(settings.network().model(work.in(), work.out()),
                        settings.course().seed());
                FullBatch objective = new FullBatch(work, context, parameters)) {
            String end = objective.minimise();
            return new Trained(NativeModel.of(parameters, work.encoding()), "lbfgs", objective.losses,
                    objective.validationLosses, end);
        }
    }

    private String minimise() {
        Settings.Course course = work.settings().course();
        int part = course.gridUpdates() > 0 ? course.gridUpdates() : PART;
        TrainingFile checkpoint = TrainingFile.of(work, "lbfgs");
        String end = Lbfgs.Stop.ITERATIONS.name();
        // Changes of the loss are looked at here, over parts, so that a training that is resumed ends where it would have ended.
        try (LbfgsMinimizer minimizer = LbfgsMinimizer.of(context, parameters,
                work.settings().properties().remembering(Lbfgs.of(course.maxIter()).withTolerances(0, 0)));
                Parameters lowest = parameters.copy()) {
            TrainingFile.Standing begun = checkpoint.resume(parameters, lowest, minimizer::goOn);
            double best = begun.best();
            int stale = begun.stale();
            double reference = begun.reference();
            int since = begun.since();
            for (int made = begun.done(); made < course.maxIter();) {
                if (course.gridUpdates() > 0 && made <= course.maxIter() / 2) {
                    moveGrids();
                    minimizer.reset();
                    reference = Double.NaN;
                }
                Lbfgs.Result result = minimizer.minimize(this, Math.min(part, course.maxIter() - made));
                made += part;
                if (held != null) {
                    double measured = measure();
                    if (measured < best) {
                        best = measured;
                        stale = 0;
                        lowest.copyFrom(parameters);
                    } else if (++stale >= course.patience() && course.patience() > 0) {
                        end = "EARLY_STOPPING";
                        break;
                    }
                }
                if (result.stop() != Lbfgs.Stop.ITERATIONS) {
                    end = result.stop().name();
                    break;
                }
                if (Double.isNaN(reference) || made - since >= PART) {
                    if (course.tol() > 0 && reference - result.value() <= course.tol() * Math.abs(result.value())) {
                        end = Lbfgs.Stop.CHANGE.name();
                        break;
                    }
                    reference = result.value();
                    since = made;
                }
                if (checkpoint.due(made / part)) {
                    checkpoint.write(parameters, lowest, minimizer.past(),
                            new TrainingFile.Standing(made, best, stale, reference, since));
                }
            }
            if (course.patience() > 0 && best < Double.POSITIVE_INFINITY) {
                parameters.copyFrom(lowest);
            }
            checkpoint.delete();
            return end;
        }
    }

    @Override
    public double evaluate(ParameterVector gradient) {
        Partial.State state = Partial.State.of(parameters);
        if (!state.isSame(evaluated)) { // a part begins where the one before ended
            sum = sum(state);
            evaluated = state;
        }
        double[] total = sum.vector();
        HostTensor flat = gradient.flat();
        for (int i = 0; i < total.length; i++) {
            flat.setFlat(i, total[i] / totalWeight);
        }
        double loss = sum.loss() / totalWeight;
        for (WeightRegulariser penalty : penalties) {
            loss += penalty.addTo(context, parameters, gradient);
        }
        return loss;
    }

    private Partial sum(Partial.State state) {
        long begin = System.nanoTime();
        Broadcast<Partial.State> shared = work.spark().broadcast(state);
        try {
            Partial all = Partial.sum(train, work, Partial.Kind.GRADIENT, shared, totalWeight);
            losses.add(all.loss() / totalWeight);
            work.progress().log("evaluation", losses.size(), losses.getLast(), lastValidation, work.survey().rows,
                    (System.nanoTime() - begin) / 1e9);
            return all;
        } finally {
            shared.destroy();
        }
    }

    private double measure() {
        Broadcast<Partial.State> state = work.spark().broadcast(Partial.State.of(parameters));
        try {
            Partial sum = Partial.sum(held, work, Partial.Kind.LOSS, state, Double.NaN);
            lastValidation = sum.loss() / sum.weight();
        } finally {
            state.destroy();
        }
        validationLosses.add(lastValidation);
        return lastValidation;
    }

    private void moveGrids() {
        try (Arena arena = Arena.ofConfined()) {
            GridUpdate.defaults().apply(context, parameters, sample(arena, work, train));
        }
    }

    /** Rows of all partitions, evenly spread, in the order of partitions. */
    static HostTensor sample(Arena arena, Fitting.Work work, JavaRDD<Block> blocks) {
        int rowBytes = Math.toIntExact(work.in() * work.layout().dtype().bytes());
        double share = Math.min(1, (double) SAMPLE / work.survey().rows);
        List<byte[]> parts = blocks.map(block -> some(block, share, rowBytes)).collect();
        long bytes = parts.stream().mapToLong(part -> part.length).sum();
        DType type = work.layout().dtype();
        HostTensor sample = HostTensor.allocate(arena, type, bytes / rowBytes, work.in());
        long at = 0;
        for (byte[] part : parts) {
            MemorySegment.copy(MemorySegment.ofArray(part), 0, sample.segment(), at, part.length);
            at += part.length;
        }
        return sample;
    }

    private static byte[] some(Block block, double share, int rowBytes) {
        int count = (int) Math.ceil(block.rows() * share);
        byte[] rows = new byte[count * rowBytes];
        for (int i = 0; i < count; i++) {
            int row = (int) ((long) i * block.rows() / count);
            System.arraycopy(block.features(), row * rowBytes, rows, i * rowBytes, rowBytes);
        }
        return rows;
    }

    @Override
    public void close() {
        train.unpersist(false);
        if (held != null) {
            held.unpersist(false);
        }
    }
}
