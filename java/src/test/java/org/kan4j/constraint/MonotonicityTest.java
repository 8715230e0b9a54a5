// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.constraint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.Examples;
import org.kan4j.Kan;
import org.kan4j.KanBuilder;
import org.kan4j.KanClassifier;
import org.kan4j.KanRegressor;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.GaussianRbf;
import org.kan4j.device.ContextOptions;
import org.kan4j.error.KanException;
import org.kan4j.io.Checkpoint;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.train.Trainer;

class MonotonicityTest {

    private static final int ROWS = 600;

    @TempDir
    Path folder;

    private static double truth(double... x) {
        return 2 * Math.tanh(2 * x[0]) + 1.5 * x[0] - Math.exp(x[1]) + Math.sin(3 * x[2]) * (1.5 + x[0]);
    }

    /** Rows of three numbers in -1..1, noisy, so that a free model is not monotone. */
    private static Examples rows(long seed, double noise) {
        return rows(seed, noise, ROWS);
    }

    private static Examples rows(long seed, double noise, int rows) {
        SplittableRandom random = new SplittableRandom(seed);
        double[][] x = new double[rows][3];
        double[] y = new double[rows];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < 3; j++) {
                x[i][j] = random.nextDouble(-1, 1);
            }
            y[i] = truth(x[i]) + noise * (random.nextDouble() + random.nextDouble() - 1);
        }
        return Examples.of(x, y).named("up", "down", "free");
    }

    private static KanBuilder<KanRegressor> monotone() {
        return Kan.regressor().hidden(8).epochs(20).monotone("up", 1).monotone("down", -1);
    }

    /** The largest step the wrong way over random pairs that differ in a monotone input, far outside the training rows too. */
    private static int violations(KanRegressor model, int pairs) {
        SplittableRandom random = new SplittableRandom(5);
        double[] a = new double[3 * pairs];
        double[] b = new double[3 * pairs];
        int[] direction = new int[pairs];
        for (int i = 0; i < pairs; i++) {
            for (int j = 0; j < 3; j++) {
                a[3 * i + j] = random.nextDouble(-1.5, 1.5);
                b[3 * i + j] = a[3 * i + j];
            }
            int column = random.nextInt(2);
            double other = random.nextDouble(-1.5, 1.5);
            b[3 * i + column] = other;
            direction[i] = (column == 0 ? 1 : -1) * (other > a[3 * i + column] ? 1 : -1);
        }
        List<org.kan4j.Prediction> first = model.predictEncoded(a, pairs);
        List<org.kan4j.Prediction> second = model.predictEncoded(b, pairs);
        int wrong = 0;
        for (int i = 0; i < pairs; i++) {
            wrong += direction[i] * (second.get(i).value() - first.get(i).value()) < 0 ? 1 : 0;
        }
        return wrong;
    }

    @Test
    void noRandomPairGoesTheWrongWay() {
        try (KanRegressor model = monotone().fit(rows(1, 3));
                KanRegressor free = Kan.regressor().hidden(8).epochs(20).fit(rows(1, 3))) {
            assertEquals(List.of(), model.unproved());
            for (int part = 0; part < 10; part++) {
                assertEquals(0, violations(model, 100_000));
            }
            assertTrue(violations(free, 10_000) > 100, "a free model goes the wrong way here");
        }
    }

    @Test
    void whereTheTruthIsMonotoneTheErrorIsThatOfAFreeModel() {
        Examples train = rows(1, 1, 150);
        Examples test = rows(2, 1, 300);
        try (KanRegressor model = Kan.regressor().ensemble(1).monotone("up", 1).monotone("down", -1).fit(train);
                KanRegressor free = Kan.regressor().ensemble(1).fit(train)) {
            double bound = 1.03 * free.evaluate(test).rmse().orElseThrow();
            double error = model.evaluate(test).rmse().orElseThrow();
            assertTrue(error <= bound, error + " above " + bound);
        }
    }

    /** What rises is no proof of what is to fall, nor the other way round; for every input and every output. */
    @Test
    void theProofIsOfTheDirection() {
        KanModel free = KanModel.kan(DType.F64, new BSpline(4, 3, -1, 1, BSpline.Outside.LINEAR), 2, 3, 2);
        for (int[] signs : new int[][] {{1, 1}, {1, -1}, {-1, 1}, {-1, -1}, {0, -1}, {-1, 0}}) {
            Monotonicity kept = new Monotonicity(List.of(signs[0], signs[1]), List.of(1, 1));
            try (Parameters parameters = Parameters.initialise(free, 3)) {
                kept.project(parameters);
                assertEquals(List.of(), kept.prove(parameters));
                for (int input = 0; input < 2; input++) {
                    if (signs[input] != 0) {
                        Monotonicity other = new Monotonicity(
                                input == 0 ? List.of(-signs[0], 0) : List.of(0, -signs[1]), List.of(1, 1));
                        List<String> gaps = other.prove(parameters);
                        assertEquals(1, gaps.size(), "input " + input + " of " + kept);
                        assertTrue(gaps.getFirst().endsWith("goes the other way with input " + input), gaps.getFirst());
                        assertEquals(List.of(), new Monotonicity(other.directions(), List.of(-1, -1)).prove(parameters));
                    }
                }
            }
        }
    }

    @Test
    void theProofFailsOnNumbersThatWereTamperedWith() throws IOException {
        Path file = folder.resolve("model.safetensors");
        try (KanRegressor model = monotone().fit(rows(1, 0.4))) {
            model.save(file);
        }
        for (String name : List.of("layers.0.coef", "layers.1.coef", "layers.1.coef_scale", "layers.0.base_weight")) {
            try (KanRegressor model = Kan.load(file, KanRegressor.class); Arena arena = Arena.ofConfined()) {
                assertEquals(List.of(), model.unproved());
                HostTensor numbers = model.parameters().get(arena, name);
                numbers.setFlat(0, name.endsWith("coef") ? 5 : -5); // above the next coefficient; the other way round
                model.parameters().set(name, numbers);
                assertFalse(model.unproved().isEmpty(), name);
            }
        }
    }

    @Test
    void threadsAndAResumeLeaveTheSameBits() throws IOException {
        Path half = folder.resolve("half.safetensors");
        double[][] bits = new double[3][];
        for (int run = 0; run < 2; run++) {
            try (KanRegressor model = monotone().on(ContextOptions.defaults().withThreads(run + 1)).epochs(4)
                    .checkpoint(run == 1 ? half : null).trainer(t -> t.epochs(4)).fit(rows(1, 0.4))) {
                bits[run] = all(model.parameters());
            }
        }
        assertArrayEquals(bits[0], bits[1]);
        try (Checkpoint checkpoint = Checkpoint.read(half);
                Trainer trainer = Trainer.resume(checkpoint).epochs(6).build();
                Arena arena = Arena.ofShared()) {
            var data = dataset(arena);
            trainer.fit(data);
            assertEquals(List.of(), new Monotonicity(List.of(1, -1, 0), List.of(1)).prove(checkpoint.parameters()));
        }
    }

    private static org.kan4j.rows.Dataset dataset(Arena arena) {
        SplittableRandom random = new SplittableRandom(9);
        HostTensor x = HostTensor.allocate(arena, org.kan4j.tensor.DType.F64, ROWS, 3);
        HostTensor y = HostTensor.allocate(arena, org.kan4j.tensor.DType.F64, ROWS, 1);
        for (int i = 0; i < ROWS; i++) {
            for (int j = 0; j < 3; j++) {
                x.set(random.nextDouble(-1, 1), i, j);
            }
            y.set(-x.get(i, 0), i, 0); // against the promise
        }
        return org.kan4j.rows.Dataset.regression(x, y);
    }

    private static double[] all(Parameters parameters) {
        try (Arena arena = Arena.ofConfined()) {
            return parameters.tensors().stream().flatMapToDouble(
                    t -> java.util.Arrays.stream(parameters.get(arena, t.name()).toDoubles())).toArray();
        }
    }

    @Test
    void ofTwoClassesTheProbabilityOfTheSecondRises() {
        SplittableRandom random = new SplittableRandom(1);
        double[][] x = new double[300][2];
        String[] labels = new String[300];
        for (int i = 0; i < 300; i++) {
            x[i] = new double[] {random.nextDouble(), random.nextDouble()};
            labels[i] = x[i][0] + 0.5 * random.nextDouble() > 0.7 ? "yes" : "no";
        }
        try (KanClassifier model = Kan.classifier().hidden(4).epochs(10).monotone("x0", 1).fit(x, labels)) {
            assertEquals(List.of(), model.unproved());
            double before = 0;
            for (double at = 0; at <= 1; at += 0.01) {
                double p = model.predict(at, 0.4).probability("yes");
                assertTrue(p >= before, "at " + at);
                before = p;
            }
            assertTrue(before > 0.8);
        }
    }

    @Test
    void poolingGivesTheNearestAscendingNumbers() {
        double[] values = {9, 1, 3, 2, 4, 0};
        Isotonic.project(values, 1, 4, 1, 0, new double[4], new int[4]);
        assertArrayEquals(new double[] {9, 1, 2.5, 2.5, 4, 0}, values);
        double[] down = {1, 3};
        Isotonic.project(down, 0, 2, -1, 1, new double[2], new int[2]);
        assertArrayEquals(new double[] {2.5, 1.5}, down);
    }

    @Test
    void theNearestParametersAreKeptAsTheyAre() {
        Monotonicity up = new Monotonicity(List.of(1, 0), List.of(1));
        KanModel model = KanModel.kan(BSpline.of(5, 3).withOutside(BSpline.Outside.CLAMP), 2, 3, 1);
        try (Parameters parameters = Parameters.initialise(model, 1)) {
            assertFalse(up.prove(parameters).isEmpty());
            up.project(parameters);
            double[] once = all(parameters);
            up.project(parameters);
            assertArrayEquals(once, all(parameters));
            assertEquals(List.of(), up.prove(parameters));
        }
    }

    @Test
    void whatCannotBeMonotoneIsRefused() {
        Examples rows = rows(1, 1);
        refused("there is no input 'sideways'; there are [up, down, free]",
                () -> Kan.regressor().monotone("sideways", 1).fit(rows));
        refused("B-splines (bspline)", () -> Kan.regressor().basis(GaussianRbf.of(5)).monotone("up", 1).fit(rows));
        refused("L-BFGS", () -> Kan.regressor().monotone("up", 1)
                .trainer(t -> t.schedule(org.kan4j.optim.Schedule.constant()).optimizer(org.kan4j.optim.Lbfgs.of(5))).fit(rows));
        refused("must be 1, rising, or -1, falling, given 2", () -> Kan.regressor().monotone("up", 2));
        refused("'colour' is a category", () -> Kan.regressor().monotone("colour", 1).fit(Examples.of(
                List.of(Map.of("colour", "red", "y", 1.0), Map.of("colour", "blue", "y", 2.0)), "y")));
        refused("the probability of the second of two classes; 'target' has 3", () -> Kan.classifier().monotone("x0", 1)
                .fit(new double[][] {{1}, {2}, {3}, {1}, {2}, {3}}, new String[] {"a", "b", "c", "a", "b", "c"}));
        refused("splines that are 0 outside the grid", () -> new Monotonicity(List.of(1), List.of(1))
                .require(KanModel.kan(BSpline.of(5, 3), 1, 1)));
    }

    private static void refused(String message, org.junit.jupiter.api.function.Executable work) {
        String given = assertThrows(KanException.class, work).getMessage();
        assertTrue(given.contains(message), given);
    }
}
