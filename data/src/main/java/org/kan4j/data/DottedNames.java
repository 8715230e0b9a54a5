// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import dev.hardwood.InputFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * A Parquet file whose columns have dots in their names, as R's have: Hardwood 1.0 takes these for paths of nested columns and
 * finds none. In the footer that it reads, another character stands for the dots.
 */
final class DottedNames implements InputFile {

    private static final byte DOT = 0x1f;
    private static final int TAIL = 8;

    private final InputFile file;
    private final List<String> names;
    private byte[] footer;
    private long start;

    /** @param names with dots in them */
    DottedNames(InputFile file, List<String> names) {
        this.file = file;
        this.names = names;
    }

    /** The name that stands in the file. */
    static String original(String name) {
        return name.replace((char) DOT, '.');
    }

    @Override
    public void open() throws IOException {
        file.open();
        long end = file.length() - TAIL;
        int length = Integer.reverseBytes(file.readRange(end, 4).getInt());
        start = end - length;
        footer = new byte[length];
        file.readRange(start, length).get(footer);
        for (String name : names) {
            replace(name.getBytes(StandardCharsets.UTF_8));
        }
    }

    /** In Thrift's compact protocol the length, seven bits a byte, stands before the bytes of a text. */
    private void replace(byte[] name) {
        for (int at = 1; at + name.length <= footer.length; at++) {
            boolean here = Arrays.equals(footer, at, at + name.length, name, 0, name.length) && (name.length < 0x80
                    ? footer[at - 1] == name.length
                    : at > 1 && footer[at - 2] == (byte) (name.length | 0x80) && footer[at - 1] == name.length >> 7);
            for (int i = 0; here && i < name.length; i++) {
                footer[at + i] = name[i] == '.' ? DOT : name[i];
            }
        }
    }

    @Override
    public ByteBuffer readRange(long from, int length) throws IOException {
        ByteBuffer bytes = file.readRange(from, length);
        long overlap = Math.max(from, start);
        long end = Math.min(from + length, start + footer.length);
        if (overlap >= end) {
            return bytes;
        }
        ByteBuffer patched = ByteBuffer.allocate(length).put(bytes.duplicate()).rewind();
        patched.put((int) (overlap - from), footer, (int) (overlap - start), (int) (end - overlap));
        return patched.order(bytes.order());
    }

    @Override
    public long length() throws IOException {
        return file.length();
    }

    @Override
    public String name() {
        return file.name();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
