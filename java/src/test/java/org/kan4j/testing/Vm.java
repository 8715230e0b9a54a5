// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Starts further VMs, with class paths of their own. */
public final class Vm {

    /** For VMs that live seconds: less than half the processor time goes into compiling and collecting, as in the tests' own. */
    private static final List<String> SHORT_LIVED = List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");

    private Vm() {
    }

    /** The folder or jar a class comes from. */
    public static Path home(Class<?> type) {
        try {
            return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    public static Path bindings() {
        return home(org.kan4j.ffi.Kan.class);
    }

    public static Path natives() throws ClassNotFoundException {
        return home(Class.forName("org.kan4j.natives.linux.x8664.LinuxX8664"));
    }

    public static String path(Path... entries) {
        return String.join(java.io.File.pathSeparator, Stream.of(entries).map(Path::toString).toList());
    }

    public static Process start(List<String> options) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(SHORT_LIVED);
        command.addAll(options);
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    /** What a VM prints until it ends, which it must do by itself with status 0. */
    public static String run(List<String> options) throws Exception {
        Process process = start(options);
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int status = process.waitFor();
        if (status != 0) {
            throw new AssertionError("the VM ended with status " + status + ": " + output);
        }
        return output;
    }

    /** Copies a folder with all in it. */
    public static Path copy(Path source, Path target) throws IOException {
        try (Stream<Path> files = Files.walk(source)) {
            files.forEach(file -> {
                try {
                    Path to = target.resolve(source.relativize(file).toString());
                    if (Files.isDirectory(file)) {
                        Files.createDirectories(to);
                    } else {
                        Files.copy(file, to);
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
        return target;
    }
}
