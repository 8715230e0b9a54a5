// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.kan4j.Examples;
import org.kan4j.data.Table;
import org.kan4j.encoding.Encoding;

/** Rows of a table with several labels in their target's cell, as {@code predict} writes them: separated by spaces. */
final class LabelledRows {

    private LabelledRows() {
    }

    /** All rows of a table, for a model of several labels. */
    static Examples of(Table table, Encoding encoding) {
        List<String> inputs = encoding.inputs();
        Set<String> numbers = new LinkedHashSet<>(inputs);
        encoding.columns().forEach(column -> {
            if (column instanceof Encoding.Categorical categories) {
                numbers.remove(categories.name());
            }
        });
        int[] columns = new int[inputs.size() + 1];
        for (int i = 0; i < inputs.size(); i++) {
            columns[i] = table.column(inputs.get(i));
        }
        String target = encoding.target().name();
        columns[inputs.size()] = table.column(target);
        List<Map<String, Object>> rows = new ArrayList<>();
        try (Table.Reader reader = table.reader(columns)) {
            for (int i = 0; i < inputs.size(); i++) {
                if (numbers.contains(inputs.get(i))) {
                    reader.asNumber(i);
                }
            }
            for (int block = 0; block < table.blocks(); block++) {
                reader.seek(block);
                while (reader.next()) {
                    Map<String, Object> row = new HashMap<>();
                    for (int i = 0; i < inputs.size(); i++) {
                        boolean number = numbers.contains(inputs.get(i));
                        row.put(inputs.get(i), reader.missing(i) ? null : number ? (Object) reader.number(i) : reader.label(i));
                    }
                    row.put(target, labels(reader, inputs.size(), ((Encoding.Labels) encoding.target()).labels()));
                    rows.add(row);
                }
            }
        }
        if (rows.isEmpty()) {
            throw new InputException(table.path() + ": no rows of data");
        }
        return Examples.of(rows, target);
    }

    private static Set<String> labels(Table.Reader reader, int at, List<String> known) {
        if (reader.missing(at)) {
            return Set.of();
        }
        String cell = reader.text(at);
        Set<String> labels = new LinkedHashSet<>(known.contains(cell) ? List.of(cell) : List.of(cell.split("[\\s;|]+")));
        for (String label : labels) {
            if (!known.contains(label)) {
                throw reader.error(at, "'" + label + "' is not one of the labels of the model: " + String.join(", ", known));
            }
        }
        return labels;
    }
}
