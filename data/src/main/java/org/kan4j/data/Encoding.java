// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * How raw rows become the numbers a model sees, and its outputs predictions. Saved as JSON in the model's metadata, so
 * that predict and evaluate take raw rows.
 *
 * @param data what the model was trained on: a set's name or a file name
 * @param columns the inputs in order
 * @param target the output
 */
public record Encoding(String data, List<Column> columns, Target target) {

    /** Metadata key of the model file. */
    public static final String KEY = "kan4j.data";

    private static final ObjectMapper JSON = new ObjectMapper()
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES);

    public Encoding {
        Objects.requireNonNull(data, "data");
        columns = List.copyOf(columns);
        Objects.requireNonNull(target, "target");
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

    /** A number; low..high, the range of the training rows, becomes -1..1; a constant column becomes 0. */
    public record Numeric(String name, double low, double high) implements Column {
        public Numeric {
            Objects.requireNonNull(name, "name");
        }

        @Override
        public int width() {
            return 1;
        }

        double encode(double value) {
            return high > low ? (value - low) / (high - low) * 2 - 1 : 0;
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
        return new Encoding(data, List.of(new Pixels(pixels, maximum)), new Classes("label", labels));
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

    /** Turns rows of one file into numbers; remembers where the file has its columns. */
    public final class RowEncoder {

        private final CsvFile file;
        private final int[] at;
        private final String[] names;
        private final int targetAt;

        /**
         * @param needTarget whether the file must hold the target column
         * @throws DataException if a column is missing
         */
        RowEncoder(CsvFile file, boolean needTarget) {
            this.file = file;
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
            names = inputs.toArray(String[]::new);
            at = inputs.stream().mapToInt(file::column).toArray();
            targetAt = needTarget ? file.column(target.name()) : -1;
        }

        /** Writes the features of a row into {@code into[0 .. features)}. */
        public void features(CsvFile.Row row, double[] into) {
            int cell = 0;
            int out = 0;
            for (Column column : columns) {
                switch (column) {
                    case Numeric n -> into[out++] = n.encode(Cells.number(file, row, names[cell], at[cell++]));
                    case Categorical c -> {
                        String value = Cells.text(file, row, names[cell], at[cell++]);
                        int index = c.values().indexOf(value);
                        if (index < 0) {
                            throw file.cellError(row, c.name(), "'" + value + "' is not one of the values the model was "
                                    + "trained on: " + Cells.some(c.values()));
                        }
                        for (int i = 0; i < c.width(); i++) {
                            into[out++] = i == index ? 1 : 0;
                        }
                    }
                    case Pixels p -> {
                        for (int i = 0; i < p.count(); i++) {
                            into[out++] = p.encode(Cells.number(file, row, names[cell], at[cell++]));
                        }
                    }
                }
            }
        }

        /** The class index, or the scaled value, of a row. */
        public double target(CsvFile.Row row) {
            return switch (target) {
                case Value v -> (Cells.number(file, row, v.name(), targetAt) - v.mean()) / v.deviation();
                case Classes c -> {
                    String label = Cells.text(file, row, c.name(), targetAt);
                    int index = c.labels().indexOf(label);
                    if (index < 0) {
                        throw file.cellError(row, c.name(), "'" + label + "' is not one of the classes of the model: "
                                + Cells.some(c.labels()));
                    }
                    yield index;
                }
            };
        }
    }
}
