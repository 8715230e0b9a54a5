// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.util.ArrayList;
import java.util.List;
import org.kan4j.encoding.Encoding;
import org.kan4j.encoding.RowEncoder;

/** Finds the columns of an encoding in a table and turns its rows into numbers. Safe for use by several threads. */
final class TableEncoder {

    private final RowEncoder encoder;
    private final int[] at;
    private final int targetAt;

    /**
     * An encoder.
     *
     * @param needTarget whether the table must hold the target column
     * @throws DataException if a column is missing, or holds texts where numbers are expected
     */
    TableEncoder(Encoding encoding, Table table, boolean needTarget) {
        this.encoder = new RowEncoder(encoding);
        List<String> names = encoding.inputs();
        List<String> targets = needTarget ? encoding.targets() : List.of();
        at = new int[names.size() + targets.size()];
        targetAt = needTarget ? names.size() : -1;
        List<String> wanted = new ArrayList<>(names);
        wanted.addAll(targets);
        for (int i = 0; i < names.size(); i++) {
            at[i] = place(table, names.get(i), wanted);
        }
        for (int i = 0; i < targets.size(); i++) {
            at[targetAt + i] = place(table, targets.get(i), wanted);
        }
        int cell = 0;
        for (Encoding.Column column : encoding.columns()) {
            for (int i = 0; i < (column instanceof Encoding.Pixels p ? p.count() : 1); i++) {
                require(table, at[cell++], !(column instanceof Encoding.Categorical));
            }
        }
        for (int i = 0; i < targets.size(); i++) {
            require(table, at[targetAt + i], !encoding.values().isEmpty());
        }
    }

    private static int place(Table table, String name, List<String> names) {
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

    /** What it encodes by. */
    Encoding encoding() {
        return encoder.encoding();
    }

    /** The positions in the table of the columns to read, the inputs and then the target. */
    int[] columns() {
        return at;
    }

    /** Writes the features of a row into {@code into[0 .. features)}. */
    void features(Table.Reader row, double[] into) {
        encoder.features(row, into);
    }

    /** Writes the class index, or the scaled value of each output, of a row into {@code into}. */
    void target(Table.Reader row, double[] into) {
        encoder.target(row, targetAt, into);
    }
}
