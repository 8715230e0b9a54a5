// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.export;

import java.util.ArrayList;
import java.util.List;
import org.kan4j.encoding.Encoding;
import org.kan4j.encoding.Transform;
import org.kan4j.error.Counted;
import org.kan4j.error.ShapeException;
import org.kan4j.model.KanModel;

/**
 * The columns of an {@link Encoding} as tables that generated code walks.
 *
 * @param names of the raw columns, in order; every pixel is one
 * @param fields {@link #FIELDS} numbers a column: low, high, what fills it, first quantile, parts, first value, values (-1: a
 *     number), indicator
 * @param quantiles of all columns
 * @param values of all categories
 */
record RawTable(List<String> names, double[] fields, double[] quantiles, List<String> values) {

    /** Numbers of a column. */
    static final int FIELDS = 8;

    /** The tables of an encoding. */
    static RawTable of(Encoding encoding) {
        List<String> names = new ArrayList<>();
        List<Double> fields = new ArrayList<>();
        List<Double> quantiles = new ArrayList<>();
        List<String> values = new ArrayList<>();
        for (Encoding.Column column : encoding.columns()) {
            switch (column) {
                case Encoding.Numeric n -> {
                    int parts = n.quantiles().size() > 2 ? n.quantiles().size() - 1 : 0;
                    names.add(n.name());
                    add(fields, n.low(), n.high(), n.mean(), quantiles.size(), parts, 0, -1, n.indicator() ? 1 : 0);
                    quantiles.addAll(parts > 0 ? n.quantiles() : List.of());
                }
                case Encoding.Pixels p -> {
                    for (int i = 0; i < p.count(); i++) {
                        names.add("pixel" + i);
                        add(fields, 0, p.maximum(), 0, 0, 0, 0, -1, 0);
                    }
                }
                case Encoding.Categorical c -> {
                    names.add(c.name());
                    add(fields, 0, 0, 0, 0, 0, values.size(), c.values().size(), 0);
                    values.addAll(c.values());
                }
            }
        }
        return new RawTable(names, numbers(fields), numbers(quantiles), values);
    }

    private static void add(List<Double> fields, double... of) {
        for (double field : of) {
            fields.add(field);
        }
    }

    private static double[] numbers(List<Double> list) {
        return list.stream().mapToDouble(Double::doubleValue).toArray();
    }

    /**
     * The number that an output stands for as an expression of Java and C.
     *
     * @param functions what stands in front of exp and sinh
     */
    static String decoded(Encoding.Value value, String output, String functions) {
        String scaled = output + " * " + Dialect.literal(value.deviation(), true) + " + " + Dialect.literal(value.mean(), true);
        Transform transform = value.transform();
        return switch (transform.kind()) {
            case NONE -> scaled;
            case LOG -> functions + "exp(" + scaled + ")";
            case ASINH -> Dialect.literal(transform.centre(), true) + " + " + Dialect.literal(transform.scale(), true) + " * "
                    + functions + "sinh(" + scaled + ")";
        };
    }

    /** Whether a column is a category. */
    boolean isCategory(int column) {
        return fields[column * FIELDS + 6] >= 0;
    }

    /** Refuses an encoding of other inputs or outputs than the model has. */
    static void require(KanModel model, Encoding encoding) {
        if (encoding.features() != model.in() || encoding.target().width() != model.out()) {
            throw new ShapeException(
                    "the model has " + Counted.of(model.in(), "input") + " and " + Counted.of(model.out(), "output")
                            + ", the encoding describes " + encoding.features() + " and " + encoding.target().width());
        }
    }
}
