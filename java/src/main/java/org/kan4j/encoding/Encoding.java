// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.encoding;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.kan4j.error.KanException;

/**
 * How raw rows become the numbers a model sees, and its outputs predictions. Saved as JSON in the model's file, so that
 * whoever reads it can predict from raw rows.
 *
 * @param data what the model was trained on, such as a file name
 * @param columns the inputs in order
 * @param target the output
 * @param missing what becomes of missing values
 * @param unseen what becomes of categories that the training rows did not have
 */
public record Encoding(String data, List<Column> columns, Target target, Missing missing, Unseen unseen) {

    /** The property of a checkpoint that holds it. */
    public static final String KEY = "kan4j.data";

    /** Keeps an immutable copy. */
    public Encoding {
        Objects.requireNonNull(data, "data");
        columns = List.copyOf(columns);
        Objects.requireNonNull(target, "target");
        missing = missing == null ? Missing.REFUSE : missing; // models of before there was a choice
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
        /**
         * A number becomes the mean of the training rows (their median, where it is scaled by quantiles), with a second input
         * that tells if training rows had none; a category becomes none of the known ones.
         */
        FILL
    }

    /** What becomes of categories that the training rows did not have. */
    public enum Unseen {
        /** They are refused, with their place. */
        REFUSE,
        /** They become none of the known ones. */
        UNKNOWN
    }

    /** How a column of numbers is brought to -1..1. */
    public enum Scaling {
        /** By quantiles where its values are spread unevenly ({@link ColumnRange#isUneven}), otherwise by its range. */
        AUTO,
        /** By its range. */
        RANGE,
        /** By quantiles: outliers and long tails take up no more of a grid than a normal distribution's. */
        QUANTILES
    }

    /** One input, or a run of like inputs. */
    public sealed interface Column {
        /** Numbers it becomes. */
        int width();
    }

    /**
     * A number; low..high, the range of the training rows, becomes -1..1; a constant column becomes 0.
     *
     * @param name of the column
     * @param low least of the training rows
     * @param high greatest of the training rows
     * @param mean of the training rows, their median where there are quantiles; what a missing value may become
     * @param quantiles if there are any, what lies between two of them becomes an equal part of -1..1; ascending, the first is
     *     low and the last high
     * @param indicator whether a second number is 1 for a missing value and 0 otherwise
     */
    public record Numeric(String name, double low, double high, double mean, List<Double> quantiles, boolean indicator)
            implements Column {
        /** Keeps an immutable copy. */
        public Numeric {
            Objects.requireNonNull(name, "name");
            quantiles = quantiles == null ? List.of() : List.copyOf(quantiles);
        }

        /** A number scaled by its range. */
        public Numeric(String name, double low, double high, double mean) {
            this(name, low, high, mean, List.of());
        }

        /** A number that does not tell where it is missing. */
        public Numeric(String name, double low, double high, double mean, List<Double> quantiles) {
            this(name, low, high, mean, quantiles, false);
        }

        @Override
        public int width() {
            return indicator ? 2 : 1;
        }

        double encode(double value) {
            if (!(high > low)) {
                return 0;
            }
            if (quantiles.size() > 2) {
                return Knots.place(quantiles, value) * 2 - 1;
            }
            double range = high - low;
            return Double.isInfinite(range) ? (value / 2 - low / 2) / (high / 2 - low / 2) * 2 - 1
                    : (value - low) / range * 2 - 1;
        }

        /**
         * The number that becomes an input of the model.
         *
         * @param encoded from -1 to 1, for which it is from low to high
         */
        public double decode(double encoded) {
            double share = (encoded + 1) / 2;
            if (quantiles.size() > 2) {
                return Knots.at(quantiles, share);
            }
            return low * (1 - share) + high * share;
        }
    }

    /**
     * One of a list of values: 1 at its place, 0 elsewhere.
     *
     * @param name of the column
     * @param values known ones
     */
    public record Categorical(String name, List<String> values) implements Column {
        /** Keeps an immutable copy. */
        public Categorical {
            Objects.requireNonNull(name, "name");
            values = List.copyOf(values);
        }

        @Override
        public int width() {
            return values.size();
        }
    }

    /**
     * Columns pixel0, pixel1, ...: 0..maximum becomes -1..1.
     *
     * @param count of them
     * @param maximum of their values
     */
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
    public sealed interface Target {
        /** Of the column. */
        String name();

        /** Outputs of the model. */
        int width();
    }

    /**
     * One of a list of labels; the model gives a logit for each.
     *
     * @param name of the column
     * @param labels in the order of the model's outputs
     */
    public record Classes(String name, List<String> labels) implements Target {
        /** Keeps an immutable copy. */
        public Classes {
            Objects.requireNonNull(name, "name");
            labels = List.copyOf(labels);
        }

        @Override
        public int width() {
            return labels.size();
        }
    }

