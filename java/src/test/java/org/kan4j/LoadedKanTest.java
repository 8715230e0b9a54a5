// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.kan4j.basis.Chebyshev;
import org.kan4j.encoding.Encoding;
import org.kan4j.error.KanException;
import org.kan4j.io.Checkpoint;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.serve.Predictor;
import org.kan4j.tensor.DType;

/** A model of each kind of target as it comes from its file and goes into another. */
class LoadedKanTest {

    private static final Encoding.Value Y = new Encoding.Value("y", 10, 4);
    private static final double[] RAW = {0.5, -3};

    @TempDir
    private Path folder;

    static Stream<Arguments> targets() {
        return Stream.of(Arguments.of(new Encoding.Classes("k", List.of("b", "a")), KanClassifier.class),
                Arguments.of(new Encoding.Labels("t", List.of("v", "u", "w")), KanMultiLabel.class),
                Arguments.of(Y, KanRegressor.class),
                Arguments.of(new Encoding.Numbers(List.of(Y, new Encoding.Value("z", 0, 9))), KanRegressor.class),
                Arguments.of(new Encoding.Quantiles(Y, List.of(0.1, 0.5, 0.9)), KanRegressor.class));
    }

    @ParameterizedTest
    @MethodSource("targets")
    void comesBackWithAllThatTheFileCarries(Encoding.Target target, Class<? extends TrainedKan> kind) throws IOException {
        Encoding encoding = new Encoding("t", List.of(new Encoding.Numeric("a", 0, 1, 0.5), new Encoding.Numeric("b", -5, 5, 0)),
                target, Encoding.Missing.REFUSE);
        Path file = folder.resolve("m.safetensors");
        Path again = folder.resolve("again.safetensors");
        double[] outputs = new double[target.width()];
        try (Parameters parameters = Parameters.initialise(KanModel.kan(DType.F64, Chebyshev.of(3), 2, target.width()), 4);
                Predictor predictor = Predictor.of(parameters)) {
            Checkpoint.write(file, parameters, Map.of(Encoding.KEY, encoding.toJson(), "mine", "kept"));
            predictor.predict(new double[] {0, -0.6}, outputs); // as the encoding scales RAW
        }
        try (TrainedKan model = Kan.load(file)) {
            check(model, kind, encoding, outputs);
            model.save(again);
        }
        for (Class<? extends TrainedKan> other : List.of(KanClassifier.class, KanMultiLabel.class, KanRegressor.class)) {
            if (other == kind) {
                try (TrainedKan model = Kan.load(again, other)) {
                    check(model, kind, encoding, outputs);
                }
            } else {
                String message = assertThrows(KanException.class, () -> Kan.load(again, other)).getMessage();
                assertTrue(message.contains(kind.getSimpleName()) && message.contains(other.getSimpleName()), message);
            }
        }
    }

    private static void check(TrainedKan model, Class<? extends TrainedKan> kind, Encoding encoding, double[] outputs) {
        assertInstanceOf(kind, model);
        assertEquals(Map.of(Encoding.KEY, encoding.toJson(), "mine", "kept"), model.properties());
        assertEquals(encoding, model.encoding());
        assertTrue(model.training().isEmpty());
        assertEquals(List.of(), model.unproved());
        assertEquals(kind.getSimpleName() + " of " + encoding.target().name() + " from 2 inputs, "
                + 8 * outputs.length + " parameters", model.toString());
        Prediction prediction = model.predict(RAW);
        switch (encoding.target()) {
            case Encoding.Classes classes -> {
                assertEquals(classes.labels(), ((KanClassifier) model).labels());
                assertEquals(classes.labels().get(outputs[0] > outputs[1] ? 0 : 1), prediction.label());
                double first = 1 / (1 + Math.exp(outputs[1] - outputs[0]));
                assertEquals(List.of("b", "a"), List.copyOf(prediction.probabilities().keySet()));
                assertEquals(first, prediction.probabilities().get("b"), 1e-12);
                assertEquals(1 - first, prediction.probabilities().get("a"), 1e-12);
            }
            case Encoding.Labels labels -> {
                assertEquals(labels.labels(), ((KanMultiLabel) model).labels());
                for (int i = 0; i < outputs.length; i++) {
                    String label = labels.labels().get(i);
                    assertEquals(1 / (1 + Math.exp(-outputs[i])), prediction.probabilities().get(label), 1e-12);
                    assertEquals(outputs[i] > 0, prediction.labels().contains(label));
                }
            }
            case Encoding.Value value -> assertEquals(10 + 4 * outputs[0], prediction.value(), 1e-12);
            case Encoding.Numbers numbers -> {
                assertEquals(List.of("y", "z"), List.copyOf(prediction.values().keySet()));
                assertEquals(10 + 4 * outputs[0], prediction.values().get("y"), 1e-12);
                assertEquals(9 * outputs[1], prediction.values().get("z"), 1e-12);
            }
            case Encoding.Quantiles quantiles -> {
                double[] ascending = outputs.clone();
                java.util.Arrays.sort(ascending);
                assertArrayEquals(new double[] {10 + 4 * ascending[0], 10 + 4 * ascending[1], 10 + 4 * ascending[2]},
                        new double[] {prediction.quantile(0.1), prediction.quantile(0.5), prediction.quantile(0.9)}, 1e-12);
            }
        }
    }
}
