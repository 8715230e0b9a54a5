// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import java.util.Map;
import org.kan4j.encoding.Encoding;
import org.kan4j.serve.Predictor;
import org.kan4j.train.TrainingResult;

/**
 * Tells a number: {@link Prediction#value}, in the unit of the rows it was trained on; or several of them,
 * {@link Prediction#values}, or quantiles of one, {@link Prediction#quantile}.
 *
 * {@snippet :
 * try (KanRegressor model = Kan.regressor().fit(x, y)) {
 *     double value = model.predict(0.5, 0.5).value();
 * }
 * }
 */
public final class KanRegressor extends TrainedKan {

    KanRegressor(Encoding encoding, Predictor predictor, Map<String, String> properties, TrainingResult training) {
        super(encoding, predictor, properties, training);
    }

    /** Measures on rows of numbers. */
    public Report evaluate(double[][] x, double[] y) {
        return evaluate(named(Examples.of(x, y)));
    }

    /** Measures on rows of numbers, of a model of several numbers. */
    public Report evaluate(double[][] x, double[][] y) {
        return evaluate(named(Examples.of(x, y).predicting(encoding().target().name())));
    }
}
