// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.export;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.kan4j.tensor.DType;

/**
 * A message of Protocol Buffers while it is put together: fields in the order they are added. Numbers of tensors are
 * encoded only when the message is written.
 */
final class Protobuf {

    /** A run of the message's bytes. */
    private sealed interface Part {
        long size();
    }

    private record Bytes(byte[] bytes) implements Part {
        @Override
        public long size() {
            return bytes.length;
        }
    }

    private record Numbers(double[] values, DType dtype) implements Part {
        @Override
        public long size() {
            return (long) values.length * dtype.bytes();
        }
    }

    private final List<Part> parts = new ArrayList<>();
    private long size;

    private void add(Part part) {
        parts.add(part);
        size += part.size();
    }

    private static void varint(ByteArrayOutputStream out, long value) {
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            out.write((int) (rest & 0x7f | 0x80));
            rest >>>= 7;
        }
        out.write((int) rest);
    }

    private void tag(int field, int wireType, long then) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        varint(out, (long) field << 3 | wireType);
        varint(out, then);
        add(new Bytes(out.toByteArray()));
    }

    /** Bytes of the message. */
    long size() {
        return size;
    }

    /** A whole number. */
    Protobuf whole(int field, long value) {
        tag(field, 0, value);
        return this;
    }

    /** Whole numbers, packed. */
    Protobuf wholes(int field, long... values) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (long value : values) {
            varint(out, value);
        }
        return bytes(field, out.toByteArray());
    }

    /** A float32. */
    Protobuf real(int field, float value) {
        ByteBuffer buffer = ByteBuffer.allocate(Float.BYTES).order(ByteOrder.LITTLE_ENDIAN).putFloat(value);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        varint(out, (long) field << 3 | 5);
        out.writeBytes(buffer.array());
        add(new Bytes(out.toByteArray()));
        return this;
    }

    /** A text in UTF-8. */
    Protobuf text(int field, String value) {
        return bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }

    /** Bytes. */
    Protobuf bytes(int field, byte[] value) {
        tag(field, 2, value.length);
        add(new Bytes(value));
        return this;
    }

    /** Numbers of a type, little-endian, as bytes. */
    Protobuf numbers(int field, double[] values, DType dtype) {
        Numbers numbers = new Numbers(values, dtype);
        tag(field, 2, numbers.size());
        add(numbers);
        return this;
    }

    /** A message, as it is now. */
    Protobuf message(int field, Protobuf inner) {
        tag(field, 2, inner.size);
        inner.parts.forEach(this::add);
        return this;
    }

    /** The fields of another message. */
    Protobuf append(Protobuf other) {
        other.parts.forEach(this::add);
        return this;
    }

    /** Writes the message. */
    void writeTo(WritableByteChannel channel) throws IOException {
        ByteBuffer buffer = buffer();
        for (Part part : parts) {
            switch (part) {
                case Bytes bytes -> {
                    for (int at = 0; at < bytes.bytes.length;) {
                        int run = Math.min(buffer.remaining(), bytes.bytes.length - at);
                        buffer.put(bytes.bytes, at, run);
                        at += run;
                        flush(channel, buffer, 1);
                    }
                }
                case Numbers numbers -> put(numbers.values, numbers.dtype, channel, buffer);
            }
        }
        flush(channel, buffer, buffer.capacity());
    }

    /** Writes numbers of a type, little-endian. */
    static void write(double[] values, DType dtype, WritableByteChannel channel) throws IOException {
        ByteBuffer buffer = buffer();
        put(values, dtype, channel, buffer);
        flush(channel, buffer, buffer.capacity());
    }

    private static ByteBuffer buffer() {
        return ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static void put(double[] values, DType dtype, WritableByteChannel channel, ByteBuffer buffer)
            throws IOException {
        for (double value : values) {
            flush(channel, buffer, Double.BYTES);
            switch (dtype) {
                case F32 -> buffer.putFloat((float) value);
                case F64 -> buffer.putDouble(value);
                case I32 -> buffer.putInt((int) value);
                case I64 -> buffer.putLong((long) value);
            }
        }
    }

    /** Makes room. */
    private static void flush(WritableByteChannel channel, ByteBuffer buffer, int room) throws IOException {
        if (buffer.remaining() < room) {
            buffer.flip();
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            buffer.clear();
        }
    }
}
