// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/** Ties opaque handles and device addresses of the C ABI to arenas. The only caller of {@link MemorySegment#reinterpret} in kan4j. */
public final class Handles {

    private Handles() {
    }

    /**
     * Gives a handle the lifetime of an arena. Passed to a downcall, the result is checked and kept alive like any
     * other segment of the arena: use after close is an exception, closing during a call is refused.
     *
     * @param handle what a {@code kan_…_create} function stored
     * @param arena whose closing frees the handle
     * @param free called once, with the handle, when the arena closes
     */
    public static MemorySegment own(MemorySegment handle, Arena arena, Consumer<MemorySegment> free) {
        return handle.reinterpret(arena, free);
    }

    /**
     * The address of memory that the host cannot reach, a device's, with the lifetime of an arena: a segment of no length,
     * so that every access is an exception, to be passed to downcalls.
     */
    public static MemorySegment address(long address, Arena arena) {
        return MemorySegment.ofAddress(address).reinterpret(0, arena, null);
    }
}
