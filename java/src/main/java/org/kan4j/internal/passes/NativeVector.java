// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.internal.passes;

import java.lang.foreign.MemorySegment;
import org.kan4j.internal.Inside;
import org.kan4j.internal.memory.Memory;

/** The inside of a vector in the layout of a model's parameters. */
public interface NativeVector {

    /** Of a {@link org.kan4j.model.ParameterVector}. */
    static NativeVector of(Object vector) {
        return Inside.of(vector, NativeVector.class);
    }

    /** What kernels are passed for all numbers, which may change them in the next call: it is asked for anew before each. */
    MemorySegment array();

    /** The numbers of one layer, to be read. */
    MemorySegment part(int layer);

    /** What holds the numbers. */
    Memory memory();
}
