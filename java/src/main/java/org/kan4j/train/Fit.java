// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.kan4j.basis.BSpline;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.grid.GridUpdate;
import org.kan4j.internal.Checks;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.rows.Dataset;
import org.kan4j.rows.RowSource;

/**
 * Fits a small model to data to high accuracy: full-batch L-BFGS from many random starts, the best of them refined
 * through finer and finer grids. What pykan's users do by hand with seeds, {@code fit}, {@code refine} and restarts.
 *
 * <p>All starts are short at first; the better quarter of them goes on for twice as many iterations, until
 * {@value #FINALISTS} are left. These are fitted on the model's own grid and then on each finer one, of which the
 * better half goes on. While a grid is fitted its knots are moved to where the data is ({@link GridUpdate}) every
 * {@link #updateEvery} iterations, in the first half of them. Starts and grids are compared by the loss on rows held
 * out of the training rows, so that a grid too fine for the data is not taken for better; where none are held out, by
 * the training loss.
 *
 * <p>Features of about [-1, 1] and targets of about unit size suit the initial grid and parameters. B-splines outside
 * whose grid the tangent goes on ({@link BSpline.Outside#LINEAR}) find good minima more often than those with
 * decaying tails, as a start whose hidden nodes leave their grids is not lost.
 *
 * <p>The same data, model and seed give the same bits on the same machine with the same number of threads.
 *
 * @param refinements grids after the model's own, each at least as fine as the one before
 * @param iterations of L-BFGS at most on each grid, of each start that got there; at least 1
 * @param updateEvery iterations from one grid update to the next, at least 1
 * @param update how grids are moved
 * @param history pairs of steps that L-BFGS remembers
 * @param starts random initial parameters that are tried, at least 1
 * @param startIterations of each of them before the first choice, at least 1
 * @param validation share of the rows to hold out, 0 to below 1
 * @param regularisers what is added to the loss while fitting
 * @param seed of the initial parameters and of the choice of rows to hold out
 */
