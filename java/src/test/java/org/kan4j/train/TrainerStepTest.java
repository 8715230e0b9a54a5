// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kan4j.basis.BSpline;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.internal.SplitMix;
import org.kan4j.model.KanModel;
import org.kan4j.model.ParameterVector;
import org.kan4j.model.Parameters;
import org.kan4j.model.TensorInfo;
import org.kan4j.optim.Clipping;
import org.kan4j.optim.Loss;
import org.kan4j.optim.Optimizer;
import org.kan4j.optim.ParameterGroup;
import org.kan4j.optim.Schedule;
import org.kan4j.rows.Dataset;
import org.kan4j.rows.RowSource;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.testing.Samples;

/** What one step of a training does, against the same computed number by number. */
class TrainerStepTest {

    private static final KanModel MODEL = KanModel.kan(DType.F64, BSpline.of(4, 3), 2, 3, 1);
    private static final double RATE = 0.3;

    /** The parameters after one epoch of SGD without momentum, in the data's own order. */
    private static double[] train(RowSource data, KanModel model, int batch, UnaryOperator<Trainer.Builder> options) {
        try (Parameters parameters = Parameters.initialise(model, 5);
                Trainer trainer = options.apply(Trainer.builder(parameters).optimizer(Optimizer.sgd(RATE, 0)).epochs(1)
                        .batchSize(batch).shuffle(false)).build()) {
            trainer.fit(data);
            return parameters.values().flat().toDoubles();
        }
    }

    private static double[] initial() {
        try (Parameters parameters = Parameters.initialise(MODEL, 5)) {
            return parameters.values().flat().toDoubles();
        }
    }

    /** The gradient of the mean loss over all rows at the initial parameters. */
    private static double[] gradient(Dataset data) {
        try (Context context = Context.open();
                Parameters parameters = Parameters.initialise(MODEL, 5);
                ParameterVector gradient = parameters.newVector();
                DataObjective objective = DataObjective.of(context, parameters, data, new Loss.Mse())) {
            objective.evaluate(gradient);
            return gradient.flat().toDoubles();
        }
    }

    private static double norm(double[] values) {
        return Math.sqrt(Arrays.stream(values).map(v -> v * v).sum());
    }

