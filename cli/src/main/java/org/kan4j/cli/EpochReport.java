// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import org.kan4j.encoding.Encoding;
import org.kan4j.measure.Metrics;
import org.kan4j.train.TrainingListener;

/**
 * One epoch of training as reported.
 *
 * @param number from 1
 * @param part what was measured on after the epoch: test, or validation where rows are held out for it; null for nothing
 * @param trainLoss mean over the epoch's batches
 * @param loss on the part; NaN without one
 * @param score on the part: accuracy in 0..1 (classification) or RMSE in the target's unit (regression); NaN without one
 * @param seconds spent training, without the measurement
 */
record EpochReport(int number, String part, double trainLoss, double loss, double score, double seconds) {

    /** An epoch of a trainer. */
    static EpochReport of(TrainingListener.Epoch epoch, String part, Encoding encoding) {
        if (epoch.validation().isEmpty()) {
            return new EpochReport(epoch.epoch(), null, epoch.loss(), Double.NaN, Double.NaN, epoch.seconds());
        }
        Metrics measured = epoch.validation().get();
        double score = measured.accuracy().isPresent() ? measured.accuracy().getAsDouble()
                : Units.measures(measured, encoding).get("rmse");
        return new EpochReport(epoch.epoch(), part, epoch.loss(), measured.loss(), score, epoch.seconds());
    }

    /** What epochs are compared by: the loss on the part, else of training. */
    double decisive() {
        return part == null ? trainLoss : loss;
    }
}
