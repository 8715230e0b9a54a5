// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import java.lang.foreign.Arena;
import java.util.List;
import java.util.Set;
import org.kan4j.encoding.Encoding;
import org.kan4j.error.KanException;
import org.kan4j.rows.RowSource;
import org.kan4j.tensor.DType;

/**
 * Rows to train on or to measure on that bring their encoding: the tables of kan4j-data, or what an application reads by
 * itself. In memory {@link Examples} is all that is needed.
 */
public interface EncodedTable {

    /** How its raw rows become numbers. */
    Encoding encoding();

    /**
     * The target of the encoding and, where a better transform of it may be chosen among, those by others; the choice is
     * by rows held out.
     */
    default List<Encoding.Target> targets() {
        return List.of(encoding().target());
    }

    /**
     * The same rows with another target of the same columns.
     *
     * @throws KanException if their target is as it is
     */
    default EncodedTable with(Encoding.Target target) {
        if (encoding().target().equals(target)) {
            return this;
        }
        throw KanException.invalid("the rows have the target %s, which they cannot change to %s", encoding().target(), target);
    }

    /** The same rows without some columns of their encoding; these rows themselves where none can be left out. */
    default EncodedTable without(Set<Encoding.Column> columns) {
        return this;
    }

    /**
     * The rows as a model sees them.
     *
     * @param arena for rows held in memory; the caller closes it after their last use
     * @param dtype that the model computes in
     */
    RowSource rows(Arena arena, DType dtype);

    /**
     * The rows in two parts: those to train on, and those to hold out; at random unless the table knows better.
     *
     * @param share of the rows that is held out, above 0 and below 1
     */
    default RowSource.Split<? extends RowSource> split(Arena arena, DType dtype, double share, long seed) {
        return rows(arena, dtype).split(1 - share, seed);
    }
}
