// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.util.Objects;

/**
 * What decides which rows are held out: chance alone, or a column.
 *
 * @param kind what
 * @param column the column; null for chance
 * @param input whether the column is an input of the model too; otherwise it only splits
 */
public record Splitting(Kind kind, String column, boolean input) {

    /** Each row by itself. */
    public static final Splitting RANDOM = new Splitting(Kind.RANDOM, null, false);

    /** What decides. */
    public enum Kind {
        /** Chance. */
        RANDOM,
        /** Rows of one value stay together. */
        GROUP,
        /** The last rows by the column are held out; those of one time stay together. */
        TIME
    }

    /** Checks the values. */
    public Splitting {
        Objects.requireNonNull(kind, "kind");
        if (kind != Kind.RANDOM && (column == null || column.isEmpty())) {
            throw new DataException("a split by " + kind + " needs a column");
        }
    }

    /** Rows with the same value of a column stay together. */
    public static Splitting group(String column) {
        return new Splitting(Kind.GROUP, column, false);
    }

    /** The last rows by a column of numbers, dates or times are held out. */
    public static Splitting time(String column) {
        return new Splitting(Kind.TIME, column, false);
    }

    /** The same with the column as an input of the model, or not. */
    public Splitting withInput(boolean asInput) {
        return new Splitting(kind, column, asInput);
    }

    /** Whether chance alone decides. */
    public boolean random() {
        return kind == Kind.RANDOM;
    }
}
