// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A look at all bytes of a text file: whether they are UTF-8, and which lines are no rows.
 *
 * @param blank lines of nothing but spaces, separators and Ctrl-Z
 * @param hashes lines that begin with {@code #}
 */
record CsvScan(long blank, long hashes) {

    /** Reads the file once. */
    static CsvScan of(Path shown, Path file) throws IOException {
        byte[] buffer = new byte[1 << 16];
        long line = 1;
        long blank = 0;
        long hashes = 0;
        boolean start = true;
        boolean empty = true;
        int following = 0;
        byte before = 0;
        try (InputStream in = Files.newInputStream(file)) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                for (int i = 0; i < n; i++) {
                    byte b = buffer[i];
                    if (following > 0 ? (b & 0xc0) != 0x80 : b < 0 && (b & 0xff) < 0xc2 || (b & 0xff) > 0xf4) {
                        throw notUtf8(shown, line, following > 0 ? before : b);
                    }
                    following = following > 0 ? following - 1 : b >= 0 ? 0 : (b & 0xff) < 0xe0 ? 1 : (b & 0xff) < 0xf0 ? 2 : 3;
                    if (b == '\n' || b == '\r') {
                        boolean second = b == '\n' && before == '\r'; // of one line end
                        blank += empty && !second ? 1 : 0;
                        line += second ? 0 : 1;
                        start = true;
                        empty = true;
                    } else {
                        if (b == 0) {
                            throw new DataException(shown + ": line " + line + " has a zero byte, which no text has; expected a "
                                    + "CSV, Parquet or safetensors file (format.encoding names another encoding than UTF-8)");
                        }
                        hashes += start && b == '#' ? 1 : 0;
                        empty &= b >= 0 && b <= ' ' || b == ',' || b == ';' || b == '|'; // Ctrl-Z is below a space
                        start = false;
                    }
                    before = b;
                }
            }
        }
        if (following > 0) {
            throw notUtf8(shown, line, before);
        }
        return new CsvScan(blank + (empty && !start ? 1 : 0), hashes);
    }

    private static DataException notUtf8(Path shown, long line, byte b) {
        return new DataException(shown + ": line " + line + " is no UTF-8 text (byte 0x%02X)".formatted(b & 0xff)
                + "; format.encoding names its encoding, such as windows-1252 or ISO-8859-1 (Latin-1)");
    }
}
