// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.encoding;

import org.kan4j.error.KanException;

/** A row of raw cells, in the order in which whoever reads it asked for columns. */
public interface RawRow {

    /** Whether a cell has no value: empty, null, NaN or marked as missing. */
    boolean missing(int at);

    /**
     * The number in a cell; truth values are 0 and 1.
     *
     * @throws KanException if there is none
     */
    double number(int at);

    /** The text of a cell; of whole numbers without a point. */
    String text(int at);

    /**
     * What categories and labels are compared by: the text or, of a number in a notation of its own, such as with a decimal comma,
     * the number as programs write it.
     */
    default String label(int at) {
        return text(at);
    }

    /** An error about a cell of this row: where it is, and what is wrong with it. */
    KanException error(int at, String what);
}
