// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.util.Optional;
import org.kan4j.encoding.ColumnRange;
import org.kan4j.encoding.Encoding;

/** What is said of a column whose values are spread unevenly. */
final class Uneven {

    private Uneven() {
    }

    /** A sentence that says how the column is, what becomes of it and what changes that; of an even one none. */
    static Optional<String> note(ColumnRange column, String name, Encoding.Scaling way) {
        return column.uneven().map(how -> "'" + name + "' " + how + (way == Encoding.Scaling.AUTO
                ? "; it is scaled by quantiles (scaling=range takes the range)"
                : "; " + Names.option("quantiles", name) + " gives the outer ones less of the grid") + marker(column));
    }

    /** Nines at an end of the range are often a mark of no value. */
    private static String marker(ColumnRange column) {
        for (double end : new double[] {column.low(), column.high()}) {
            String text = Cells.text(end);
            if (text.matches("-?9{2,6}")) {
                return "; if " + text + " means no value, " + Names.option("format.missing", text) + " says so";
            }
        }
        return "";
    }
}
