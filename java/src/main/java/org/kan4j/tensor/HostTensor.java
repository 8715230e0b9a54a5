// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.tensor;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import org.kan4j.error.Counted;
import org.kan4j.error.FormatException;
import org.kan4j.error.KanException;
import org.kan4j.error.ShapeException;
import org.kan4j.error.Status;

/**
 * A dense, row-major tensor in off-heap memory, which native kernels read and write in place. It is a view: whoever
 * owns the memory (an arena, usually) decides how long it lives.
 */
public final class HostTensor implements Tensor {

    /** Alignment of the memory that {@link #allocate} takes: a cache line. */
    static final long ALIGNMENT = 64;

    private final MemorySegment segment;
    private final DType dtype;
    private final Shape shape;

    private HostTensor(MemorySegment segment, DType dtype, Shape shape) {
        this.segment = segment;
        this.dtype = dtype;
        this.shape = shape;
    }

    // ------------------------------------------------------------------------------------------------- making tensors

    /** A tensor of zeros in an arena, aligned to 64 bytes. */
    public static HostTensor allocate(Arena arena, DType dtype, long... shape) {
        return allocate(arena, dtype, Shape.of(shape));
    }

    /** A tensor of zeros in an arena, aligned to 64 bytes. */
    public static HostTensor allocate(Arena arena, DType dtype, Shape shape) {
        long bytes = bytes(dtype, shape);
        try {
            return new HostTensor(arena.allocate(bytes, ALIGNMENT), dtype, shape);
        } catch (OutOfMemoryError e) {
            throw new KanException(Status.OUT_OF_MEMORY, "no memory for a tensor of " + bytes + " bytes, " + dtype + shape, e);
        }
    }

    /**
     * A view of memory the caller owns; nothing is copied. Read-only memory can be read from, never written to.
     *
     * @param segment off-heap memory of exactly the shape's size, aligned to the type's size
     */
    public static HostTensor wrap(MemorySegment segment, DType dtype, long... shape) {
        return wrap(segment, dtype, Shape.of(shape));
    }

    /** As {@link #wrap(MemorySegment, DType, long...)}. */
    public static HostTensor wrap(MemorySegment segment, DType dtype, Shape shape) {
        Objects.requireNonNull(segment, "segment");
        if (!segment.isNative()) {
            throw KanException.invalid(
                    "a tensor needs off-heap memory, given a heap segment; copy it in with HostTensor.of");
        }
        if (segment.byteSize() != bytes(dtype, shape)) {
            throw new ShapeException("a segment of " + segment.byteSize() + " bytes for the shape " + shape + " of "
                    + dtype + ", which takes " + bytes(dtype, shape));
        }
        if (segment.address() % dtype.bytes() != 0) {
            throw KanException.invalid("memory for %s must be aligned to %d bytes, given the address 0x%x", dtype,
                    dtype.bytes(), segment.address());
        }
        return new HostTensor(segment, dtype, shape);
    }

    /**
     * A view of a direct buffer, from its position to its limit, which must be exactly the shape's size. The numbers
     * are in the machine's byte order, whatever the buffer's {@link ByteBuffer#order()} is.
     */
    public static HostTensor ofBuffer(ByteBuffer buffer, DType dtype, long... shape) {
        if (!buffer.isDirect()) {
            throw KanException.invalid("a tensor needs off-heap memory, given a heap buffer");
        }
        return wrap(MemorySegment.ofBuffer(buffer), dtype, shape);
    }

