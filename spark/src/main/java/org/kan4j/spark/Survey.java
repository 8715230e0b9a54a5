// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Row;
import org.kan4j.encoding.Encoding;
import org.kan4j.error.KanException;

/**
 * What one pass over the rows learns of them before any training: how many there are, their ranges, and the first of them that
 * cannot be trained on, in words. Rows are (features, label, weight, is for validation).
 */
final class Survey implements Serializable {

    private static final long serialVersionUID = 1L;
    private static final int MOST_CLASSES = 10_000;

    final boolean classes;
    final boolean fill;
    long rows;
    long validationRows;
    double weight;
    double validationWeight;
    int features = -1;
    String complaint;
    private double[] low;
    private double[] high;
    private double[] sum;
    private long[] present;
    private double labelMean;
    private double labelSquares;
    private long labels;
    private long[] counts = new long[0];

    private Survey(boolean classes, boolean fill) {
        this.classes = classes;
        this.fill = fill;
    }

    /** Surveys all rows; refuses, on the driver and in one sentence, those that cannot be trained on. */
    static Survey of(JavaRDD<Row> data, boolean classes, boolean fill) {
        List<Survey> parts = data.mapPartitions(rows -> List.of(ofPartition(rows, classes, fill)).iterator()).collect();
        Survey all = new Survey(classes, fill);
        parts.forEach(all::add); // in the order of partitions, so that ranges and means have the same bits every time
        if (all.complaint != null) {
            throw new KanException(org.kan4j.error.Status.INVALID_ARGUMENT, all.complaint);
        }
        if (all.rows == 0) {
            throw KanException.invalid(all.validationRows > 0
                    ? "all %d rows are for validation, none is left to train on" : "there are no rows to train on",
                    all.validationRows);
        }
        if (!(all.weight > 0)) {
            throw KanException.invalid("the weights of all %d rows are 0: nothing counts", all.rows);
        }
        return all;
    }

    private static Survey ofPartition(Iterator<Row> rows, boolean classes, boolean fill) {
        Survey survey = new Survey(classes, fill);
        while (rows.hasNext() && survey.complaint == null) {
            Row row = rows.next();
            survey.complaint = survey.add(row);
            if (survey.complaint != null) {
                survey.complaint += "; the row is (features " + VectorRow.shown(row.get(0)) + ", label " + row.get(1)
                        + ", weight " + row.get(2) + ")";
            }
        }
        return survey;
    }

    /** Takes a row in; or says what is wrong with it. */
    private String add(Row row) {
        Vector vector = row.getAs(0);
        if (vector == null) {
            return "a row has no features: the vector is null; drop such rows, or fill them, first";
        }
        if (row.isNullAt(1) || !Double.isFinite(row.getDouble(1))) {
            return "a row has no finite label; drop such rows first";
        }
        double label = row.getDouble(1);
        if (classes && (label < 0 || label != Math.rint(label) || label >= MOST_CLASSES)) {
            return "labels of classes must be the whole numbers 0 to k - 1, given " + label
                    + "; StringIndexer makes such labels of any values";
        }
        if (row.isNullAt(2) || !(row.getDouble(2) >= 0) || Double.isInfinite(row.getDouble(2))) {
            return "a row's weight must be a finite number of at least 0, given " + row.get(2);
        }
        if (features < 0) {
            begin(vector.size());
        } else if (vector.size() != features) {
            return differing(features, vector.size());
        }
        boolean held = !row.isNullAt(3) && row.getBoolean(3);
        double[] values = vector.toArray();
        for (int i = 0; i < values.length; i++) {
            if (Double.isNaN(values[i]) && !fill) {
                return "feature " + i + " is NaN; set missing to fill, which takes the mean of the column, or fill or drop "
                        + "such rows first";
            }
            if (Double.isInfinite(values[i])) {
                return "feature " + i + " is " + values[i] + "; all must be finite";
            }
            if (!held && !Double.isNaN(values[i])) {
                low[i] = Math.min(low[i], values[i]);
                high[i] = Math.max(high[i], values[i]);
                sum[i] += values[i];
                present[i]++;
            }
        }
        if (held) {
            validationRows++;
            validationWeight += row.getDouble(2);
            count((int) label, 0);
            return null;
        }
        rows++;
        weight += row.getDouble(2);
        count((int) label, 1);
        labels++;
        double off = label - labelMean; // Welford, 1962
        labelMean += off / labels;
        labelSquares += off * (label - labelMean);
        return null;
    }

