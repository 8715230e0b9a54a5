// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import org.kan4j.encoding.Encoding;
import org.kan4j.explain.Column;
import org.kan4j.rows.RowSource;
import org.kan4j.tensor.DType;

/** What the numbers of a model mean, as explanations name them. */
final class Meaning {

    private Meaning() {
    }

    /** Each of a model's inputs: a number by its column, a category by column and value. */
    static List<Column> inputs(Encoding encoding) {
        List<Column> inputs = new ArrayList<>();
        for (Encoding.Column column : encoding.columns()) {
            switch (column) {
                case Encoding.Numeric n when !n.quantiles().isEmpty() -> throw new InputException("column '" + n.name()
                        + "' is scaled by quantiles, which no formula of the column itself goes through; train with --scaling range");
                case Encoding.Numeric n -> {
                    inputs.add(n.high() > n.low() ? Column.of(n.name(), n.low(), n.high()) : Column.plain(n.name()));
                    if (n.indicator()) {
                        inputs.add(Column.plain(n.name() + " is missing"));
                    }
                }
                case Encoding.Categorical c -> c.values().forEach(value -> inputs.add(Column.plain(c.name() + "=" + value)));
                case Encoding.Pixels p -> {
                    for (int i = 0; i < p.count(); i++) {
                        inputs.add(Column.of("pixel" + i, 0, p.maximum()));
                    }
                }
            }
        }
        return inputs;
    }

    /** Each of a model's outputs. */
    static List<Column> outputs(Encoding encoding) {
        return switch (encoding.target()) {
            case Encoding.Value value -> List.of(standard(value.name(), value));
            case Encoding.Numbers several -> several.values().stream().map(value -> standard(value.name(), value)).toList();
            case Encoding.Quantiles q -> encoding.outputs().stream().map(name -> standard(name, q.value())).toList();
            case Encoding.Classes classes -> classes.labels().stream().map(Column::plain).toList();
            case Encoding.Labels several -> several.labels().stream().map(Column::plain).toList();
        };
    }

    private static Column standard(String name, Encoding.Value value) {
        if (value.transform().bends()) {
            throw new InputException("the model learned " + value.transform().of(name) + " instead of '" + name
                    + "', which no formula of '" + name + "' itself goes through; train with --target-transform none");
        }
        return Column.standard(name, value.mean(), value.deviation());
    }

    static List<String> names(List<Column> columns) {
        return columns.stream().map(Column::name).toList();
    }

    /** Features of at most so many rows as a model sees them, one row after the other. */
    static double[] features(RowSource rows, int most) {
        try (Arena arena = Arena.ofConfined()) {
            return rows.sample(arena, most).to(arena, DType.F64).toDoubles();
        }
    }
}
