// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

import java.io.Serializable;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.broadcast.Broadcast;
import org.kan4j.device.Context;
import org.kan4j.measure.Metrics;
import org.kan4j.model.ParameterVector;
import org.kan4j.model.Parameters;
import org.kan4j.optim.Optimizer;
import org.kan4j.rows.Dataset;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.train.DataObjective;
import org.kan4j.train.Trainer;
import org.kan4j.train.TrainingListener;

/**
 * What a partition adds to a sum over all: numbers times the weight of its rows.
 *
 * @param weight of the rows
 * @param loss sum over the rows
 * @param vector a gradient summed over the rows, or parameters times the weight; empty for the loss alone
 */
record Partial(double weight, double loss, double[] vector) implements Serializable {

    /** What is asked of a partition. */
    enum Kind {
        WEIGHT, LOSS, GRADIENT, EPOCH
    }

    /**
     * Parameters on their way to the executors: the numbers of the flat arrays.
     *
     * @param values that are trained
     * @param buffers grids and the like
     * @param round of a training by averages, from 0
     */
    record State(byte[] values, byte[] buffers, int round) implements Serializable {

        static State of(Parameters parameters) {
            return of(parameters, 0);
        }

        static State of(Parameters parameters, int round) {
            return new State(parameters.values().flat().segment().toArray(ValueLayout.JAVA_BYTE),
                    parameters.buffers().segment().toArray(ValueLayout.JAVA_BYTE), round);
        }

        /** Whether another one, or null, has the same numbers. */
        boolean isSame(State other) {
            return other != null && Arrays.equals(values, other.values) && Arrays.equals(buffers, other.buffers);
        }

        Parameters parameters(Fitting.Plan plan) {
            Parameters parameters = Parameters.zeros(plan.settings().network().model(plan.in(), plan.out()));
            MemorySegment.copy(MemorySegment.ofArray(values), 0, parameters.values().flat().segment(), 0, values.length);
            MemorySegment.copy(MemorySegment.ofArray(buffers), 0, parameters.buffers().segment(), 0, buffers.length);
            return parameters;
        }
    }

    /** The weight of all rows; class weights are known to the packed ones alone. */
    static double weight(JavaRDD<Block> blocks, Fitting.Work work) {
        return work.settings().course().classWeights().isEmpty() ? work.survey().weight
                : sum(blocks, work, Kind.WEIGHT, null, Double.NaN).weight();
    }

    /**
     * Adds up all partitions, in their order where that is asked for.
     *
     * @param total weight of all rows, for what listeners are told of the loss
     */
    static Partial sum(JavaRDD<Block> blocks, Fitting.Work work, Kind kind, Broadcast<State> state, double total) {
        Fitting.Plan plan = work.plan();
        Progress progress = work.progress();
        JavaRDD<Partial> parts = blocks.mapPartitions(some -> {
            Counted counted = new Counted(some);
            Partial sum = of(counted, plan, kind, state);
            if (kind == Kind.GRADIENT || kind == Kind.EPOCH) {
                progress.count(TaskContext.getPartitionId() == 0 ? 1 : 0, counted.rows, sum == null ? 0 : sum.loss / total);
            }
            return sum == null ? Collections.emptyIterator() : List.of(sum).iterator();
        });
        if (!work.settings().deterministic()) {
            return parts.treeReduce(Partial::plus);
        }
        return parts.collect().stream().reduce(Partial::plus).orElseThrow(); // collect keeps the order of partitions
    }

    /** The blocks of a partition that have a row that counts, and how many rows these are. */
    private static final class Counted implements Iterator<Block> {

        private final Iterator<Block> blocks;
        private Block ahead;
        private long rows;

        Counted(Iterator<Block> blocks) {
            this.blocks = blocks;
        }

        @Override
        public boolean hasNext() {
            while (ahead == null && blocks.hasNext()) {
                Block block = blocks.next();
                rows += block.rows();
                ahead = block.counts() ? block : null;
            }
            return ahead != null;
        }

        @Override
        public Block next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            Block block = ahead;
            ahead = null;
            return block;
        }
    }

    /** The sum over a partition's blocks; null of none. */
    private static Partial of(Iterator<Block> blocks, Fitting.Plan plan, Kind kind, Broadcast<State> state) {
        if (kind == Kind.EPOCH) {
            List<Block> all = new ArrayList<>();
            blocks.forEachRemaining(all::add);
            return all.isEmpty() ? null : epoch(all, plan, state.value());
        }
        Partial sum = null;
        while (blocks.hasNext()) {
            Block block = blocks.next();
            Partial one = kind == Kind.WEIGHT ? new Partial(block.weight(plan.layout()), 0, new double[0])
                    : of(block, plan, kind, state.value());
            sum = sum == null ? one : sum.plus(one);
        }
        return sum;
    }

    private static Partial of(Block block, Fitting.Plan plan, Kind kind, State state) {
        double weight = block.weight(plan.layout());
        try (Arena arena = Arena.ofShared();
                Context context = Context.open(plan.settings().context());
                Parameters parameters = state.parameters(plan)) {
            Dataset data = Block.dataset(arena, List.of(block), plan.layout());
            if (kind == Kind.LOSS) {
                double loss = Metrics.measure(context, parameters, null, data).loss();
                return new Partial(weight, loss * weight, new double[0]);
            }
            try (DataObjective objective = DataObjective.of(context, parameters, data,
                    Settings.loss(plan.layout().classes()));
                    ParameterVector gradient = parameters.newVector()) {
                double loss = objective.evaluate(gradient);
                return new Partial(weight, loss * weight, times(gradient.flat(), weight));
            }
        }
    }

    /** An epoch of AdamW on a partition's rows alone. */
    private static Partial epoch(List<Block> blocks, Fitting.Plan plan, State state) {
        Settings.Course course = plan.settings().course();
        double weight = blocks.stream().mapToDouble(block -> block.weight(plan.layout())).sum();
        double[] loss = new double[1];
        try (Arena arena = Arena.ofShared();
                Context context = Context.open(plan.settings().context());
                Parameters parameters = state.parameters(plan)) {
            Trainer.Builder builder = Trainer.builder(parameters).context(context).epochs(1).batchSize(course.batchSize())
                    .seed(course.seed() + state.round())
                    .optimizer(Optimizer.adamW(course.stepSize() * Math.pow(course.decay(), state.round()),
                            course.weightDecay()))
                    .listener(new TrainingListener() {
                        @Override
                        public void onEpochEnd(Trainer trainer, Epoch epoch) {
                            loss[0] = epoch.loss();
                        }
                    });
            course.penalties().forEach(builder::regulariser);
            try (Trainer trainer = builder.build()) {
                trainer.fit(Block.dataset(arena, blocks, plan.layout()));
            }
            return new Partial(weight, loss[0] * weight, times(parameters.values().flat(), weight));
        }
    }

    private static double[] times(HostTensor flat, double weight) {
        double[] all = new double[Math.toIntExact(flat.size())];
        boolean single = flat.dtype() == DType.F32;
        for (int i = 0; i < all.length; i++) {
            all[i] = weight * (single ? flat.segment().getAtIndex(ValueLayout.JAVA_FLOAT, i)
                    : flat.segment().getAtIndex(ValueLayout.JAVA_DOUBLE, i));
        }
        return all;
    }

    /** Adds into a new sum: Spark may ask for the old ones again. */
    Partial plus(Partial other) {
        double[] all = vector.clone();
        for (int i = 0; i < all.length; i++) {
            all[i] += other.vector[i];
        }
        return new Partial(weight + other.weight, loss + other.loss, all);
    }
}
