// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.serve;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.kan4j.device.Context;
import org.kan4j.device.ContextOptions;
import org.kan4j.device.Device;
import org.kan4j.internal.memory.Memory;
import org.kan4j.internal.passes.Chain;
import org.kan4j.internal.passes.NativeParameters;
import org.kan4j.internal.passes.Passes;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.tensor.HostTensor;

/** What the calls of a predictor borrow: as many slots as there ever were calls at once. Knows no predictor. */
final class PredictorPool {

    private static final long LOOK_NANOS = 100_000;

    private final Parameters parameters;
    private final ContextOptions options;
    private final int blockRows;
    private final boolean tiny;
    private volatile Slot[] slots = {};
    private volatile boolean closed;

    /**
     * A pool of one slot.
     *
     * @param parameters where the device's kernels reach them
     * @param options of a context for one call
     * @param blockRows that a slot runs at a time
     * @param tiny whether a row takes so little that the VM may wait for it
     */
    PredictorPool(Parameters parameters, ContextOptions options, int blockRows, boolean tiny) {
        this.parameters = parameters;
        this.options = options;
        this.blockRows = blockRows;
        this.tiny = tiny;
        grow(0).release();
    }

    /**
     * A slot that no other call uses.
     *
     * @throws IllegalStateException if the pool is closed
     */
    Slot acquire() {
        while (true) {
            if (closed) {
                throw new IllegalStateException("the predictor is closed");
            }
            Slot[] all = slots;
            int start = (int) (Thread.currentThread().threadId() % all.length);
            for (int i = 0; i < all.length; i++) {
                Slot slot = all[start + i < all.length ? start + i : start + i - all.length];
                if (!slot.busy.get() && slot.busy.compareAndSet(false, true)) {
                    return slot; // a close from here on waits for it
                }
            }
            Slot added = grow(all.length);
            if (added != null) {
                return added;
            }
        }
    }

    /** Adds a slot, busy, unless another thread did since this one saw {@code seen} of them. */
    private synchronized Slot grow(int seen) {
        if (slots.length != seen || closed) {
            return null;
        }
        Slot[] more = Arrays.copyOf(slots, seen + 1);
        more[seen] = new Slot(parameters, options, blockRows, tiny);
        slots = more;
        return more[seen];
    }

    /** Calls that run. */
    int busy() {
        int busy = 0;
        for (Slot slot : slots) {
            busy += slot.busy.get() ? 1 : 0;
        }
        return busy;
    }

    boolean isClosed() {
        return closed;
    }

    /** Refuses new calls, waits for those that run, and frees all. Called once. */
    void close() {
        synchronized (this) {
            closed = true; // no slot is added from here on
        }
        boolean interrupted = false;
        for (Slot slot : slots) {
            while (!slot.busy.compareAndSet(false, true)) {
                LockSupport.parkNanos(LOOK_NANOS);
                interrupted |= Thread.interrupted(); // it would keep this from waiting
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        for (Slot slot : slots) {
            slot.close();
        }
    }

    /** A context of one thread and memory for a block of rows. */
    static final class Slot {

        private final AtomicBoolean busy = new AtomicBoolean(true);
        private final Context context;
        private final Arena arena = Arena.ofShared();
        private final Memory memory;
        /** On a device, layer by layer; else null. */
        private final Passes workspace;
        /** On the CPU, a block of rows; else null. */
        private final Chain block;
        /** On the CPU, one row, which needs less memory to go through; else null. */
        private final Chain single;
        /** Where the rows of a block are put. */
        final MemorySegment x;
        /** On a device, where the kernels read; else null. */
        private final MemorySegment deviceX;
        /** Where the host reads outputs. */
        private final MemorySegment y;
        private final boolean tiny;
        private final long rowBytes;
        private final long outputBytes;

        private Slot(Parameters parameters, ContextOptions options, int blockRows, boolean tiny) {
            KanModel model = parameters.model();
            this.tiny = tiny;
            this.rowBytes = model.in() * model.dtype().bytes();
            this.outputBytes = model.out() * model.dtype().bytes();
            boolean host = options.device() instanceof Device.Cpu;
            List<AutoCloseable> made = new ArrayList<>();
            try {
                made.add(arena::close);
                context = Context.open(options);
                made.add(context);
                memory = Memory.shared(context);
                made.add(memory);
                NativeParameters inside = NativeParameters.of(parameters);
                single = host ? inside.chain(context, 1) : null;
                made.add(single == null ? () -> {
                } : single);
                block = host ? inside.chain(context, blockRows) : null;
                made.add(block == null ? () -> {
                } : block);
                workspace = host ? null : inside.passes(context, blockRows);
                made.add(workspace == null ? () -> {
                } : workspace);
                x = HostTensor.allocate(arena, model.dtype(), blockRows, model.in()).segment();
                deviceX = host ? null : memory.allocate(x.byteSize());
                y = HostTensor.allocate(arena, model.dtype(), blockRows, model.out()).segment();
            } catch (RuntimeException | Error e) {
                closeAll(made, e);
                throw e;
            }
        }

        private static void closeAll(List<AutoCloseable> resources, Throwable cause) {
            for (AutoCloseable resource : resources.reversed()) {
                try {
                    resource.close();
                } catch (Exception e) {
                    cause.addSuppressed(e);
                }
            }
        }

        /** Runs the rows in {@link #x}. */
        MemorySegment run(int rows) {
            return forward(rows, x);
        }

        /** Runs rows of the host's memory; the outputs are where the host can read them. */
        MemorySegment forward(int rows, MemorySegment input) {
            if (deviceX != null) {
                memory.write(input, deviceX, rows * rowBytes);
                memory.read(workspace.forward(rows, deviceX), y, rows * outputBytes);
            } else if (rows > 1) {
                block.forward(rows, input, y);
            } else if (tiny) {
                single.forwardCritical(1, input, y);
            } else {
                single.forward(1, input, y);
            }
            return y;
        }

        /** The call is over. */
        void release() {
            busy.set(false);
        }

        private void close() {
            try (arena; context; memory; single; block; workspace) {
                busy.set(true);
            }
        }
    }
}
