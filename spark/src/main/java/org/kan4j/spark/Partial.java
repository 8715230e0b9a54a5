// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

import java.io.Serializable;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
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

        Parameters parameters(Fitting.Plan plan) {
            Parameters parameters = Parameters.zeros(plan.settings().network().model(plan.in(), plan.out()));
            MemorySegment.copy(MemorySegment.ofArray(values), 0, parameters.values().flat().segment(), 0, values.length);
            MemorySegment.copy(MemorySegment.ofArray(buffers), 0, parameters.buffers().segment(), 0, buffers.length);
            return parameters;
        }
    }

    /** Adds up all partitions, in their order where that is asked for. */
    static Partial sum(JavaRDD<Block> blocks, Fitting.Work work, Kind kind, Broadcast<State> state) {
        Fitting.Plan plan = work.plan();
        JavaRDD<Partial> parts = blocks.mapPartitions(some -> of(some, plan, kind, state));
        if (!work.settings().deterministic()) {
            return parts.treeReduce(Partial::plus);
        }
        return parts.collect().stream().reduce(Partial::plus).orElseThrow(); // collect keeps the order of partitions
    }

    private static Iterator<Partial> of(Iterator<Block> blocks, Fitting.Plan plan, Kind kind, Broadcast<State> state) {
        Partial sum = null;
        if (kind == Kind.EPOCH) {
            List<Block> all = new ArrayList<>();
            blocks.forEachRemaining(block -> {
                if (block.counts()) {
                    all.add(block);
                }
            });
            sum = all.isEmpty() ? null : epoch(all, plan, state.value());
        } else {
            while (blocks.hasNext()) {
                Block block = blocks.next();
                if (block.counts()) {
                    Partial one = kind == Kind.WEIGHT ? new Partial(block.weight(plan.layout()), 0, new double[0])
                            : of(block, plan, kind, state.value());
                    sum = sum == null ? one : sum.plus(one);
                }
            }
        }
        return sum == null ? new ArrayList<Partial>().iterator() : List.of(sum).iterator();
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
