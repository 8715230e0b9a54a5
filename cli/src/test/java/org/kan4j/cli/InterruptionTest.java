// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kan4j.io.Checkpoint;

/** Whoever stops a training finds it saved, and reads where. SIGTERM and SIGKILL are in {@link TrainCommandTest}. */
class InterruptionTest {

    @TempDir
    private Path folder;

    /** What a process prints, as far as it has come. */
    private static final class Output {
        private final StringBuilder text = new StringBuilder();

        Output(InputStream stream) {
            Thread reader = new Thread(() -> {
                try (stream) {
                    byte[] bytes = new byte[4096];
                    for (int n = stream.read(bytes); n >= 0; n = stream.read(bytes)) {
                        synchronized (text) {
                            text.append(new String(bytes, 0, n, StandardCharsets.UTF_8));
                        }
                    }
                } catch (IOException e) {
                    synchronized (text) {
                        text.append(e);
                    }
                }
            });
            reader.setDaemon(true);
            reader.start();
        }

        @Override
        public String toString() {
            synchronized (text) {
                return text.toString();
            }
        }
    }

    /**
     * Ctrl-C as a terminal makes it of the key, while the bar is shown: a pseudo terminal of util-linux's script. Who started
     * the tests may have SIGINT ignored, as what a shell runs in the background has; children inherit that, so it is undone.
     */
    @Test
    void ctrlCInATerminalEndsAtACheckpoint() throws Exception {
        Path model = folder.resolve("m.safetensors");
        String command = CliProcess.command(List.of(), "train", "digits", "--epochs", 1_000_000, "--batch", 1, "--hidden", "300",
                "--out", model).stream().map(TrainOptions::quoted).collect(Collectors.joining(" "));
        Process process = new ProcessBuilder("script", "-qefc", "stty cols 60; exec env --default-signal=INT " + command,
                "/dev/null")
                .redirectErrorStream(true).start();
        Output output = new Output(process.getInputStream());
        try (OutputStream keys = process.getOutputStream()) {
            while (!output.toString().contains(" loss ")) {
                assertThat(process.isAlive()).as(output::toString).isTrue();
                Thread.sleep(20);
            }
            assertThat(output.toString()).contains("epoch       1/1000000 ["); // the bar
            keys.write(3);
            keys.flush();
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("ended on Ctrl-C: %s", output).isTrue();
        } finally {
            process.destroyForcibly();
        }
        assertThat(process.exitValue()).as(output.toString()).isEqualTo(130);
        assertThat(Arrays.stream(output.toString().replace("^C", "").split("\r\033\\[K"))
                .filter(line -> line.matches("epoch[^\r]* loss [^\r]*")))
                .as("the bar fits the terminal").isNotEmpty().allSatisfy(line -> assertThat(line).hasSizeLessThan(60));
        assertThat(output.toString()).contains("stopped after ", "go on with: kan4j train digits --resume " + model)
                .doesNotContain("takes too long");
        try (Checkpoint checkpoint = Checkpoint.read(model)) {
            assertThat(checkpoint.isResumable()).isTrue();
        }
    }

    /** As nohup, a shell's background and {@code trap '' INT} want it; SIGTERM ends it at a checkpoint all the same. */
    @Test
    void whatWasStartedWithSigintIgnoredGoesOnUntilSigterm() throws Exception {
        Path model = folder.resolve("m.safetensors");
        List<String> command = new ArrayList<>(List.of("sh", "-c", "trap '' INT; exec \"$@\"", "sh"));
        command.addAll(
                CliProcess.command(List.of(), "train", "digits", "--epochs", 1_000_000, "--hidden", 4, "--grid", 3, "--log",
                        "all", "--out", model));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        Output output = new Output(process.getInputStream());
        try {
            for (int seen = 0; seen < 2; seen++) { // epochs after the first signal
                long before = output.toString().lines().filter(line -> line.startsWith("epoch")).count();
                while (output.toString().lines().filter(line -> line.startsWith("epoch")).count() == before) {
                    assertThat(process.isAlive()).as(output::toString).isTrue();
                    Thread.sleep(20);
                }
                assertThat(new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor()).isZero();
            }
            process.toHandle().destroy();
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("ended on SIGTERM: %s", output).isTrue();
        } finally {
            process.destroyForcibly();
        }
        assertThat(process.exitValue()).isEqualTo(143);
        assertThat(output.toString()).contains("stopped after ", "--resume " + model);
    }

    /** SIGTERM goes the way of Ctrl-C. */
    @Test
    void aFitEndsWithTheBestSoFar() throws Exception {
        Path model = folder.resolve("f.safetensors");
        Process process = new ProcessBuilder(
                CliProcess.command(List.of(), "fit-function", "sin(3*x)*exp(y)", "--steps", 1_000_000,
                        "--restarts", 1000, "--layers", "2,8,8,1", "--out", model))
                .redirectErrorStream(true).start();
        Output output = new Output(process.getInputStream());
        try {
            while (!output.toString().contains("fitting ")) {
                assertThat(process.isAlive()).as(output::toString).isTrue();
                Thread.sleep(20);
            }
            process.toHandle().destroy(); // which leaves its output open
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("ended on SIGTERM: %s", output).isTrue();
        } finally {
            process.destroyForcibly();
        }
        assertThat(output.toString()).contains("stopped on request; the best fit so far is in " + model, "test         RMSE ");
        try (Checkpoint checkpoint = Checkpoint.read(model)) {
            assertThat(checkpoint.model().in()).isEqualTo(2);
        }
    }

