// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.optim;

import org.kan4j.internal.Checks;

/**
 * Limited-memory BFGS with a line search for the strong Wolfe conditions (Nocedal and Wright, Numerical Optimization,
 * algorithms 7.5 and 3.5; c1 = 1e-4, c2 = 0.9, cubic interpolation). For full batches, or batches that stay the same:
 * a function that changes under it breaks its curvature estimates.
 *
 * <p>As the optimizer of a {@link org.kan4j.train.Trainer} it makes so many iterations on each mini-batch, which by
 * default is all of the data, and has the same rows in every epoch.
 *
 * @param history pairs of steps and gradient differences it remembers, 1 to 1000
 * @param iterations quasi-Newton steps, at least 0; each is one line search, mostly of one evaluation
 * @param gradientTolerance stops when the gradient's Euclidean norm is not above it, at least 0
 * @param changeTolerance stops when the last {@value #CHANGE_WINDOW} steps together lowered the value by no more than
 *     this share of it, 0 to below 1
 * @param searchEvaluations evaluations of one line search at most, 1 to 1000
 */
public record Lbfgs(int history, int iterations, double gradientTolerance, double changeTolerance,
        int searchEvaluations) implements Optimizer {

    /** Steps over which {@link #changeTolerance} is measured. */
    public static final int CHANGE_WINDOW = 10;

    /** Checks the values. */
    public Lbfgs {
        Checks.range("the history of L-BFGS", history, 1, 1000);
        Checks.atLeast("the iterations of L-BFGS", iterations, 0);
        Checks.nonNegative("the gradient tolerance of L-BFGS", gradientTolerance);
        Checks.fraction("the change tolerance of L-BFGS", changeTolerance);
        Checks.range("the evaluations of a line search", searchEvaluations, 1, 1000);
    }

    /** A history of 20; until nothing changes or the iterations are spent. */
    public static Lbfgs of(int iterations) {
        return new Lbfgs(20, iterations, 0, 0, 25);
    }

    /** 1: the line search chooses the length of a step. */
    @Override
    public double learningRate() {
        return 1;
    }

    /** With another history. */
    public Lbfgs withHistory(int pairs) {
        return new Lbfgs(pairs, iterations, gradientTolerance, changeTolerance, searchEvaluations);
    }

    /** With another number of iterations. */
    public Lbfgs withIterations(int steps) {
        return new Lbfgs(history, steps, gradientTolerance, changeTolerance, searchEvaluations);
    }

    /** With other tolerances. */
    public Lbfgs withTolerances(double gradient, double change) {
        return new Lbfgs(history, iterations, gradient, change, searchEvaluations);
    }

    /** Why a minimisation ended. */
    public enum Stop {
        /** All iterations are made. */
        ITERATIONS,
        /** The gradient is as small as asked for. */
        GRADIENT,
        /** The value hardly changes any more. */
        CHANGE,
        /** No lower value was found, not even along the steepest descent: the limit of the arithmetic, usually. */
        NO_DESCENT
    }

    /**
     * What a minimisation did.
     *
     * @param value where it ended
     * @param gradientNorm Euclidean, where it ended
     * @param iterations quasi-Newton steps made
     * @param evaluations of the objective
     * @param stop why it ended
     */
    public record Result(double value, double gradientNorm, int iterations, long evaluations, Stop stop) {
    }
}
