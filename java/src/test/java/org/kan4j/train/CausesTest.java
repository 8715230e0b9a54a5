// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.kan4j.device.Context;
import org.kan4j.encoding.Outputs;
import org.kan4j.error.KanException;
import org.kan4j.error.NonFiniteLossException;
import org.kan4j.error.UnsupportedException;
import org.kan4j.layer.Activation;
import org.kan4j.layer.ActivationLayer;
import org.kan4j.layer.Linear;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.rows.Dataset;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/** What is said of a training whose numbers are lost, and temperatures against the same by hand. */
class CausesTest {

    private static Parameters filled(KanModel model, double value) {
        Parameters parameters = Parameters.initialise(model, 1);
        try (Arena arena = Arena.ofConfined()) {
            parameters.tensors().forEach(tensor -> parameters.set(tensor.name(),
                    HostTensor.allocate(arena, DType.F64, tensor.shape()).fill(value)));
        }
        return parameters;
    }

    /** Two epochs are done, three batches of the third. */
    private static TrainingProgress progress() {
        TrainingProgress progress = new TrainingProgress();
        for (int epoch = 1; epoch <= 2; epoch++) {
            progress.nextEpoch(new TrainingListener.Epoch(epoch, 5, 1, OptionalDouble.empty(), Optional.empty(), 1));
        }
        progress.batch = 3;
        return progress;
    }

    private static void assertSaid(String message, long batch, NonFiniteLossException e) {
        assertEquals(message, e.getMessage());
        assertEquals(List.of(3L, batch, 17L, 1L), List.of((long) e.epoch(), e.batch(), e.step(), (long) e.layer()));
    }

    @Test
    void whereATrainingLostItsNumbersIsSaid() {
        Diagnosis why = new Diagnosis(1, "so");
        assertSaid(
                "the loss became NaN in epoch 3, batch 4 (step 17, learning rate 0.00123); the parameters are those of the step "
                        + "before: so",
                4, why.in("the loss became NaN", progress(), 17, 0.00123456));
        assertSaid(
                "the loss became NaN in epoch 3, step 17 (learning rate 0.500), before batch 4; the parameters are those of the "
                        + "epoch before: so",
                4, why.late("the loss became NaN", progress(), 17, 0.5));
        assertSaid("the parameters became not finite in epoch 3, batch 3 (step 17): so", 3, why.after(progress(), 17));
    }

    @Test
    void causesAreThoseOfTheNumbers() {
        KanModel model = KanModel.of(DType.F64, new Linear(2, 2, true), new Linear(2, 1, true));
        String high = "a learning rate that is too high";
        try (Context context = Context.open(); Arena arena = Arena.ofConfined()) {
            HostTensor x = HostTensor.of(arena, new double[][] {{3, -3}, {3, 3}, {-3, 3}});
            try (Parameters parameters = filled(model, 1000)) {
                assertEquals(new Diagnosis(-1, "all layers' outputs are finite, the last one's with a root mean square of "
                        + "8.25e+06; likely causes: targets of a very large scale, or its parameters have a root mean square of "
                        + "1.00e+03: inputs of a very large scale, or " + high),
                        Diagnosis.of(context, parameters, 3, x.segment()));
            }
            try (Parameters parameters = filled(model, 1001)) {
                String text = Diagnosis.of(context, parameters, 3, x.segment()).text();
                assertTrue(text.endsWith(", or its parameters have grown to a root mean square of 1.00e+03: " + high), text);
            }
            try (Parameters parameters = filled(model, 1)) {
                parameters.set("layers.1.weight", HostTensor.allocate(arena, DType.F64, 1, 2).fill(1e308));
                assertEquals(new Diagnosis(1,
                        "the first output that is not finite is that of layer 1 (Linear), whose input has a root "
                                + "mean square of 4.12; its parameters have grown to a root mean square of Infinity: " + high),
                        Diagnosis.of(context, parameters, 3, x.segment()));
                HostTensor far = HostTensor.of(arena, new double[][] {{Double.POSITIVE_INFINITY, 0}});
                assertEquals(new Diagnosis(-1, "the features of the batch are too large, or not finite: scale them"),
                        Diagnosis.of(context, parameters, 1, far.segment()));
                assertNull(Diagnosis.of(parameters));
                HostTensor bias = parameters.get(arena, "layers.1.bias");
                bias.setFlat(0, Double.NEGATIVE_INFINITY);
                parameters.set("layers.1.bias", bias);
                assertEquals(
                        new Diagnosis(1, "bias of layer 1 (Linear) holds -Infinity, from the step before; likely cause: " + high),
                        Diagnosis.of(parameters));
            }
        }
    }

    // ------------------------------------------------------------------------------------------------------- temperatures

