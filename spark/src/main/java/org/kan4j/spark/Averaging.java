// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.storage.StorageLevel;
import org.kan4j.device.Context;
import org.kan4j.grid.GridUpdate;
import org.kan4j.model.Parameters;
import org.kan4j.tensor.HostTensor;

/**
 * AdamW on every partition for an epoch, then the mean of the parameters by the weight of the rows (McMahan et al., 2017,
 * arXiv 1602.05629, with all clients in every round). The optimizer's moments begin anew in every epoch.
 */
final class Averaging {

    private Averaging() {
    }

    static Trained run(Fitting.Work work) {
        Settings.Course course = work.settings().course();
        JavaRDD<Block> train = work.blocks(false).persist(StorageLevel.MEMORY_AND_DISK());
        JavaRDD<Block> held = work.survey().validationRows == 0 ? null
                : work.blocks(true).persist(StorageLevel.MEMORY_AND_DISK());
        List<Double> losses = new ArrayList<>();
        List<Double> validation = new ArrayList<>();
        double total = Partial.weight(train, work);
        TrainingFile checkpoint = TrainingFile.of(work, "average");
        String end = "EPOCHS";
        try (Context context = Context.open(work.settings().context());
                Parameters parameters = Parameters.initialise(work.settings().network().model(work.in(), work.out()),
                        course.seed());
                Parameters lowest = parameters.copy()) {
            TrainingFile.Standing begun = checkpoint.resume(parameters, lowest, none -> {
            });
            double best = begun.best();
            int stale = begun.stale();
            for (int round = begun.done(); round < course.maxIter(); round++) {
                if (course.gridUpdates() > 0 && round % course.gridUpdates() == 0 && round <= course.maxIter() / 2) {
                    try (Arena arena = Arena.ofConfined()) {
                        GridUpdate.defaults().apply(context, parameters, FullBatch.sample(arena, work, train));
                    }
                }
                long begin = System.nanoTime();
                Partial sum = ask(work, train, Partial.Kind.EPOCH, parameters, round, total);
                HostTensor flat = parameters.values().flat();
                for (int i = 0; i < sum.vector().length; i++) {
                    flat.setFlat(i, sum.vector()[i] / sum.weight());
                }
                double seconds = (System.nanoTime() - begin) / 1e9;
                losses.add(sum.loss() / sum.weight());
                double measured = Double.NaN;
                if (held != null) {
                    Partial loss = ask(work, held, Partial.Kind.LOSS, parameters, round, total);
                    measured = loss.loss() / loss.weight();
                    validation.add(measured);
                }
                work.progress().log("epoch", round + 1, losses.getLast(), measured, work.survey().rows, seconds);
                if (measured < best) {
                    best = measured;
                    stale = 0;
                    lowest.copyFrom(parameters);
                } else if (course.patience() > 0 && ++stale >= course.patience()) {
                    end = "EARLY_STOPPING";
                    break;
                }
                if (checkpoint.due(round + 1)) {
                    checkpoint.write(parameters, lowest, Map.of(),
                            new TrainingFile.Standing(round + 1, best, stale, Double.NaN, 0));
                }
            }
            checkpoint.delete();
            return new Trained(NativeModel.of(course.patience() > 0 ? lowest : parameters, work.encoding()), "average",
                    losses, validation, end);
        } finally {
            train.unpersist(false);
            if (held != null) {
                held.unpersist(false);
            }
        }
    }

    private static Partial ask(Fitting.Work work, JavaRDD<Block> blocks, Partial.Kind kind, Parameters parameters, int round,
            double total) {
        Broadcast<Partial.State> state = work.spark().broadcast(Partial.State.of(parameters, round));
        try {
            return Partial.sum(blocks, work, kind, state, total);
        } finally {
            state.destroy();
        }
    }
}
