// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/**
 * Files fetched once, kept under {@code $KAN4J_CACHE} or {@code ${XDG_CACHE_HOME:-~/.cache}/kan4j/data}, and checked
 * against their SHA-256 whenever they are used.
 */
public final class Cache {

    /** A file as it stands in the cache, uncompressed. */
    record Entry(String name, String sha256) {
    }

    /** A place that has the files of a set. */
    interface Source {

        /** Named in messages. */
        String name();

        /** Puts each entry into {@code folder} under its name, or compressed under its name and {@code .gz}. */
        void fetch(List<Entry> entries, Path folder) throws IOException;
    }

    private final Path root;
    private final Consumer<String> progress;

    /** @param progress told in a line what is being fetched, from where */
    public Cache(Path root, Consumer<String> progress) {
        this.root = root;
        this.progress = progress;
    }

    /** The folder to use by the environment. */
    public static Path defaultRoot() {
        String own = System.getenv("KAN4J_CACHE");
        if (own != null && !own.isBlank()) {
            return Path.of(own);
        }
        String xdg = System.getenv("XDG_CACHE_HOME");
        Path home = Path.of(System.getProperty("user.home"));
        // Where the user has no entry in the list of users, Java's home is "?".
        Path base = xdg != null && !xdg.isBlank() ? Path.of(xdg) : home.isAbsolute() ? home.resolve(".cache")
                : Path.of(System.getProperty("java.io.tmpdir"));
        return base.resolve("kan4j").resolve("data");
    }

    /** The folder holding all entries of a set, fetched from the first source that gives them intact. */
    Path get(String set, List<Entry> entries, List<Source> sources) {
        Path home = root.resolve(set);
        if (entries.stream().allMatch(e -> intact(home.resolve(e.name), e))) {
            return home;
        }
        List<String> failures = new ArrayList<>();
        for (Source source : sources) {
            Path staging = staging(home);
            progress.accept("fetching " + set + " from " + source.name());
            try {
                source.fetch(entries, staging);
                for (Entry entry : entries) {
                    install(staging, home, entry);
                }
                return home;
            } catch (IOException e) {
                failures.add("  " + source.name() + ": " + describe(e));
            } finally {
                deleteTree(staging);
            }
        }
        throw new DataException("cannot fetch " + set + " into " + home + "; tried:\n" + String.join("\n", failures)
                + "\nOr put these files there yourself: "
                + String.join(", ", entries.stream().map(Entry::name).toList()));
    }

    /** A new folder in the cache to fetch into. */
    private static Path staging(Path home) {
        try {
            Files.createDirectories(home);
            return Files.createTempDirectory(home, ".fetch-");
        } catch (IOException e) {
            String why = e instanceof FileSystemException f && f.getReason() != null ? " (" + f.getReason() + ")" : "";
            throw new DataException("cannot write into the data cache " + home + why + "; $KAN4J_CACHE names another folder",
                    e);
        }
    }

    private static String describe(IOException e) {
        String text = e.getMessage();
        return text == null || text.isBlank() ? e.getClass().getSimpleName() : text;
    }

    /** Decompresses if need be, checks, and moves the file to its place in one step. */
    private static void install(Path staging, Path home, Entry entry) throws IOException {
        Path plain = staging.resolve(entry.name);
        Path packed = staging.resolve(entry.name + ".gz");
        if (!Files.exists(plain)) {
            if (!Files.exists(packed)) {
                throw new IOException("it has no " + entry.name);
            }
            try (InputStream in = new GZIPInputStream(Files.newInputStream(packed), 1 << 16);
                    OutputStream out = Files.newOutputStream(plain)) {
                in.transferTo(out);
            }
        }
        String sha256 = sha256(plain);
        if (!sha256.equals(entry.sha256)) {
            throw new IOException(entry.name + " has SHA-256 " + sha256 + ", expected " + entry.sha256);
        }
        try (FileChannel channel = FileChannel.open(plain, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        Files.move(plain, home.resolve(entry.name), StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
    }

    private static boolean intact(Path file, Entry entry) {
        try {
            return Files.isRegularFile(file) && sha256(file).equals(entry.sha256);
        } catch (IOException unreadable) {
            return false; // fetched again; that reports what is wrong with the folder
        }
    }

    static String sha256(Path file) throws IOException {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
            in.transferTo(OutputStream.nullOutputStream());
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static void deleteTree(Path folder) {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException leftBehind) {
            System.getLogger(Cache.class.getName()).log(System.Logger.Level.DEBUG, "left behind: " + folder, leftBehind);
        }
    }
}
