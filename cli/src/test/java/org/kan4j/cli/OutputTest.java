// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
        String full = "cannot write " + file("full") + ": No space left on device";
        Cli.refuse(new String[] {full}, "train", "digits", "--epochs", 1, "--out", file("m.safetensors"), "--json", file("full"));
        Cli.refuse(new String[] {full}, "train", "digits", "--epochs", 1, "--out", file("full"));
        Cli.refuse(new String[] {full}, "predict", "digits", "--model", file("m.safetensors"), "--out", file("full"));
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

    /** Whoever is last has the file: one of the two models whole, with the metrics and the picture of one. */
    @Test
    void twoTrainingsSideBySideToOneFileLeaveOneOfTheModels() throws Exception {
        List<CompletableFuture<Cli>> both = Stream.of(3, 7).map(hidden -> CompletableFuture.supplyAsync(
                () -> Cli.run("train", "digits", "--epochs", 12, "--hidden", hidden, "--out", file("m.safetensors"), "--json",
                        file("m.json"))))
                .toList();
        for (CompletableFuture<Cli> each : both) {
            Cli cli = each.get(120, TimeUnit.SECONDS);
            assertThat(cli.status()).as(cli.err()).isZero();
        }
        try (Checkpoint checkpoint = Checkpoint.read(file("m.safetensors"))) {
            assertThat(checkpoint.isResumable()).isTrue();
            long hidden = checkpoint.model().layers().getFirst().out();
            assertThat(hidden).isIn(3L, 7L);
            assertThat(TrainOptions.fromJson(checkpoint.properties().get(TrainOptions.KEY)).layers())
                    .containsExactly(64, hidden, 10);
        }
        assertThat(Cli.json(file("m.json")).get("epochs")).hasSize(12);
        Cli.succeed("evaluate", "digits", "--model", file("m.safetensors"));
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).as("nothing is left over").hasSize(3);
        }
    }

    /** Before the training: what takes more than the file system has. Parameters of so many bytes are never asked for. */
    @Test
    void aModelWithoutRoomIsRefusedBeforeTheWork() {
        Cli cli = Cli.refuse(new String[] {"--out " + file("m.safetensors") + ": it takes at least ", "there is room for "},
                "train", "digits", "--hidden", "1000000,1000000,1000", "--out", file("m.safetensors"));
        assertThat(cli.out()).doesNotContain("epoch");
        Output.requireRoom("--out", file("m.safetensors"), 1);
        assertThatThrownBy(() -> Output.requireRoom("--out", file("m.safetensors"), 1e18)).isInstanceOf(InputException.class)
                .hasMessageContaining("it takes at least 1,000,000,000,000,000,000 bytes, in the folder " + folder);
    }

    @Test
    void aFileNameThatTheLocaleLacksIsSaidInOneLine() throws Exception {
        // The shell makes the bytes of größe.csv: where this test itself runs in the C locale, Java could not pass them on.
        ProcessBuilder builder = CliProcess.of("train", "--target", "y");
        builder.command().addAll(0, List.of("sh", "-c", "exec \"$@\" \"$(printf 'gr\\303\\266\\303\\237e.csv')\"", "sh"));
        builder.environment().put("LC_ALL", "C");
        Process process = builder.start();
        String said = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isEqualTo(2);
        assertThat(said).startsWith("kan4j: ").contains("LC_ALL=C.UTF-8").hasLineCount(1);
    }

    @Test
    void whatALinkCannotLeadToIsNamed() throws Exception {
        Files.createSymbolicLink(file("p.csv"), Path.of("nowhere/p.csv"));
        Cli.succeed("train", "digits", "--epochs", 1, "--out", file("m.safetensors"), "--plot", "none");
        Cli.refuse(new String[] {"cannot write " + file("p.csv")}, "predict", "digits", "--model", file("m.safetensors"), "--out",
                file("p.csv"));
    }

    /** As a shell's pipe: /dev/stdout leads to a name that is no path. */
    @Test
    void devStdoutIsAPipeToWriteTo() throws Exception {
        Process process = CliProcess.of("fit-function", "x", "--grids", "3", "--restarts", "2", "--steps", "5", "--json",
                "/dev/stdout", "--out", file("f.safetensors").toString(), "--plot", "none").start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        String said = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        assertThat(out).contains("\"grids\"");
    }

    @Test
    void aTemporaryFolderThatIsNotThereIsNamedWithWhatHelps() throws Exception {
        Cli.succeed("train", "digits", "--epochs", 1, "--out", file("m.safetensors"), "--plot", "none");
        ProcessBuilder builder = CliProcess.of("predict", "digits", "--model", file("m.safetensors").toString());
        builder.command().add(1, "-Djava.io.tmpdir=" + file("none"));
        Process process = builder.start();
        String said = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isEqualTo(2);
        assertThat(said).contains("kan4j: predictions for standard output are collected first", "--out FILE needs none");
    }

    @Test
    void whatTheLibrarySaysOfItsSettingsIsSaidOfOptions() {
        assertThat(Terms
                .inOptions("missing=fill takes the mean; drop='a b' leaves it out, format.missing=-9, format.decimal=, reads, "
                        + "format.header=false names, format.header=true says, format.separator names, testShare=0.2, task=regression, x.drop=1"))
                .isEqualTo("--missing fill takes the mean; --drop 'a b' leaves it out, --na -9, --decimal , reads, "
                        + "--no-header names, --header says, --separator names, --test-fraction 0.2, --task regression, x.drop=1");
    }

    @Test
    void whatTheLibrarySaysOfItsMethodsIsSaidOfCommands() {
        assertThat(Terms.inOptions("give it, such as order=a,b or order=b,a; key=model, say, names one; config={\"a\": 1}"))
                .isEqualTo("give it, such as --order a,b or --order b,a; --key model, say, names one; --config {\"a\": 1}");
        assertThat(Terms.inOptions("BSpline[grid=5, order=3]; no partition (key=value); data/order=a/part-0.csv; got 'drop=x'"))
                .isEqualTo("BSpline[grid=5, order=3]; no partition (key=value); data/order=a/part-0.csv; got 'drop=x'");
        assertThat(Terms.inOptions("dtype=F32 halves the file; without an encoding; -Xmx16g, say; KanBuilder.additive makes one; "
                + "Weights.read reads a state dict; read it by Weights.read; SymbolicEdges.with gives an edge one; format.skipLines=2"))
                .isEqualTo("--f32 halves the file; without --raw; KAN4J_JVM_OPTS=-Xmx16g, say; kan4j train --gam makes one; "
                        + "kan4j import reads a state dict; read it by kan4j import; kan4j symbolic --fix or --auto gives an edge "
                        + "one; --skip-lines 2");
    }

    /** A comma is in the name, not between names, where it stands in quotes. */
    @Test
    void aColumnWithACommaInItsNameCanBeNamed() throws IOException {
        StringBuilder rows = new StringBuilder("\"a, b\",x,y\n");
        for (int i = 0; i < 40; i++) {
            rows.append(i * 7 % 40).append(",").append(i * 3 % 40).append(",").append(i + 0.5).append("\n");
        }
        Path data = Files.writeString(file("t.csv"), rows);
        Cli cli = Cli.succeed("train", data, "--target", "y", "--drop", "\"a, b\"", "--epochs", 1, "--out",
                file("m.safetensors"));
        assertThat(cli.out()).containsPattern("inputs +1: x").contains("--drop '\"a, b\"'");
    }
}
