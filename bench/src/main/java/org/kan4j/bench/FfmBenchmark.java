// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.TimeUnit;
import org.kan4j.device.NativeLibrary;
import org.kan4j.ffi.Kan;
import org.kan4j.ffi.kan_context_spec;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a call from Java costs: of an empty function; with a context, which checks that it is live and not busy, and one
 * segment, whose arena is checked; the same as critical calls; and with a heap array. bench/native/driver prints what the
 * same calls cost from C ({@code driver calls}).
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 3, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
public class FfmBenchmark {

    private static final Linker LINKER = Linker.nativeLinker();
    private MethodHandle criticalEmpty;
    private MethodHandle criticalScale;
    private Arena confined;
    private Arena shared;
    private MemorySegment context;
    private MemorySegment one;
    private MemorySegment oneShared;
    private float[] array;

    /** Opens a context of one thread by the bindings themselves. */
    @Setup
    public void open() {
        NativeLibrary.load();
        FunctionDescriptor scale = Kan.kan_vector_scale$descriptor();
        criticalEmpty = LINKER.downcallHandle(Kan.kan_abi_version$address(), Kan.kan_abi_version$descriptor(),
                Linker.Option.critical(false));
        criticalScale = LINKER.downcallHandle(Kan.kan_vector_scale$address(), scale, Linker.Option.critical(true));
        confined = Arena.ofConfined();
        shared = Arena.ofShared();
        MemorySegment spec = confined.allocate(kan_context_spec.layout());
        kan_context_spec.struct_size(spec, (int) spec.byteSize());
        kan_context_spec.struct_version(spec, 1);
        kan_context_spec.threads(spec, 1);
        MemorySegment out = confined.allocate(ValueLayout.ADDRESS);
        require(Kan.kan_context_create(spec, out));
        context = out.get(ValueLayout.ADDRESS, 0);
        one = confined.allocateFrom(ValueLayout.JAVA_FLOAT, 1.5f);
        oneShared = shared.allocateFrom(ValueLayout.JAVA_FLOAT, 1.5f);
        array = new float[] {1.5f};
    }

    private static void require(int status) {
        if (status != Kan.KAN_OK()) {
            throw new IllegalStateException("status " + status);
        }
    }

    /** {@code kan_abi_version()}: the transition into native code and back. */
    @Benchmark
    public int empty() {
        return Kan.kan_abi_version();
    }

    /** The same without the transition. */
    @Benchmark
    public int emptyCritical() throws Throwable {
        return (int) criticalEmpty.invokeExact();
    }

    /** {@code kan_vector_scale} of one number in a confined arena's memory. */
    @Benchmark
    public int segment() {
        return Kan.kan_vector_scale(context, Kan.KAN_F32(), 1, -1, one);
    }

    /** The same in a shared arena's memory, as the library holds it. */
    @Benchmark
    public int segmentShared() {
        return Kan.kan_vector_scale(context, Kan.KAN_F32(), 1, -1, oneShared);
    }

    /** The same as a critical call. */
    @Benchmark
    public int segmentCritical() throws Throwable {
        return (int) criticalScale.invokeExact(context, Kan.KAN_F32(), 1L, -1.0, one);
    }

    /** The same on a heap array, not copied. */
    @Benchmark
    public int heapArrayCritical() throws Throwable {
        return (int) criticalScale.invokeExact(context, Kan.KAN_F32(), 1L, -1.0, MemorySegment.ofArray(array));
    }

    /** A heap array copied into memory, the normal call, and copied back. */
    @Benchmark
    public int heapArrayCopied() {
        MemorySegment.copy(array, 0, one, ValueLayout.JAVA_FLOAT, 0, 1);
        int status = Kan.kan_vector_scale(context, Kan.KAN_F32(), 1, -1, one);
        MemorySegment.copy(one, ValueLayout.JAVA_FLOAT, 0, array, 0, 1);
        return status;
    }

    /** A call that the library refuses: what checking costs, without the work. */
    @Benchmark
    public int refused() {
        return Kan.kan_vector_scale(context, -1, 1, -1, one);
    }

    /** Every call only flips a sign. */
    @TearDown(Level.Trial)
    public void checkAndClose() {
        try {
            require(segment());
            require(segmentShared());
            if (Math.abs(one.get(ValueLayout.JAVA_FLOAT, 0)) != 1.5f || Math.abs(oneShared.get(ValueLayout.JAVA_FLOAT, 0)) != 1.5f
                    || Math.abs(array[0]) != 1.5f || Kan.kan_abi_version() >> 16 != Kan.KAN_ABI_MAJOR()
                    || refused() == Kan.KAN_OK()) {
                throw new IllegalStateException("a call did not do what it should");
            }
        } finally {
            require(Kan.kan_context_destroy(context));
            confined.close();
            shared.close();
        }
    }
}
