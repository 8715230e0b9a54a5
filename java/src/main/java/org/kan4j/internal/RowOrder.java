// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.internal;

/** The inside of a pass over a data set in memory. */
public interface RowOrder {

    /** Of a pass of a {@link org.kan4j.rows.Dataset}. */
    static RowOrder of(Object pass) {
        return Inside.of(pass, RowOrder.class);
    }

    /** Positions of the rows, in order; null for their own order. */
    int[] positions();
}
