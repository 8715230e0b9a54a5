// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.model;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.kan4j.device.Context;
import org.kan4j.ffi.CriticalCalls;
import org.kan4j.ffi.Kan;
import org.kan4j.internal.Native;
import org.kan4j.internal.NativeContext;
import org.kan4j.internal.memory.Memory;
import org.kan4j.internal.passes.Chain;
import org.kan4j.internal.passes.NativeVector;

/** A chain of the C ABI over a model's layers, in memory of its own. Numbers that have not changed since its last call are fixed. */
final class LayerChain implements Chain {

    private final Parameters parameters;
    /** What {@link Parameters#changes} was when its numbers were fixed. */
    private long fixed = Parameters.UNSEEN;
    private final NativeContext context;
    private final Memory memory;
    private MemorySegment chain;

    LayerChain(Context owner, Parameters parameters, long maxRows) {
        this.parameters = parameters;
        this.context = NativeContext.of(owner);
        this.memory = Memory.shared(owner);
        NativeVector values = NativeVector.of(parameters.values());
        int count = parameters.model().layers().size();
        MemorySegment handle = context.handle();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment layers = arena.allocate(ValueLayout.ADDRESS, count);
            MemorySegment params = arena.allocate(ValueLayout.ADDRESS, count);
            MemorySegment buffers = arena.allocate(ValueLayout.ADDRESS, count);
            for (int l = 0; l < count; l++) {
                layers.setAtIndex(ValueLayout.ADDRESS, l, parameters.layers().handle(l));
                params.setAtIndex(ValueLayout.ADDRESS, l, values.part(l));
                buffers.setAtIndex(ValueLayout.ADDRESS, l, parameters.bufferPart(l));
            }
            MemorySegment bytes = arena.allocate(ValueLayout.JAVA_LONG);
            Native.check(Kan.kan_chain_bytes(handle, count, layers, maxRows, bytes), handle);
            MemorySegment room = memory.allocate(bytes.get(ValueLayout.JAVA_LONG, 0));
            MemorySegment made = arena.allocate(ValueLayout.ADDRESS);
            Native.check(Kan.kan_chain_create(handle, count, layers, params, buffers, maxRows, room, room.byteSize(), made),
                    handle);
            this.chain = made.get(ValueLayout.ADDRESS, 0);
        } catch (RuntimeException | Error e) {
            memory.close();
            throw e;
        }
    }

    @Override
    public void forward(long rows, MemorySegment x, MemorySegment y) {
        fix();
        check(Kan.kan_chain_forward(chain, rows, x, y));
    }

    @Override
    public void forwardCritical(long rows, MemorySegment x, MemorySegment y) {
        fix();
        check(CriticalCalls.kan_chain_forward(chain, rows, x, y));
    }

    private void fix() {
        long changes = parameters.changes();
        if (changes != fixed) {
            check(Kan.kan_chain_fix(chain, changes == Parameters.UNSEEN ? 0 : 1));
            fixed = changes;
        }
    }

    private void check(int status) {
        if (status != 0) {
            Native.check(status, context.handle());
        }
    }

    @Override
    public void close() {
        if (chain.address() != 0) {
            Kan.kan_chain_destroy(chain);
            chain = MemorySegment.NULL;
            memory.close();
        }
    }
}
