// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.internal.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A double that kernels write and the host reads. */
public final class Scalar {

    private final Staged number;

    /** A zero, for as long as the memory is open. */
    public Scalar(Memory memory) {
        this.number = new Staged(memory, Double.BYTES);
    }

    /** What kernels are passed. */
    public MemorySegment array() {
        return number.array();
    }

    /** The number, once the work that was queued before is done. */
    public double get() {
        number.download(Double.BYTES);
        return number.host().get(ValueLayout.JAVA_DOUBLE, 0);
    }
}
