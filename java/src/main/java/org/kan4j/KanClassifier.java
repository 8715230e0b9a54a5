// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import java.util.List;
import java.util.Map;
import org.kan4j.encoding.Encoding;
import org.kan4j.serve.Predictor;
import org.kan4j.train.TrainingResult;

/**
 * Tells one of several classes: {@link Prediction#label} and {@link Prediction#probabilities}.
 *
 * {@snippet :
 * try (KanClassifier model = Kan.classifier().hidden(16).fit(x, labels)) {
 *     model.predict(5.1, 3.5, 1.4, 0.2).label();
 *     model.save(Path.of("model.safetensors"));
 * }
 * }
 */
public final class KanClassifier extends TrainedKan {

    KanClassifier(Encoding encoding, Predictor predictor, Map<String, String> properties, TrainingResult training) {
        super(encoding, predictor, properties, training);
    }

    /** The classes, in the order of the model's outputs. */
    public List<String> labels() {
        return ((Encoding.Classes) encoding().target()).labels();
    }

    /** Measures on rows of numbers. */
    public Report evaluate(double[][] x, String[] labels) {
        return evaluate(named(Examples.of(x, labels)));
    }

    /** Measures on rows of numbers. */
    public Report evaluate(double[][] x, int[] labels) {
        return evaluate(named(Examples.of(x, labels)));
    }
}
