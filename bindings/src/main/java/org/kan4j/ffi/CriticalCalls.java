// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.ffi;

import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Critical calls: the same C functions without the thread's state transition, which costs more than a tiny layer's
 * arithmetic. A critical call holds up every safepoint of the VM, garbage collection included, for as long as it runs;
 * so callers bound the work ({@link #MAX_MULTIPLY_ADDS}) and use contexts of one thread, where nothing waits.
 * jextract cannot emit linker options, hence this class.
 */
public final class CriticalCalls {

    /** The most work one critical call may do, in multiply-adds: some microseconds. */
    public static final long MAX_MULTIPLY_ADDS = 16_384;

    private static final MethodHandle CHAIN_FORWARD = Linker.nativeLinker().downcallHandle(
        Kan.kan_chain_forward$address(), Kan.kan_chain_forward$descriptor(), Linker.Option.critical(true));

    private CriticalCalls() {
    }

    /** As {@link Kan#kan_chain_forward}; {@code x} and {@code y} may be heap segments. */
    public static int kan_chain_forward(MemorySegment chain, long batch, MemorySegment x, MemorySegment y) {
        try {
            return (int) CHAIN_FORWARD.invokeExact(chain, batch, x, y);
        } catch (Error | RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError("a downcall threw a checked exception", e);
        }
    }
}
