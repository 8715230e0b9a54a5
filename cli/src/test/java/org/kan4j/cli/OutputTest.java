// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.io.Checkpoint;

/** Where results go: through links, into pipes and devices, to standard output; and what is said when they cannot. */
class OutputTest {

    @TempDir
    private Path folder;

    private Path file(String name) {
        return folder.resolve(name);
    }

    private static void make(String... command) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
    }

    /** /proc is read-only to everybody; a link to one of its files is noticed before the training too. */
    @Test
    void aLinkToWhatCannotBeReplacedIsRefusedBeforeTheWork() throws IOException {
        Files.createSymbolicLink(file("m.safetensors"), Path.of("/proc/version"));
        Cli cli = Cli.refuse(new String[] {"--out", "cannot write into the folder /proc"}, "train", "digits", "--epochs", 1,
                "--out",
                file("m.safetensors"));
        assertThat(cli.out()).doesNotContain("epoch");
    }

    private static CompletableFuture<byte[]> reader(Path pipe) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return Files.readAllBytes(pipe);
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
    }

    @Test
    void linksStayLinks() throws IOException {
        Files.createDirectory(file("real"));
        for (String name : List.of("m.safetensors", "m.json", "m.png")) {
            Files.writeString(file("real").resolve(name), "old");
            Files.createSymbolicLink(file(name), Path.of("real", name));
        }
        Files.delete(file("real").resolve("m.json")); // a link to what is not there yet
        Cli.succeed("train", "digits", "--epochs", 2, "--out", file("m.safetensors"), "--json", file("m.json"), "--plot",
                file("m.png"));
        for (String name : List.of("m.safetensors", "m.json", "m.png")) {
            assertThat(file(name)).isSymbolicLink();
            assertThat(Files.isRegularFile(file("real").resolve(name), LinkOption.NOFOLLOW_LINKS)).isTrue();
            assertThat(Files.size(file("real").resolve(name))).isGreaterThan(100);
        }
        try (Stream<Path> files = Files.list(file("real"))) {
            assertThat(files).hasSize(3);
        }
    }

    @Test
    void pipesAreWrittenTo() throws Exception {
        for (String name : List.of("model", "json")) {
            make("mkfifo", file(name).toString());
        }
        CompletableFuture<byte[]> model = reader(file("model"));
        CompletableFuture<byte[]> json = reader(file("json"));
        Cli.succeed("train", "digits", "--epochs", 2, "--seeds", "1", "--out", file("model"), "--json", file("json"));
        Files.write(file("copy"), model.get(60, TimeUnit.SECONDS));
        Checkpoint.read(file("copy")).close();
        assertThat(new ObjectMapper().readTree(json.get(60, TimeUnit.SECONDS)).get("epochs")).hasSize(2);
        for (String name : List.of("model", "json")) {
            assertThat(Files.isRegularFile(file(name))).isFalse();
            assertThat(file(name)).exists();
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).hasSize(3); // no plot beside a pipe
        }
    }

    /** Nodes of our own, never the system's; who may not make any has seen pipes, which go the same way. */
    @Test
    void devicesAreWrittenTo() throws Exception {
        if (!Files.getAttribute(folder, "unix:uid").equals(0)) {
            assertThat(Output.isReplaced(Path.of("/dev/null"))).isFalse();
            return;
        }
        make("mknod", file("null").toString(), "c", "1", "3");
        make("mknod", file("full").toString(), "c", "1", "7");
        Cli.succeed("train", "digits", "--epochs", 1, "--out", file("null"), "--json", file("null"));
        assertThat(Files.isRegularFile(file("null"))).isFalse();
        Cli.refuse(new String[] {"No space left on device"}, "train", "digits", "--epochs", 1, "--out", file("m.safetensors"),
                "--json", file("full"));
        Cli.refuse(new String[] {"No space left on device"}, "train", "digits", "--epochs", 1, "--out", file("full"));
        assertThat(Files.isRegularFile(file("full"))).isFalse();
    }

    @Test
    void aFullStandardOutputHasAnExitStatus() throws Exception {
        Process process = CliProcess.of("fit-function", "--list").redirectOutput(new File("/dev/full")).start();
        String said = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isEqualTo(2);
        assertThat(said).isEqualTo("kan4j: cannot write to standard output: No space left on device\n");
    }

    @Test
    void aReaderThatHasGoneIsNoFailure() throws Exception {
        Process process = CliProcess.of("fit-function", "--list").start();
        process.getInputStream().close();
        String said = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        assertThat(said).isEmpty();
    }

    @Test
    void aMinusIsStandardOutput() throws IOException {
        Cli cli = Cli.succeed("train", "digits", "--epochs", 1, "--out", file("m.safetensors"), "--json", "-");
        assertThat(new ObjectMapper().readTree(cli.out()).get("epochs")).hasSize(1);
        assertThat(cli.err()).contains("test         accuracy");
        cli = Cli.succeed("fit-function", "x", "--grids", 3, "--restarts", 2, "--steps", 5, "--json", "-");
        assertThat(new ObjectMapper().readTree(cli.out()).get("grids")).hasSize(1);
        cli = Cli.succeed("evaluate", "digits", "--model", file("m.safetensors"), "--json", "-");
        assertThat(new ObjectMapper().readTree(cli.out()).get("rows").asInt()).isEqualTo(359);
        assertThat(Path.of("-")).doesNotExist();
        Cli.refuse(new String[] {"--out -", "a model is written to a file"}, "train", "digits", "--out", "-");
    }

    @Test
    void aModelThatIsReplacedIsNamed() {
        Cli first = Cli.succeed("train", "digits", "--epochs", 1, "--out", file("m.safetensors"), "--plot", "none");
        assertThat(first.out()).doesNotContain("replaced");
        Cli second = Cli.succeed("train", "digits", "--epochs", 1, "--out", file("m.safetensors"), "--plot", "none");
        assertThat(second.out()).contains("note: " + file("m.safetensors") + " is there and will be replaced");
    }

    @Test
    void aFileNameThatTheLocaleLacksIsSaidInOneLine() throws Exception {
        ProcessBuilder builder = CliProcess.of("train", "größe.csv", "--target", "y");
        builder.environment().put("LC_ALL", "C");
        Process process = builder.start();
        String said = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isEqualTo(2);
        assertThat(said).startsWith("kan4j: ").contains("LC_ALL=C.UTF-8").hasLineCount(1);
    }
}
