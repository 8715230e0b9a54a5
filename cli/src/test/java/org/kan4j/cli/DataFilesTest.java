// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.BufferedWriter;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.logging.Logger;
import java.util.logging.LogRecord;
import java.util.logging.Handler;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.io.Checkpoint;
import org.kan4j.tensor.HostTensor;
import org.kan4j.io.Safetensors;

/** Train, evaluate and predict on files of every format, in memory and streamed. */
class DataFilesTest {

    @TempDir
    Path folder;

    private Path file(String name) {
        return folder.resolve(name);
    }

    private Path safetensors(String name, int rows) throws IOException {
        double[][] x = new double[rows][2];
        double[] y = new double[rows];
        SplittableRandom random = new SplittableRandom(rows);
        for (int i = 0; i < rows; i++) {
            x[i] = new double[] {random.nextDouble(-1, 1), random.nextDouble(0, 10)};
            y[i] = Math.sin(3 * x[i][0]) + x[i][1] / 5;
        }
        try (Arena arena = Arena.ofConfined()) {
            Map<String, HostTensor> tensors = new LinkedHashMap<>();
            tensors.put("x", HostTensor.of(arena, x));
            tensors.put("y", HostTensor.of(arena, y));
            Safetensors.write(file(name), tensors, Map.of());
        }
        return file(name);
    }

    @Test
    void aSafetensorsTableTrainsEvaluatesAndPredicts() throws IOException {
        Cli.succeed("train", safetensors("t.safetensors", 2000), "--target", "y", "--epochs", 20, "--out",
                file("m.safetensors"));
        Path other = safetensors("n.safetensors", 500);
        Cli.succeed("evaluate", other, "--model", file("m.safetensors"), "--json", file("e.json"));
        assertThat(Cli.json(file("e.json")).get("rmse").asDouble()).isLessThan(0.1);
        assertThat(Cli.json(file("e.json")).get("outside_grid").get("layers.0").asDouble()).isLessThan(0.05);
        assertThat(Cli.succeed("predict", other, "--model", file("m.safetensors")).out().lines()).hasSize(501);
        // The same columns in another format.
        Files.write(file("n.csv"), List.of("x.1,x.0", "5,0"));
        List<String> lines = Cli.succeed("predict", file("n.csv"), "--model", file("m.safetensors")).out().lines().toList();
        assertThat(Double.parseDouble(lines.get(1))).isCloseTo(1, within(0.1));
    }

    @Test
    void aParquetTableIsTakenByItsName() throws IOException {
        Files.write(file("t.parquet"), new byte[] {'P', 'A', 'R', '1', 0, 0});
        Cli.refuse(new String[] {"t.parquet", "truncated"}, "train", file("t.parquet"), "--target", "y");
    }

    /** One warning, in the words of the command line. */
    @Test
    void theLibrarysOwnWarningsAreForVerbose() throws IOException {
        StringBuilder rows = new StringBuilder("x,z,y\n");
        for (int i = 0; i < 50; i++) {
            rows.append(i).append(',').append(i * 7 % 50).append(',').append(i + 0.5).append('\n');
        }
        Files.writeString(file("t.csv"), rows);
        List<String> logged = new ArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord record) {
                logged.add(record.getMessage());
            }

            @Override
            public void flush() {
                // nothing is held
            }

