// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import java.util.List;
import java.util.OptionalInt;

/**
 * What came of a training.
 *
 * @param epochs completed, those before a resume included
 * @param steps made
 * @param end why it ended
 * @param bestEpoch the number, from 1, of the epoch with the least validation loss, of training where there is no
 *     validation; with early stopping the one whose parameters were kept. Empty before the first epoch is completed
 */
public record TrainingResult(List<TrainingListener.Epoch> epochs, long steps, End end, OptionalInt bestEpoch) {

    /** Why a training ended. */
    public enum End {
        /** All epochs are done. */
        EPOCHS,
        /** All steps are made. */
        STEPS,
        /** The validation loss has not become better for long enough. */
        EARLY_STOPPING,
        /** L-BFGS found nothing lower. */
        CONVERGED,
        /** A stop was requested, or the thread was interrupted. */
        STOPPED,
        /** An exception, of which whoever called knows more. */
        FAILED
    }

    /** Keeps an immutable copy. */
    public TrainingResult {
        epochs = List.copyOf(epochs);
    }

    /** Whether it ended before it was done. */
    public boolean stopped() {
        return end == End.STOPPED || end == End.FAILED;
    }
}
