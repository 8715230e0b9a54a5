// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.util.TreeSet;
import org.kan4j.encoding.ColumnRange;

/** An input: its place in the table and among the cells read, and what is learned of it. */
final class Input {
    final int column;
    final ColumnScan scan;
    final int at;
    boolean numeric;
    final ColumnRange sample = new ColumnRange();
    final TreeSet<String> texts = new TreeSet<>();

    Input(int column, ColumnScan scan, int at) {
        this.column = column;
        this.scan = scan;
        this.at = at;
    }
}
