// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.bench;

import java.io.IOException;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.kan4j.export.JavaSource;
import org.kan4j.io.Checkpoint;
import org.kan4j.model.Parameters;
import org.kan4j.scorer.Scorer;
import org.kan4j.serve.Predictor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * From nothing to a first prediction in a fresh VM, which has loaded none of it before: the generated class is loaded, or
 * the checkpoint read, and one row predicted. The forms are those of {@link HandOnBenchmark}, made by another VM.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 0)
@Measurement(iterations = 1)
@Fork(value = 10, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
public class FirstPredictionBenchmark {

    /** Widths. */
    @Param({"4x16x3", "64x32x10", "784x64x10"})
    public String layers;

    private Path folder;
    private Path model;
    private float[] x;
    private float[] y;

    /** Has another VM make the model's files. */
    @Setup
    public void open() throws IOException, InterruptedException {
        long[] widths = Data.widths(layers);
        x = Data.uniform(1, (int) widths[0], -1);
        y = new float[(int) widths[widths.length - 1]];
        folder = Files.createTempDirectory("kan4j-bench");
        model = folder.resolve("model.safetensors");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path")));
        String library = System.getProperty("kan4j.native.path");
        if (library != null) {
            command.add("-Dkan4j.native.path=" + library);
        }
        command.addAll(List.of(FirstPredictionBenchmark.class.getName(), folder.toString(), layers));
        if (new ProcessBuilder(command).inheritIO().start().waitFor() != 0) {
            throw new IllegalStateException("the model's files could not be made");
        }
    }

    /** Writes a model of some widths into a folder, as a checkpoint and as a class. */
    public static void main(String[] args) throws IOException {
        Path folder = Path.of(args[0]);
        try (Parameters parameters = Parameters.initialise(Kan4jNetwork.bspline(Data.widths(args[1])), 1)) {
            Checkpoint.write(folder.resolve("model.safetensors"), parameters, Map.of());
            HandOnBenchmark.compile(folder, JavaSource.of(parameters, "Model", List.of()));
        }
    }

    /** The generated class. */
    @Benchmark
    public float[] generated() throws IOException, ReflectiveOperationException {
        try (URLClassLoader loader = HandOnBenchmark.loader(folder)) {
            HandOnBenchmark.form(loader).predict(x, y);
            return y;
        }
    }

    /** kan4j-scorer. */
    @Benchmark
    public float[] scorer() throws IOException {
        return Scorer.read(model).predict(x);
    }

    /** The native library. */
    @Benchmark
    public float[] predictor() throws IOException {
        try (Checkpoint checkpoint = Checkpoint.read(model); Predictor predictor = Predictor.of(checkpoint.parameters())) {
            return predictor.predict(x);
        }
    }

    /** Deletes the files. */
    @TearDown
    public void close() throws IOException {
        HandOnBenchmark.delete(folder);
    }
}
