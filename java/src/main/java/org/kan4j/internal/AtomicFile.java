// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.internal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** Files that appear whole or not at all. */
public final class AtomicFile {

    private AtomicFile() {
    }

    /** Writes a file's content. */
    @FunctionalInterface
    public interface Writer {
        /** Writes to the channel, from its start. */
        void write(FileChannel channel) throws IOException;
    }

    /**
     * Writes beside the file, forces the content to the disk and moves it into place in one step; a failure or a kill
     * at any moment leaves what was there before.
     */
    public static void write(Path file, Writer writer) throws IOException {
        Path target = file.toAbsolutePath();
        if (Files.isDirectory(target)) {
            throw new IOException("cannot write " + file + ": it is a folder");
        }
        if (!Files.isDirectory(target.getParent())) {
            throw new IOException("cannot write " + file + ": there is no folder " + target.getParent());
        }
        if (!Files.isWritable(target.getParent())) {
            throw new IOException("cannot write " + file + ": the folder " + target.getParent() + " is not writable");
        }
        Path sibling = target.resolveSibling("." + target.getFileName() + "." + ProcessHandle.current().pid() + "-"
            + Long.toUnsignedString(System.nanoTime(), 36) + ".part");
        try {
            try (FileChannel channel = FileChannel.open(sibling, StandardOpenOption.WRITE,
                StandardOpenOption.CREATE_NEW)) {
                writer.write(channel);
                channel.force(true);
            }
            Files.move(sibling, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(sibling);
        }
        // The move itself is on the disk once the folder is.
        try (FileChannel folder = FileChannel.open(target.getParent(), StandardOpenOption.READ)) {
            folder.force(true);
        }
    }
}
