// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.internal.passes;

import java.lang.foreign.MemorySegment;

/**
 * A model's layers prepared for prediction on the CPU: one call of the C ABI for all of them, with what does not change checked
 * once. From any thread, one at a time; its context and the parameters must outlive it.
 */
public interface Chain extends AutoCloseable {

    /** Runs rows of x into y, both of the model's type and off the heap. */
    void forward(long rows, MemorySegment x, MemorySegment y);

    /** As {@link #forward} by a critical call, which holds up the VM: for tiny models; x and y may be on the heap. */
    void forwardCritical(long rows, MemorySegment x, MemorySegment y);

    /** Frees the memory; does nothing the second time. */
    @Override
    void close();
}
