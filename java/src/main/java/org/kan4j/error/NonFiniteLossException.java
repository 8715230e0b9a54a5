// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.error;

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

    /**
     * What happened and where.
     *
     * @param message a sentence
     * @param epoch from 1
     * @param batch of the epoch, from 1
     * @param step the update that was not made, from 1
     * @param layer the first at fault, from 0; -1 where it is none of them
     */
    public NonFiniteLossException(String message, int epoch, long batch, long step, int layer) {
        super(Status.INVALID_ARGUMENT, message);
        this.epoch = epoch;
        this.batch = batch;
        this.step = step;
        this.layer = layer;
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
