// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.error;

import java.util.Locale;
import org.kan4j.train.Diagnosis;
import org.kan4j.train.TrainingProgress;

/**
 * Training met a loss, a gradient or parameters that are NaN or infinite and stopped; a checkpoint file is still the
 * last good one.
 */
public final class NonFiniteLossException extends KanException {

    private static final long serialVersionUID = 1L;

    /** The epoch, from 1. */
    private final int epoch;
    /** The batch of the epoch, from 1. */
    private final long batch;
    /** The update that was not made, from 1. */
    private final long step;
    /** The first layer at fault, from 0, or -1. */
    private final int layer;

    private NonFiniteLossException(String message, int epoch, long batch, long step, int layer) {
        super(Status.INVALID_ARGUMENT, message);
        this.epoch = epoch;
        this.batch = batch;
        this.step = step;
        this.layer = layer;
    }

    /** Met in a step that is not made. */
    public static NonFiniteLossException in(String what, TrainingProgress progress, long step, double learningRate,
                                     Diagnosis diagnosis) {
        int epoch = progress.history.size() + 1;
        return new NonFiniteLossException(String.format(Locale.ROOT,
            "%s in epoch %d, batch %d (step %d, learning rate %.3g); the parameters are those of the step before: %s",
            what, epoch, progress.batch + 1, step, learningRate, diagnosis.text()), epoch, progress.batch + 1, step,
            diagnosis.layer());
    }

    /** Found some steps later, on a device: the parameters of a training there are not copied back. */
    public static NonFiniteLossException late(String what, TrainingProgress progress, long step, double learningRate,
                                       Diagnosis diagnosis) {
        int epoch = progress.history.size() + 1;
        return new NonFiniteLossException(String.format(Locale.ROOT,
            "%s in epoch %d, step %d (learning rate %.3g), before batch %d; the parameters are those of the epoch before: %s",
            what, epoch, step, learningRate, progress.batch + 1, diagnosis.text()), epoch, progress.batch + 1, step,
            diagnosis.layer());
    }

    /** Found in the parameters when an epoch ended: the last step had a gradient that was not finite. */
    public static NonFiniteLossException after(TrainingProgress progress, long step, Diagnosis diagnosis) {
        int epoch = progress.history.size() + 1;
        return new NonFiniteLossException(String.format("the parameters became not finite in epoch %d, batch %d (step "
            + "%d): %s", epoch, progress.batch, step, diagnosis.text()), epoch, progress.batch, step, diagnosis.layer());
    }

    /** The epoch in which it happened, from 1. */
    public int epoch() {
        return epoch;
    }

    /** The batch of the epoch, from 1. */
    public long batch() {
        return batch;
    }

    /** The number of the update that was not made, from 1. */
    public long step() {
        return step;
    }

    /** The first layer whose parameters or output are not finite, from 0; -1 where none is at fault. */
    public int layer() {
        return layer;
    }
}
