// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.internal;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** Files that appear whole or not at all. */
public final class AtomicFile {

    /** As Linux follows. */
    private static final int MOST_LINKS = 40;

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
     * at any moment leaves what was there before. A link stays one: the file that it leads to is replaced. What is no
     * regular file (a pipe, a device) is written to, never replaced. An interrupted thread writes all the same and stays
     * interrupted, for what is written is often all that is left of its work.
     */
    public static void write(Path file, Writer writer) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            while (true) {
                try {
                    writeOnce(file, writer);
                    return;
                } catch (ClosedByInterruptException e) { // a channel closes itself; once more, without the flag
                    interrupted = true;
                    Thread.interrupted();
                } catch (IOException e) { // the system's own sentence names no file
                    throw e.getClass() != IOException.class || e.getMessage() == null
                            || e.getMessage().startsWith("cannot write ")
                                    ? e : new IOException("cannot write " + file + ": " + e.getMessage(), e);
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static void writeOnce(Path file, Writer writer) throws IOException {
        Path target = target(file);
        if (Files.isDirectory(target)) {
            throw new IOException("cannot write " + file + ": it is a folder");
        }
        if (Files.exists(target) && !Files.isRegularFile(target)) {
            try (FileChannel channel = FileChannel.open(target, StandardOpenOption.WRITE)) {
                writer.write(channel);
            }
            return;
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

    /** Where a file's content is to lie: links are followed, also one to a file that is not there yet. */
    public static Path target(Path file) throws IOException {
        Path target = file.toAbsolutePath();
        for (int links = 0; Files.isSymbolicLink(target); links++) {
            if (links == MOST_LINKS) {
                throw new IOException("cannot write " + file + ": its links go round in a circle");
            }
            Path next = Files.readSymbolicLink(target);
            if (Files.exists(target) && !Files.isRegularFile(target)) {
                return target; // /dev/stdout and its like lead to names such as pipe:[123], which are no paths
            }
            target = target.resolveSibling(next);
        }
        return target;
    }
}
