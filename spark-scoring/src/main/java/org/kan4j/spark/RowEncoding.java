// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.kan4j.scorer.Scorer;

/**
 * How features become what the network takes, and its output a value: {@code org.kan4j.encoding.Encoding} of the checkpoint, for
 * vectors of numbers. Shares no code with it; the tests hold both to the same numbers.
 */
final class RowEncoding {

    private static final String KEY = "kan4j.data";

    /** One feature: the numbers it becomes, from a place on; the value may be NaN where it is missing. */
    private interface Column {
        void encode(RowEncoding all, double[] row, int at, double[] into, int to);
    }

    private final List<Column> columns = new ArrayList<>();
    private final List<String> names = new ArrayList<>();
    private final List<Integer> widths = new ArrayList<>();
    private final boolean fill;
    private final boolean unknown;
    private final String target;
    private final double mean;
    private final double deviation;
    private final int width;

    private RowEncoding(JsonNode root, Scorer scorer) {
        for (JsonNode column : root.path("columns")) {
            add(column);
        }
        fill = root.path("missing").asText().equalsIgnoreCase("fill");
        unknown = root.path("unseen").asText().equalsIgnoreCase("unknown");
        JsonNode aim = root.path("target");
        target = aim.path("type").asText();
        mean = aim.path("mean").asDouble(0);
        deviation = aim.path("deviation").asDouble(1);
        width = widths.stream().mapToInt(Integer::intValue).sum();
        if (width != scorer.inputs()) {
            throw new IllegalArgumentException("it takes " + scorer.inputs() + " inputs, its encoding gives " + width);
        }
    }

    private RowEncoding(Scorer scorer) { // a network that takes its features as they are
        for (int i = 0; i < scorer.inputs(); i++) {
            add("f" + i, 1, (all, row, at, into, to) -> into[to] = all.finite(row, at));
        }
        fill = false;
        unknown = false;
        target = scorer.outputs() > 1 ? "classes" : "value";
        mean = 0;
        deviation = 1;
        width = scorer.inputs();
    }

    /** Of a model, as its checkpoint says. */
    static RowEncoding of(Scorer scorer) {
        String json = scorer.properties().get(KEY);
        try {
            return json == null ? new RowEncoding(scorer) : new RowEncoding(new ObjectMapper().readTree(json), scorer);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("its metadata '" + KEY + "' are damaged: " + e.getOriginalMessage(), e);
        }
    }

    private void add(String name, int numbers, Column column) {
        names.add(name);
        widths.add(numbers);
        columns.add(column);
    }

    private void add(JsonNode column) {
        String name = column.path("name").asText();
        switch (column.path("type").asText()) {
            case "numeric" -> numeric(name, column);
            case "categorical" -> {
                List<String> values = new ArrayList<>();
                column.path("values").forEach(value -> values.add(value.asText()));
                add(name, values.size(), (all, row, at, into, to) -> {
                    Arrays.fill(into, to, to + values.size(), 0);
                    int place = all.category(row, at, values);
                    if (place >= 0) {
                        into[to + place] = 1;
                    }
                });
            }
            case "pixels" -> {
                double maximum = column.path("maximum").asDouble(255);
                for (int i = 0; i < column.path("count").asInt(); i++) {
                    add("pixel" + i, 1, (all, row, at, into, to) -> into[to] = all.number(row, at, 0) / maximum * 2 - 1);
                }
            }
            default -> throw new IllegalArgumentException("its encoding has a column of the type '" + column.path("type").asText()
                    + "', known are numeric, categorical and pixels; a newer kan4j-spark-scoring may read it");
        }
    }

    private void numeric(String name, JsonNode column) {
        double low = column.path("low").asDouble();
        double high = column.path("high").asDouble();
        double middle = column.path("mean").asDouble(low + (high - low) / 2);
        double[] quantiles = new double[column.path("quantiles").size()];
        Arrays.setAll(quantiles, i -> column.path("quantiles").get(i).asDouble());
        boolean indicator = column.path("indicator").asBoolean();
        add(name, indicator ? 2 : 1, (all, row, at, into, to) -> {
            into[to] = scaled(all.number(row, at, middle), low, high, quantiles);
            if (indicator) {
                into[to + 1] = Double.isNaN(row[at]) ? 1 : 0;
            }
        });
    }

    private static double scaled(double value, double low, double high, double[] quantiles) {
        if (!(high > low)) {
            return 0;
        }
        if (quantiles.length > 2) {
            int parts = quantiles.length - 1;
            int found = Arrays.binarySearch(quantiles, value);
            int part = Math.max(0, Math.min(parts - 1, (found >= 0 ? found : -found - 1) - 1));
            return (part + (value - quantiles[part]) / (quantiles[part + 1] - quantiles[part])) / parts * 2 - 1;
        }
        double range = high - low;
        return Double.isInfinite(range) ? (value / 2 - low / 2) / (high / 2 - low / 2) * 2 - 1 : (value - low) / range * 2 - 1;
    }

    /** A finite number; where it is missing the one that takes its place, or an error. */
    private double number(double[] row, int at, double otherwise) {
        return Double.isNaN(row[at]) && fill ? otherwise : finite(row, at);
    }

    private double finite(double[] row, int at) {
        if (Double.isNaN(row[at])) {
            throw error(row, at,
                    "there is no value; missing=fill while training takes the mean for numbers, or fill or leave out "
                            + "such rows first");
        }
        if (Double.isInfinite(row[at])) {
            throw error(row, at, "expected a finite number, got " + row[at]);
        }
        return row[at];
    }

    private int category(double[] row, int at, List<String> values) {
        if (Double.isNaN(row[at]) && fill) {
            return -1;
        }
        double value = finite(row, at);
        String text = value == Math.rint(value) && Math.abs(value) < 1e15 ? Long.toString((long) value) : Double.toString(value);
        int place = values.indexOf(text);
        if (place < 0 && !unknown) {
            throw error(row, at, "'" + text + "' is not one of the values the model was trained on");
        }
        return place;
    }

    private IllegalArgumentException error(double[] row, int at, String what) {
        return new IllegalArgumentException(
                "feature " + at + ", '" + names.get(at) + "', of the row " + shown(row) + ": " + what);
    }

    private static String shown(double[] row) {
        String text = Arrays.toString(row);
        return text.length() > 200 ? text.substring(0, 200) + "..." : text;
    }

    /** Numbers of a row. */
    int inputs() {
        return columns.size();
    }

    /** Whether outputs are logits of classes. */
    boolean tellsClasses() {
        return target.equals("classes");
    }

    /** Whether the output is one number. */
    boolean tellsNumber() {
        return target.equals("value");
    }

    /** What outputs are. */
    String target() {
        return target;
    }

    /** What the network takes. */
    double[] encode(double[] row) {
        if (row.length != columns.size()) {
            throw new IllegalArgumentException(
                    "a vector has " + row.length + " features, the model takes " + columns.size() + ": "
                            + shown(row));
        }
        double[] into = new double[width];
        int to = 0;
        for (int i = 0; i < row.length; i++) {
            columns.get(i).encode(this, row, i, into, to);
            to += widths.get(i);
        }
        return into;
    }

    /** Outputs in the unit of what they tell. */
    void unscale(double[] outputs) {
        if (tellsNumber()) {
            outputs[0] = outputs[0] * deviation + mean;
        }
    }
}
