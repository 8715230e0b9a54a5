// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Runs the command line in a VM of its own, for what concerns a process: signals, terminals, streams, environments. */
final class CliProcess {

    private CliProcess() {
    }

    /** The words of the command. */
    static List<String> command(List<String> options, Object... args) {
        List<String> words = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", // as in the tests' own VM, for it lives seconds
                "--enable-native-access=ALL-UNNAMED", "-Dkan4j.native.path=" + System.getProperty("kan4j.native.path")));
        words.addAll(options);
        words.addAll(List.of("-cp", System.getProperty("java.class.path"), "org.kan4j.cli.Main"));
        Arrays.stream(args).map(Object::toString).forEach(words::add);
        return words;
    }

    static ProcessBuilder of(Object... args) {
        return new ProcessBuilder(command(List.of(), args));
    }
}
