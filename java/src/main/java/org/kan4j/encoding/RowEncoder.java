// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.encoding;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.kan4j.error.KanException;
import org.kan4j.encoding.Encoding.Missing;

/** Turns raw rows into numbers. Holds nothing of a row: safe for use by several threads. */
public final class RowEncoder {

    /** What is wrong with a cell without a value. */
    public static final String NO_VALUE = "there is no value; missing=fill takes the mean for numbers and no "
            + "category for categories, or fill or leave out such rows first";

    private static final int SHOWN = 20;

    private final Encoding encoding;
    private final int features;
    /** Of each column: the places of its categories; null for numbers. */
    private final Values.Index[] categories;
    private final Values.Index labels;

    /** An encoder. */
    public RowEncoder(Encoding encoding) {
        this.encoding = encoding;
        this.features = encoding.features();
        this.categories = encoding.columns().stream()
                .map(c -> c instanceof Encoding.Categorical named ? new Values.Index(named.values()) : null)
                .toArray(Values.Index[]::new);
        this.labels = switch (encoding.target()) {
            case Encoding.Classes c -> new Values.Index(c.labels());
            case Encoding.Labels l -> new Values.Index(l.labels());
            case Encoding.Value v -> null;
            case Encoding.Numbers n -> null;
            case Encoding.Quantiles q -> null;
        };
    }

    /** What it encodes by. */
    public Encoding encoding() {
        return encoding;
    }

    /** Numbers a row becomes. */
    public int features() {
        return features;
    }

    /**
     * Writes the features of a row into {@code into[0 .. features)}.
     *
     * @param row whose cells are {@link Encoding#inputs} in order
     * @throws KanException if a value is missing, no number, infinite or an unknown category, where that is refused
     */
    public void features(RawRow row, double[] into) {
        int cell = 0;
        int out = 0;
        for (int c = 0; c < categories.length; c++) {
            switch (encoding.columns().get(c)) {
                case Encoding.Numeric n -> {
                    boolean missing = row.missing(cell);
                    into[out++] = missing ? n.encode(filled(row, cell, n.mean())) : near(row, cell, n);
                    if (n.indicator()) {
                        into[out++] = missing ? 1 : 0;
                    }
                    cell++;
                }
                case Encoding.Categorical known -> {
                    int index = row.missing(cell) ? (int) filled(row, cell, -1) : index(row, cell, known, categories[c]);
                    for (int i = 0; i < known.width(); i++) {
                        into[out++] = i == index ? 1 : 0;
                    }
                    cell++;
                }
                case Encoding.Pixels p -> {
                    for (int i = 0; i < p.count(); i++) {
                        into[out++] = p.encode(row.missing(cell) ? filled(row, cell, 0) : finite(row, cell));
                        cell++;
                    }
                }
            }
        }
    }

    /** A number that a model can be given: far enough outside the training rows' range a float has none. */
    private static double near(RawRow row, int cell, Encoding.Numeric column) {
        double encoded = column.encode(finite(row, cell));
        if (!(Math.abs(encoded) <= Float.MAX_VALUE)) {
            throw row.error(cell,
                    "'" + row.text(cell) + "' is too far outside the range of the training rows, " + Values.text(column.low())
                            + " to " + Values.text(column.high()) + ", to compute with");
        }
        return encoded;
    }

    private double filled(RawRow row, int cell, double value) {
        if (encoding.missing() == Missing.FILL) {
            return value;
        }
        throw row.error(cell, NO_VALUE);
    }

    private int index(RawRow row, int cell, Encoding.Categorical column, Values.Index known) {
        String value = row.label(cell);
        int index = known.of(value);
        if (index < 0 && encoding.unseen() == Encoding.Unseen.REFUSE) {
            throw row.error(cell, "'" + value + "' is not one of the values the model was trained on: "
                    + some(column.values()) + "; unseen=unknown takes such values as none of these");
        }
        return index;
    }

    /** The class index, or the scaled value, of a row with one target; as {@link #target(RawRow, int, double[])}. */
    public double target(RawRow row, int at) {
        double[] targets = new double[encoding.target().width()];
        target(row, at, targets);
        return targets[0];
    }

    /**
     * Writes what a row is into {@code into}: the class index or, of each output of the model, the scaled value that is wanted of
     * it. Quantiles are all of one value.
     *
     * @param row whose cells {@code at} and behind it are {@link Encoding#targets}
     * @throws KanException if it is missing or none of the classes
     */
    public void target(RawRow row, int at, double[] into) {
        switch (encoding.target()) {
            case Encoding.Value v -> into[0] = scaled(row, at, v);
            case Encoding.Numbers n -> {
                for (int i = 0; i < n.width(); i++) {
                    into[i] = scaled(row, at + i, n.values().get(i));
                }
            }
            case Encoding.Quantiles q -> Arrays.fill(into, 0, q.width(), scaled(row, at, q.value()));
            case Encoding.Classes c -> {
                requireTarget(row, at);
                int index = labels.of(row.label(at));
                if (index < 0) {
                    throw row.error(at, "'" + row.text(at) + "' is not one of the classes of the model: "
                            + some(c.labels()));
                }
                into[0] = index;
            }
            case Encoding.Labels l -> throw row.error(at, "a row of several labels has no single target");
        }
    }

    private static double scaled(RawRow row, int at, Encoding.Value value) {
        requireTarget(row, at);
        return (finite(row, at) - value.mean()) / value.deviation();
    }

    private static void requireTarget(RawRow row, int at) {
        if (row.missing(at)) {
            throw row.error(at, "the target is missing; leave such rows out");
        }
    }

    /** The place of a label among those of the target; -1 if it is none of them, or there are none. */
    public int label(String label) {
        return labels == null ? -1 : labels.of(label);
    }

    /**
     * The inputs of an encoded row that are beyond the range of the training rows.
     *
     * @param encoded features of a row
     * @param from where they begin
     * @param slack how far beyond is borne, as a part of the range
     * @return names, in order
     */
    public List<String> outside(double[] encoded, int from, double slack) {
        List<String> names = List.of();
        int at = from;
        for (Encoding.Column column : encoding.columns()) {
            if (column instanceof Encoding.Numeric n && Math.abs(encoded[at]) > 1 + 2 * slack) {
                names = names.isEmpty() ? new ArrayList<>() : names;
                names.add(n.name());
            }
            at += column.width();
        }
        return names;
    }

    /** The number in a cell, which must be finite. */
    public static double finite(RawRow row, int cell) {
        double value = row.number(cell);
        if (!Double.isFinite(value)) {
            throw row.error(cell, "expected a finite number, got '" + row.text(cell) + "'");
        }
        return value;
    }

    /** The first of some names, for messages. */
    private static String some(List<String> names) {
        String first = String.join(", ", names.subList(0, Math.min(SHOWN, names.size())));
        return names.size() > SHOWN ? first + ", ... (" + names.size() + " in all)" : first;
    }
}
