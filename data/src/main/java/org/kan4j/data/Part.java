// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.lang.foreign.Arena;
import org.kan4j.encoding.Encoding;
import org.kan4j.tensor.DType;
import org.kan4j.rows.RowSource;

/** Rows as readers know them, to be made into what a model trains on or is measured on. */
public interface Part {

    /** Memory for encoded rows where nothing is said: 1 GiB. It decides whether and how rows are shuffled in blocks. */
    long DEFAULT_MEMORY = 1L << 30;

    /** Number of rows. */
    int rows();

    /**
     * The rows as a model sees them.
     *
     * @param arena for rows held in memory; the caller closes it after their last use
     * @param dtype that the model computes in
     * @param memory bytes for encoded rows; rows that take more are read anew in every pass, so much at a time
     */
    RowSource load(Arena arena, DType dtype, long memory);

    /**
     * The same rows by another encoding of the same columns.
     *
     * @throws DataException if they have one that cannot be changed
     */
    default Part with(Encoding other) {
        throw new DataException("these rows are encoded as they are; only those of a table can be encoded otherwise");
    }

    /**
     * Two parts of it, at random; with classes each in the same proportion.
     *
     * @param share of the rows in the second part, above 0 and below 1
     */
    default Parts split(double share, long seed) {
        return split(Splitting.RANDOM, share, seed);
    }

    /**
     * Two parts of it.
     *
     * @param by what decides which rows are in the second part
     * @param share of the rows in the second part, above 0 and below 1
     * @throws DataException if a part would be empty, or these rows cannot be split so
     */
    default Parts split(Splitting by, double share, long seed) {
        if (!by.random()) {
            throw new DataException("only the rows of a table can be split by a column, '" + by.column() + "'");
        }
        return new Parts(new RandomPart(this, share, seed, true), new RandomPart(this, share, seed, false));
    }
}