    /**
     * A read-only view of a part of a file, mapped into memory: data larger than the heap, read as it is needed. The
     * numbers are in the machine's byte order.
     * The file must not shrink while it is mapped: reading beyond its end then ends the process. Where that can
     * happen, copy instead.
     *
     * @param offset of the first number in the file, in bytes
     */
    public static HostTensor map(Path file, long offset, Arena arena, DType dtype, long... shape) throws IOException {
        Shape sizes = Shape.of(shape);
        long bytes = bytes(dtype, sizes);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            if (offset < 0 || offset > channel.size() - bytes) {
                throw new FormatException(file + ": " + bytes + " bytes at offset " + offset + " for the shape " + sizes
                        + " of " + dtype + ", but the file has " + channel.size() + " bytes");
            }
            return wrap(channel.map(FileChannel.MapMode.READ_ONLY, offset, bytes, arena), dtype, sizes);
        }
    }

    /** A vector of these numbers. */
    public static HostTensor of(Arena arena, float... values) {
        HostTensor tensor = allocate(arena, DType.F32, values.length);
        MemorySegment.copy(values, 0, tensor.segment, ValueLayout.JAVA_FLOAT, 0, values.length);
        return tensor;
    }

    /** A vector of these numbers. */
    public static HostTensor of(Arena arena, double... values) {
        HostTensor tensor = allocate(arena, DType.F64, values.length);
        MemorySegment.copy(values, 0, tensor.segment, ValueLayout.JAVA_DOUBLE, 0, values.length);
        return tensor;
    }

    /** A vector of these numbers, such as class labels. */
    public static HostTensor of(Arena arena, int... values) {
        HostTensor tensor = allocate(arena, DType.I32, values.length);
        MemorySegment.copy(values, 0, tensor.segment, ValueLayout.JAVA_INT, 0, values.length);
        return tensor;
    }

    /** A matrix of these rows, which must be equally long. */
    public static HostTensor of(Arena arena, float[][] rows) {
        int width = rows.length == 0 ? 0 : rows[0].length;
        HostTensor tensor = allocate(arena, DType.F32, rows.length, width);
        for (int i = 0; i < rows.length; i++) {
            requireWidth(i, rows[i].length, width);
            MemorySegment.copy(rows[i], 0, tensor.segment, ValueLayout.JAVA_FLOAT, (long) i * width * Float.BYTES, width);
        }
        return tensor;
    }

    /** A matrix of these rows, which must be equally long. */
    public static HostTensor of(Arena arena, double[][] rows) {
        int width = rows.length == 0 ? 0 : rows[0].length;
        HostTensor tensor = allocate(arena, DType.F64, rows.length, width);
        for (int i = 0; i < rows.length; i++) {
            requireWidth(i, rows[i].length, width);
            MemorySegment.copy(rows[i], 0, tensor.segment, ValueLayout.JAVA_DOUBLE, (long) i * width * Double.BYTES,
                    width);
        }
        return tensor;
    }

    private static void requireWidth(int row, int width, int expected) {
        if (width != expected) {
            throw new ShapeException("row " + row + " has " + Counted.of(width, "number") + ", the rows before it " + expected);
        }
    }

    // ----------------------------------------------------------------------------------------------------- properties

    @Override
    public DType dtype() {
        return dtype;
    }

    @Override
    public Shape shape() {
        return shape;
    }

    /** The memory itself, {@code size() * dtype().bytes()} bytes. */
    public MemorySegment segment() {
        return segment;
    }

    /** Number of rows where the last axis holds the features: the product of all other axes. */
    public long rows() {
        return shape.rows();
    }

    // ---------------------------------------------------------------------------------------------------------- views

    /** The same memory under another shape of the same size. */
    public HostTensor reshape(long... axes) {
        Shape other = Shape.of(axes);
        if (other.size() != size()) {
            throw new ShapeException("a tensor of shape " + shape + " (" + size() + " numbers) as " + other + " ("
                    + other.size() + ")");
        }
        return new HostTensor(segment, dtype, other);
    }

    /** The part of the first axis from an index (inclusive) to another (exclusive); the same memory. */
    public HostTensor slice(long from, long to) {
        if (shape.rank() == 0) {
            throw new ShapeException("a scalar cannot be sliced");
        }
        long first = shape.axis(0);
        if (from < 0 || to < from || to > first) {
            throw new ShapeException("the slice " + from + " to " + to + " of a tensor of shape " + shape);
        }
        long[] axes = shape.toArray();
        axes[0] = to - from;
        long stride = first == 0 ? 0 : size() / first * dtype.bytes();
        return new HostTensor(segment.asSlice(from * stride, (to - from) * stride), dtype, Shape.of(axes));
    }

    /** The same memory, not writable through the result. */
    public HostTensor asReadOnly() {
        return new HostTensor(segment.asReadOnly(), dtype, shape);
    }

    // -------------------------------------------------------------------------------------------------------- elements

    /** One element as a double; as many indices as axes, or one index into the row-major order. */
    public double get(long... index) {
        return getFlat(flat(index));
    }

    /** Sets one element, converted to the tensor's type; indices as in {@link #get}. */
    public void set(double value, long... index) {
        setFlat(flat(index), value);
    }

    /** The number at a place in row-major order, from 0. */
    public double getFlat(long i) {
        return switch (dtype) {
            case F32 -> segment.getAtIndex(ValueLayout.JAVA_FLOAT, i);
            case F64 -> segment.getAtIndex(ValueLayout.JAVA_DOUBLE, i);
            case I32 -> segment.getAtIndex(ValueLayout.JAVA_INT, i);
            case I64 -> segment.getAtIndex(ValueLayout.JAVA_LONG, i);
        };
    }

    /** Replaces the number at a place in row-major order, from 0. */
    public void setFlat(long i, double value) {
        switch (dtype) {
            case F32 -> segment.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) value);
            case F64 -> segment.setAtIndex(ValueLayout.JAVA_DOUBLE, i, value);
            case I32 -> segment.setAtIndex(ValueLayout.JAVA_INT, i, (int) value);
            case I64 -> segment.setAtIndex(ValueLayout.JAVA_LONG, i, (long) value);
        }
    }

    private long flat(long[] index) {
        if (index.length == 1 && shape.rank() != 1) {
            return Objects.checkIndex(index[0], size());
        }
        if (index.length != shape.rank()) {
            throw new ShapeException(index.length + " indices for a tensor of shape " + shape);
        }
        long flat = 0;
        for (int i = 0; i < index.length; i++) {
            flat = flat * shape.axis(i) + Objects.checkIndex(index[i], shape.axis(i));
        }
        return flat;
    }

    /** Sets every element. */
    public HostTensor fill(double value) {
        if (Double.doubleToRawLongBits(value) == 0) {
            segment.fill((byte) 0);
        } else {
            for (long i = 0, n = size(); i < n; i++) {
                setFlat(i, value);
            }
        }
        return this;
    }

    // --------------------------------------------------------------------------------------------------------- copies

    /** Copies another tensor of the same shape in, converting the numbers where the types differ. */
    public HostTensor copyFrom(HostTensor source) {
        if (!shape.equals(source.shape)) {
            throw new ShapeException("copying a tensor of shape " + source.shape + " into one of shape " + shape);
        }
        if (dtype == source.dtype) {
            MemorySegment.copy(source.segment, 0, segment, 0, segment.byteSize());
        } else {
            for (long i = 0, n = size(); i < n; i++) {
                setFlat(i, source.getFlat(i));
            }
        }
        return this;
    }

    /** A copy in an arena, of another type if that differs. */
    public HostTensor to(Arena arena, DType type) {
        return allocate(arena, type, shape).copyFrom(this);
    }

    /** Copies of the elements in row-major order, as floats. */
    public float[] toFloats() {
        float[] values = new float[arrayLength()];
        if (dtype == DType.F32) {
            MemorySegment.copy(segment, ValueLayout.JAVA_FLOAT, 0, values, 0, values.length);
        } else {
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) getFlat(i);
            }
        }
        return values;
    }

    /** Copies of the elements in row-major order, as doubles. */
    public double[] toDoubles() {
        double[] values = new double[arrayLength()];
        if (dtype == DType.F64) {
            MemorySegment.copy(segment, ValueLayout.JAVA_DOUBLE, 0, values, 0, values.length);
        } else {
            for (int i = 0; i < values.length; i++) {
                values[i] = getFlat(i);
            }
        }
        return values;
    }

    private int arrayLength() {
        if (size() > Integer.MAX_VALUE - 8) {
            throw new ShapeException("a tensor of " + size() + " numbers does not fit an array");
        }
        return (int) size();
    }

    /** Bytes of a tensor. */
    public static long bytes(DType dtype, Shape shape) {
        try {
            return Math.multiplyExact(shape.size(), (long) dtype.bytes());
        } catch (ArithmeticException e) {
            throw new ShapeException("a tensor of more than 2^63 - 1 bytes: " + shape);
        }
    }

    /** Such as {@code F32[64, 784]}. */
    @Override
    public String toString() {
        return dtype + shape.toString();
    }
}
