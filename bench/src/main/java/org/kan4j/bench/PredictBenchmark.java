// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.bench;

import java.util.concurrent.TimeUnit;
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

/** Serving: rows from a heap array into a heap array, on one thread; percentiles of single calls. */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 3, jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "--add-modules=jdk.incubator.vector"})
public abstract class PredictBenchmark {

    /** Widths. */
    @Param({"4x16x3", "30x32x1", "784x64x10"})
    public String layers;

    /** Rows of a call. */
    @Param({"1", "8", "32"})
    public int batch;

    private Network network;
    private float[] x;
    private float[] y;

    /** Opens the network that is measured. */
    abstract Network open(long[] widths, int rows);

    /** Initialises. */
    @Setup
    public void open() {
        long[] widths = Data.widths(layers);
        network = open(widths, batch);
        x = Data.uniform(4, (int) widths[0] * batch, -1);
        y = new float[(int) widths[widths.length - 1] * batch];
    }

    /** One call. */
    @Benchmark
    public float[] predict() {
        network.predict(x, y);
        return y;
    }

    /** Other inputs give other outputs. */
    @TearDown(Level.Trial)
    public void checkAndClose() {
        try (Network measured = network) {
            float[] other = y.clone();
            measured.predict(x, y);
            measured.predict(Data.uniform(5, x.length, -1), other);
            double difference = 0;
            for (int i = 0; i < y.length; i++) {
                difference += Math.abs(y[i] - other[i]);
            }
            Data.requireSensible("the difference of two predictions", difference);
        }
    }

    /** kan4j's B-spline network. */
    public static class Kan4jBSpline extends PredictBenchmark {
        @Override
        Network open(long[] widths, int rows) {
            return new Kan4jNetwork(Kan4jNetwork.bspline(widths), rows, 1);
        }
    }

    /** The B-spline network in plain Java with the Vector API. */
    public static class VectorApiBSpline extends PredictBenchmark {
        @Override
        Network open(long[] widths, int rows) {
            return new VectorNetwork(widths, rows);
        }
    }
}
