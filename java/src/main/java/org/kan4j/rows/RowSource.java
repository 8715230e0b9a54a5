// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.rows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/**
 * Rows of features and targets, with optional weights, that are taken in mini-batches: a {@link Dataset} in memory, or
 * rows that are read from files as they are wanted. What a pass gives is a function of the rows, the seed and the epoch
 * alone.
 */
public interface RowSource {

    /** Number of rows. */
    int size();

    /** Features of a row. */
    long in();

    /** Outputs a model for this data has: the classes, or the targets of a row. */
    long out();

    /** Number of classes; 0 for real targets. */
    int classes();

    /** The type of the features, F32 or F64. */
    DType dtype();

    /** Whether rows have weights. */
    boolean weighted();

    /** A pass over the rows in their order. */
    Pass inOrder();

    /** A pass over the rows in another order: a function of the seed and the epoch. */
    Pass shuffled(long seed, int epoch);

    /**
     * The features of at most so many rows, evenly spread over all.
     *
     * @param arena for the result, unless it is a view
     * @return (rows, in)
     */
    HostTensor sample(Arena arena, int most);

    /**
     * Two parts of some rows.
     *
     * @param <S> what they are parts of
     * @param first as large as asked for
     * @param second the rest
     */
    record Split<S extends RowSource>(S first, S second) {
    }

    /**
     * Splits at random; with class labels each class in the same proportion. The same seed gives the same split.
     *
     * @param fraction of the rows that goes into the first part, 0 to 1
     */
    Split<? extends RowSource> split(double fraction, long seed);

    /** The rows in some order. Used by one thread. Going forward is cheap, also from a position never read before. */
    interface Pass extends AutoCloseable {

        /**
         * Copies the rows at positions {@code from} to {@code to}, exclusive, into a mini-batch.
         *
         * @param x receives (to - from, in) numbers of the features' type
         * @param targets receives (to - from, out) numbers of that type, or (to - from) labels of type I32; NULL to
         *     leave them out
         * @param weights receives (to - from) numbers of that type; untouched if the rows have no weights
         */
        void read(int from, int to, MemorySegment x, MemorySegment targets, MemorySegment weights);

        /** Frees what it holds; does nothing the second time. */
        @Override
        void close();
    }
}