    private static String differing(int one, int other) {
        return "the vectors of features have differing lengths, " + one + " and " + other;
    }

    private void begin(int length) {
        features = length;
        low = new double[length];
        high = new double[length];
        sum = new double[length];
        present = new long[length];
        java.util.Arrays.fill(low, Double.POSITIVE_INFINITY);
        java.util.Arrays.fill(high, Double.NEGATIVE_INFINITY);
    }

    private void count(int label, long more) {
        if (classes) {
            if (label >= counts.length) {
                counts = java.util.Arrays.copyOf(counts, label + 1);
            }
            counts[label] += more;
        }
    }

    /** Takes the next partition in. */
    private void add(Survey other) {
        if (complaint != null || other.complaint != null) {
            complaint = complaint != null ? complaint : other.complaint;
            return;
        }
        if (other.features < 0) {
            return;
        }
        if (features < 0) {
            begin(other.features);
        } else if (features != other.features) {
            complaint = differing(features, other.features);
            return;
        }
        for (int i = 0; i < features; i++) {
            low[i] = Math.min(low[i], other.low[i]);
            high[i] = Math.max(high[i], other.high[i]);
            sum[i] += other.sum[i];
            present[i] += other.present[i];
        }
        for (int c = 0; c < other.counts.length; c++) {
            count(c, other.counts[c]);
        }
        if (other.labels > 0) { // Chan, Golub and LeVeque, 1979
            double off = other.labelMean - labelMean;
            long both = labels + other.labels;
            labelMean += off * other.labels / both;
            labelSquares += other.labelSquares + off * off * labels * other.labels / both;
            labels = both;
        }
        rows += other.rows;
        validationRows += other.validationRows;
        weight += other.weight;
        validationWeight += other.validationWeight;
    }

    /**
     * The encoding that these rows suggest.
     *
     * @param names of the features; null for f0, f1, ...
     * @param labelNames of the classes; null where the label column does not say them
     */
    Encoding encoding(String data, List<String> names, String label, List<String> labelNames, boolean standardise) {
        List<Encoding.Column> columns = new ArrayList<>(features);
        for (int i = 0; i < features; i++) {
            String name = names == null ? "f" + i : names.get(i);
            double mean = present[i] == 0 ? 0 : sum[i] / present[i];
            columns.add(!standardise ? new Encoding.Numeric(name, -1, 1, mean) // -1..1 is left as it is
                    : present[i] == 0 ? new Encoding.Numeric(name, 0, 0, 0) : new Encoding.Numeric(name, low[i], high[i], mean));
        }
        return new Encoding(data, columns, classes ? new Encoding.Classes(label, classNames(labelNames))
                : standardise ? new Encoding.Value(label, labelMean, labelSquares > 0 ? Math.sqrt(labelSquares / labels) : 1)
                        : new Encoding.Value(label, 0, 1),
                fill ? Encoding.Missing.FILL : Encoding.Missing.REFUSE);
    }

    private List<String> classNames(List<String> known) {
        if (known != null) {
            if (counts.length > known.size()) {
                throw KanException.invalid("a label is %d, but the label column names %d classes, 0 to %d", counts.length - 1,
                        known.size(), known.size() - 1);
            }
            return known;
        }
        List<String> names = new ArrayList<>();
        for (int c = 0; c < counts.length; c++) {
            if (counts[c] == 0) {
                throw KanException.invalid("labels must be 0 to k - 1, each with a row to train on; the greatest is %d, and "
                        + "no row has %d; StringIndexer makes such labels", counts.length - 1, c);
            }
            names.add(Integer.toString(c));
        }
        if (names.size() < 2) {
            throw KanException.invalid("all %d rows have the label 0; classes need at least two labels, 0 and 1", rows);
        }
        return names;
    }
}
