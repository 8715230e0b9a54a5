// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicBoolean;
import org.kan4j.ffi.Handles;
import org.kan4j.ffi.Kan;
import org.kan4j.ffi.kan_context_info;
import org.kan4j.ffi.kan_context_spec;

/**
 * A device with a pool of threads to run kernels on. It serves one thread at a time, any: a call while another thread
 * is in one fails with {@link Status#BUSY}. Closing it frees the pool and is refused while a call runs.
 */
public final class Context implements AutoCloseable {

    private static final Logger LOG = System.getLogger("org.kan4j");

    private final Arena arena;
    private final MemorySegment handle;
    private final Device device;
    private final int threads;
    private final Tier tier;
    private final Tier maxTier;
    private final AtomicBoolean closed = new AtomicBoolean();

    private Context(Arena arena, MemorySegment handle, ContextOptions options) {
        this.arena = arena;
        this.handle = handle;
        this.device = options.device();
        try (Arena local = Arena.ofConfined()) {
            MemorySegment info = local.allocate(kan_context_info.layout());
            kan_context_info.struct_size(info, (int) info.byteSize());
            kan_context_info.struct_version(info, 1);
            Native.check(Kan.kan_context_query(handle, info), handle);
            this.threads = kan_context_info.threads(info);
            this.tier = Tier.of(kan_context_info.tier(info));
            this.maxTier = Tier.of(kan_context_info.max_tier(info));
        }
    }

    /** A context with {@link ContextOptions#defaults()}. */
    public static Context open() {
        return open(ContextOptions.defaults());
    }

    /** A context on a device, otherwise with {@link ContextOptions#defaults()}. */
    public static Context open(Device device) {
        return open(ContextOptions.defaults().withDevice(device));
    }

    /**
     * A context.
     *
     * @throws NativeLibraryException if libkan4j cannot be loaded
     * @throws UnsupportedException if the device or the tier is not there
     */
    public static Context open(ContextOptions options) {
        NativeLibrary.load();
        Arena arena = Arena.ofShared();
        try (Arena local = Arena.ofConfined()) {
            MemorySegment spec = local.allocate(kan_context_spec.layout());
            kan_context_spec.struct_size(spec, (int) spec.byteSize());
            kan_context_spec.struct_version(spec, 1);
            switch (options.device()) {
                case Device.Cpu cpu -> kan_context_spec.device(spec, Kan.KAN_DEVICE_CPU());
                case Device.Cuda cuda -> {
                    kan_context_spec.device(spec, Kan.KAN_DEVICE_CUDA());
                    kan_context_spec.device_index(spec, cuda.index());
                }
            }
            kan_context_spec.threads(spec, options.threads());
            kan_context_spec.tier(spec, lowered(options.tier()).code());
            MemorySegment out = local.allocate(ValueLayout.ADDRESS);
            Native.check(Kan.kan_context_create(spec, out), MemorySegment.NULL);
            MemorySegment handle = Handles.own(out.get(ValueLayout.ADDRESS, 0), arena, Context::destroy);
            Context context = new Context(arena, handle, options);
            LOG.log(Level.DEBUG, () -> "context on " + context);
            return context;
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    /** The tier asked for, lowered to the property kan4j.tier. */
    private static Tier lowered(Tier tier) {
        String property = System.getProperty("kan4j.tier");
        Tier limit = property == null ? Tier.AUTO : Tier.parse(property.strip());
        if (limit == Tier.AUTO) {
            return tier;
        }
        return tier == Tier.AUTO || tier.code() > limit.code() ? limit : tier;
    }

    private static void destroy(MemorySegment handle) {
        int status = Kan.kan_context_destroy(handle);
        if (status != Kan.KAN_OK()) {
            // The arena lets no call be under way here, so this is a defect; closing must not throw for it.
            LOG.log(Level.WARNING, "closing a context returned the status " + Status.of(status));
        }
    }

    /** The device. */
    public Device device() {
        return device;
    }

    /** Threads of the pool, the calling one included. */
    public int threads() {
        return threads;
    }

    /** The kernel tier in use. */
    public Tier tier() {
        return tier;
    }

    /** The highest kernel tier the processor has. */
    public Tier maxTier() {
        return maxTier;
    }

    /** The native handle; using it after close is an IllegalStateException. */
    MemorySegment handle() {
        if (closed.get()) {
            throw new IllegalStateException("the context is closed");
        }
        return handle;
    }

    /**
     * Frees the thread pool; does nothing the second time.
     *
     * @throws IllegalStateException while a call on this context runs
     */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            try {
                arena.close();
            } catch (IllegalStateException e) {
                closed.set(false);
                throw new IllegalStateException("the context cannot be closed while a call on it is running", e);
            }
        }
    }

    /** Such as {@code cpu, 2 threads, avx512}. */
    @Override
    public String toString() {
        return device + ", " + threads + (threads == 1 ? " thread, " : " threads, ") + tier;
    }
}
