// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.kan4j.basis.BSpline;
import org.kan4j.device.Context;
import org.kan4j.device.ContextOptions;
import org.kan4j.error.KanException;
import org.kan4j.internal.SplitMix;
import org.kan4j.layer.Activation;
import org.kan4j.layer.KanLayer;
import org.kan4j.measure.Metrics;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.optim.Lbfgs;
import org.kan4j.optim.LbfgsMinimizer;
import org.kan4j.optim.Loss;
import org.kan4j.rows.Dataset;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/** The published errors of small fits (arXiv 2404.19756; pykan's examples), from default settings. */
class FitTest {

    private static Dataset data(Arena arena, int rows, int in, long seed, ToDoubleFunction<double[]> function) {
        SplitMix random = new SplitMix(seed);
        HostTensor x = HostTensor.allocate(arena, DType.F64, rows, in);
        HostTensor y = HostTensor.allocate(arena, DType.F64, rows, 1);
        double[] point = new double[in];
        for (int b = 0; b < rows; b++) {
            for (int i = 0; i < in; i++) {
                point[i] = random.uniform(-1, 1);
                x.set(point[i], b, i);
            }
            y.set(function.applyAsDouble(point), b, 0);
        }
        return Dataset.regression(x, y);
    }

    /** exp(sin(pi x) + y^2). */
    private static Dataset toy(Arena arena, long seed) {
        return data(arena, 1000, 2, seed, p -> Math.exp(Math.sin(Math.PI * p[0]) + p[1] * p[1]));
    }

    private static KanModel model(int grid, long... widths) {
        return KanModel.kan(DType.F64, BSpline.of(grid, 3).withOutside(BSpline.Outside.LINEAR), widths);
    }

    private static double rmse(Context context, Parameters parameters, Dataset data) {
        return Metrics.measure(context, parameters, new Loss.Mse(), data).values().get("rmse");
    }

    private static Context single() {
        return Context.open(ContextOptions.defaults().withThreads(1));
    }

    @Test
    void nineOfTenSeedsFindTheBasin() {
        try (Arena arena = Arena.ofConfined(); Context context = single()) {
            Dataset test = toy(arena, 2000);
            int good = 0;
            for (int seed = 1; seed <= 10; seed++) {
                try (Fit.Result fit = Fit.defaults().withIterations(200).withSeed(seed)
                        .run(context, model(3, 2, 1, 1), toy(arena, 1000 + seed))) {
                    good += rmse(context, fit.parameters(), test) <= 1.6e-2 ? 1 : 0;
                }
            }
            assertTrue(good >= 9, good + " of 10");
        }
    }

    @Test
    void aFitThatIsStoppedGivesTheBestSoFar() {
        try (Arena arena = Arena.ofConfined(); Context context = single()) {
            Dataset data = toy(arena, 1);
            Thread.currentThread().interrupt();
            try (Fit.Result fit = Fit.defaults().withRefinements(10).run(context, model(3, 2, 1, 1), data)) {
                assertTrue(Thread.interrupted(), "it stays interrupted");
                assertEquals(1, fit.stages().size());
                assertEquals(1, fit.stages().getFirst().candidates());
                assertTrue(fit.stages().getFirst().iterations() < 1000);
                assertTrue(rmse(context, fit.parameters(), data) < 0.8); // of a deviation of about 1
            }
            int[] starts = new int[1];
            List<Integer> grids = new ArrayList<>();
            Fit.Listener afterTheFirstGrid = new Fit.Listener() {
                @Override
                public void onStart(int round, int done, int of, double bestLoss) {
                    starts[0]++;
                }

                @Override
                public void onStage(Fit.Stage stage, Parameters parameters) {
                    grids.add(stage.grid());
                }

                @Override
                public boolean isStopRequested() {
                    return !grids.isEmpty();
                }
            };
            try (Fit.Result fit = Fit.defaults().withStarts(8, 20).withIterations(60).withRefinements(10, 20)
                    .run(context, model(3, 2, 1, 1), data, afterTheFirstGrid)) {
                assertEquals(List.of(3), grids);
                assertEquals(8, starts[0]);
                assertEquals(0, fit.best());
            }
        }
    }

    @Test
    void everyGridReachesThePublishedError() {
        double[] published = {1.6e-2, 3.5e-4, 4.1e-5, 1.3e-5};
        try (Arena arena = Arena.ofConfined(); Context context = single()) {
            Dataset test = toy(arena, 2);
            List<Double> errors = new ArrayList<>();
            Fit.Listener measure = new Fit.Listener() {
                @Override
                public void onStage(Fit.Stage stage, Parameters parameters) {
                    errors.add(rmse(context, parameters, test));
                }
            };
            try (Fit.Result fit = Fit.defaults().withRefinements(10, 20, 50)
                    .run(context, model(3, 2, 1, 1), toy(arena, 1), measure)) {
                for (int g = 0; g < published.length; g++) {
                    assertTrue(errors.get(g) <= published[g], "grids " + fit.stages() + ": " + errors);
                }
                assertEquals(errors.get(fit.best()), rmse(context, fit.parameters(), test));
                double slope = slope(new double[] {3, 10, 20}, errors);
                assertTrue(slope <= -3, "slope " + slope);
            }
        }
    }

