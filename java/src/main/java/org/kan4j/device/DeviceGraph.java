// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.device;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.kan4j.ffi.Kan;
import org.kan4j.internal.Native;

/**
 * Work on a CUDA device that was recorded once and is queued as a whole: {@link Context#capture}. It uses the arrays
 * that the recorded calls were given, which must stay open as long as it is launched. Used by the thread that uses the
 * context.
 */
public final class DeviceGraph implements AutoCloseable {

    private final Context context;
    private final int graph;
    private boolean closed;

    private DeviceGraph(Context context, int graph) {
        this.context = context;
        this.graph = graph;
    }

    static DeviceGraph capture(Context context, Runnable work) {
        MemorySegment handle = context.handle();
        try (Arena local = Arena.ofConfined()) {
            MemorySegment out = local.allocate(ValueLayout.JAVA_INT);
            Native.check(Kan.kan_graph_begin(handle), handle);
            try {
                work.run();
            } catch (RuntimeException | Error e) {
                Kan.kan_graph_end(handle, out); // its failure is a consequence of the first
                throw e;
            }
            Native.check(Kan.kan_graph_end(handle, out), handle);
            return new DeviceGraph(context, out.get(ValueLayout.JAVA_INT, 0));
        }
    }

    /** Queues the recorded work. */
    public void launch() {
        if (closed) {
            throw new IllegalStateException("the device graph is closed");
        }
        MemorySegment handle = context.handle();
        Native.check(Kan.kan_graph_launch(handle, graph), handle);
    }

    /** Forgets the recording; does nothing the second time, or after the context was closed. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            if (!context.isClosed()) {
                MemorySegment handle = context.handle();
                Native.check(Kan.kan_graph_destroy(handle, graph), handle);
            }
        }
    }
}
