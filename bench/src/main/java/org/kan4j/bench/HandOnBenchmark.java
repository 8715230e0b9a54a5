// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.bench;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.tools.ToolProvider;
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
 * A row of a B-spline network (float32, order 3, 5 intervals) in the forms that models are handed on in: the class that
 * kan4j compile prints and kan4j-scorer, beside {@link Predictor}. With {@code -prof org.kan4j.bench.CpuTime} in
 * processor time, which other programs on the machine do not stretch.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 3, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
public class HandOnBenchmark {

    private static final int ROWS = 64; // so that no cell of a grid is foreseen

    /** Widths. */
    @Param({"4x16x3", "784x64x10"})
    public String layers;

    private final float[][] rows = new float[ROWS][];
    private int next;
    private float[] y;
    private Form generated;
    private Scorer scorer;
    private Parameters parameters;
    private Predictor predictor;

    /** A form of a model; the compiled one implements it. */
    public interface Form {
        /** The result of a row x, into y. */
        void predict(float[] x, float[] y);
    }

    /** Makes the three forms of one model, which give the same. */
    @Setup
    public void open() throws IOException, ReflectiveOperationException {
        long[] widths = Data.widths(layers);
        for (int row = 0; row < ROWS; row++) {
            rows[row] = Data.uniform(row, (int) widths[0], -1);
        }
        y = new float[(int) widths[widths.length - 1]];
        Path folder = Files.createTempDirectory("kan4j-bench");
        parameters = Parameters.initialise(Kan4jNetwork.bspline(widths), 1);
        try {
            generated = compiled(folder, JavaSource.of(parameters, "Model", List.of()));
            Path file = folder.resolve("model.safetensors");
            Checkpoint.write(file, parameters, Map.of());
            scorer = Scorer.read(file);
            predictor = Predictor.of(parameters);
            requireTheSame();
        } finally {
            delete(folder);
        }
    }

    private static Form compiled(Path folder, String source) throws IOException, ReflectiveOperationException {
        compile(folder, source);
        try (URLClassLoader loader = loader(folder)) {
            Form form = form(loader);
            loader.loadClass("Model").getField("INPUTS").get(null); // before the folder is gone
            return form;
        }
    }

    /** Compiles a model's source into a folder, and a class Call beside it through which it is called. */
    static void compile(Path folder, String source) throws IOException {
        Path model = Files.writeString(folder.resolve("Model.java"), source);
        Path call = Files.writeString(folder.resolve("Call.java"), """
                public final class Call implements %s {
                    private final float[] scratch = new float[Model.SCRATCH];

                    @Override
                    public void predict(float[] x, float[] y) {
                        Model.predict(x, 0, y, 0, scratch);
                    }
                }
                """.formatted(Form.class.getCanonicalName()));
        if (ToolProvider.getSystemJavaCompiler().run(null, null, null, "-proc:none", "-cp", System.getProperty(
                "java.class.path"), "-d", folder.toString(), model.toString(), call.toString()) != 0) {
            throw new IllegalStateException("the generated class does not compile");
        }
    }

    static void delete(Path folder) throws IOException {
        try (var files = Files.walk(folder)) {
            for (Path file : new ArrayList<>(files.toList()).reversed()) {
                Files.delete(file);
            }
        }
    }

    static URLClassLoader loader(Path folder) throws IOException {
        return new URLClassLoader(new URL[] {folder.toUri().toURL()}, Form.class.getClassLoader());
    }

    static Form form(URLClassLoader loader) throws ReflectiveOperationException {
        return (Form) loader.loadClass("Call").getConstructor().newInstance();
    }

    private float[] row() {
        next = (next + 1) % ROWS;
        return rows[next];
    }

    /** The generated class. */
    @Benchmark
    public float[] generated() {
        generated.predict(row(), y);
        return y;
    }

    /** kan4j-scorer. */
    @Benchmark
    public float[] scorer() {
        return scorer.predict(row());
    }

    /** The native library. */
    @Benchmark
    public float[] predictor() {
        predictor.predict(row(), y);
        return y;
    }

    /** Closes what has memory of its own. */
    @TearDown
    public void close() {
        predictor.close();
        parameters.close();
    }

    private void requireTheSame() {
        for (float[] row : rows) {
            double[] expected = doubles(predictor.predict(row));
            generated.predict(row, y);
            Data.requireEqual("the generated class's result", doubles(y), expected, 1e-5);
            Data.requireEqual("kan4j-scorer's result", doubles(scorer.predict(row)), expected, 1e-5);
        }
    }

    private static double[] doubles(float[] values) {
        double[] wide = new double[values.length];
        for (int i = 0; i < wide.length; i++) {
            wide[i] = values[i];
        }
        return wide;
    }
}
