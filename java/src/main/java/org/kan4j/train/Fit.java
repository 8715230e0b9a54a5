// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.kan4j.basis.BSpline;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.grid.GridRefinement;
import org.kan4j.grid.GridUpdate;
import org.kan4j.internal.Checks;
import org.kan4j.internal.SplitMix;
import org.kan4j.internal.measure.Measurement;
import org.kan4j.measure.Metrics;
import org.kan4j.model.Initialisation;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.optim.Lbfgs;
import org.kan4j.optim.LbfgsMinimizer;
import org.kan4j.optim.Loss;
import org.kan4j.rows.Dataset;
import org.kan4j.rows.RowSource;
import org.kan4j.tensor.HostTensor;

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

    /** Iterations between two grid updates of a start's first, short fit. */
    private static final int EARLY = 25;

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

        /** Asked often; where it is answered by false, the best so far is the result. */
        default boolean goOn() {
            return true;
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
        try (Work work = new Work(context, train, held, listener)) {
            return work.run(model);
        }
    }

    // ------------------------------------------------------------------------------------------------------- the work

    private final class Work implements AutoCloseable {

        private final Context context;
        private final Arena arena = Arena.ofConfined();
        private final Dataset train;
        private final Dataset held;
        private final Listener listener;
        private final HostTensor features;
        private final List<FitCandidate> candidates = new ArrayList<>();
        private Parameters best;

        Work(Context context, Dataset train, Dataset held, Listener listener) {
            this.context = context;
            this.train = train;
            this.held = held;
            this.listener = listener;
            // Without the rows held out: a grid fitted to them too would not show what happens beyond it.
            this.features = train.sample(arena, train.size());
        }

        Result run(KanModel model) {
            long begin = System.nanoTime();
            choose(model);
            List<Stage> stages = new ArrayList<>();
            int bestStage = -1;
            for (int g = 0; g <= refinements.size() && (g == 0 || listener.goOn()); g++) {
                if (g > 0) {
                    begin = System.nanoTime();
                    for (FitCandidate candidate : candidates) {
                        Parameters coarse = candidate.parameters;
                        candidate.parameters = GridRefinement.of(context, coarse, refinements.get(g - 1), features)
                                .parameters();
                        coarse.close();
                    }
                }
                int tried = candidates.size();
                for (FitCandidate candidate : candidates) {
                    fit(candidate, iterations, updateEvery);
                }
                keep((tried + 1) / 2);
                FitCandidate first = candidates.getFirst();
                Stage stage = new Stage(g == 0 ? FitCandidate.gridOf(model) : refinements.get(g - 1), tried, first.iterations,
                        first.trainLoss, first.validationLoss, (System.nanoTime() - begin) / 1e9);
                stages.add(stage);
                listener.onStage(stage, first.parameters);
                if (bestStage < 0 || stage.score() < stages.get(bestStage).score()) {
                    bestStage = g;
                    if (best != null) {
                        best.close();
                    }
                    best = first.parameters.copy();
                }
            }
            Result result = new Result(best, stages, bestStage);
            best = null;
            return result;
        }

        /** Starts, and the better of them go on, until few are left. */
        private void choose(KanModel model) {
            int steps = startIterations;
            for (int round = 1; round == 1 || candidates.size() > FINALISTS; round++) {
                int count = round == 1 ? starts : candidates.size();
                double lowest = Double.POSITIVE_INFINITY;
                for (int i = 0; i < count && (i == 0 || listener.goOn()); i++) {
                    if (round == 1) {
                        candidates.add(new FitCandidate(Parameters.initialise(model, Initialisation.PYKAN,
                                new SplitMix(seed, 2, i).nextLong())));
                    }
                    FitCandidate candidate = candidates.get(i);
                    fit(candidate, steps, Math.min(EARLY, updateEvery));
                    lowest = Math.min(lowest, candidate.score());
                    listener.onStart(round, i + 1, count, lowest);
                }
                keep(Math.max(FINALISTS, (count + 3) / 4));
                steps *= 2;
            }
        }

        private void keep(int count) {
            candidates.sort(Comparator.comparingDouble(FitCandidate::score)); // stable: ties by their number
            while (candidates.size() > count) {
                candidates.removeLast().close();
            }
        }

        /** Minimises; leaves the best parameters seen at the end of a part, between two updates. */
        private void fit(FitCandidate candidate, int steps, int every) {
            Parameters parameters = candidate.parameters;
            candidate.iterations = 0;
            try (DataObjective objective = new DataObjective(context, parameters, train, new Loss.Mse(), regularisers);
                    LbfgsMinimizer minimizer = new LbfgsMinimizer(context, parameters,
                            Lbfgs.of(steps).withHistory(history));
                    Parameters lowest = parameters.copy()) {
                double lowestScore = Double.POSITIVE_INFINITY;
                double lowestTrain = Double.NaN;
                double lowestHeld = Double.NaN;
                boolean stuck = false;
                while (candidate.iterations < steps && (candidate.iterations == 0 || listener.goOn())) {
                    int part = Math.min(every, steps - candidate.iterations);
                    Lbfgs.Result result = minimizer.minimize(objective, part);
                    candidate.iterations += part;
                    candidate.trainLoss = objective.dataLoss();
                    candidate.validationLoss = held == null ? Double.NaN
                            : Metrics.measure(context, parameters, new Loss.Mse(), held).values().get("loss");
                    if (candidate.score() < lowestScore) {
                        lowestScore = candidate.score();
                        lowestTrain = candidate.trainLoss;
                        lowestHeld = candidate.validationLoss;
                        lowest.copyFrom(parameters);
                    }
                    boolean still = result.stop() == Lbfgs.Stop.NO_DESCENT;
                    if (candidate.iterations <= steps / 2) {
                        update.apply(context, parameters, features);
                        minimizer.reset();
                    } else if (still && stuck) {
                        break;
                    } else if (still) {
                        minimizer.reset();
                    }
                    stuck = still;
                }
                parameters.copyFrom(lowest);
                candidate.trainLoss = lowestTrain;
                candidate.validationLoss = lowestHeld;
            }
        }

        @Override
        public void close() {
            arena.close();
            for (FitCandidate candidate : candidates) {
                candidate.close();
            }
            if (best != null) {
                best.close();
            }
        }
    }
}
