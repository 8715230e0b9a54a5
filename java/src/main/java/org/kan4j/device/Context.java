// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.device;

import java.lang.System.Logger.Level;
import java.lang.System.Logger;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Collection;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.kan4j.error.Counted;
import org.kan4j.error.KanException;
import org.kan4j.error.Status;
import org.kan4j.ffi.Handles;
import org.kan4j.ffi.Kan;
import org.kan4j.ffi.kan_context_info;
import org.kan4j.ffi.kan_context_spec;
import org.kan4j.internal.Forgotten;
import org.kan4j.internal.Inside;
import org.kan4j.internal.Native;
import org.kan4j.internal.NativeContext;

/**
 * A device with a pool of threads to run kernels on. It serves one thread at a time, any: a call while another thread
 * is in one fails with {@link Status#BUSY}. Closing it frees the pool and is refused while a call runs.
 */
public final class Context implements AutoCloseable {

    static {
        Inside.show(Context.class, NativeContext.class, context -> context.inside);
    }

    private static final Logger LOG = System.getLogger("org.kan4j");

    private final Arena arena;
    private final MemorySegment handle;
    private final Device device;
    private final int threads;
    private final Tier tier;
    private final Tier maxTier;
    private final Products products;
    private final String deviceName;
    private final int computeCapability;
    private final NativeContext inside = new Insides();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final Forgotten forgotten;

    private Context(Arena arena, MemorySegment handle, ContextOptions options) {
        this.arena = arena;
        this.handle = handle;
        this.device = options.device();
        this.products = options.products();
        try (Arena local = Arena.ofConfined()) {
            MemorySegment info = query(local);
            this.threads = kan_context_info.threads(info);
            this.tier = Tier.of(kan_context_info.tier(info));
            this.maxTier = Tier.of(kan_context_info.max_tier(info));
            this.deviceName = kan_context_info.device_name(info).getString(0);
            this.computeCapability = kan_context_info.compute_capability(info);
        }
        this.forgotten = Forgotten.watch(this, "a Context on " + device + " of " + Counted.of(threads, "thread"), arena::close);
    }

    private MemorySegment query(Arena local) {
        MemorySegment info = local.allocate(kan_context_info.layout());
        kan_context_info.struct_size(info, (int) info.byteSize());
        kan_context_info.struct_version(info, 1);
        Native.check(Kan.kan_context_query(handle, info), handle);
        return info;
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
     * @throws org.kan4j.error.NativeLibraryException if libkan4j cannot be loaded
     * @throws org.kan4j.error.UnsupportedException if the device or the tier is not there; the message says what is
     *     missing
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
            boolean cpu = options.device() instanceof Device.Cpu;
            kan_context_spec.tier(spec, (cpu ? lowered(options.tier()) : options.tier()).code());
            kan_context_spec.products(spec, options.products().code());
            kan_context_spec.implementation(spec).setString(0, options.implementation());
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

    /** How tensor cores multiply; {@link Products#FP32} on the CPU. */
    public Products products() {
        return products;
    }

    /** The name of a CUDA device, such as {@code NVIDIA H200}; empty for the CPU. */
    public String deviceName() {
        return deviceName;
    }

    /** The compute capability of a CUDA device, 10 major + minor; 0 for the CPU. */
    public int computeCapability() {
        return computeCapability;
    }

    /**
     * The memory of a CUDA device; all 0 for the CPU.
     *
     * @param total bytes
     * @param free bytes, for any process
     * @param held bytes that were allocated through this context
     */
    public record DeviceMemoryUse(long total, long free, long held) {
    }

    /** The memory of the device. */
    public DeviceMemoryUse deviceMemory() {
        handle();
        try (Arena local = Arena.ofConfined()) {
            MemorySegment info = query(local);
            return new DeviceMemoryUse(kan_context_info.memory_total(info), kan_context_info.memory_free(info),
                    kan_context_info.memory_held(info));
        }
    }

    boolean isClosed() {
        return closed.get();
    }

    /** Whether arrays are in the memory of a device, and kernels only queued by the calls that start them. */
    public boolean isCuda() {
        return device instanceof Device.Cuda;
    }

    // --------------------------------------------------------------------------------------------------------- streams

    /**
     * Waits until everything queued on a CUDA device has been done; on the CPU nothing ever is.
     *
     * @throws KanException if something failed on the device meanwhile
     */
    public void synchronize() {
        if (isCuda()) {
            Native.check(Kan.kan_synchronize(handle()), handle);
        }
    }

    /** Number of marks that {@link #record} has on a CUDA device. */
    public static final int EVENTS = 64;

    /**
     * Queues a mark that takes the time when the device reaches it; for CUDA.
     *
     * @param event 0 to {@link #EVENTS} - 1; a mark made before under this number is forgotten
     */
    public void record(int event) {
        Native.check(Kan.kan_event_record(handle(), event), handle);
    }

    /** The time between two recorded marks in milliseconds, once the device has reached the second; for CUDA. */
    public double elapsedMillis(int first, int second) {
        MemorySegment open = handle();
        try (Arena local = Arena.ofConfined()) {
            MemorySegment value = local.allocate(ValueLayout.JAVA_DOUBLE);
            Native.check(Kan.kan_event_elapsed(open, first, second, value), open);
            return value.get(ValueLayout.JAVA_DOUBLE, 0);
        }
    }

    /**
     * Records what the calls made by {@code work} on this context queue, without doing it, to be done any number of
     * times with the same arguments; for CUDA. Nothing in it may wait, allocate or copy from or to the host.
     */
    public DeviceGraph capture(Runnable work) {
        return DeviceGraph.capture(this, work);
    }

    /** What the other packages of this module see of it. */
    private final class Insides implements NativeContext {

        /** Device memory that was closed; freed by the thread that uses the context, for another could find it busy. */
        private final Queue<Long> abandoned = new ConcurrentLinkedQueue<>();

        @Override
        public MemorySegment handle() {
            return Context.this.handle();
        }

        @Override
        public MemorySegment own(MemorySegment handle, Consumer<MemorySegment> free) {
            return Handles.own(handle, arena, free);
        }

        @Override
        public void abandon(Collection<Long> addresses) {
            abandoned.addAll(addresses);
            if (!closed.get()) {
                freeAbandoned();
            }
        }

        @Override
        public void freeAbandoned() {
            for (Long address = abandoned.poll(); address != null; address = abandoned.poll()) {
                int status;
                try {
                    status = Kan.kan_device_free(handle, address);
                } catch (IllegalStateException e) {
                    return; // the context is closed, and its memory with it
                }
                if (status == Kan.KAN_BUSY()) {
                    abandoned.add(address);
                    return;
                }
                if (status != Kan.KAN_OK()) {
                    LOG.log(Level.WARNING, "freeing device memory returned the status " + Status.of(status));
                }
            }
        }
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
                forgotten.closed();
            } catch (IllegalStateException e) {
                closed.set(false);
                throw new IllegalStateException("the context cannot be closed while a call on it is running", e);
            }
        }
    }

    /** Such as {@code cpu, 2 threads, avx512} or {@code cuda:0, NVIDIA H200, fp32}. */
    @Override
    public String toString() {
        return isCuda() ? device + ", " + deviceName + ", " + products
                : device + ", " + threads + (threads == 1 ? " thread, " : " threads, ") + tier;
    }
}