            @Override
            public void close() {
                // nothing is open
            }
        };
        Logger root = Logger.getLogger("");
        root.addHandler(handler);
        try {
            Object[] train = {"train", file("t.csv"), "--target", "y", "--basis", "rswaf", "--hidden", 2, "--epochs", 1, "--plot",
                "none",
                "--weight-decay", 0.1, "--out", file("m.safetensors")};
            assertThat(Cli.succeed(train).err()).contains("warning: ").contains("outside its grid");
            assertThat(logged).isEmpty();
            Object[] verbose = Arrays.copyOf(train, train.length + 1);
            verbose[train.length] = "--verbose";
            Cli.succeed(verbose);
            assertThat(logged).anyMatch(line -> line.contains("outside the grid of the first layer"));
        } finally {
            root.removeHandler(handler);
        }
    }

    @Test
    void valuesOutsideTheGridAreCountedAndWarnedOf() throws IOException {
        Cli.succeed("train", safetensors("t.safetensors", 500), "--target", "y", "--epochs", 1, "--out",
                file("m.safetensors"));
        List<String> lines = new ArrayList<>(List.of("x.0,x.1,y"));
        for (int i = 0; i < 100; i++) {
            lines.add((i < 30 ? 50 : 0) + ",5,1");
        }
        Files.write(file("far.csv"), lines);
        Cli far = Cli.succeed("evaluate", file("far.csv"), "--model", file("m.safetensors"), "--json", file("e.json"));
        assertThat(far.err()).contains("warning: 15.0 % of what layer 0 sees lies outside its grid, 30.0 % of its input 0");
        assertThat(far.out()).contains("outside grid 15.00 % in layer 0");
        assertThat(Cli.json(file("e.json")).get("outside_grid").get("layers.0").asDouble()).isEqualTo(0.15);
        assertThat(Cli.succeed("predict", file("far.csv"), "--model", file("m.safetensors")).err())
                .contains("warning: 15.0 % of what layer 0 sees");
        assertThat(Cli.succeed("predict", file("far.csv"), "--model", file("m.safetensors"), "--warn-outside", 1).err())
                .doesNotContain("warning");
        // What a later layer sees is the network's doing: warned of only on request.
        assertThat(Cli.succeed("train", "digits", "--epochs", 3, "--out", file("d.safetensors")).err())
                .doesNotContain("warning");
        assertThat(Cli.succeed("evaluate", "digits", "--model", file("d.safetensors"), "--warn-outside", 0.01).err())
                .contains("of what layer 1 sees lies outside its grid").doesNotContain("layer 0 sees");
        Cli.refuse(new String[] {"--warn-outside must be between 0 and 1, given 2.0"}, "predict", file("far.csv"), "--model",
                file("m.safetensors"), "--warn-outside", 2);
    }

    private static final int LARGE = 60_000;

    /** 60,000 rows of 10 numbers: 2.4 MB as float32, 4 MB of text, 30 MB as Java texts. */
    private Path large() throws IOException {
        SplittableRandom random = new SplittableRandom(7);
        try (BufferedWriter out = Files.newBufferedWriter(file("large.csv"))) {
            out.write("a,b,c,d,e,f,g,h,i,y\n");
            for (int row = 0; row < LARGE; row++) {
                StringBuilder line = new StringBuilder();
                double sum = 0;
                for (int column = 0; column < 9; column++) {
                    double value = random.nextInt(-10_000, 10_000) / 1e4;
                    sum += value * (column + 1);
                    line.append(value).append(',');
                }
                out.write(line.append(sum).append('\n').toString());
            }
        }
        return file("large.csv");
    }

    private static Process kan4j(Path log, String... args) throws IOException {
        List<String> command = CliProcess.command(List.of("-Xmx32m", "-Djava.awt.headless=true"), (Object[]) args);
        return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    }

    /**
     * A table larger than the memory given to rows, and its texts about as large as the heap, trained by a process that is killed in the
     * middle of an epoch by SIGTERM and resumed: the same bits as of one that is not.
     */
    @Test
    void aTableLargerThanMemoryIsTrainedAndResumedBitForBit() throws Exception {
        String data = large().toString();
        String whole = file("whole.safetensors").toString();
        String part = file("part.safetensors").toString();
        String[] train = {"train", data, "--target", "y", "--layers", "9,4,1", "--batch", "1000", "--memory", "1", "--decay",
            "0.9",
            "--weight-decay", "0.1"};
        Process killed = kan4j(file("part.log"), with(train, "--epochs", "1000000", "--out", part));
        try {
            while (!Files.exists(Path.of(part))) { // the first epoch's checkpoint
                assertThat(killed.isAlive()).as(() -> read(file("part.log"))).isTrue();
                Thread.sleep(10);
            }
            killed.destroy();
            assertThat(killed.waitFor(120, TimeUnit.SECONDS)).isTrue();
        } finally {
            killed.destroyForcibly();
        }
        String log = read(file("part.log"));
        assertThat(log).contains("48,000 rows to train and 12,000 to test on", "streamed, 1 MiB at a time");
        Matcher stopped = Pattern.compile("stopped after (\\d+) of").matcher(log);
        assertThat(stopped.find()).as(log).isTrue();
        String epochs = Integer.toString(Integer.parseInt(stopped.group(1)) + 1);
        run("resumed.log", "train", data, "--resume", part, "--epochs", epochs);
        run("whole.log", with(train, "--epochs", epochs, "--out", whole));
        try (Checkpoint a = Checkpoint.read(Path.of(whole)); Checkpoint b = Checkpoint.read(Path.of(part))) {
            assertThat(b.parameters().values().flat().toDoubles()).isEqualTo(a.parameters().values().flat().toDoubles());
        }
        run("predict.log", "predict", data, "--model", whole, "--out", file("p.csv").toString());
        try (var lines = Files.lines(file("p.csv"))) {
            assertThat(lines.count()).isEqualTo(LARGE + 1);
        }
    }

    private void run(String log, String... args) throws Exception {
        Process process = kan4j(file(log), args);
        assertThat(process.waitFor(300, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(read(file(log))).isZero();
    }

    private static String[] with(String[] words, String... more) {
        return Stream.concat(Arrays.stream(words), Arrays.stream(more)).toArray(String[]::new);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }
}
