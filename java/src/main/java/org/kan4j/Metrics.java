// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;

/** Measures of a model on a data set, each under its right name: {@code loss}, {@code accuracy}, {@code rmse}. */
public final class Metrics {

    private final long rows;
    private final Map<String, Double> values;

    Metrics(long rows, Map<String, Double> values) {
        this.rows = rows;
        this.values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }

    /**
     * Measures parameters on a data set; rows with weights count by them.
     *
     * @param loss what {@link #loss()} is to be; null for cross-entropy with class labels, mean squared error otherwise
     */
    public static Metrics measure(Context context, Parameters parameters, Loss loss, Dataset data) {
        return Measurement.of(context, parameters, loss, data);
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

    private OptionalDouble optional(String name) {
        Double value = values.get(name);
        return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
    }

    @Override
    public String toString() {
        return values.toString();
    }
}
