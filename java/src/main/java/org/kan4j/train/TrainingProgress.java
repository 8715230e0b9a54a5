// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import org.kan4j.measure.Metrics;

import java.util.ArrayList;
import java.util.List;

/** Where a training stands: the completed epochs, and the sums of the current one. */
final class TrainingProgress {

    final List<TrainingListener.Epoch> history = new ArrayList<>();
    /** Batches done in the current epoch. */
    long batch;
    /** Rows done in the current epoch. */
    long rows;
    double lossSum;
    double weightSum;
    double correct;
    /** Whether a whole epoch found nothing to improve. */
    boolean converged;
    /** Of the epoch just completed; not kept in checkpoints. */
    double seconds;

    double loss() {
        return weightSum == 0 ? 0 : lossSum / weightSum;
    }

    void nextEpoch(TrainingListener.Epoch completed) {
        history.add(completed);
        batch = 0;
        rows = 0;
        lossSum = 0;
        weightSum = 0;
        correct = 0;
    }

    /** After each completed epoch, of the validation where there is one, otherwise of training. */
    List<Double> losses() {
        return history.stream().map(TrainingProgress::loss).toList();
    }

    private static double loss(TrainingListener.Epoch epoch) {
        return epoch.validation().map(Metrics::loss).orElse(epoch.loss());
    }

    /** The number of completed epochs when the loss that {@link #losses} has was least; 0 before the first. */
    int bestEpoch() {
        int best = 0;
        for (TrainingListener.Epoch epoch : history) {
            // NaN compares as the greatest
            if (best == 0 || Double.compare(loss(epoch), loss(history.get(best - 1))) < 0) {
                best = epoch.epoch();
            }
        }
        return best;
    }

    TrainingProgress copy() {
        TrainingProgress copy = new TrainingProgress();
        copy.history.addAll(history);
        copy.batch = batch;
        copy.rows = rows;
        copy.lossSum = lossSum;
        copy.weightSum = weightSum;
        copy.correct = correct;
        copy.converged = converged;
        return copy;
    }
}
