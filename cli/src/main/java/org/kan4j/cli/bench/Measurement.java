// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli.bench;

/**
 * A model ready to be timed, again and again: in rounds, so that models can take turns and what the machine does meanwhile
 * hits all of them alike.
 */
public interface Measurement extends AutoCloseable {

    /**
     * Times of one round, milliseconds.
     *
     * @param forward of the forward pass
     * @param backward of the backward pass
     * @param step of a whole training step
     */
    record Round(Sample forward, Sample backward, Sample step) {

        /** The sample of a phase. */
        public Sample of(Phase phase) {
            return switch (phase) {
                case FORWARD -> forward;
                case BACKWARD -> backward;
                case STEP -> step;
            };
        }
    }

    /** What is timed. */
    enum Phase {
        /** From the input to the prediction. */
        FORWARD,
        /** From the loss's gradient to those of the parameters. */
        BACKWARD,
        /** Forward, loss, backward and AdamW. */
        STEP
    }

    /** Times every phase so often, at least once, after a warm-up. */
    Round round(int repetitions);

    /** Memory that forward holds beyond parameters: activations, what it saves for backward, scratch. */
    long forwardBytes();

    /** Memory that forward and backward together hold beyond parameters and their gradients. */
    long backwardBytes();

    @Override
    void close();
}
