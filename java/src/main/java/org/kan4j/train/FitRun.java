// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.GaussianRbf;
import org.kan4j.basis.Rswaf;
import org.kan4j.device.Context;
import org.kan4j.grid.GridRefinement;
import org.kan4j.internal.SplitMix;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerSpec;
import org.kan4j.measure.Metrics;
import org.kan4j.model.Initialisation;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.optim.Lbfgs;
import org.kan4j.optim.LbfgsMinimizer;
import org.kan4j.optim.Loss;
import org.kan4j.rows.Dataset;
import org.kan4j.tensor.HostTensor;

/** A run of a {@link Fit}: the starts on their way, of which fewer and fewer are left. */
final class FitRun implements AutoCloseable {

    /** Iterations between two grid updates of a start's first, short fit. */
    private static final int EARLY = 25;

    private final Fit plan;
    private final Context context;
    private final Arena arena = Arena.ofConfined();
    private final Dataset train;
    private final Dataset held;
    private final Fit.Listener listener;
    private final HostTensor features;
    private final List<Candidate> candidates = new ArrayList<>();
    private Parameters best;

    /**
     * A run.
     *
     * @param held rows held out of the training rows, or null
     */
    FitRun(Fit plan, Context context, Dataset train, Dataset held, Fit.Listener listener) {
        this.plan = plan;
        this.context = context;
        this.train = train;
        this.held = held;
        this.listener = listener;
        // Without the rows held out: a grid fitted to them too would not show what happens beyond it.
        this.features = train.sample(arena, train.size());
    }

    /** Fits a model on its first grid and the finer ones. */
    Fit.Result of(KanModel model) {
        long begin = System.nanoTime();
        choose(model);
        List<Fit.Stage> stages = new ArrayList<>();
        int bestStage = -1;
        for (int g = 0; g <= plan.refinements().size() && (g == 0 || !listener.isStopRequested()); g++) {
            if (g > 0) {
                begin = System.nanoTime();
                for (Candidate candidate : candidates) {
                    Parameters coarse = candidate.parameters;
                    candidate.parameters = GridRefinement.of(context, coarse, plan.refinements().get(g - 1), features)
                            .parameters();
                    coarse.close();
                }
            }
            int tried = candidates.size();
            for (Candidate candidate : candidates) {
                if (g > 0 || !listener.isStopRequested()) { // all have been fitted to this grid, if coarser ones come before
                    fit(candidate, plan.iterations(), plan.updateEvery());
                }
            }
            keep((tried + 1) / 2);
            Candidate first = candidates.getFirst();
            Fit.Stage stage = new Fit.Stage(g == 0 ? gridOf(model) : plan.refinements().get(g - 1), tried, first.iterations,
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
        Fit.Result result = new Fit.Result(best, stages, bestStage);
        best = null;
        return result;
    }

    /** Starts, and the better of them go on, until few are left. */
    private void choose(KanModel model) {
        int steps = plan.startIterations();
        for (int round = 1; round == 1 || candidates.size() > Fit.FINALISTS && !listener.isStopRequested(); round++) {
            int count = round == 1 ? plan.starts() : candidates.size();
            double lowest = Double.POSITIVE_INFINITY;
            for (int i = 0; i < count && (round == 1 && i == 0 || !listener.isStopRequested()); i++) {
                if (round == 1) {
                    candidates.add(new Candidate(Parameters.initialise(model, Initialisation.PYKAN,
                            new SplitMix(plan.seed(), 2, i).nextLong())));
                }
                Candidate candidate = candidates.get(i);
                fit(candidate, steps, Math.min(EARLY, plan.updateEvery()));
                lowest = Math.min(lowest, candidate.score());
                listener.onStart(round, i + 1, count, lowest);
            }
            keep(Math.max(Fit.FINALISTS, (count + 3) / 4));
            steps *= 2;
        }
    }

    private void keep(int count) {
        candidates.sort(Comparator.comparingDouble(Candidate::score)); // stable: ties by their number
        while (candidates.size() > count) {
            candidates.removeLast().close();
        }
    }

    /** Minimises; leaves the best parameters seen at the end of a part, between two updates. */
    private void fit(Candidate candidate, int steps, int every) {
        Parameters parameters = candidate.parameters;
        candidate.iterations = 0;
        try (DataObjective objective = DataObjective.of(context, parameters, train, new Loss.Mse(), plan.regularisers());
                LbfgsMinimizer minimizer = LbfgsMinimizer.of(context, parameters,
                        Lbfgs.of(steps).withHistory(plan.history()));
                Parameters lowest = parameters.copy()) {
            double lowestScore = Double.POSITIVE_INFINITY;
            double lowestTrain = Double.NaN;
            double lowestHeld = Double.NaN;
            boolean stuck = false;
            do {
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
                    plan.update().apply(context, parameters, features);
                    minimizer.reset();
                } else if (still && stuck) {
                    break;
                } else if (still) {
                    minimizer.reset();
                }
                stuck = still;
            } while (candidate.iterations < steps && !listener.isStopRequested());
            parameters.copyFrom(lowest);
            candidate.trainLoss = lowestTrain;
            candidate.validationLoss = lowestHeld;
        }
    }

    @Override
    public void close() {
        arena.close();
        for (Candidate candidate : candidates) {
            candidate.close();
        }
        if (best != null) {
            best.close();
        }
    }

    private static int gridOf(KanModel model) {
        for (LayerSpec layer : model.layers()) {
            if (layer instanceof KanLayer kan) {
                switch (kan.basis()) {
                    case BSpline spline -> {
                        return spline.grid();
                    }
                    case GaussianRbf rbf -> {
                        return rbf.centres();
                    }
                    case Rswaf rswaf -> {
                        return rswaf.centres();
                    }
                    default -> {
                    }
                }
            }
        }
        return 0;
    }

    /** One set of parameters on its way. */
    private static final class Candidate implements AutoCloseable {
        Parameters parameters;
        int iterations;
        double trainLoss;
        double validationLoss = Double.NaN;

        Candidate(Parameters parameters) {
            this.parameters = parameters;
        }

        double score() {
            double score = Double.isNaN(validationLoss) ? trainLoss : validationLoss;
            return Double.isNaN(score) ? Double.POSITIVE_INFINITY : score;
        }

        @Override
        public void close() {
            parameters.close();
        }
    }
}
