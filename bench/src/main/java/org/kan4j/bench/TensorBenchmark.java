// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.TimeUnit;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Moving numbers between the heap and tensors, and between tensors. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 3, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
public class TensorBenchmark {

    /** Numbers. */
    @Param({"1024", "1048576"})
    public int count;

    private Arena arena;
    private float[] array;
    private HostTensor source;
    private HostTensor target;
    private HostTensor wide;

    /** Allocates. */
    @Setup
    public void open() {
        arena = Arena.ofConfined();
        array = Data.uniform(1, count, -1);
        source = HostTensor.of(arena, array);
        target = HostTensor.allocate(arena, DType.F32, count);
        wide = HostTensor.allocate(arena, DType.F64, count);
    }

    /** A new tensor of a heap array, allocation and release included. */
    @Benchmark
    public long ofArray() {
        try (Arena local = Arena.ofConfined()) {
            return HostTensor.of(local, array).size();
        }
    }

    /** A heap array into a tensor that is there. */
    @Benchmark
    public HostTensor arrayInto() {
        MemorySegment.copy(array, 0, target.segment(), ValueLayout.JAVA_FLOAT, 0, count);
        return target;
    }

    /** A tensor into a new heap array. */
    @Benchmark
    public float[] toArray() {
        return source.toFloats();
    }

    /** A tensor into another. */
    @Benchmark
    public HostTensor copyFrom() {
        return target.copyFrom(source);
    }

    /** A tensor into one of double precision. */
    @Benchmark
    public HostTensor convert() {
        return wide.copyFrom(source);
    }

    /** A view; nothing is copied. */
    @Benchmark
    public HostTensor wrap() {
        return HostTensor.wrap(source.segment(), DType.F32, count);
    }

    /** Every copy holds the source's numbers. */
    @TearDown(Level.Trial)
    public void checkAndClose() {
        try (Arena closed = arena) {
            double[] expected = source.toDoubles();
            Data.requireSensible("the source", expected);
            Data.requireEqual("the array", HostTensor.of(closed, toArray()).toDoubles(), expected, 0);
            Data.requireEqual("the copy", copyFrom().toDoubles(), expected, 0);
            Data.requireEqual("the array's copy", arrayInto().toDoubles(), expected, 0);
            Data.requireEqual("the conversion", convert().toDoubles(), expected, 0);
            Data.requireEqual("the view", wrap().toDoubles(), expected, 0);
        }
    }
}
