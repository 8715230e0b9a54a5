// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.kan4j.error.FormatException;
import org.kan4j.error.KanException;
import org.kan4j.error.ShapeException;

/** Numbers of every type in row order, views of the same memory, copies, and what does not fit. */
class HostTensorTest {

    private final Arena arena = Arena.ofConfined();

    @AfterEach
    void close() {
        arena.close();
    }

    /** (2, 3, 4) with 0 to 23 in row order. */
    private HostTensor counted(DType type) {
        HostTensor tensor = HostTensor.allocate(arena, type, 2, 3, 4);
        for (int i = 0; i < 24; i++) {
            tensor.setFlat(i, i);
        }
        return tensor;
    }

    @ParameterizedTest
    @EnumSource
    void numbersStandInRowOrder(DType type) {
        HostTensor tensor = counted(type);
        assertEquals(type == DType.F32 || type == DType.I32 ? 4 : 8, type.bytes());
        assertEquals(type == DType.F32 || type == DType.F64, type.isFloating());
        assertEquals(type.bytes(), type.layout().byteSize());
        assertEquals(24L * type.bytes(), tensor.segment().byteSize());
        assertEquals(0, tensor.segment().address() % HostTensor.ALIGNMENT);
        assertEquals(6, tensor.rows());
        assertEquals(24, tensor.size());
        assertEquals(12 + 4 * 2 + 3, tensor.get(1, 2, 3));
        assertEquals(17, tensor.get(17));
        tensor.set(-5, 0, 1, 2);
        assertEquals(-5, tensor.getFlat(6));
        assertEquals(type + "[2, 3, 4]", tensor.toString());

        assertEquals(17, tensor.reshape(4, 6).get(2, 5));
        HostTensor slice = tensor.slice(1, 2);
        assertEquals(Shape.of(1, 3, 4), slice.shape());
        assertArrayEquals(DoubleStream.iterate(12, v -> v + 1).limit(12).toArray(), slice.toDoubles());
        assertEquals(0, tensor.slice(2, 2).size());
        assertEquals(0, HostTensor.allocate(arena, type, 0, 3).slice(0, 0).size());
        slice.set(99, 0, 0, 0);
        assertEquals(99, tensor.get(1, 0, 0), "a view is of the same memory");
        assertThrows(IllegalArgumentException.class, () -> tensor.asReadOnly().setFlat(0, 1));
    }

    @ParameterizedTest
    @EnumSource
    void copiesConvert(DType type) {
        for (DType from : DType.values()) {
            HostTensor copy = counted(from).to(arena, type);
            assertEquals(type, copy.dtype());
            assertArrayEquals(DoubleStream.iterate(0, v -> v + 1).limit(24).toArray(), copy.toDoubles());
            assertEquals(23, copy.toFloats()[23]);
        }
        HostTensor filled = HostTensor.allocate(arena, type, 3).fill(7);
        assertArrayEquals(new double[] {7, 7, 7}, filled.toDoubles());
        assertArrayEquals(new float[3], filled.fill(0).toFloats());
        if (type.isFloating()) {
            assertEquals(Double.NEGATIVE_INFINITY, 1 / filled.fill(-0.0).getFlat(1));
        }
    }

    /** Numbers that a narrower type would round come through every way in and out. */
    @ParameterizedTest
    @EnumSource
    void noWayRoundsMoreThanTheType(DType type) {
        double number = switch (type) {
            case F32 -> 0.1f;
            case F64 -> 0.1;
            case I32 -> Integer.MAX_VALUE;
            case I64 -> (1L << 53) - 1;
        };
        HostTensor tensor = HostTensor.allocate(arena, type, 2, 1).fill(number);
        tensor.set(-number, 1, 0);
        assertArrayEquals(new double[] {number, -number}, tensor.toDoubles());
        assertArrayEquals(new float[] {(float) number, (float) -number}, tensor.toFloats());
        assertEquals(-number, tensor.getFlat(1));
        assertArrayEquals(tensor.toDoubles(), tensor.to(arena, DType.F64).toDoubles());
        assertArrayEquals(tensor.toDoubles(), HostTensor.allocate(arena, type, 2, 1).copyFrom(tensor).toDoubles());
        assertArrayEquals(tensor.toDoubles(), tensor.reshape(2).asReadOnly().toDoubles());
    }