    /**
     * Any number of a list of labels; the model gives the logit of a yes for each.
     *
     * @param name of the column, or of what the labels are
     * @param labels in the order of the model's outputs
     */
    public record Labels(String name, List<String> labels) implements Target {
        /** Keeps an immutable copy. */
        public Labels {
            Objects.requireNonNull(name, "name");
            labels = List.copyOf(labels);
        }

        @Override
        public int width() {
            return labels.size();
        }
    }

    /**
     * A number; the model gives (t(value) - mean) / deviation of its transform t.
     *
     * @param name of the column
     * @param mean of the transformed training rows
     * @param deviation of the transformed training rows, above 0
     * @param transform t
     */
    public record Value(String name, double mean, double deviation, Transform transform) implements Target {
        /** Checks the name. */
        public Value {
            Objects.requireNonNull(name, "name");
            transform = transform == null ? Transform.NONE : transform; // models of before there was a choice
        }

        /** A number that is predicted as it is. */
        public Value(String name, double mean, double deviation) {
            this(name, mean, deviation, Transform.NONE);
        }

        /** What the model is to give for a number. */
        public double encode(double value) {
            return (transform.apply(value) - mean) / deviation;
        }

        /** The number for what the model gives. */
        public double decode(double output) {
            return transform.invert(output * deviation + mean);
        }

        /** How much the number changes with what the model gives. */
        public double slope(double output) {
            return transform.slope(output * deviation + mean) * deviation;
        }

        @Override
        public int width() {
            return 1;
        }
    }

    /**
     * Several numbers; the model gives (value - mean) / deviation of each.
     *
     * @param values what each is, each name once; at least 2
     */
    public record Numbers(List<Value> values) implements Target {
        /** Keeps an immutable copy. */
        public Numbers {
            values = List.copyOf(values);
            if (values.size() < 2 || values.stream().map(Value::name).distinct().count() != values.size()) {
                throw KanException.invalid("several targets need at least 2 names, each once, given %s",
                        values.stream().map(Value::name).toList());
            }
        }

        @Override
        public String name() {
            return String.join(",", values.stream().map(Value::name).toList());
        }

        @Override
        public int width() {
            return values.size();
        }
    }

    /**
     * Quantiles of a number; the model gives (quantile - mean) / deviation of each, which {@link Outputs#decode} puts in order.
     *
     * @param value the number
     * @param levels ascending, each above 0 and below 1
     */
    public record Quantiles(Value value, List<Double> levels) implements Target {
        /** Checks the levels. */
        public Quantiles {
            Objects.requireNonNull(value, "value");
            levels = List.copyOf(levels);
            for (int i = 0; i < levels.size(); i++) {
                if (!(levels.get(i) > 0 && levels.get(i) < 1) || i > 0 && !(levels.get(i) > levels.get(i - 1))) {
                    throw KanException.invalid("quantiles must be above 0 and below 1, each larger than the one before it, "
                            + "given %s", levels);
                }
            }
            if (levels.isEmpty()) {
                throw KanException.invalid("there are no quantiles, expected at least one above 0 and below 1");
            }
        }

        @Override
        public String name() {
            return value.name();
        }

        @Override
        public int width() {
            return levels.size();
        }
    }

    /** The numbers that outputs are of, in order and in the scale of the model: none for classes and labels. */
    public List<Value> values() {
        return switch (target) {
            case Value value -> List.of(value);
            case Numbers several -> several.values();
            case Quantiles quantiles -> Collections.nCopies(quantiles.width(), quantiles.value());
            case Classes classes -> List.of();
            case Labels labels -> List.of();
        };
    }

    /** Whether predictions are not simply the model's outputs in another unit. */
    public boolean bends() {
        return values().stream().anyMatch(value -> value.transform().bends());
    }

    /** What each of {@link #values} is called before it is bent back, such as {@code log(price)}. */
    public List<String> transformed() {
        return Transform.names(values(), outputs());
    }

    /** The same with another target. */
    public Encoding withTarget(Target other) {
        return new Encoding(data, columns, other, missing, unseen);
    }

    /** Names of the raw columns that hold the target. */
    public List<String> targets() {
        return target instanceof Numbers several ? several.values().stream().map(Value::name).toList()
                : List.of(target.name());
    }

    /** What each output is called, such as the columns that predictions are written to. */
    public List<String> outputs() {
        return outputs(target);
    }

    /** As {@link #outputs()}, of a target. */
    public static List<String> outputs(Target target) {
        return Outputs.names(target);
    }

    /** Numbers a row becomes. */
    public int features() {
        return columns.stream().mapToInt(Column::width).sum();
    }

    /** Names of the raw columns that it takes, in order. */
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

    /** The JSON that files hold. */
    public String toJson() {
        return EncodingJson.write(this);
    }

    /**
     * Reads what {@link #toJson} wrote, this version or an earlier one.
     *
     * @throws org.kan4j.error.FormatException if the text is not an encoding
     */
    public static Encoding fromJson(String json) {
        return EncodingJson.read(json);
    }
}
