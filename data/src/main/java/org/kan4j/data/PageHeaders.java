// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import dev.hardwood.metadata.ColumnChunk;
import dev.hardwood.metadata.CompressionCodec;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Looks at the page headers of a column chunk before Hardwood 1.0 does, which goes round for ever on some damaged ones: whether
 * the pages follow each other to the chunk's end and hold its number of values. And at how long Snappy says a page is, which
 * its library writes into memory of the size that the header says without a look at it. Headers are structs of Thrift's compact
 * protocol (parquet-format's PageHeader).
 */
final class PageHeaders {

    private static final int WINDOW = 1 << 12;
    private static final int MOST_HEADER = 1 << 24;
    private static final int UNCOMPRESSED_SIZE = 2;
    private static final int COMPRESSED_SIZE = 3;
    private static final int DATA_PAGE = 5;
    private static final int DATA_PAGE_V2 = 8;
    /** Of a data page of version 2: lengths of the levels, which are not compressed, and whether the rest is. */
    private static final int DEFINITION_LEVELS = 5;
    private static final int REPETITION_LEVELS = 6;
    private static final int IS_COMPRESSED = 7;
    /** Of an offset index, and of a place in it. */
    private static final int PAGE_LOCATIONS = 1;
    private static final int LOCATION_OFFSET = 1;
    private static final int LOCATION_SIZE = 2;
    private static final int DEEPEST = 16;

    private PageHeaders() {
    }

    /** Whether a chunk is sound as far as its headers tell. */
    static boolean fit(FileChannel file, ColumnChunk chunk) throws IOException {
        long end = chunk.chunkStartOffset() + chunk.metaData().totalCompressedSize();
        long values = 0;
        Map<Long, Integer> pages = new HashMap<>(); // where they begin, and how long they are
        if (chunk.chunkStartOffset() < 0 || chunk.metaData().totalCompressedSize() < 0 || end > file.size()) {
            return false;
        }
        for (long at = chunk.chunkStartOffset(); at < end;) { // a dictionary is read even if there are no values
            ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(WINDOW, end - at));
            Map<Integer, Object> header = header(file, bytes, at);
            if (header == null && bytes.capacity() < end - at) { // one with long statistics
                bytes = ByteBuffer.allocate((int) Math.min(MOST_HEADER, end - at));
                header = header(file, bytes, at);
            }
            if (header == null || !(header.get(COMPRESSED_SIZE) instanceof Integer packed) || packed < 0
                    || packed > end - at - bytes.position() || !(header.get(UNCOMPRESSED_SIZE) instanceof Integer size)
                    || size < 0
                    || size > Math.max(chunk.metaData().totalUncompressedSize(), packed)
                    || chunk.metaData().codec() == CompressionCodec.SNAPPY
                            && !snappyFits(file, at + bytes.position(), packed, size, header.get(DATA_PAGE_V2))) {
                return false;
            }
            if (header.get(DATA_PAGE) instanceof Map<?, ?> || header.get(DATA_PAGE_V2) instanceof Map<?, ?>) {
                Object data = header.get(DATA_PAGE) != null ? header.get(DATA_PAGE) : header.get(DATA_PAGE_V2);
                if (!(((Map<?, ?>) data).get(1) instanceof Integer count) || count < 0) {
                    return false;
                }
                values += count;
            }
            pages.put(at, bytes.position() + packed);
            at += bytes.position() + packed;
        }
        return values == chunk.metaData().numValues() && indexFits(file, chunk, pages);
    }

    /** Whether the offset index, by which Hardwood finds the pages where there is one, is of these pages. */
    private static boolean indexFits(FileChannel file, ColumnChunk chunk, Map<Long, Integer> pages) throws IOException {
        if (chunk.offsetIndexOffset() == null || chunk.offsetIndexLength() == null) {
            return true;
        }
        long at = chunk.offsetIndexOffset();
        int length = chunk.offsetIndexLength();
        if (at < 0 || length < 0 || length > MOST_HEADER || at > file.size() - length) {
            return false;
        }
        Map<Integer, Object> index = header(file, ByteBuffer.allocate(length), at);
        return index != null && index.get(PAGE_LOCATIONS) instanceof List<?> locations && locations.stream()
                .allMatch(each -> each instanceof Map<?, ?> location && location.get(LOCATION_OFFSET) instanceof Long offset
                        && pages.containsKey(offset) && pages.get(offset).equals(location.get(LOCATION_SIZE)));
    }

    /** Whether Snappy's own header, the length of the text as a varint, says what the page's does. */
    private static boolean snappyFits(FileChannel file, long at, long packed, long size, Object version2) throws IOException {
        long levels = 0;
        if (version2 instanceof Map<?, ?> page) {
            if (page.get(IS_COMPRESSED) == Boolean.FALSE) {
                return true;
            }
            for (int field : new int[] {DEFINITION_LEVELS, REPETITION_LEVELS}) {
                levels += page.get(field) instanceof Integer length && length >= 0 ? length : packed + 1;
            }
        }
        if (levels > Math.min(packed, size)) {
            return false;
        }
        if (packed == levels) {
            return size == levels;
        }
        ByteBuffer varint = ByteBuffer.allocate((int) Math.min(5, packed - levels));
        file.read(varint, at + levels);
        varint.flip();
        try {
            return unsigned(varint) == size - levels;
        } catch (BufferUnderflowException e) {
            return false;
        }
    }

    /** The header at a place; null if it is none, or longer than the buffer. */
    private static Map<Integer, Object> header(FileChannel file, ByteBuffer bytes, long at) throws IOException {
        while (bytes.hasRemaining() && file.read(bytes, at + bytes.position()) > 0) {
            continue; // until it is full
        }
        bytes.flip();
        try {
            return struct(bytes, 0);
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            return null;
        }
    }

    /** The truth values, whole numbers, structs and lists of structs among the fields of a struct. */
    static Map<Integer, Object> struct(ByteBuffer bytes, int depth) {
        if (depth > DEEPEST) {
            throw new IllegalArgumentException("too deep");
        }
        Map<Integer, Object> fields = new HashMap<>();
        int field = 0;
        for (int head = bytes.get() & 0xff; head != 0; head = bytes.get() & 0xff) {
            int next = head >> 4 != 0 ? field + (head >> 4) : (int) signed(bytes);
            if (next <= field || next > Short.MAX_VALUE) { // writers write fields in their order
                throw new IllegalArgumentException("field " + next);
            }
            field = next;
            Object value = value(bytes, head & 0xf, depth);
            if (value != null) {
                fields.put(field, value);
            }
        }
        return fields;
    }

    private static Object value(ByteBuffer bytes, int type, int depth) {
        switch (type) {
            case 1, 2 -> {
                return type == 1; // a truth value is its type
            }
            case 3 -> bytes.get();
            case 4 -> signed(bytes);
            case 5 -> { // fields of other types than the format's are passed over by readers
                long number = signed(bytes);
                if (number != (int) number) {
                    throw new IllegalArgumentException("a number of 32 bits: " + number);
                }
                return (int) number;
            }
            case 6 -> {
                return signed(bytes);
            }
            case 7 -> bytes.getDouble();
            case 8 -> skip(bytes, unsigned(bytes));
            case 9, 10 -> {
                int head = bytes.get() & 0xff;
                long size = head >> 4 == 15 ? unsigned(bytes) : head >> 4;
                List<Object> structs = new ArrayList<>();
                for (long i = 0; i < size; i++) {
                    if ((head & 0xf) <= 2) {
                        bytes.get();
                    } else if (value(bytes, head & 0xf, depth + 1) instanceof Map<?, ?> struct) {
                        structs.add(struct);
                    }
                }
                return structs;
            }
            case 12 -> {
                return struct(bytes, depth + 1);
            }
            default -> throw new IllegalArgumentException("type " + type);
        }
        return null;
    }

    private static void skip(ByteBuffer bytes, long count) {
        if (count < 0 || count > bytes.remaining()) {
            throw new BufferUnderflowException();
        }
        bytes.position(bytes.position() + (int) count);
    }

    private static long unsigned(ByteBuffer bytes) {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            byte next = bytes.get();
            value |= (long) (next & 0x7f) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw new IllegalArgumentException("a number without an end");
    }

    private static long signed(ByteBuffer bytes) {
        long zigzag = unsigned(bytes);
        return zigzag >>> 1 ^ -(zigzag & 1);
    }
}
