// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kan4j.basis.BSpline;
import org.kan4j.device.Context;
import org.kan4j.train.Fit;

/** Shares of the variance of networks fitted to 1000 rows against those of their formulas, within 0.02. */
class FittedAttributionTest {

    /**
     * A formula on [-1, 1].
     *
     * @param shape a network that holds it
     * @param first its first-order indices
     * @param total its total indices
     * @param interaction of the first input and {@code other}
     */
    record Case(String name, String shape, ToDoubleFunction<double[]> formula, double[] first, double[] total, int other,
            double interaction) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Case> cases() {
        double pi = Math.PI;
        double[] halves = new double[100];
        Arrays.setAll(halves, i -> 0.75 * Math.pow(0.25, i));
        return Stream.of(
                new Case("x0^2 + 0.3 x1 + 0.1 x2^3", "4,1", x -> x[0] * x[0] + 0.3 * x[1] + 0.1 * Math.pow(x[2], 3),
                        new double[] {.7388, .2493, .0119, 0}, new double[] {.7388, .2493, .0119, 0}, 1, 0),
                new Case("Ishigami", "3,1+1,1",
                        x -> Math.sin(pi * x[0]) * (1 + 0.1 * Math.pow(pi * x[2], 4)) + 7 * Math.pow(Math.sin(pi * x[1]), 2),
                        new double[] {.3139, .4424, 0}, new double[] {.5576, .4424, .2437}, 2, .2437),
                new Case("Friedman", "7,3,1", r -> {
                    double[] x = Arrays.stream(r).map(v -> (v + 1) / 2).toArray();
                    return 10 * Math.sin(pi * x[0] * x[1]) + 20 * (x[2] - .5) * (x[2] - .5) + 10 * x[3] + 5 * x[4];
                }, new double[] {.1973, .1973, .0933, .3498, .0874, 0, 0},
                        new double[] {.2722, .2722, .0933, .3498, .0874, 0, 0}, 1, .0749),
                new Case("exp(sin(pi x) + y^2)", "2,1,1", x -> Math.exp(Math.sin(pi * x[0]) + x[1] * x[1]),
                        new double[] {.7383, .1840}, new double[] {.8160, .2617}, 1, .0777),
                new Case("x y", "2,2,1", x -> x[0] * x[1], new double[] {0, 0}, new double[] {1, 1}, 1, 1),
                new Case("sum of 0.5^i x_i^2", "100,1", x -> {
                    double sum = 0;
                    for (int i = 0; i < 100; i++) {
                        sum += Math.pow(0.5, i) * x[i] * x[i];
                    }
                    return sum;
                }, halves, halves, 1, 0));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void sharesAreThoseOfTheFormula(Case one) {
        int in = one.total().length;
        Rows sample = PruningTest.sample(1000, in, 1, one.formula());
        Rows train = standard(sample, sample);
        Rows held = standard(PruningTest.sample(1000, in, 2, one.formula()), sample);
        try (Context context = KanGraphTest.single();
                Arena arena = Arena.ofConfined();
                Fit.Result fit = Fit.defaults().withStarts(8, 60).withIterations(100).run(context,
                        Shape.parse(one.shape()).model(BSpline.of(in > 10 ? 3 : in == 3 ? 16 : 8, 3)), train.dataset(arena))) {
            KanGraph graph = KanGraph.of(fit.parameters());
            graph = LevenbergMarquardt.suits(graph, train) ? Refit.converged(context, graph, train, held, 40) : graph;
            double error = Quality.of(context, graph, held).value();
            assertTrue(error < 1e-2, "held-out error " + error + " of the deviation");
            double[] x = PruningTest.sample(4096, in, 3, r -> 0).x();
            Attribution attribution = Attribution.of(context, graph, x, in <= 10, 1);
            Sensitivity truth = new Sensitivity(rowwise(one, sample), x, in, 1);
            for (Attribution.Feature feature : attribution.features()) {
                int i = feature.input();
                if (Double.isNaN(feature.total().value())) { // of many columns those that matter are measured
                    assertTrue(one.total()[i] < 1e-3, feature.toString());
                } else {
                    near(one.first()[i], truth.first(i), feature.first(), feature);
                    near(one.total()[i], truth.total(i), feature.total(), feature);
                }
            }
            assertEquals(1, attribution.features().stream().mapToDouble(Attribution.Feature::share).sum(), 1e-12);
            for (Attribution.Pair pair : attribution.interactions()) {
                if (pair.first() == 0 && pair.second() == one.other()) {
                    near(one.interaction(), truth.interaction(0, one.other()), pair.share(), pair);
                }
            }
            assertEquals(in > 10 ? 0 : in * (in - 1) / 2, attribution.interactions().size());
        }
    }

    /** Within 0.02 of what the same rows give for the formula itself, and that of what is known, by as much as rows can tell. */
    private static void near(double known, Sensitivity.Share formula, Sensitivity.Share network, Object what) {
        assertEquals(formula.value(), network.value(), 0.02, what::toString);
        assertEquals(known, network.value(), 0.02 + 3 * network.error(), what::toString);
    }

    private static Sensitivity.Function rowwise(Case one, Rows sample) {
        double deviation = Moments.deviation(sample.y());
        int in = sample.in();
        return x -> {
            double[] y = new double[x.length / in];
            Arrays.setAll(y, b -> one.formula().applyAsDouble(Arrays.copyOfRange(x, b * in, b * in + in)) / deviation);
            return y;
        };
    }

    /** Inputs that nearly are one: shares add up to 1, and the correlation says what the total indices are not. */
    @Test
    void ofDependentInputsTheSharesAddUpToOne() {
        double[] x = PruningTest.sample(1000, 2, 1, r -> 0).x();
        double[] y = new double[1000];
        for (int b = 0; b < y.length; b++) {
            x[2 * b + 1] = x[2 * b] + 0.005 * (x[2 * b + 1] + 1);
            y[b] = x[2 * b] - 0.9 * x[2 * b + 1];
        }
        Rows sample = new Rows(x, y, 2, 0);
        Rows train = standard(sample, sample);
        try (Context context = KanGraphTest.single();
                Arena arena = Arena.ofConfined();
                Fit.Result fit = Fit.defaults().withStarts(4, 60).withIterations(100).run(context,
                        Shape.parse("2,1").model(BSpline.of(3, 3)), train.dataset(arena))) {
            KanGraph graph = Refit.converged(context, KanGraph.of(fit.parameters()), train, train, 20);
            assertTrue(Quality.of(context, graph, train).value() < 1e-2);
            Attribution attribution = Attribution.of(context, graph, x, false, 1);
            assertEquals(1, attribution.features().stream().mapToDouble(Attribution.Feature::share).sum(), 1e-12);
            assertEquals(1, attribution.correlation(), 5e-3);
        }
    }

    /** Targets in a unit in which those of a sample have mean 0 and deviation 1. */
    private static Rows standard(Rows rows, Rows sample) {
        double mean = Moments.mean(sample.y());
        double deviation = Moments.deviation(sample.y());
        return new Rows(rows.x(), Arrays.stream(rows.y()).map(y -> (y - mean) / deviation).toArray(), rows.in(), 0);
    }
}
