// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.optim;

import java.util.List;
import org.kan4j.error.KanException;
import org.kan4j.internal.Checks;

/** How the learning rate moves during training: a factor on the optimizer's. */
public sealed interface Schedule {

    /** The factor for a step. */
    double factor(Position at);

    /**
     * Where a training stands.
     *
     * @param step steps made before, from 0
     * @param stepsPerEpoch at least 1
     * @param steps that training is to take in all
     * @param losses after each completed epoch: of the validation where there is one, otherwise of training
     */
    record Position(long step, long stepsPerEpoch, long steps, List<Double> losses) {
    }

    /** Always 1. */
    record Constant() implements Schedule {
        @Override
        public double factor(Position at) {
            return 1;
        }
    }

    /**
     * gamma to the power of the epochs completed.
     *
     * @param gamma above 0
     */
    record Exponential(double gamma) implements Schedule {
        /** Checks the value. */
        public Exponential {
            Checks.positive("an exponential schedule's gamma", gamma);
        }

        @Override
        public double factor(Position at) {
            return StrictMath.pow(gamma, at.step / at.stepsPerEpoch);
        }
    }

    /**
     * Multiplied by gamma after every so many epochs.
     *
     * @param everyEpochs at least 1
     * @param gamma above 0
     */
    record Step(int everyEpochs, double gamma) implements Schedule {
        /** Checks the values. */
        public Step {
            Checks.atLeast("the epochs of a step schedule", everyEpochs, 1);
            Checks.positive("a step schedule's gamma", gamma);
        }

        @Override
        public double factor(Position at) {
            return StrictMath.pow(gamma, at.step / at.stepsPerEpoch / everyEpochs);
        }
    }

    /**
     * A linear rise from 0 over the warm-up, then half a cosine from 1 to the floor.
     *
     * @param warmupEpochs at least 0, may be a fraction
     * @param floor last factor, 0 to 1
     */
    record Cosine(double warmupEpochs, double floor) implements Schedule {
        /** Checks the values. */
        public Cosine {
            Checks.nonNegative("the warm-up of a cosine schedule", warmupEpochs);
            if (!(floor >= 0 && floor <= 1)) {
                throw KanException.invalid("the floor of a cosine schedule must be 0 to 1, given %s", floor);
            }
        }

        @Override
        public double factor(Position at) {
            double warmup = warmupEpochs * at.stepsPerEpoch;
            if (at.step < warmup) {
                return (at.step + 1) / (warmup + 1);
            }
            double total = at.steps - warmup;
            double done = total <= 0 ? 1 : Math.min(1, (at.step - warmup) / total);
            return floor + (1 - floor) * 0.5 * (1 + StrictMath.cos(StrictMath.PI * done));
        }
    }

    /**
     * Half a cosine up to 1, then half a cosine down (Smith and Topin's one-cycle policy).
     *
     * @param peakAt part of the training at which the factor is 1, above 0 and below 1
     * @param start first factor, 0 to 1
     * @param end last factor, 0 to 1
     */
    record OneCycle(double peakAt, double start, double end) implements Schedule {
        /** Checks the values. */
        public OneCycle {
            if (!(peakAt > 0 && peakAt < 1 && start >= 0 && start <= 1 && end >= 0 && end <= 1)) {
                throw KanException.invalid("a one-cycle schedule needs its peak above 0 and below 1 and its ends in "
                        + "0 to 1, given peak at %s, start %s, end %s", peakAt, start, end);
            }
        }

        @Override
        public double factor(Position at) {
            double done = Math.min(1, at.step / Math.max(1.0, at.steps - 1.0));
            return done < peakAt ? cosine(start, 1, done / peakAt) : cosine(1, end, (done - peakAt) / (1 - peakAt));
        }

        private static double cosine(double from, double to, double part) {
            return to + (from - to) * 0.5 * (1 + StrictMath.cos(StrictMath.PI * part));
        }
    }

    /**
     * Multiplied by gamma where the loss has stopped becoming better: after so many epochs in a row none of which was
     * below the best so far by the threshold (as PyTorch's ReduceLROnPlateau).
     *
     * @param gamma above 0 and below 1
     * @param patience epochs without a better loss that are still borne, at least 0
     * @param threshold part of the best loss by which a better one must be below it, 0 to below 1
     * @param cooldown epochs after a reduction that do not count, at least 0
     * @param floor last factor, 0 to 1
     */
    record Plateau(double gamma, int patience, double threshold, int cooldown, double floor) implements Schedule {
        /** Checks the values. */
        public Plateau {
            if (!(gamma > 0 && gamma < 1)) {
                throw KanException.invalid("a plateau schedule's gamma must be above 0 and below 1, given %s", gamma);
            }
            Checks.atLeast("the patience of a plateau schedule", patience, 0);
            Checks.fraction("the threshold of a plateau schedule", threshold);
            Checks.atLeast("the cooldown of a plateau schedule", cooldown, 0);
            if (!(floor >= 0 && floor <= 1)) {
                throw KanException.invalid("the floor of a plateau schedule must be 0 to 1, given %s", floor);
            }
        }

        /** From the losses alone, so that a resumed training finds the factor where it left it. */
        @Override
        public double factor(Position at) {
            double factor = 1;
            double best = Double.POSITIVE_INFINITY;
            int worse = 0;
            int cooling = 0;
            for (double loss : at.losses) {
                if (loss < best * (1 - threshold)) {
                    best = loss;
                    worse = 0;
                } else {
                    worse++;
                }
                if (cooling > 0) {
                    cooling--;
                    worse = 0;
                }
                if (worse > patience) {
                    factor = Math.max(floor, factor * gamma);
                    cooling = cooldown;
                    worse = 0;
                }
            }
            return factor;
        }
    }

    /** A schedule of one's own. Checkpoints hold its {@link #name} alone. */
    non-sealed interface Custom extends Schedule {
        /** By which a checkpoint knows it; otherwise the name of the class. */
        default String name() {
            return getClass().getName();
        }
    }

    /** Always the optimizer's rate. */
    static Schedule constant() {
        return new Constant();
    }

    /** Multiplied by gamma after each epoch. */
    static Schedule exponential(double gamma) {
        return new Exponential(gamma);
    }

    /** Warm-up, then half a cosine down to 0. */
    static Schedule cosine(double warmupEpochs) {
        return new Cosine(warmupEpochs, 0);
    }

    /** Multiplied by gamma after more than so many epochs without a loss that is better by a ten-thousandth. */
    static Schedule plateau(double gamma, int patience) {
        return new Plateau(gamma, patience, 1e-4, 0, 0);
    }

    /** Up to the peak at 30 % of the training, down to nearly 0. */
    static Schedule oneCycle() {
        return new OneCycle(0.3, 1 / 25.0, 1e-5);
    }
}
