// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import org.kan4j.internal.model.Vectors;
import org.kan4j.model.Parameters;

/**
 * The parameters of a training in their roles: those that steps move, their moving average where there is one, and with
 * early stopping the best so far. What a training gives is the best of its averages, or the best, or the average, or
 * simply the parameters as the last step left them.
 *
 * <p>While a training runs, the caller's object holds the parameters that steps move. Before and after it holds what
 * the training gives, and the object that held that meanwhile holds those that training goes on with.
 */
final class ParameterSets implements AutoCloseable {

    private final Parameters moved;
    private final double decay;
    private final Parameters average;
    private final Parameters best;
    private boolean hasBest;
    private boolean given;

    /**
     * The sets at the start of a training.
     *
     * @param moved the caller's
     * @param decay of the average; 0 for none
     * @param keepBest whether there is early stopping
     */
    ParameterSets(Parameters moved, double decay, boolean keepBest) {
        this.moved = moved;
        this.decay = decay;
        this.average = decay > 0 ? moved.copy() : null;
        this.best = keepBest ? moved.copy() : null;
    }

    /** The sets where a checkpoint left them, which holds them as {@link #result} and so on have them. */
    ParameterSets(Parameters moved, double decay, boolean keepBest, boolean hasBest, TrainingState saved) {
        this(moved, decay, keepBest);
        this.hasBest = hasBest;
        if (saved.current() != null) {
            moved.copyFrom(saved.current());
        }
        if (saved.average() != null) {
            average.copyFrom(saved.average());
        }
    }

    /** The object whose numbers are what the training gives, while training. */
    private Parameters resultWhileTraining() {
        return hasBest ? best : average != null ? average : moved;
    }

    /** The object that now holds what the training gives. */
    Parameters result() {
        return given ? moved : resultWhileTraining();
    }

    /** The object that now holds what training goes on with. */
    Parameters current() {
        return given ? resultWhileTraining() : moved;
    }

    /** Whether the result is another set of numbers than training goes on with. */
    boolean hasCurrent() {
        return average != null || best != null;
    }

    /** The average where it is not the result; else null. */
    Parameters average() {
        return best == null ? null : average;
    }

    /** What is measured after an epoch. While training. */
    Parameters measured() {
        return average != null ? average : moved;
    }

    /** Keeps what was just measured as the best. While training. */
    void keepBest() {
        if (best != null) {
            best.copyFrom(measured());
            hasBest = true;
        }
    }

    /**
     * A step has been made, while training: the average moves towards the parameters, in the first steps by more, so
     * that it forgets the initial ones.
     */
    void afterStep(Vectors vectors, long steps) {
        if (average != null) {
            double keep = Math.min(decay, (1.0 + steps) / (10.0 + steps));
            vectors.scale(keep, average.values());
            vectors.add(1 - keep, moved.values(), average.values());
            average.copyBuffersFrom(moved);
        }
    }

    /** Begins the average anew, for the meaning of the parameters has changed. While training. */
    void restartAverage() {
        if (average != null) {
            average.copyFrom(moved);
        }
    }

    /** Puts what the training gives into the caller's object. */
    void give() {
        exchange(true);
    }

    /** Puts what steps move into the caller's object. */
    void goOn() {
        exchange(false);
    }

    private void exchange(boolean giving) {
        Parameters result = resultWhileTraining();
        if (giving == given || result == moved) {
            return;
        }
        try (Parameters held = moved.copy()) {
            moved.copyFrom(result);
            result.copyFrom(held);
        }
        given = giving;
    }

    @Override
    public void close() {
        if (average != null) {
            average.close();
        }
        if (best != null) {
            best.close();
        }
    }
}
