// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.kan4j.basis.BSpline;
import org.kan4j.io.Checkpoint;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Reading and writing a model file (in the page cache), with all checks. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 3, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
public class CheckpointBenchmark {

    /** Widths. */
    @Param({"4x16x3", "784x64x10"})
    public String layers;

    private Path folder;
    private Path file;
    private Path written;
    private Parameters parameters;

    /** Writes the file to read. */
    @Setup
    public void open() throws IOException {
        folder = Files.createTempDirectory("kan4j-bench");
        file = folder.resolve("model.safetensors");
        written = folder.resolve("written.safetensors");
        parameters = Parameters.initialise(KanModel.kan(BSpline.of(5, 3), Data.widths(layers)), 1);
        Checkpoint.write(file, parameters);
    }

    /** Reads. */
    @Benchmark
    public long read() throws IOException {
        try (Checkpoint checkpoint = Checkpoint.read(file)) {
            return checkpoint.model().parameterCount();
        }
    }

    /** Writes, atomically. */
    @Benchmark
    public Path write() throws IOException {
        Checkpoint.write(written, parameters);
        return written;
    }

    /** What was read is what was written. */
    @TearDown(Level.Trial)
    public void checkAndClose() throws IOException {
        write();
        try (Checkpoint checkpoint = Checkpoint.read(written)) {
            double[] expected = parameters.values().flat().toDoubles();
            Data.requireSensible("the parameters", expected);
            Data.requireEqual("the checkpoint", checkpoint.parameters().values().flat().toDoubles(), expected, 0);
        } finally {
            parameters.close();
            Files.deleteIfExists(written);
            Files.deleteIfExists(file);
            Files.deleteIfExists(folder);
        }
    }
}
