// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Predictions as Parquet: required columns of doubles and texts, plain, uncompressed, a page of each in a row group. Hardwood
 * reads only; a writer of the field's size would be the largest library of the command line. The structs are those of
 * parquet-format's parquet.thrift, in Thrift's compact protocol.
 */
final class ParquetWriter implements PredictionWriter {

    private static final byte[] MAGIC = "PAR1".getBytes(StandardCharsets.US_ASCII);
    private static final int ROWS = 1 << 16;
    private static final int DOUBLE = 5;
    private static final int BYTE_ARRAY = 6;
    private static final int PLAIN = 0;
    private static final int RLE = 3;
    private static final int UTF8 = 0;

    private final OutputStream stream;
    private final List<String> header;
    private final List<Boolean> numbers;
    private final List<ByteArrayOutputStream> pages = new ArrayList<>();
    private final List<byte[]> groups = new ArrayList<>();
    private long written;
    private long rows;
    private int inGroup;

    ParquetWriter(OutputStream stream, List<String> header, List<Boolean> numbers) throws IOException {
        this.stream = stream;
        this.header = header;
        this.numbers = numbers;
        header.forEach(name -> pages.add(new ByteArrayOutputStream()));
        put(MAGIC);
    }

    private void put(byte[] bytes) throws IOException {
        stream.write(bytes);
        written += bytes.length;
    }

    @Override
    public void write(List<String> cells) throws IOException {
        for (int i = 0; i < cells.size(); i++) {
            byte[] cell;
            if (numbers.get(i)) {
                cell = little(8).putDouble(Double.parseDouble(cells.get(i))).array();
            } else {
                byte[] text = cells.get(i).getBytes(StandardCharsets.UTF_8);
                cell = little(4 + text.length).putInt(text.length).put(text).array();
            }
            pages.get(i).write(cell);
        }
        if (++inGroup == ROWS) {
            endGroup();
        }
    }

    private static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private int type(int column) {
        return numbers.get(column) ? DOUBLE : BYTE_ARRAY;
    }

    private void endGroup() throws IOException {
        List<byte[]> chunks = new ArrayList<>();
        long begin = written;
        for (int i = 0; i < header.size(); i++) {
            byte[] page = pages.get(i).toByteArray();
            pages.get(i).reset();
            byte[] head = new Struct().number(1, 0).number(2, page.length).number(3, page.length)
                    .struct(5, new Struct().number(1, inGroup).number(2, PLAIN).number(3, RLE).number(4, RLE).end()).end();
            long at = written;
            put(head);
            put(page);
            long bytes = written - at;
            byte[] metaData = new Struct().number(1, type(i)).numbers(2, PLAIN).texts(3, header.get(i)).number(4, 0)
                    .whole(5, inGroup).whole(6, bytes).whole(7, bytes).whole(9, at).end();
            chunks.add(new Struct().whole(2, at).struct(3, metaData).end());
        }
        groups.add(new Struct().structs(1, chunks).whole(2, written - begin).whole(3, inGroup).end());
        rows += inGroup;
        inGroup = 0;
    }

    @Override
    public void close() throws IOException {
        if (inGroup > 0) {
            endGroup();
        }
        List<byte[]> schema = new ArrayList<>(List.of(new Struct().text(4, "schema").number(5, header.size()).end()));
        for (int i = 0; i < header.size(); i++) {
            Struct element = new Struct().number(1, type(i)).number(3, 0).text(4, header.get(i));
            schema.add((numbers.get(i) ? element : element.number(6, UTF8)).end());
        }
        byte[] footer = new Struct().number(1, 1).structs(2, schema).whole(3, rows).structs(4, groups).text(6, "kan4j").end();
        put(footer);
        put(little(4).putInt(footer.length).array());
        put(MAGIC);
        stream.flush();
    }

    /** A struct in Thrift's compact protocol: fields in ascending order, each a byte of step and type, then the value. */
    private static final class Struct {

        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private int last;

        private void field(int id, int type) {
            bytes.write(id - last << 4 | type);
            last = id;
        }

        private void varint(long number) {
            long left = number;
            for (; (left & ~0x7fL) != 0; left >>>= 7) {
                bytes.write((int) (left & 0x7f | 0x80));
            }
            bytes.write((int) left);
        }

        private void zigzag(long number) {
            varint(number << 1 ^ number >> 63);
        }

        private void list(int id, int type, int size) {
            field(id, 9);
            if (size < 15) {
                bytes.write(size << 4 | type);
            } else {
                bytes.write(0xf0 | type);
                varint(size);
            }
        }

        private void string(String text) {
            byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
            varint(utf8.length);
            bytes.writeBytes(utf8);
        }

        /** Of 32 bits. */
        Struct number(int id, int number) {
            field(id, 5);
            zigzag(number);
            return this;
        }

        /** Of 64 bits. */
        Struct whole(int id, long number) {
            field(id, 6);
            zigzag(number);
            return this;
        }

        Struct text(int id, String text) {
            field(id, 8);
            string(text);
            return this;
        }

        Struct numbers(int id, int only) {
            list(id, 5, 1);
            zigzag(only);
            return this;
        }

        Struct texts(int id, String only) {
            list(id, 8, 1);
            string(only);
            return this;
        }

        Struct struct(int id, byte[] ended) {
            field(id, 12);
            bytes.writeBytes(ended);
            return this;
        }

        Struct structs(int id, List<byte[]> ended) {
            list(id, 12, ended.size());
            ended.forEach(bytes::writeBytes);
            return this;
        }

        byte[] end() {
            bytes.write(0);
            return bytes.toByteArray();
        }
    }
}
