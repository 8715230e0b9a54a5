// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.internal;

import java.lang.foreign.MemorySegment;
import java.util.Collection;
import java.util.function.Consumer;

/** The inside of a context. */
public interface NativeContext {

    /** Of a {@link org.kan4j.device.Context}. */
    static NativeContext of(Object context) {
        return Inside.of(context, NativeContext.class);
    }

    /** The native handle; using it after close is an IllegalStateException. */
    MemorySegment handle();

    /** Gives a handle the lifetime of the context: it is freed before the context is. */
    MemorySegment own(MemorySegment handle, Consumer<MemorySegment> free);

    /** Takes over device memory that nothing will be queued for any more. */
    void abandon(Collection<Long> addresses);

    /** Frees what was abandoned, or leaves it to the next call where another thread uses the context. */
    void freeAbandoned();
}
