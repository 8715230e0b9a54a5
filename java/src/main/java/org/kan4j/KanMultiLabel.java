// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.kan4j.encoding.Encoding;
import org.kan4j.serve.Predictor;
import org.kan4j.train.TrainingResult;

/**
 * Tells any number of labels: {@link Prediction#labels} and {@link Prediction#probabilities}.
 *
 * {@snippet :
 * try (KanMultiLabel model = Kan.multiLabel().fit(x, List.of(Set.of("rock", "live"), Set.of(), Set.of("jazz")))) {
 *     Set<String> labels = model.predict(row).labels();
 * }
 * }
 */
public final class KanMultiLabel extends TrainedKan {

    KanMultiLabel(Encoding encoding, Predictor predictor, Map<String, String> properties, TrainingResult training) {
        super(encoding, predictor, properties, training);
    }

    /** The labels, in the order of the model's outputs. */
    public List<String> labels() {
        return ((Encoding.Labels) encoding().target()).labels();
    }

    /** Measures on rows of numbers. */
    public Report evaluate(double[][] x, List<? extends Collection<String>> labels) {
        return evaluate(named(Examples.of(x, labels)));
    }
}
