// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

/** Training met a loss that is NaN or infinite and stopped before it was used for an update. */
public final class NonFiniteLossException extends KanException {

    private static final long serialVersionUID = 1L;

    /** The epoch, from 1. */
    private final int epoch;
    /** The batch of the epoch, from 1. */
    private final long batch;
    /** The update that was not made, from 1. */
    private final long step;

    NonFiniteLossException(double loss, int epoch, long batch, long step, double learningRate) {
        super(Status.INVALID_ARGUMENT, String.format(
            "the loss became %s in epoch %d, batch %d (step %d, learning rate %.3g); the parameters are those of the "
                + "step before. Likely causes: a learning rate that is too high, or targets of a very large scale",
            loss, epoch, batch, step, learningRate));
        this.epoch = epoch;
        this.batch = batch;
        this.step = step;
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
}