public record Fit(List<Integer> refinements, int iterations, int updateEvery, GridUpdate update, int history,
        int starts, int startIterations, double validation, List<Regulariser> regularisers, long seed) {

    /** Starts that are fitted in full on the first grid. */
    public static final int FINALISTS = 4;

    /** Checks the values. */
    public Fit {
        refinements = List.copyOf(refinements);
        for (int i = 0; i < refinements.size(); i++) {
            Checks.atLeast("a refined grid", refinements.get(i), i == 0 ? 1 : refinements.get(i - 1));
        }
        Checks.atLeast("the iterations of a fit", iterations, 1);
        Checks.atLeast("the iterations between grid updates", updateEvery, 1);
        Objects.requireNonNull(update, "update");
        Checks.range("the history of L-BFGS", history, 1, 1000);
        Checks.atLeast("the starts of a fit", starts, 1);
        Checks.atLeast("the iterations of a start", startIterations, 1);
        Checks.fraction("the share of rows held out", validation);
        regularisers = List.copyOf(regularisers);
    }

    /**
     * No refinement; 1000 iterations a grid, even grids, of at least 10 samples a cell, every 50; 32 starts of 100
     * iterations; a tenth of the rows held out; seed 1.
     */
    public static Fit defaults() {
        return new Fit(List.of(), 1000, 50, GridUpdate.defaults().withUniformShare(1).withSamplesPerCell(10), 20, 32, 100, 0.1,
                List.of(), 1);
    }

    /** With these grids after the model's own. */
    public Fit withRefinements(int... grids) {
        return new Fit(Arrays.stream(grids).boxed().toList(), iterations, updateEvery, update, history, starts,
                startIterations, validation, regularisers, seed);
    }

    /** With another number of iterations on each grid. */
    public Fit withIterations(int steps) {
        return new Fit(refinements, steps, updateEvery, update, history, starts, startIterations, validation,
                regularisers, seed);
    }

    /** With other grid updates. */
    public Fit withUpdate(GridUpdate other, int every) {
        return new Fit(refinements, iterations, every, other, history, starts, startIterations, validation,
                regularisers, seed);
    }

    /** With another memory of L-BFGS. */
    public Fit withHistory(int pairs) {
        return new Fit(refinements, iterations, updateEvery, update, pairs, starts, startIterations, validation,
                regularisers, seed);
    }

    /** With other starts. */
    public Fit withStarts(int number, int steps) {
        return new Fit(refinements, iterations, updateEvery, update, history, number, steps, validation,
                regularisers, seed);
    }

    /** With another share of the rows held out. */
    public Fit withValidation(double share) {
        return new Fit(refinements, iterations, updateEvery, update, history, starts, startIterations, share,
                regularisers, seed);
    }

    /** With penalties on the loss. */
    public Fit withRegularisers(Regulariser... penalties) {
        return new Fit(refinements, iterations, updateEvery, update, history, starts, startIterations, validation,
                List.of(penalties), seed);
    }

    /** With another seed. */
    public Fit withSeed(long number) {
        return new Fit(refinements, iterations, updateEvery, update, history, starts, startIterations, validation,
                regularisers, number);
    }

    /**
     * What a grid gave.
     *
     * @param grid intervals, or centres; 0 where the model has no grid
     * @param candidates starts that were fitted on it
     * @param iterations of L-BFGS of the best of them
     * @param trainLoss of the best of them, without penalties
     * @param validationLoss of the best of them; NaN where no rows are held out
     * @param seconds spent on all of them
     */
    public record Stage(int grid, int candidates, int iterations, double trainLoss, double validationLoss,
            double seconds) {
        /** By which it is compared. */
        double score() {
            return Double.isNaN(validationLoss) ? trainLoss : validationLoss;
        }
    }

    /**
     * The fitted model.
     *
     * @param parameters of the best grid; closed with this object
     * @param stages one a grid, in order
     * @param best index of the stage that the parameters are of
     */
    public record Result(Parameters parameters, List<Stage> stages, int best) implements AutoCloseable {
        /** Copies the list. */
        public Result {
            Objects.requireNonNull(parameters, "parameters");
            stages = List.copyOf(stages);
        }

        @Override
        public void close() {
            parameters.close();
        }
    }

    /** Hears how a fit goes. */
    public interface Listener {
        /**
         * A start has been tried or fitted further.
         *
         * @param round of choosing, from 1
         * @param done starts of this round that are done
         * @param of how many
         * @param bestLoss the lowest of the round so far
         */
        default void onStart(int round, int done, int of, double bestLoss) {
        }

        /**
         * A grid is done.
         *
         * @param parameters of the best candidate; valid during the call only
         */
        default void onStage(Stage stage, Parameters parameters) {
        }

        /**
         * Whether to end, asked between grid updates: the result is the best of what was tried so far, at least one start on
         * the model's own grid. Otherwise when the thread is interrupted, which it stays.
         */
        default boolean isStopRequested() {
            return Thread.currentThread().isInterrupted();
        }
    }

    /** Fits without a listener. */
    public Result run(Context context, KanModel model, Dataset data) {
        return run(context, model, data, new Listener() {
        });
    }

    /**
     * Fits.
     *
     * @param model on its first grid
     * @param data real targets; the mean squared error is minimised
     */
    public Result run(Context context, KanModel model, Dataset data, Listener listener) {
        RowSource.Split<Dataset> split = validation == 0 ? null : data.split(1 - validation, seed);
        Dataset train = split == null ? data : split.first();
        Dataset held = split == null || split.second().size() == 0 ? null : split.second();
        if (train.size() == 0) {
            throw KanException.invalid("of %d rows none is left to train on", data.size());
        }
        try (FitRun run = new FitRun(this, context, train, held, listener)) {
            return run.of(model);
        }
    }
}
