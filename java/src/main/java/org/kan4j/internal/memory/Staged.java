// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.internal.memory;

import java.lang.foreign.MemorySegment;

/**
 * An array for kernels together with memory that the host fills and reads: the array itself on the CPU, beside it where
 * the array is on a device.
 */
public final class Staged {

    private final Memory memory;
    private final MemorySegment array;
    private final MemorySegment host;

    /** Zeros, for as long as the memory is open. */
    public Staged(Memory memory, long bytes) {
        this.memory = memory;
        this.array = memory.allocate(bytes);
        this.host = memory.context() == null ? array
                : memory.arena().allocate(Math.max(1, bytes), Memory.ALIGNMENT).asSlice(0, bytes);
    }

    /** What kernels are passed. */
    public MemorySegment array() {
        return array;
    }

    /** What the host fills and reads. */
    public MemorySegment host() {
        return host;
    }

    /** What the host has filled goes to the kernels. */
    public void upload(long bytes) {
        if (!host.equals(array)) {
            memory.write(host, array, bytes);
        }
    }

    /** What kernels have written comes to the host, once the work that was queued before is done. */
    public void download(long bytes) {
        if (!host.equals(array)) {
            memory.read(array, host, bytes);
        }
    }

    /** Where the host can read another array of the same memory: there, or copied to {@link #host}. */
    public MemorySegment download(MemorySegment from, long bytes) {
        if (host.equals(array)) {
            return from;
        }
        memory.read(from, host, bytes);
        return host;
    }
}
