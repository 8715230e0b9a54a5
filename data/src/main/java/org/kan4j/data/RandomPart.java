// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.lang.foreign.Arena;
import org.kan4j.encoding.Encoding;
import org.kan4j.rows.RowSource;
import org.kan4j.tensor.DType;

/** One part of a split at random of rows that are loaded first. */
record RandomPart(Part all, double share, long seed, boolean first) implements Part {

    @Override
    public int rows() {
        return (int) Math.round(all.rows() * (first ? 1 - share : share));
    }

    @Override
    public Part with(Encoding other) {
        return new RandomPart(all.with(other), share, seed, first);
    }

    @Override
    public RowSource load(Arena arena, DType dtype, long memory) {
        RowSource.Split<? extends RowSource> split = all.load(arena, dtype, memory).split(1 - share, seed);
        return first ? split.first() : split.second();
    }
}
