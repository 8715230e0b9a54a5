// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

/** How the learning rate moves during training: a factor on the optimizer's. */
public sealed interface Schedule {

    /**
     * The factor for a step.
     *
     * @param step steps made before, from 0
     * @param stepsPerEpoch at least 1
     * @param epochs that training is to take
     */
    double factor(long step, long stepsPerEpoch, int epochs);

    /** Always 1. */
    record Constant() implements Schedule {
        @Override
        public double factor(long step, long stepsPerEpoch, int epochs) {
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
        public double factor(long step, long stepsPerEpoch, int epochs) {
            return StrictMath.pow(gamma, step / stepsPerEpoch);
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
        public double factor(long step, long stepsPerEpoch, int epochs) {
            return StrictMath.pow(gamma, step / stepsPerEpoch / everyEpochs);
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
        public double factor(long step, long stepsPerEpoch, int epochs) {
            double warmup = warmupEpochs * stepsPerEpoch;
            if (step < warmup) {
                return (step + 1) / (warmup + 1);
            }
            double total = (double) epochs * stepsPerEpoch - warmup;
            double done = total <= 0 ? 1 : Math.min(1, (step - warmup) / total);
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
        public double factor(long step, long stepsPerEpoch, int epochs) {
            double done = Math.min(1, step / Math.max(1.0, (double) epochs * stepsPerEpoch - 1));
            return done < peakAt ? cosine(start, 1, done / peakAt) : cosine(1, end, (done - peakAt) / (1 - peakAt));
        }

        private static double cosine(double from, double to, double part) {
            return to + (from - to) * 0.5 * (1 + StrictMath.cos(StrictMath.PI * part));
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

    /** Up to the peak at 30 % of the training, down to nearly 0. */
    static Schedule oneCycle() {
        return new OneCycle(0.3, 1 / 25.0, 1e-5);
    }
}