    @Test
    void arraysAndRows() {
        assertEquals(DType.F32, HostTensor.of(arena, 1f, 2f).dtype());
        assertArrayEquals(new double[] {1, -2, 3}, HostTensor.of(arena, 1, -2, 3).toDoubles());
        assertArrayEquals(new double[] {0.1, 0.2}, HostTensor.of(arena, 0.1, 0.2).toDoubles());
        HostTensor floats = HostTensor.of(arena, new float[][] {{1, 2, 3}, {4, 5, 6}});
        assertEquals(Shape.of(2, 3), floats.shape());
        assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, floats.toFloats());
        HostTensor doubles = HostTensor.of(arena, new double[][] {{1, 2}, {3, 0.1}, {5, 6}});
        assertEquals(Shape.of(3, 2), doubles.shape());
        assertArrayEquals(new double[] {1, 2, 3, 0.1, 5, 6}, doubles.toDoubles());
        assertEquals(Shape.of(0, 0), HostTensor.of(arena, new float[0][]).shape());
        assertEquals(Shape.of(0, 0), HostTensor.of(arena, new double[0][]).shape());
    }

    @Test
    void filesAreMappedFromAnOffset(@TempDir Path folder) throws Exception {
        ByteBuffer bytes = ByteBuffer.allocate(24).order(ByteOrder.nativeOrder());
        for (int i = 0; i < 6; i++) {
            bytes.putInt(i);
        }
        Path file = Files.write(folder.resolve("x.bin"), bytes.array());
        assertArrayEquals(new double[] {2, 3, 4, 5}, HostTensor.map(file, 8, arena, DType.I32, 2, 2).toDoubles());
        for (long offset : new long[] {-4, 12}) {
            String message = assertThrows(FormatException.class,
                    () -> HostTensor.map(file, offset, arena, DType.I32, 2, 2)).getMessage();
            assertTrue(
                    message.endsWith("x.bin: 16 bytes at offset " + offset + " for the shape [2, 2] of I32, but the file has 24 "
                            + "bytes"),
                    message);
        }
    }

    @Test
    @SuppressWarnings("restricted") // memory that nobody reads
    void whatDoesNotFitIsNamed() {
        HostTensor tensor = counted(DType.F32);
        refused("a tensor of shape [2, 3, 4] (24 numbers) as [5, 5] (25)", () -> tensor.reshape(5, 5));
        refused("the slice -1 to 1 of a tensor of shape [2, 3, 4]", () -> tensor.slice(-1, 1));
        refused("the slice 1 to 0 of", () -> tensor.slice(1, 0));
        refused("the slice 0 to 3 of", () -> tensor.slice(0, 3));
        refused("a scalar cannot be sliced", () -> HostTensor.allocate(arena, DType.F32).slice(0, 0));
        refused("2 indices for a tensor of shape [2, 3, 4]", () -> tensor.get(0, 0));
        assertThrows(IndexOutOfBoundsException.class, () -> tensor.get(0, 3, 0));
        assertThrows(IndexOutOfBoundsException.class, () -> tensor.get(24));
        refused("row 1 has 1 number, the rows before it 2", () -> HostTensor.of(arena, new float[][] {{1, 2}, {1}}));
        refused("row 2 has 3 numbers, the rows before it 1", () -> HostTensor.of(arena, new double[][] {{1}, {1}, {1, 2, 3}}));
        refused("copying a tensor of shape [3] into one of shape [2, 3, 4]",
                () -> tensor.copyFrom(HostTensor.allocate(arena, DType.F32, 3)));
        refused("a segment of 24 bytes for the shape [2, 4] of F32, which takes 32",
                () -> HostTensor.wrap(arena.allocate(24), DType.F32, 2, 4));
        refused("a tensor needs off-heap memory, given a heap segment; copy it in with HostTensor.of",
                () -> HostTensor.wrap(MemorySegment.ofArray(new float[2]), DType.F32, 2));
        refused("memory for F64 must be aligned to 8 bytes, given the address 0x",
                () -> HostTensor.wrap(arena.allocate(12, 8).asSlice(4, 8), DType.F64, 1));
        refused("a tensor needs off-heap memory, given a heap buffer",
                () -> HostTensor.ofBuffer(ByteBuffer.allocate(8), DType.F64, 1));
        refused("a tensor of more than 2^63 - 1 bytes: [2305843009213693952]",
                () -> HostTensor.bytes(DType.F64, Shape.of(1L << 61)));
        refused("a tensor of 2147483640 numbers does not fit an array",
                () -> HostTensor.wrap(MemorySegment.ofAddress(64).reinterpret((1L << 33) - 32), DType.F32, (1L << 31) - 8)
                        .toFloats());
        refused("dtype must be F32 or F64, given I64", DType.I64::code);
    }

    @Test
    void shapes() {
        Shape shape = Shape.of(2, 3, 4);
        assertEquals(4, shape.axis(-1));
        assertEquals(2, shape.axis(-3));
        assertEquals(24, shape.size());
        assertEquals(6, shape.rows());
        assertEquals(1, Shape.of(5).rows());
        assertEquals(1, Shape.of().size());
        assertEquals(shape, Shape.of(2, 3, 4));
        assertEquals(shape.hashCode(), Shape.of(2, 3, 4).hashCode());
        assertNotEquals(shape, Shape.of(2, 12));
        long[] axes = shape.toArray();
        axes[0] = 9;
        assertEquals(2, shape.axis(0));
        refused("axis 3 of the shape [2, 3, 4]", () -> shape.axis(3));
        refused("axis -4 of the shape [2, 3, 4]", () -> shape.axis(-4));
        refused("a scalar has no feature axis", () -> Shape.of().rows());
        refused("a shape's sizes must be at least 0, given [2, -1]", () -> Shape.of(2, -1));
        refused("a shape of more than 2^63 - 1 numbers: [4611686018427387904, 2]", () -> Shape.of(1L << 62, 2));
    }

    @Test
    void aTensorOfABufferIsItsMemory() {
        ByteBuffer direct = ByteBuffer.allocateDirect(16).order(ByteOrder.nativeOrder());
        HostTensor tensor = HostTensor.ofBuffer(direct, DType.F64, 2);
        tensor.set(0.5, 1);
        assertEquals(0.5, direct.getDouble(8));
        assertEquals(0.5, tensor.segment().get(ValueLayout.JAVA_DOUBLE, 8));
    }

    private static void refused(String sentence, Executable call) {
        KanException e = assertThrows(KanException.class, call);
        assertTrue(e.getMessage().startsWith(sentence), e.getMessage());
        assertTrue(e instanceof ShapeException || !sentence.startsWith("a shape") && !sentence.startsWith("row"), e.toString());
    }
}
