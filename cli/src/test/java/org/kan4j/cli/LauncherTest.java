// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script {@code kan4j}, in a copy of its own with commands of the test's choice on PATH. */
class LauncherTest {

    private static final Path ROOT = Path.of(System.getProperty("kan4j.root"));

    @TempDir
    Path folder;

    private Path commands;
    private Path elsewhere;

    @BeforeEach
    void copy() throws IOException {
        Files.copy(ROOT.resolve("kan4j"), folder.resolve("kan4j"));
        commands = Files.createDirectory(folder.resolve("commands"));
        elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
        for (String name : List.of("readlink", "sed", "mkdir", "find", "grep", "head", "touch")) {
            Path command = Stream.of("/usr/bin", "/bin").map(f -> Path.of(f, name)).filter(Files::exists).findFirst()
                    .orElseThrow();
            command(commands, name, "exec " + command + " \"$@\"");
        }
    }

    /** Puts a command on PATH. */
    private Path command(Path folderOfIt, String name, String script) throws IOException {
        Path file = Files.writeString(folderOfIt.resolve(name), "#!/bin/bash\n" + script + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
        return file;
    }

    private String run(int expectedStatus, String... arguments) throws IOException, InterruptedException {
        List<String> line = Stream.concat(Stream.of("/bin/bash", folder.resolve("kan4j").toString()), Stream.of(arguments))
                .toList();
        ProcessBuilder builder = new ProcessBuilder(line).directory(elsewhere.toFile()).redirectErrorStream(true);
        builder.environment().put("PATH", commands.toString());
        builder.environment().put("JAVA_HOME", folder.resolve("jdk").toString());
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isEqualTo(expectedStatus);
        return output;
    }

    /** A JDK in JAVA_HOME whose java prints its arguments. */
    private void jdk(int version) throws IOException {
        Path home = Files.createDirectories(folder.resolve("jdk"));
        Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + ".0.1\"\n");
        Path bin = Files.createDirectories(home.resolve("bin"));
        command(bin, "java", "echo \"java in $PWD: $*\"");
        command(bin, "javac", "exit 0");
    }

    @Test
    void whatIsMissingToBuildIsNamedInOneLine() throws Exception {
        jdk(22);
        command(commands, "make", "exit 0");
        assertThat(run(1, "info")).isEqualTo("kan4j: cannot build, missing: Maven (mvn), CMake (cmake), "
                + "a C++20 compiler (g++) (see README, Requirements)\n");
    }

    @Test
    void buildsOnceThenRunsWhereTheCallerStands() throws Exception {
        jdk(22);
        for (String name : List.of("make", "cmake", "g++")) {
            command(commands, name, "exit 0");
        }
        command(commands, "mvn", "echo \"$JAVA_HOME\" > used; mkdir -p cli/target/app");
        assertThat(run(0, "train", "a b.csv")).contains("kan4j: building", "kan4j: built in ",
                "java in " + elsewhere + ": ", "--enable-native-access=ALL-UNNAMED",
                " org.kan4j.cli.Main train a b.csv");
        assertThat(folder.resolve("used")).hasContent(folder.resolve("jdk").toString());
        assertThat(run(0, "info")).doesNotContain("building").endsWith(" org.kan4j.cli.Main info\n");
    }

    @Test
    void aFailedBuildShowsItsErrorsAndIsTriedAgain() throws Exception {
        jdk(22);
        for (String name : List.of("make", "cmake", "g++")) {
            command(commands, name, "exit 0");
        }
        command(commands, "mvn", "echo 'fine'; echo 'x.cpp:1: error: what'; exit 3");
        for (int i = 0; i < 2; i++) {
            assertThat(run(1, "info")).contains("x.cpp:1: error: what", "the build failed (exit status 3), see "
                    + folder.resolve("target/build.log")).doesNotContain("fine");
        }
    }
}
