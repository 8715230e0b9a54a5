// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.lang.foreign.Arena;
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
}
