// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.encoding;

import org.kan4j.error.KanException;

/** A row of objects, as tests write it down; null is missing. */
record Cells(Object... cells) implements RawRow {

    @Override
    public boolean missing(int at) {
        return cells[at] == null;
    }

    @Override
    public double number(int at) {
        return ((Number) cells[at]).doubleValue();
    }

    @Override
    public String text(int at) {
        return Values.text(cells[at]);
    }

    @Override
    public KanException error(int at, String what) {
        return KanException.invalid("cell %d: %s", at, what);
    }

    /** Features of a row. */
    static double[] encode(Encoding encoding, Object... cells) {
        double[] features = new double[encoding.features()];
        new RowEncoder(encoding).features(new Cells(cells), features);
        return features;
    }
}
