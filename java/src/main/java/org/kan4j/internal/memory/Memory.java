// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.internal.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.kan4j.device.Context;
import org.kan4j.device.Device;

/**
 * Arrays for kernels, where the kernels of a context want them: in the host's memory or on a device. All are freed when
 * this is closed. An array is what a kernel is passed: a segment of the host's memory, or a segment of no length at a
 * device's address, which nothing on the host can read or write. So whoever holds an array remembers its size, takes
 * parts of it with {@link #slice} and moves numbers with the methods here, which are the same on every device.
 */
public abstract sealed class Memory implements AutoCloseable permits HostMemory, DeviceMemory {

    /** Of every array, in bytes: a line of the processor's cache. */
    public static final long ALIGNMENT = 64;

    private final Arena arena;

    Memory(Arena arena) {
        this.arena = arena;
    }

    /** Memory for the kernels of a context; used and closed by the thread that made it. */
    public static Memory confined(Context context) {
        return of(context, Arena.ofConfined());
    }

    /** Memory for the kernels of a context; used by any thread. */
    public static Memory shared(Context context) {
        return of(context, Arena.ofShared());
    }

    private static Memory of(Context context, Arena arena) {
        return switch (context.device()) {
            case Device.Cpu cpu -> new HostMemory(arena);
            case Device.Cuda cuda -> new DeviceMemory(context, arena);
        };
    }

    /** More memory of this kind, to be closed apart; used by any thread. */
    public abstract Memory another();

    /** The context whose kernels alone may use it; null for the host's memory, which those of every CPU context may. */
    public abstract Context context();

    /**
     * An array of zeros, aligned to 64 bytes.
     *
     * @param bytes at least 0
     * @throws org.kan4j.error.DeviceMemoryException if a device has not so much left
     */
    public abstract MemorySegment allocate(long bytes);

    /** A part of an array, its lifetime this memory's. */
    public abstract MemorySegment slice(MemorySegment array, long offset, long bytes);

    /** Copies from ordinary memory into an array; the source may be changed afterwards. */
    public abstract void write(MemorySegment source, MemorySegment array, long bytes);

    /** Copies from an array into ordinary memory, once the work that was queued before is done. */
    public abstract void read(MemorySegment array, MemorySegment target, long bytes);

    /** What an array holds, for the host to read: the array itself where the host can, else a copy in the arena. */
    public MemorySegment onHost(MemorySegment array, long bytes, Arena arena) {
        MemorySegment copy = arena.allocate(bytes, ALIGNMENT);
        read(array, copy, bytes);
        return copy;
    }

    /** Copies from an array of this kind of memory into another. */
    public abstract void copy(MemorySegment from, MemorySegment to, long bytes);

    /** Sets an array to zeros. */
    public abstract void clear(MemorySegment array, long bytes);

    /** Copies between arrays of any two memories. */
    public static void transfer(Memory source, MemorySegment from, Memory target, MemorySegment to, long bytes) {
        if (source.context() == target.context()) {
            target.copy(from, to, bytes);
        } else if (source.context() == null) {
            target.write(from, to, bytes);
        } else if (target.context() == null) {
            source.read(from, to, bytes);
        } else { // two streams know nothing of each other
            try (Arena staging = Arena.ofConfined()) {
                MemorySegment host = staging.allocate(Math.max(1, bytes), ALIGNMENT);
                source.read(from, host, bytes);
                target.write(host, to, bytes);
            }
        }
    }

    public final Arena arena() {
        return arena;
    }

    public final boolean isAlive() {
        return arena.scope().isAlive();
    }

    /** For messages: the host's memory, or a device by its name. */
    public abstract String place();

    /**
     * Frees all arrays, on a device once the work that was queued before is done; does nothing the second time.
     *
     * @throws IllegalStateException while a call on an array runs; nothing is freed then
     */
    @Override
    public void close() {
        if (isAlive()) {
            arena.close();
        }
    }
}
