// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.kan4j.encoding.Encoding;

/**
 * Looks out for columns that had one value in all training rows and have another now: the model takes no account of them.
 * Each is told once.
 */
final class Constants {

    private record Constant(Encoding.Numeric column, int cell) {
    }

    private final Consumer<String> notes;
    private final List<Constant> watched = new ArrayList<>();

    Constants(Encoding encoding, Consumer<String> notes) {
        this.notes = notes;
        int cell = 0;
        for (Encoding.Column column : encoding.columns()) {
            if (column instanceof Encoding.Numeric numeric && numeric.low() == numeric.high()) {
                watched.add(new Constant(numeric, cell));
            }
            cell += column instanceof Encoding.Pixels pixels ? pixels.count() : 1;
        }
    }

    void look(Table.Reader row) {
        if (!watched.isEmpty()) {
            lookAt(row);
        }
    }

    private synchronized void lookAt(Table.Reader row) {
        watched.removeIf(constant -> {
            boolean other = !row.missing(constant.cell) && row.number(constant.cell) != constant.column.low();
            if (other) {
                notes.accept("column '" + constant.column.name() + "' was " + Cells.text(constant.column.low())
                        + " in all rows that the model was trained on and is " + row.text(constant.cell) + " in row " + row.row()
                        + "; the model takes no account of it");
            }
            return other;
        });
    }
}
