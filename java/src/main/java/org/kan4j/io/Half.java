// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.io;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Numbers of 2 bytes. */
final class Half {

    private static final ValueLayout.OfShort BITS = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private Half() {
    }

    /**
     * As float32, which holds every one exactly.
     *
     * @param brain whether they are bfloat16, not IEEE's binary16
     */
    static void widen(MemorySegment source, boolean brain, MemorySegment target) {
        for (long i = 0; i < source.byteSize() / Short.BYTES; i++) {
            short bits = source.get(BITS, i * Short.BYTES);
            target.setAtIndex(ValueLayout.JAVA_FLOAT, i, brain ? Float.intBitsToFloat(bits << 16)
                    : Float.float16ToFloat(bits));
        }
    }
}