    /** Of log error against log grid, least squares. */
    private static double slope(double[] grids, List<Double> errors) {
        double meanX = 0;
        double meanY = 0;
        for (int i = 0; i < grids.length; i++) {
            meanX += Math.log(grids[i]) / grids.length;
            meanY += Math.log(errors.get(i)) / grids.length;
        }
        double xy = 0;
        double xx = 0;
        for (int i = 0; i < grids.length; i++) {
            xy += (Math.log(grids[i]) - meanX) * (Math.log(errors.get(i)) - meanY);
            xx += (Math.log(grids[i]) - meanX) * (Math.log(grids[i]) - meanX);
        }
        return xy / xx;
    }

    @Test
    void aWiderLayerReachesThePublishedError() {
        try (Arena arena = Arena.ofConfined();
                Context context = single();
                Fit.Result fit = Fit.defaults().withStarts(8, 50).withIterations(200)
                        .run(context, model(3, 2, 5, 1), toy(arena, 1))) {
            double rmse = rmse(context, fit.parameters(), toy(arena, 2));
            assertTrue(rmse <= 1.8e-2, "rmse " + rmse);
        }
    }

    @Test
    void theSameSeedGivesTheSameBits() {
        Fit fit = Fit.defaults().withStarts(6, 10).withIterations(20).withRefinements(5).withSeed(7);
        try (Arena arena = Arena.ofConfined(); Context context = single()) {
            Dataset data = toy(arena, 1);
            try (Fit.Result a = fit.run(context, model(3, 2, 1, 1), data);
                    Fit.Result b = fit.run(context, model(3, 2, 1, 1), data);
                    Fit.Result c = fit.withSeed(8).run(context, model(3, 2, 1, 1), data)) {
                assertArrayEquals(a.parameters().values().flat().toDoubles(),
                        b.parameters().values().flat().toDoubles());
                assertTrue(a.stages().getFirst().trainLoss() != c.stages().getFirst().trainLoss());
            }
        }
    }

    @Test
    void aGridTooFineForNoisyDataIsNotTaken() {
        try (Arena arena = Arena.ofConfined(); Context context = single()) {
            SplitMix noise = new SplitMix(5);
            Dataset data = data(arena, 120, 1, 1, p -> Math.sin(3 * p[0]) + 0.3 * noise.normal());
            Dataset truth = data(arena, 500, 1, 2, p -> Math.sin(3 * p[0]));
            double[] last = new double[1];
            Fit.Listener measure = new Fit.Listener() {
                @Override
                public void onStage(Fit.Stage stage, Parameters parameters) {
                    last[0] = rmse(context, parameters, truth);
                }
            };
            try (Fit.Result fit = Fit.defaults().withStarts(4, 50).withIterations(200).withValidation(0.25)
                    .withRefinements(10, 100).run(context, model(3, 1, 1), data, measure)) {
                assertEquals(3, fit.stages().size());
                assertTrue(fit.best() < 2, "" + fit.stages());
                assertTrue(rmse(context, fit.parameters(), truth) < 0.7 * last[0]);
            }
        }
    }

    /** Splines are local: learning one peak after another forgets none (arXiv 2404.19756, section 3.4). */
    @Test
    void peaksLearntInSequenceAreKept() {
        double[] centres = {-0.8, -0.4, 0, 0.4, 0.8};
        ToDoubleFunction<double[]> peaks = p -> {
            double sum = 0;
            for (double c : centres) {
                sum += Math.exp(-300 * (p[0] - c) * (p[0] - c));
            }
            return sum;
        };
        KanModel model = KanModel.of(DType.F64,
                KanLayer.of(1, 1, BSpline.of(200, 3)).withBase(Activation.NONE).withScale(false));
        try (Arena arena = Arena.ofConfined();
                Context context = single();
                Parameters parameters = Parameters.zeros(model)) {
            HostTensor all = HostTensor.allocate(arena, DType.F64, 500, 1);
            HostTensor values = HostTensor.allocate(arena, DType.F64, 500, 1);
            for (int s = 0; s < centres.length; s++) {
                HostTensor x = HostTensor.allocate(arena, DType.F64, 100, 1);
                HostTensor y = HostTensor.allocate(arena, DType.F64, 100, 1);
                for (int i = 0; i < 100; i++) {
                    double at = centres[s] - 0.2 + 0.4 * i / 99;
                    double value = peaks.applyAsDouble(new double[] {at});
                    x.set(at, i, 0);
                    y.set(value, i, 0);
                    all.set(at, 100 * s + i, 0);
                    values.set(value, 100 * s + i, 0);
                }
                try (DataObjective stage = DataObjective.of(context, parameters, Dataset.regression(x, y),
                        new Loss.Mse());
                        LbfgsMinimizer minimizer = LbfgsMinimizer.of(context, parameters, Lbfgs.of(300))) {
                    minimizer.minimize(stage);
                }
            }
            double rmse = rmse(context, parameters, Dataset.regression(all, values));
            assertTrue(rmse <= 1e-5, "rmse " + rmse);
        }
    }

    @Test
    void badSettingsAreRefused() {
        assertThrows(KanException.class, () -> Fit.defaults().withRefinements(10, 5));
        assertThrows(KanException.class, () -> Fit.defaults().withRefinements(0));
        assertThrows(KanException.class, () -> Fit.defaults().withStarts(0, 1));
        assertThrows(KanException.class, () -> Fit.defaults().withIterations(0));
        assertThrows(KanException.class, () -> Fit.defaults().withValidation(1));
        try (Arena arena = Arena.ofConfined(); Context context = single()) {
            Dataset data = toy(arena, 1);
            assertThrows(KanException.class, () -> Fit.defaults().run(context, model(3, 3, 1), data));
            assertThrows(KanException.class, () -> Fit.defaults().withRefinements(2).run(context, model(3, 2, 1), data));
        }
    }
}