    private static double loss(double[] logits, int[] classes, double temperature) {
        return IntStream.range(0, classes.length).mapToDouble(i -> -Math.log(Outputs.softmax(new double[] {
            logits[2 * i] / temperature, logits[2 * i + 1] / temperature})[classes[i]])).average().orElseThrow();
    }

    /** More rows than are read at a time; weights and bias are divided by the temperature, beside which none is better. */
    @Test
    void theTemperatureIsTheOneOfTheLeastLoss() {
        int n = 9001;
        KanModel model = KanModel.of(DType.F64, new Linear(1, 2, true));
        try (Arena arena = Arena.ofConfined(); Parameters parameters = filled(model, 0)) {
            double[][] x = IntStream.range(0, n).mapToObj(i -> new double[] {i * 7919 % n / (double) n}).toArray(double[][]::new);
            int[] classes = IntStream.range(0, n).map(i -> x[i][0] + (i % 10) / 10. > 1 ? 1 : 0).toArray();
            HostTensor weight = parameters.get(arena, "layers.0.weight");
            weight.setFlat(1, 40);
            parameters.set("layers.0.weight", weight);
            HostTensor bias = parameters.get(arena, "layers.0.bias");
            bias.setFlat(1, -22);
            parameters.set("layers.0.bias", bias);
            Dataset held = Dataset.classification(HostTensor.of(arena, x), HostTensor.of(arena, classes), 2);
            double[] logits = IntStream.range(0, 2 * n).mapToDouble(i -> i % 2 == 0 ? 0 : 40 * x[i / 2][0] - 22).toArray();
            Calibration found = Calibration.of(parameters, held);
            assertEquals(n, found.rows());
            assertEquals(loss(logits, classes, 1), found.before(), 1e-12);
            assertEquals(loss(logits, classes, found.temperature()), found.after(), 1e-12);
            assertTrue(found.temperature() > 3 && found.temperature() < 12, found.toString());
            for (double factor : new double[] {0.999, 1.001, 0.5, 2}) {
                assertTrue(loss(logits, classes, found.temperature() * factor) > found.after());
            }
            assertArrayEquals(new double[] {0, 40 / found.temperature()}, parameters.get(arena, "layers.0.weight").toDoubles(),
                    1e-12);
            assertArrayEquals(new double[] {0, -22 / found.temperature()}, parameters.get(arena, "layers.0.bias").toDoubles(),
                    1e-12);
            assertEquals("probabilities are calibrated on held-out rows with classes, given 0 rows with 2 classes",
                    assertThrows(KanException.class, () -> Calibration.of(parameters, held.select())).getMessage());
            Dataset numbers = Dataset.regression(HostTensor.of(arena, x), HostTensor.of(arena, x));
            assertEquals("probabilities are calibrated on held-out rows with classes, given 9001 rows with 0 classes",
                    assertThrows(KanException.class, () -> Calibration.of(parameters, numbers)).getMessage());
        }
    }

    /** Within what is searched: temperatures from e^-4 to e^4. */
    @Test
    void aTemperatureFarFromOneIsFound() {
        for (double scale : new double[] {1e-3, 30, 1e4}) {
            try (Arena arena = Arena.ofConfined();
                    Parameters parameters = filled(KanModel.of(DType.F64, new Linear(1, 2, true)), 0)) {
                HostTensor weight = parameters.get(arena, "layers.0.weight");
                weight.setFlat(1, scale);
                parameters.set("layers.0.weight", weight);
                double[][] x = {{1}, {1}, {1}, {-1}, {-1}, {-1}}; // log odds of ln 2
                Dataset held = Dataset.classification(HostTensor.of(arena, x), HostTensor.of(arena, new int[] {1, 1, 0, 0, 0, 1}),
                        2);
                double wanted = Math.clamp(scale / Math.log(2), Math.exp(-4), Math.exp(4));
                assertEquals(wanted, Calibration.of(parameters, held).temperature(), 1e-6 * wanted);
            }
        }
    }

    @Test
    void aModelThatCannotBeDividedIsLeftAsItWas() {
        KanModel model = KanModel.of(DType.F64, new Linear(1, 2, true), new ActivationLayer(2, Activation.TANH));
        try (Arena arena = Arena.ofConfined(); Parameters parameters = Parameters.initialise(model, 1)) {
            double[] before = parameters.values().flat().toDoubles();
            Dataset held = Dataset.classification(HostTensor.of(arena, new double[][] {{1}, {0.5}, {-1}, {-0.5}}),
                    HostTensor.of(arena, new int[] {1, 0, 0, 0}), 2);
            assertEquals(
                    "the outputs of the last layer are not linear in its weights, so that a temperature cannot go into them; given "
                            + model.layers().getLast(),
                    assertThrows(UnsupportedException.class, () -> Calibration.of(parameters, held)).getMessage());
            assertArrayEquals(before, parameters.values().flat().toDoubles());
        }
    }
}