    /** What a benchmark prints until it is stopped by SIGTERM some time after it began to measure. */
    private static String stopped(long millis, Object... args) throws Exception {
        Process process = new ProcessBuilder(CliProcess.command(List.of("-Dkan4j.bench.quick=true"), args))
                .redirectErrorStream(true).start();
        Output output = new Output(process.getInputStream());
        try {
            while (!output.toString().contains("kan4j ")) {
                assertThat(process.isAlive()).as(output::toString).isTrue();
                Thread.sleep(20);
            }
            Thread.sleep(millis);
            process.toHandle().destroy();
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("ended on SIGTERM: %s", output).isTrue();
        } finally {
            process.destroyForcibly();
        }
        return output.toString();
    }

    /** However long the first takes: a benchmark that was stopped too early is begun anew, and left alone for longer. */
    @ParameterizedTest
    @CsvSource({"rounds, bench --layers 20_10_1 --batch 8 --models bspline_mlp --reps 100000 --rounds 100000",
        "rows, bench latency --layers 4_3_1 --batch MANY --threads 1 --seconds 0.2",
        "points, bench scaling --width MANY --batch MANY --grid 3_5 --reps 3 --threads 1"})
    void aBenchmarkKeepsWhatHadEnded(String what, String line) throws Exception {
        Path json = folder.resolve("b.json");
        String command = line.replace("MANY",
                IntStream.range(1, 2000).mapToObj(Integer::toString).collect(Collectors.joining("_")));
        List<Object> args = new ArrayList<>(Arrays.asList((Object[]) command.replace('_', ',').split(" ")));
        args.addAll(List.of("--json", json));
        String said = "";
        for (long millis = 1000; millis <= 1 << 16 && !said.contains("stopped after"); millis *= 2) {
            said = stopped(millis, args.toArray());
            assertThat(said).containsPattern("stopped (after \\d+|before the first) of \\d+ " + what);
            assertThat(Files.exists(json)).as(said).isEqualTo(said.contains("they are in " + json));
        }
        JsonNode root = Cli.json(json);
        int done = Integer.parseInt(said.replaceFirst("(?s).*stopped after (\\d+) of .*", "$1"));
        if (what.equals("rounds")) {
            assertThat(root).hasSize(2).allSatisfy(row -> {
                assertThat(row.get("rounds").asInt()).isEqualTo(done);
                assertThat(row.get("reps").asInt()).isEqualTo(done);
                assertThat(row.get("step_ms").asDouble()).isPositive();
            });
        } else {
            assertThat(what.equals("rows") ? root : root.get("rows")).hasSize(done);
        }
    }

    @Test
    void aBenchmarkThatIsStoppedAtOnceWritesNothing() {
        Path json = folder.resolve("b.json");
        for (String which : List.of("", "latency", "scaling")) {
            // By default a benchmark makes networks of millions of parameters before it is asked whether it is to stop.
            List<Object> args = new ArrayList<>(
                    which.isEmpty() ? List.of("bench", "--layers", "20,10,1") : List.of("bench", which));
            args.addAll(List.of("--json", json));
            Thread.currentThread().interrupt();
            Cli cli = Cli.run(args.toArray());
            assertThat(Thread.interrupted()).isTrue();
            assertThat(cli.status()).as(cli.err()).isEqualTo(130);
            assertThat(cli.out()).contains("stopped before the first of ", " had ended; nothing is written");
            assertThat(json).doesNotExist();
        }
    }

    /** What is stopped has no score: the metrics are those of the seeds before. */
    @Test
    void ofSeveralSeedsThoseThatWereDoneAreKept() throws Exception {
        Path second = folder.resolve("m-seed2.safetensors");
        Path json = folder.resolve("m.json");
        AtomicReference<Cli> result = new AtomicReference<>();
        Thread thread = new Thread(() -> result.set(Cli.run("train", "digits", "--seeds", "1,2", "--epochs", 60, "--hidden", 4,
                "--grid", 3, "--plot", "none", "--out", folder.resolve("m.safetensors"), "--json", json)));
        thread.start();
        while (!Files.exists(second)) {
            assertThat(thread.isAlive()).as(() -> String.valueOf(result.get())).isTrue();
            Thread.sleep(2);
        }
        thread.interrupt();
        thread.join(60_000);
        assertThat(result.get().status()).as(result.get().err()).isEqualTo(130);
        assertThat(Cli.json(json).has("runs")).isFalse();
        assertThat(Cli.json(json).get("options").get("seed").asInt()).isEqualTo(1);
        assertThat(Cli.json(json).get("epochs")).hasSize(60);
        assertThat(Cli.json(json).get("test").get("accuracy").asDouble()).isPositive();
    }

    @Test
    void anInterruptedThreadEndsAtACheckpointWithItsMetrics() throws Exception {
        Path model = folder.resolve("m.safetensors");
        Path json = folder.resolve("m.json");
        AtomicReference<Cli> result = new AtomicReference<>();
        AtomicReference<Boolean> flag = new AtomicReference<>();
        Thread thread = new Thread(() -> {
            result.set(Cli.run("train", "digits", "--epochs", 1_000_000, "--out", model, "--json", json));
            flag.set(Thread.currentThread().isInterrupted());
        });
        thread.start();
        while (!Files.exists(model)) {
            assertThat(thread.isAlive()).as(() -> String.valueOf(result.get())).isTrue();
            Thread.sleep(20);
        }
        thread.interrupt();
        thread.join(60_000);
        assertThat(thread.isAlive()).isFalse();
        assertThat(result.get().status()).as(result.get().err()).isEqualTo(130);
        assertThat(result.get().out()).contains("stopped after ", "--resume " + model);
        assertThat(flag.get()).isTrue();
        assertThat(Cli.json(json).get("ended").asText()).isEqualTo("stopped on request");
        assertThat(Cli.json(json).get("epochs")).isNotEmpty();
        Cli.succeed("evaluate", "digits", "--model", model);
    }
}
