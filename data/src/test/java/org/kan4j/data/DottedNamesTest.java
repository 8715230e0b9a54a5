// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hardwood.InputFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DottedNamesTest {

    @TempDir
    private Path folder;

    /** In the footer, where its length stands before it, and nowhere else; in whatever pieces the file is read. */
    @Test
    void everyRangeHasAnotherCharacterForTheDotsOfAName() throws IOException {
        String body = "PAR1.\3a.b.rows...";
        String footer = "..\3a.b.\4a.b..";
        byte[] tail = {(byte) footer.length(), 0, 0, 0, 'P', 'A', 'R', '1'};
        Path file = folder.resolve("t.parquet");
        Files.writeString(file, body + footer + new String(tail, StandardCharsets.ISO_8859_1), StandardCharsets.ISO_8859_1);
        String expected = body + "..\3a\37b.\4a.b.." + new String(tail, StandardCharsets.ISO_8859_1);
        try (DottedNames names = new DottedNames(InputFile.of(file), List.of("a.b"))) {
            names.open();
            assertThat(names.length()).isEqualTo(expected.length());
            for (int from = 0; from < expected.length(); from++) {
                for (int to = from + 1; to <= expected.length(); to++) {
                    ByteBuffer bytes = names.readRange(from, to - from);
                    byte[] read = new byte[bytes.remaining()];
                    bytes.get(read);
                    assertThat(new String(read, StandardCharsets.ISO_8859_1)).isEqualTo(expected.substring(from, to));
                }
            }
        }
        assertThat(DottedNames.original("a\37b")).isEqualTo("a.b");
    }

    /** Letters of two bytes, and names whose length takes two. */
    @Test
    void namesOfAnyLettersAndLengths() throws IOException {
        for (String name : List.of("gr\u00f6\u00dfe.mm", "." + "x".repeat(126), "." + "x".repeat(127), "a.b" + "y".repeat(200),
                "n.".repeat(400) + "\u20ac")) {
            byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
            java.io.ByteArrayOutputStream all = new java.io.ByteArrayOutputStream();
            all.writeBytes("PAR1..".getBytes(StandardCharsets.US_ASCII));
            int length = utf8.length;
            byte[] before = length < 0x80 ? new byte[] {(byte) length}
                    : new byte[] {(byte) (length & 0x7f | 0x80), (byte) (length >> 7)};
            all.writeBytes(before);
            all.writeBytes(utf8);
            all.writeBytes(
                    new byte[] {(byte) (before.length + length), (byte) (before.length + length >> 8), 0, 0, 'P', 'A', 'R', '1'});
            Path file = Files.write(folder.resolve("n.parquet"), all.toByteArray());
            try (DottedNames names = new DottedNames(InputFile.of(file), List.of(name))) {
                names.open();
                ByteBuffer bytes = names.readRange(6 + before.length, length);
                byte[] read = new byte[length];
                bytes.get(read);
                assertThat(new String(read, StandardCharsets.UTF_8)).isEqualTo(name.replace('.', '\37'));
                assertThat(names.readRange(6 + before.length + length, 4).order(java.nio.ByteOrder.LITTLE_ENDIAN).getInt())
                        .isEqualTo(before.length + length);
            }
        }
    }
}
