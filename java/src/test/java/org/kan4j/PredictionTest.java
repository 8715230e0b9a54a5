// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.encoding.Encoding;
import org.kan4j.error.FormatException;
import org.kan4j.error.ShapeException;
import org.kan4j.io.Checkpoint;
import org.kan4j.layer.Linear;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.tensor.DType;

/** What a prediction of each kind of target answers, and what it says to the questions of another kind. */
class PredictionTest {

    private static final Encoding.Value PRICE = new Encoding.Value("price", 10, 2);

    private static Prediction of(Encoding.Target target, double... values) {
        return new Prediction(target, values, List.of("x"));
    }

    private static final Prediction CLASS = of(new Encoding.Classes("kind", List.of("z", "b", "a")), 0.25, 0.625, 0.125);
    private static final Prediction LABELS = of(new Encoding.Labels("tags", List.of("z", "b", "a")), 0.75, 0.5, 0.625);
    private static final Prediction NUMBER = of(PRICE, 3.5);
    private static final Prediction NUMBERS = of(new Encoding.Numbers(List.of(PRICE, new Encoding.Value("area", 0, 1))), 3.5, 7);
    private static final Prediction QUANTILES = of(new Encoding.Quantiles(PRICE, List.of(0.05, 0.5, 0.9)), 1, 2, 4);

    @Test
    void eachKindAnswersItsQuestions() {
        assertEquals("b", CLASS.label());
        assertEquals(0.625, CLASS.probability());
        assertEquals(0.125, CLASS.probability("a"));
        assertEquals(Set.of("z", "a"), LABELS.labels(), "even odds are no yes");
        assertEquals(List.of("z"), List.copyOf(LABELS.labels(0.7)));
        assertEquals(0.75, LABELS.probability());
        assertEquals(3.5, NUMBER.value());
        assertEquals(Map.of("price", 3.5), NUMBER.values());
        assertEquals(2, QUANTILES.value());
        assertEquals(4, QUANTILES.quantile(0.9));
        assertEquals(List.of("x"), CLASS.outside());
        assertEquals("b (62.5 %) [z, a] 3.5 {price=3.5, area=7.0} {price_q05=1.0, price_q50=2.0, price_q90=4.0}",
                CLASS + " " + LABELS + " " + NUMBER + " " + NUMBERS + " " + QUANTILES);
    }

    /** In the order of the model's outputs, whatever the names are. */
    @Test
    void whatIsNamedKeepsTheModelsOrder() {
        List<String> names = IntStream.range(0, 40).mapToObj(i -> "class " + i * 7919 % 41).toList();
        Prediction many = of(new Encoding.Classes("k", names), new double[40]);
        assertEquals(names, new ArrayList<>(many.probabilities().keySet()));
        assertEquals(List.of("z", "a"), new ArrayList<>(LABELS.labels()));
        assertEquals("{price=3.5, area=7.0}", NUMBERS.values().toString());
        assertEquals("{price_q05=1.0, price_q50=2.0, price_q90=4.0}", QUANTILES.values().toString());
        assertEquals("{z=0.25, b=0.625, a=0.125}", CLASS.probabilities().toString());
    }

    private static void refused(String sentence, Supplier<?> question) {
        assertEquals(sentence, assertThrows(RuntimeException.class, question::get).getMessage());
    }

    @Test
    void theQuestionsOfAnotherKindAreAnsweredByTheRightOne() {
        refused("'price' is a number: ask for value()", NUMBER::label);
        refused("'price' is a number: ask for value()", NUMBER::probability);
        refused("'price,area' are numbers: ask for values()", NUMBERS::label);
        refused("of 'price' there are quantiles: ask for quantile(level)", QUANTILES::probabilities);
        refused("a row may have several of 'tags': ask for labels()", LABELS::label);
        refused("'kind' is one class: ask for label()", CLASS::labels);
        refused("'price' is a number: ask for value()", NUMBER::labels);
        refused("'kind' is no number: ask for label()", CLASS::value);
        refused("'tags' is no number: ask for labels()", LABELS::value);
        refused("'price,area' are several numbers: ask for values()", NUMBERS::value);
        refused("'kind' is no number: ask for probabilities()", CLASS::values);
        refused("of 'price' the model tells no quantiles; train it for some", () -> NUMBER.quantile(0.5));
        Prediction ends = of(new Encoding.Quantiles(PRICE, List.of(0.1, 0.2, 0.9)), 1, 2, 4);
        refused("0.5 is none of the levels that the model was trained for: [0.1, 0.2, 0.9]", ends::value);
        refused("0.3 is none of the levels that the model was trained for: [0.05, 0.5, 0.9]", () -> QUANTILES.quantile(0.3));
        refused("'q' is none of the classes of the model: [z, b, a]", () -> CLASS.probability("q"));
    }

    /** What is no model of this kind says what it is, and leaves nothing open. */
    @Test
    void filesThatAreNoSuchModelSayWhatTheyAre(@TempDir Path folder) throws Exception {
        Path bare = folder.resolve("bare.safetensors");
        Path wrong = folder.resolve("wrong.safetensors");
        Path right = folder.resolve("right.safetensors");
        Encoding two = new Encoding("d.csv", List.of(new Encoding.Numeric("a", 0, 1, 0.5), new Encoding.Numeric("b", 0, 1, 0.5)),
                PRICE, Encoding.Missing.REFUSE);
        try (Parameters parameters = Parameters.initialise(KanModel.of(DType.F64, new Linear(3, 1, true)), 1)) {
            Checkpoint.write(bare, parameters);
            Checkpoint.write(wrong, parameters, Map.of(Encoding.KEY, two.toJson()));
            assertEquals("the model has 3 inputs and 1 output, the encoding 2 and 1",
                    assertThrows(ShapeException.class, () -> Kan.of(parameters, two)).getMessage());
        }
        assertEquals(bare + " does not say what its inputs and outputs mean (metadata '" + Encoding.KEY
                + "'): it is no model of Kan or of kan4j train; Checkpoint.read takes it as it is",
                assertThrows(FormatException.class, () -> Kan.load(bare)).getMessage());
        assertEquals(wrong + ": the model has 3 inputs and 1 output, its metadata '" + Encoding.KEY + "' describes 2 and 1",
                assertThrows(FormatException.class, () -> Kan.load(wrong)).getMessage());
        Parameters owned = Parameters.initialise(KanModel.of(DType.F64, new Linear(2, 1, true)), 1);
        try (TrainedKan model = Kan.of(owned, two)) {
            model.save(right);
        }
        assertEquals(right + " is a KanRegressor, expected a KanClassifier",
                assertThrows(FormatException.class, () -> Kan.load(right, KanClassifier.class)).getMessage());
        Kan.load(right, KanRegressor.class).close();
    }
}
