// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * How raw rows become the numbers a model sees, and its outputs predictions. Saved as JSON in the model's metadata, so
 * that predict and evaluate take raw rows.
 *
 * @param data what the model was trained on: a set's name or a file name
 * @param columns the inputs in order
 * @param target the output
 * @param missing what becomes of missing values
 * @param unseen what becomes of categories that the training rows did not have
 */
public record Encoding(String data, List<Column> columns, Target target, Missing missing, Unseen unseen) {

    /** Metadata key of the model file. */
    public static final String KEY = "kan4j.data";

    private static final ObjectMapper JSON = new ObjectMapper()
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES);

    public Encoding {
        Objects.requireNonNull(data, "data");
        columns = List.copyOf(columns);
        Objects.requireNonNull(target, "target");
        missing = missing == null ? Missing.REFUSE : missing;  // models of before there was a choice
        unseen = unseen == null ? Unseen.REFUSE : unseen;
    }

    /** An encoding that refuses categories it does not know. */
    public Encoding(String data, List<Column> columns, Target target, Missing missing) {
        this(data, columns, target, missing, Unseen.REFUSE);
    }

    /** The same with other rules. */
    public Encoding with(Missing otherMissing, Unseen otherUnseen) {
        return new Encoding(data, columns, target, otherMissing, otherUnseen);
    }

    /** What becomes of inputs without a value. A target without one is always an error. */
    public enum Missing {
        /** They are refused, with their place. */
        REFUSE,
        /** A number becomes the mean of the training rows, a category none of the known ones. */
        FILL
    }

    /** What becomes of categories that the training rows did not have. */
    public enum Unseen {
        /** They are refused, with their place. */
        REFUSE,
        /** They become none of the known ones. */
        UNKNOWN
    }

    /** One input, or a run of like inputs. */
    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = Numeric.class, name = "numeric"),
        @JsonSubTypes.Type(value = Categorical.class, name = "categorical"),
        @JsonSubTypes.Type(value = Pixels.class, name = "pixels")})
    public sealed interface Column {
        /** Numbers it becomes. */
        int width();
    }

    /**
     * A number; low..high, the range of the training rows, becomes -1..1; a constant column becomes 0.
     *
     * @param mean of the training rows, which a missing value may become
     * @param quantiles if there are any, what lies between two of them becomes an equal part of -1..1, so that values are
     *                  spread evenly; ascending, the first is low and the last high
     */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record Numeric(String name, double low, double high, double mean, List<Double> quantiles) implements Column {
        public Numeric {
            Objects.requireNonNull(name, "name");
            quantiles = quantiles == null ? List.of() : List.copyOf(quantiles);
        }

        /** A number scaled by its range. */
        public Numeric(String name, double low, double high, double mean) {
            this(name, low, high, mean, List.of());
        }

        /** From JSON; models of before missing values could be filled have no mean. */
        @JsonCreator
        static Numeric read(@JsonProperty("name") String name, @JsonProperty("low") double low,
                            @JsonProperty("high") double high, @JsonProperty("mean") Double mean,
                            @JsonProperty("quantiles") List<Double> quantiles) {
            return new Numeric(name, low, high, mean != null ? mean : low + (high - low) / 2, quantiles);
        }

        @Override
        public int width() {
            return 1;
        }

        double encode(double value) {
            if (!(high > low)) {
                return 0;
            }
            if (quantiles.size() > 2) {
                int parts = quantiles.size() - 1;
                int found = Collections.binarySearch(quantiles, value);
                int part = Math.clamp((found >= 0 ? found : -found - 1) - 1L, 0, parts - 1);
                double from = quantiles.get(part);
                return (part + (value - from) / (quantiles.get(part + 1) - from)) / parts * 2 - 1;
            }
            return (value - low) / (high - low) * 2 - 1;
        }
    }

    /** One of a list of values: 1 at its place, 0 elsewhere. */
    public record Categorical(String name, List<String> values) implements Column {
        public Categorical {
            Objects.requireNonNull(name, "name");
            values = List.copyOf(values);
        }

        @Override
        public int width() {
            return values.size();
        }
    }

    /** Columns pixel0, pixel1, ...: 0..maximum becomes -1..1. */
    public record Pixels(int count, double maximum) implements Column {
        @Override
        public int width() {
            return count;
        }

        double encode(double value) {
            return value / maximum * 2 - 1;
        }
    }

    /** What is predicted. */
    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = Classes.class, name = "classes"),
        @JsonSubTypes.Type(value = Value.class, name = "value")})
    public sealed interface Target {
        String name();

        /** Outputs of the model. */
        int width();
    }

    /** One of a list of labels; the model gives a logit for each. */
    public record Classes(String name, List<String> labels) implements Target {
        public Classes {
            Objects.requireNonNull(name, "name");
            labels = List.copyOf(labels);
        }

        @Override
        public int width() {
            return labels.size();
        }
    }

    /** A number; the model gives (value - mean) / deviation. */
    public record Value(String name, double mean, double deviation) implements Target {
        public Value {
            Objects.requireNonNull(name, "name");
        }

        @Override
        public int width() {
            return 1;
        }
    }

    /** The encoding of images of ten classes with pixels 0..maximum. */
    static Encoding images(String data, int pixels, double maximum) {
        List<String> labels = new ArrayList<>();
        for (int i = 0; i < NamedSet.CLASSES; i++) {
            labels.add(Integer.toString(i));
        }
        return new Encoding(data, List.of(new Pixels(pixels, maximum)), new Classes("label", labels), Missing.REFUSE);
    }

    /** Numbers a row becomes. */
    public int features() {
        return columns.stream().mapToInt(Column::width).sum();
    }

    public String toJson() {
        try {
            return JSON.writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("an encoding is plain records", e);
        }
    }

    /** @throws DataException if the text is not an encoding */
    public static Encoding fromJson(String json) {
        try {
            return JSON.readValue(json, Encoding.class);
        } catch (JsonProcessingException e) {
            throw new DataException("the model's metadata '" + KEY + "' is damaged: " + e.getOriginalMessage(), e);
        }
    }

    /** Names of the table columns that it takes, in order. */
    public List<String> inputs() {
        List<String> inputs = new ArrayList<>();
        for (Column column : columns) {
            switch (column) {
                case Numeric n -> inputs.add(n.name());
                case Categorical c -> inputs.add(c.name());
                case Pixels p -> {
                    for (int i = 0; i < p.count(); i++) {
                        inputs.add("pixel" + i);
                    }
                }
            }
        }
        return inputs;
    }

    /** Turns rows of a table into numbers. Safe for use by several threads. */
    final class RowEncoder {

        private final int[] at;
        private final int targetAt;
        private final Map<String, Values.Index> categories = new HashMap<>();
        private final Values.Index labels = new Values.Index(target instanceof Classes c ? c.labels() : List.of());

        /**
         * An encoder.
         *
         * @param needTarget whether the table must hold the target column
         * @throws DataException if a column is missing, or holds texts where numbers are expected
         */
        RowEncoder(Table table, boolean needTarget) {
            List<String> names = inputs();
            at = new int[names.size() + (needTarget ? 1 : 0)];
            targetAt = needTarget ? names.size() : -1;
            for (int i = 0; i < names.size(); i++) {
                at[i] = place(table, names.get(i), names);
            }
            if (needTarget) {
                at[targetAt] = place(table, target.name(), names);
            }
            int cell = 0;
            for (Column column : columns) {
                if (column instanceof Categorical c) {
                    categories.put(c.name(), new Values.Index(c.values()));
                }
                for (int i = 0; i < (column instanceof Pixels p ? p.count() : 1); i++) {
                    require(table, at[cell++], !(column instanceof Categorical));
                }
            }
            if (needTarget) {
                require(table, at[targetAt], target instanceof Value);
            }
        }

        private int place(Table table, String name, List<String> names) {
            return table.find(name).orElseThrow(() -> {
                List<String> given = table.columns().stream().map(Table.Column::name).toList();
                return new DataException(table.path() + " has no column '" + name + "', which the model was trained on"
                        + Names.suggestion(name, given) + "; expected: " + Names.some(names) + "; given: "
                        + Names.some(given) + table.hint());
            });
        }

        private static void require(Table table, int at, boolean number) {
            Table.Column column = table.columns().get(at);
            if (column.kind() == Table.Kind.OTHER || number && column.kind() == Table.Kind.TEXT) {
                throw new DataException(table.path() + ": column '" + column.name() + "' is of type " + column.type()
                        + ", the model takes " + (number ? "numbers" : "categories") + " there");
            }
        }

        /** The positions in the table of the columns to read, the inputs and then the target. */
        int[] columns() {
            return at;
        }

        /** Writes the features of a row into {@code into[0 .. features)}. */
        void features(Table.Reader row, double[] into) {
            int cell = 0;
            int out = 0;
            for (Column column : columns) {
                switch (column) {
                    case Numeric n -> {
                        into[out++] = n.encode(row.missing(cell) ? filled(row, cell, n.mean()) : finite(row, cell));
                        cell++;
                    }
                    case Categorical c -> {
                        int index = row.missing(cell) ? (int) filled(row, cell, -1)
                                : index(row, cell, c, categories.get(c.name()));
                        for (int i = 0; i < c.width(); i++) {
                            into[out++] = i == index ? 1 : 0;
                        }
                        cell++;
                    }
                    case Pixels p -> {
                        for (int i = 0; i < p.count(); i++) {
                            into[out++] = p.encode(row.missing(cell) ? filled(row, cell, 0) : finite(row, cell));
                            cell++;
                        }
                    }
                }
            }
        }

        private double filled(Table.Reader row, int cell, double value) {
            if (missing == Missing.FILL) {
                return value;
            }
            throw missingValue(row, cell);
        }

        private int index(Table.Reader row, int cell, Categorical column, Values.Index known) {
            String value = row.text(cell);
            int index = known.of(value);
            if (index < 0 && unseen == Unseen.REFUSE) {
                throw row.error(cell, "'" + value + "' is not one of the values the model was trained on: "
                        + Names.some(column.values()) + "; --unseen unknown takes such values as none of these");
            }
            return index;
        }

        /** The class index, or the scaled value, of a row. */
        double target(Table.Reader row) {
            if (row.missing(targetAt)) {
                throw row.error(targetAt, "the target is missing; leave such rows out");
            }
            return switch (target) {
                case Value v -> (finite(row, targetAt) - v.mean()) / v.deviation();
                case Classes c -> {
                    String label = row.text(targetAt);
                    int index = labels.of(label);
                    if (index < 0) {
                        throw row.error(targetAt, "'" + label + "' is not one of the classes of the model: "
                                + Names.some(c.labels()));
                    }
                    yield index;
                }
            };
        }
    }

    static DataException missingValue(Table.Reader row, int cell) {
        return row.error(cell, "there is no value; --missing fill takes the mean for numbers and no category for "
                + "categories, or fill or leave out such rows first");
    }

    /** The number in a cell, which must be finite. */
    static double finite(Table.Reader row, int cell) {
        double value = row.number(cell);
        if (!Double.isFinite(value)) {
            throw row.error(cell, "expected a finite number, got '" + row.text(cell) + "'");
        }
        return value;
    }
}