    private static double[] stepped(double[] gradient, UnaryOperator<double[]> change) {
        double[] values = initial();
        double[] changed = change.apply(gradient.clone());
        for (int i = 0; i < values.length; i++) {
            values[i] -= RATE * changed[i];
        }
        return values;
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.01, 0.5, 1e6})
    void clipsTheNormOfAllParameters(double limit) {
        try (Arena arena = Arena.ofConfined()) {
            Dataset data = Samples.regression(arena, DType.F64, 50, 3);
            double[] gradient = gradient(data);
            double norm = norm(gradient);
            assertTrue(norm > 0.6 && norm < 1e5, "norm " + norm);
            assertArrayEquals(stepped(gradient, g -> {
                for (int i = 0; i < g.length; i++) {
                    g[i] *= Math.min(1, limit / norm);
                }
                return g;
            }), train(data, MODEL, 50, b -> b.clipping(Clipping.byNorm(limit))), 1e-14);
        }
    }

    @Test
    void clipsSingleNumbersThenTheNorm() {
        try (Arena arena = Arena.ofConfined()) {
            Dataset data = Samples.regression(arena, DType.F64, 50, 3);
            double[] gradient = gradient(data);
            assertTrue(Arrays.stream(gradient).anyMatch(g -> g > 0.02) && Arrays.stream(gradient).anyMatch(g -> g < -0.02));
            assertArrayEquals(stepped(gradient, g -> {
                for (int i = 0; i < g.length; i++) {
                    g[i] = Math.max(-0.02, Math.min(0.02, g[i]));
                }
                double norm = norm(g);
                assertTrue(norm > 0.05);
                for (int i = 0; i < g.length; i++) {
                    g[i] *= 0.05 / norm;
                }
                return g;
            }), train(data, MODEL, 50, b -> b.clipping(new Clipping(0.05, 0.02))), 1e-14);
        }
    }

    @Test
    void refusesLimitsThatAreNone() {
        assertThrows(KanException.class, () -> Clipping.byNorm(0));
        assertThrows(KanException.class, () -> Clipping.byValue(-1));
        assertThrows(KanException.class, () -> Clipping.byNorm(Double.NaN));
    }

    /** 7 batches of 8 rows and one of 4, three to a step: the steps of batches of 24, 24 and 12 rows. */
    @Test
    void accumulatedBatchesAreOneOfAllTheirRows() {
        try (Arena arena = Arena.ofConfined()) {
            Dataset plain = Samples.regression(arena, DType.F64, 60, 3);
            SplitMix random = new SplitMix(4);
            HostTensor weights = HostTensor.allocate(arena, DType.F64, 60);
            for (int i = 0; i < 60; i++) {
                weights.set(i < 8 ? 0 : random.uniform(0, 2), i); // the first batch counts nothing
            }
            for (Dataset data : List.of(plain, plain.withWeights(weights))) {
                double[] together = train(data, MODEL, 24, b -> b);
                double[] apart = train(data, MODEL, 8, b -> b.accumulation(3));
                assertArrayEquals(together, apart, 1e-13);
                assertNotEquals(0, norm(together) - norm(train(data, MODEL, 8, b -> b)), 1e-6, "three times as many steps");
            }
        }
    }

    @Test
    void countsStepsNotBatches() {
        try (Arena arena = Arena.ofConfined();
                Parameters parameters = Parameters.initialise(MODEL, 5);
                Trainer trainer = Trainer.builder(parameters).epochs(2).batchSize(8).accumulation(3).build()) {
            trainer.fit(Samples.regression(arena, DType.F64, 60, 3));
            assertEquals(6, trainer.steps());
        }
    }

    /** Numbers that belong to some tensors, in the order of the flat array. */
    private static boolean[] of(String pattern) {
        ParameterGroup group = ParameterGroup.frozen(pattern);
        try (Arena arena = Arena.ofConfined();
                Parameters parameters = Parameters.initialise(MODEL, 5);
                ParameterVector marks = parameters.newVector()) {
            for (TensorInfo tensor : parameters.tensors()) {
                if (tensor.role() == TensorInfo.Role.PARAMETER && group.has(tensor)) {
                    marks.set(tensor.name(), HostTensor.allocate(arena, DType.F64, tensor.shape()).fill(1));
                }
            }
            double[] values = marks.flat().toDoubles();
            boolean[] found = new boolean[values.length];
            for (int i = 0; i < found.length; i++) {
                found[i] = values[i] == 1;
            }
            return found;
        }
    }

    @Test
    void groupsHaveRatesAndDecaysOfTheirOwnOrNone() {
        boolean[] base = of("*.base_weight");
        boolean[] second = of("layers.1.*");
        boolean[] scales = of("layers.0.coef_scale");
        try (Arena arena = Arena.ofConfined()) {
            Dataset data = Samples.regression(arena, DType.F64, 50, 3);
            double[] gradient = gradient(data);
            double[] before = initial();
            double[] after = train(data, MODEL, 50, b -> b.optimizer(new Optimizer.Sgd(RATE, 0, 0.1, false))
                    .schedule(new Schedule.OneCycle(0.5, 0.5, 0.5)) // half the rate in its only step
                    .group(ParameterGroup.frozen("*.base_weight")).group(ParameterGroup.rate("layers.1.*", 0.7))
                    .group(ParameterGroup.decay("layers.0.coef_scale", 0.9)));
            int[] counts = new int[4];
            for (int i = 0; i < before.length; i++) {
                double rate = base[i] ? 0 : second[i] ? 0.35 : RATE / 2; // the first group counts
                double decay = !base[i] && scales[i] ? 0.9 : 0.1;
                assertEquals(before[i] - rate * (gradient[i] + decay * before[i]), after[i], 1e-14);
                if (base[i]) {
                    assertEquals(before[i], after[i], 0);
                }
                counts[base[i] ? 0 : second[i] ? 1 : scales[i] ? 2 : 3]++;
            }
            assertTrue(Arrays.stream(counts).allMatch(n -> n > 0), Arrays.toString(counts));
        }
    }

    /** Some groups of AdamW's own values are AdamW: the same bits as the fused step. */
    @Test
    void groupsOfTheSameRatesAreTheFusedStep() {
        try (Arena arena = Arena.ofConfined()) {
            for (DType dtype : List.of(DType.F32, DType.F64)) {
                Dataset data = Samples.regression(arena, dtype, 50, 3);
                KanModel model = MODEL.withDType(dtype);
                UnaryOperator<Trainer.Builder> adam = b -> b.optimizer(Optimizer.adamW(0.01, 0.1)).epochs(3);
                double[] fused = train(data, model, 16, adam);
                assertArrayEquals(fused, train(data, model, 16, b -> adam.apply(b)
                        .group(new ParameterGroup("layers.0.*", false, 0.01, 0.1))));
                assertArrayEquals(fused, train(data, model, 16, b -> adam.apply(b).clipping(Clipping.byNorm(1e30))));
            }
        }
    }

    @Test
    void namesThatNoParameterHasAreRefused() {
        try (Parameters parameters = Parameters.initialise(MODEL, 5)) {
            Trainer.Builder builder = Trainer.builder(parameters);
            String message = assertThrows(KanException.class,
                    () -> builder.group(ParameterGroup.frozen("layers.2.*"))).getMessage();
            assertTrue(message.contains("'layers.2.*'") && message.contains("layers.1.coef"), message);
            assertThrows(KanException.class, () -> builder.group(ParameterGroup.frozen("*.knots"))); // a buffer
            assertThrows(KanException.class, () -> builder.group(ParameterGroup.frozen("layersX0Xcoef")));
            assertThrows(KanException.class, () -> ParameterGroup.rate("*", -1));
        }
    }

    @Test
    void penaltiesArePartOfTheGradient() {
        WeightRegulariser penalty = new WeightRegulariser(0.1, 0.2, 0.3, 0.4);
        try (Arena arena = Arena.ofConfined();
                Context context = Context.open();
                Parameters parameters = Parameters.initialise(MODEL, 5);
                ParameterVector slope = parameters.newVector()) {
            Dataset data = Samples.regression(arena, DType.F64, 50, 3);
            penalty.addTo(context, parameters, slope);
            double[] own = slope.flat().toDoubles();
            assertTrue(norm(own) > 0.01);
            double[] expected = stepped(gradient(data), g -> {
                for (int i = 0; i < g.length; i++) {
                    g[i] += own[i];
                }
                return g;
            });
            assertArrayEquals(expected, train(data, MODEL, 50, b -> b.regulariser(penalty)), 1e-14);
            assertArrayEquals(expected, train(data, MODEL, 10, b -> b.regulariser(penalty).accumulation(5)), 1e-13);
            assertThrows(KanException.class, () -> Trainer.builder(parameters).regulariser((c, p, g) -> 0));
        }
    }

    /** Class weights are weights of rows: w of a row's class as the weight of the row. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void classWeightsWeighTheRowsOfAClass(boolean weighted) {
        KanModel model = KanModel.kan(DType.F64, BSpline.of(4, 3), 2, 3);
        double[] factors = {0.5, 2, 0};
        try (Arena arena = Arena.ofConfined()) {
            SplitMix random = new SplitMix(9);
            HostTensor x = HostTensor.allocate(arena, DType.F64, 40, 2);
            HostTensor own = HostTensor.allocate(arena, DType.F64, 40);
            HostTensor products = HostTensor.allocate(arena, DType.F64, 40);
            int[] labels = new int[40];
            for (int i = 0; i < 40; i++) {
                x.set(random.uniform(-1, 1), i, 0);
                x.set(random.uniform(-1, 1), i, 1);
                labels[i] = i % 3;
                own.set(weighted ? random.uniform(0, 3) : 1, i);
                products.set(own.get(i) * factors[labels[i]], i);
            }
            Dataset plain = Dataset.classification(x, HostTensor.of(arena, labels), 3);
            double[] expected = train(plain.withWeights(products), model, 16, b -> b);
            assertArrayEquals(expected, train(weighted ? plain.withWeights(own) : plain, model, 16,
                    b -> b.classWeights(factors)));
            String message = assertThrows(KanException.class,
                    () -> train(plain, model, 16, b -> b.classWeights(1, 2))).getMessage();
            assertTrue(message.contains("2 class weights") && message.contains("3 classes"), message);
        }
    }

    /** Binary cross-entropy with a weight of positive targets, number by number. */
    @Test
    void positiveTargetsHaveAWeight() {
        double[] p = {0.3, -1.2, 2.5, 8};
        double[] t = {0, 1, 0.25, 1};
        double expected = 0;
        for (int i = 0; i < 4; i++) {
            double s = 1 / (1 + Math.exp(-p[i]));
            expected -= (3 * t[i] * Math.log(s) + (1 - t[i]) * Math.log(1 - s)) / 4;
        }
        try (Arena arena = Arena.ofConfined(); Context context = Context.open()) {
            HostTensor predictions = HostTensor.of(arena, p).reshape(2, 2);
            HostTensor targets = HostTensor.of(arena, t).reshape(2, 2);
            Loss loss = new Loss.BinaryCrossEntropy(3);
            assertEquals(expected, loss.evaluate(context, predictions, targets, null, null), 1e-14);
            assertEquals(new Loss.BinaryCrossEntropy().evaluate(context, predictions, targets, null, null),
                    new Loss.BinaryCrossEntropy(1).evaluate(context, predictions, targets, null, null));
            assertThrows(KanException.class, () -> new Loss.BinaryCrossEntropy(0));
        }
    }
}
