// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.internal.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.error.Status;
import org.kan4j.ffi.Kan;
import org.kan4j.internal.Native;

/** Arrays off the heap, which the kernels of every CPU context use in place. */
public final class HostMemory extends Memory {

    /** Arrays this large are worth asking for large pages: the processor's tables of small pages do not cover them. */
    private static final long LARGE = 16L << 20;

    public HostMemory(Arena arena) {
        super(arena);
    }

    public static HostMemory shared() {
        return new HostMemory(Arena.ofShared());
    }

    @Override
    public Memory another() {
        return shared();
    }

    @Override
    public Context context() {
        return null;
    }

    @Override
    public MemorySegment allocate(long bytes) {
        try {
            MemorySegment array = arena().allocate(Math.max(ALIGNMENT, bytes), ALIGNMENT);
            if (bytes >= LARGE) {
                Native.check(Kan.kan_prefer_large_pages(array, bytes), MemorySegment.NULL);
            }
            return array.asSlice(0, bytes);
        } catch (OutOfMemoryError e) {
            throw new KanException(Status.OUT_OF_MEMORY, "no memory for an array of " + bytes + " bytes", e);
        }
    }

    @Override
    public MemorySegment slice(MemorySegment array, long offset, long bytes) {
        return array.asSlice(offset, bytes);
    }

    @Override
    public void write(MemorySegment source, MemorySegment array, long bytes) {
        MemorySegment.copy(source, 0, array, 0, bytes);
    }

    @Override
    public void read(MemorySegment array, MemorySegment target, long bytes) {
        MemorySegment.copy(array, 0, target, 0, bytes);
    }

    @Override
    public MemorySegment onHost(MemorySegment array, long bytes, Arena arena) {
        return array.asSlice(0, bytes);
    }

    @Override
    public void copy(MemorySegment from, MemorySegment to, long bytes) {
        MemorySegment.copy(from, 0, to, 0, bytes);
    }

    @Override
    public void clear(MemorySegment array, long bytes) {
        array.asSlice(0, bytes).fill((byte) 0);
    }

    @Override
    public String place() {
        return "the host's memory";
    }
}
