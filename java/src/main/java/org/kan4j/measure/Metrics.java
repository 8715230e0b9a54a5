// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.measure;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import org.kan4j.device.Context;
import org.kan4j.internal.measure.Measurement;
import org.kan4j.model.Parameters;
import org.kan4j.optim.Loss;
import org.kan4j.rows.RowSource;

/**
 * Measures of a model on a data set, each under its right name: {@code loss}; for classes {@code accuracy}, {@code
 * log_loss}, {@code macro_f1} and, of two classes, {@code roc_auc}; for real targets {@code rmse}, {@code mae}, {@code
 * r2}. A measure that the data does not define (the R2 of a constant target) is not there.
 */
public final class Metrics {

    private final long rows;
    private final Map<String, Double> values;

    /** Measures by the names above, of so many rows. */
    public Metrics(long rows, Map<String, Double> values) {
        this.rows = rows;
        this.values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }

    /**
     * Measures parameters on a data set; rows with weights count by them. Parameters that are not where the context's
     * kernels reach them are copied there meanwhile.
     *
     * @param loss what {@link #loss()} is to be; null for cross-entropy with class labels, mean squared error otherwise
     * @param more measures of one's own
     */
    public static Metrics measure(Context context, Parameters parameters, Loss loss, RowSource data, Metric... more) {
        Map<String, Sum> own = new LinkedHashMap<>();
        for (Metric metric : more) {
            own.put(metric.name(), new Sum(metric.start()));
        }
        return parameters.on(context,
                here -> new Metrics(data.size(), Measurement.of(context, here, loss, data, own)));
    }

    private record Sum(Metric.Sum sum) implements Measurement.RowSum {
        @Override
        public void add(double[] prediction, double[] target, double weight) {
            sum.add(prediction, target, weight);
        }

        @Override
        public double value() {
            return sum.value();
        }
    }

    /** Rows measured. */
    public long rows() {
        return rows;
    }

    /** All measures by name. */
    public Map<String, Double> values() {
        return values;
    }

    /** The loss that training minimises. */
    public double loss() {
        return values.get("loss");
    }

    /** The share of rows whose most likely class is the right one; for classification. */
    public OptionalDouble accuracy() {
        return optional("accuracy");
    }

    /** The root of the mean squared error; for regression. */
    public OptionalDouble rmse() {
        return optional("rmse");
    }

    /** The mean over classes of F1, the harmonic mean of precision and recall; for classification. */
    public OptionalDouble macroF1() {
        return optional("macro_f1");
    }

    /** The area under the ROC curve, ties counted half; for classification in two classes, both in the data. */
    public OptionalDouble rocAuc() {
        return optional("roc_auc");
    }

    /** The mean absolute error; for regression. */
    public OptionalDouble mae() {
        return optional("mae");
    }

    /** The coefficient of determination, 1 minus the squared errors over those of the targets' mean; for regression. */
    public OptionalDouble r2() {
        return optional("r2");
    }

    private OptionalDouble optional(String name) {
        Double value = values.get(name);
        return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
    }

    @Override
    public String toString() {
        return values.toString();
    }
}
