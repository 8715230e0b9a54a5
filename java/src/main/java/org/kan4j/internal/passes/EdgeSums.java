// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.internal.passes;

import java.lang.foreign.MemorySegment;
import org.kan4j.internal.Inside;

/** The inside of statistics of edges: what rows are added to. */
public interface EdgeSums {

    /** Of {@link org.kan4j.measure.EdgeStatistics}. */
    static EdgeSums of(Object statistics) {
        return Inside.of(statistics, EdgeSums.class);
    }

    /** Forgets all rows. */
    void clear();

    /** Adds the rows of a training workspace's last forward pass, whose input was x. */
    void add(Passes passes, long rows, MemorySegment x);
}
