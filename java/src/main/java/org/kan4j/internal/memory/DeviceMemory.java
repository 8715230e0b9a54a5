// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.internal.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.kan4j.device.Context;
import org.kan4j.ffi.Handles;
import org.kan4j.ffi.Kan;
import org.kan4j.internal.Native;
import org.kan4j.internal.NativeContext;

/**
 * Arrays on a CUDA device, for the kernels of one context: everything that is done with them is ordered by the
 * context's stream, their release too, so that work which is still queued keeps them.
 */
final class DeviceMemory extends Memory {

    private final Context context;
    private final NativeContext inside;
    private final List<Long> addresses = new ArrayList<>();

    DeviceMemory(Context context, Arena arena) {
        super(arena);
        this.context = context;
        this.inside = NativeContext.of(context);
    }

    @Override
    public Memory another() {
        return new DeviceMemory(context, Arena.ofShared());
    }

    @Override
    public Context context() {
        return context;
    }

    @Override
    public MemorySegment allocate(long bytes) {
        if (!isAlive()) {
            throw new IllegalStateException("Already closed");
        }
        MemorySegment handle = inside.handle();
        inside.freeAbandoned();
        long size = Math.max(ALIGNMENT, bytes);
        long address;
        try (Arena local = Arena.ofConfined()) {
            MemorySegment out = local.allocate(ValueLayout.JAVA_LONG);
            Native.check(Kan.kan_device_allocate(handle, size, out), handle);
            address = out.get(ValueLayout.JAVA_LONG, 0);
        }
        synchronized (addresses) {
            addresses.add(address);
        }
        Native.check(Kan.kan_device_fill(handle, address, 0, size), handle);
        return Handles.address(address, arena());
    }

    @Override
    public MemorySegment slice(MemorySegment array, long offset, long bytes) {
        return Handles.address(array.address() + offset, arena());
    }

    @Override
    public void write(MemorySegment source, MemorySegment array, long bytes) {
        if (source.byteSize() < bytes) { // native code does not know where the source ends
            throw new IndexOutOfBoundsException("copying " + bytes + " bytes of " + source.byteSize());
        }
        MemorySegment handle = inside.handle();
        Native.check(Kan.kan_device_write(handle, array.address(), source, bytes), handle);
    }

    @Override
    public void read(MemorySegment array, MemorySegment target, long bytes) {
        if (target.byteSize() < bytes || target.isReadOnly()) {
            throw new IndexOutOfBoundsException("copying " + bytes + " bytes into " + target);
        }
        MemorySegment handle = inside.handle();
        Native.check(Kan.kan_device_read(handle, target, array.address(), bytes), handle);
    }

    @Override
    public void copy(MemorySegment from, MemorySegment to, long bytes) {
        MemorySegment handle = inside.handle();
        Native.check(Kan.kan_device_copy(handle, to.address(), from.address(), bytes), handle);
    }

    @Override
    public void clear(MemorySegment array, long bytes) {
        MemorySegment handle = inside.handle();
        Native.check(Kan.kan_device_fill(handle, array.address(), 0, bytes), handle);
    }

    @Override
    public String place() {
        return context.device().toString();
    }

    @Override
    public void close() {
        super.close();
        synchronized (addresses) {
            inside.abandon(addresses);
            addresses.clear();
        }
    }
}
