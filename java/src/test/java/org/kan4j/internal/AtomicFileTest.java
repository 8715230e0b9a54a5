// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file is there whole, or as it was before, with nothing beside it. */
class AtomicFileTest {

    @TempDir
    private Path folder;

    private static AtomicFile.Writer text(String text) {
        return channel -> channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    private List<String> names() throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void aFileIsReplacedInOneStep() throws IOException {
        Path file = folder.resolve("f");
        AtomicFile.write(file, text("one"));
        AtomicFile.write(file, channel -> {
            text("two").write(channel);
            assertEquals("one", Files.readString(file), "until it is whole");
            assertEquals(2, names().size());
            assertTrue(names().getFirst().matches("\\.f\\..*\\.part"), names().toString());
        });
        assertEquals("two", Files.readString(file));
        assertEquals(List.of("f"), names());
    }

    @Test
    void aFailureLeavesWhatWasThereAndNothingBeside() throws IOException {
        Path file = folder.resolve("f");
        for (int there = 0; there < 2; there++) {
            IOException full = assertThrows(IOException.class, () -> AtomicFile.write(file, channel -> {
                text("half").write(channel);
                throw new IOException("No space left on device");
            }));
            assertEquals("cannot write " + file + ": No space left on device", full.getMessage());
            IllegalStateException own = new IllegalStateException("own");
            assertSame(own, assertThrows(IllegalStateException.class, () -> AtomicFile.write(file, channel -> {
                throw own;
            })));
            assertEquals(there == 0 ? List.of() : List.of("f"), names());
            AtomicFile.write(file, text("whole"));
            assertEquals("whole", Files.readString(file));
        }
    }

    @Test
    void aLinkStaysOne() throws IOException {
        Path target = Files.writeString(folder.resolve("target"), "old");
        Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("second"));
        Files.createSymbolicLink(folder.resolve("second"), target);
        AtomicFile.write(link, text("new"));
        assertEquals("new", Files.readString(target));
        assertTrue(Files.isSymbolicLink(link) && Files.isSymbolicLink(folder.resolve("second")));
        assertEquals(List.of("link", "second", "target"), names());
        Path circle = Files.createSymbolicLink(folder.resolve("a"), Path.of("b"));
        Files.createSymbolicLink(folder.resolve("b"), Path.of("a"));
        assertEquals("cannot write " + circle + ": its links go round in a circle",
                assertThrows(IOException.class, () -> AtomicFile.write(circle, text("x"))).getMessage());
    }

    @Test
    void whereNothingCanBeWrittenIsNamed() throws IOException {
        Path inner = Files.createDirectory(folder.resolve("inner"));
        assertEquals("cannot write " + inner + ": it is a folder",
                assertThrows(IOException.class, () -> AtomicFile.write(inner, text("x"))).getMessage());
        Path nowhere = folder.resolve("no/f");
        assertEquals("cannot write " + nowhere + ": there is no folder " + folder.resolve("no"),
                assertThrows(IOException.class, () -> AtomicFile.write(nowhere, text("x"))).getMessage());
    }

    @Test
    void anInterruptedThreadWritesAndStaysInterrupted() throws IOException {
        Path file = folder.resolve("f");
        Thread.currentThread().interrupt();
        AtomicFile.write(file, text("all the same"));
        assertTrue(Thread.interrupted());
        int[] tries = {0};
        AtomicFile.write(file, channel -> {
            if (tries[0]++ == 0) {
                Thread.currentThread().interrupt();
            }
            text("once more").write(channel);
        });
        assertTrue(Thread.interrupted());
        assertEquals("once more", Files.readString(file));
        assertEquals(2, tries[0]);
        assertEquals(List.of("f"), names());
    }
}
