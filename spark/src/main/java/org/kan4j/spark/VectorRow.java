// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

import java.util.List;
import org.apache.spark.ml.linalg.DenseVector;
import org.apache.spark.ml.linalg.Vector;
import org.kan4j.encoding.RawRow;
import org.kan4j.error.KanException;

/** A vector of features as raw cells; NaN is missing. One object serves many rows, one after the other. */
final class VectorRow implements RawRow {

    private final List<String> names;
    private double[] values;

    /** Of inputs of these names. */
    VectorRow(List<String> names) {
        this.names = names;
    }

    /** The next row; a sparse vector is expanded. */
    VectorRow of(Vector features) {
        return ofNumbers(features == null ? null : features instanceof DenseVector dense ? dense.values() : features.toArray());
    }

    /** The next row; the array is not copied. */
    VectorRow ofNumbers(double[] features) {
        if (features == null) {
            throw KanException.invalid("a row has no features: the vector is null; drop such rows, or fill them, first");
        }
        if (features.length != names.size()) {
            throw KanException.invalid("a vector has %d features, the model takes %d: %s", features.length, names.size(),
                    shown(new DenseVector(features)));
        }
        values = features;
        return this;
    }

    /** Scales low..low + range to -1..1; whether all values are finite, and so that was all there is to do. */
    boolean scaled(double[] lows, double[] ranges, double[] into) {
        double sum = 0;
        for (int i = 0; i < into.length; i++) {
            sum += values[i] * 0; // NaN where a value is not finite
            into[i] = (values[i] - lows[i]) / ranges[i] * 2 - 1;
        }
        return sum == 0;
    }

    /** For messages: a vector, cut where it is long. */
    static String shown(Object value) {
        String text = String.valueOf(value);
        return text.length() > 200 ? text.substring(0, 200) + "..." : text;
    }

    @Override
    public boolean missing(int at) {
        return Double.isNaN(values[at]);
    }

    @Override
    public double number(int at) {
        return values[at];
    }

    @Override
    public String text(int at) {
        double value = values[at];
        return value == Math.rint(value) && Math.abs(value) < 1e15 ? Long.toString((long) value) : Double.toString(value);
    }

    @Override
    public KanException error(int at, String what) {
        return KanException.invalid("feature %d, '%s', of the row %s: %s", at, names.get(at),
                shown(java.util.Arrays.toString(values)), what);
    }
}
