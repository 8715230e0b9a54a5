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

/**
 * The same networks on what a Java user can choose from, in float32, on the same numbers: [1000, 1000, 1] in batches of
 * 100, about 10 million parameters each (B-splines of order 3 on 5 intervals; the MLP is 10 times as wide).
 *
 * <p>Fairness: everyone has as many threads as {@code threads} says (the Vector API implementation has one, compare it
 * with {@code -p threads=1}). A step is forward, mean squared error, gradients of all parameters and an Adam step. Making
 * batches is not included; predict is, from heap array to heap array, because that is what a caller has.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(value = 3, jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "--add-modules=jdk.incubator.vector"})
public abstract class NetworkBenchmark {

    /** Widths; the MLP's hidden ones are multiplied by 10. */
    @Param("1000x1000x1")
    public String layers;

    /** Rows of a training batch. */
    @Param("100")
    public int batch;

    /** Threads; 0 for as many as cores. */
    @Param("0")
    public int threads;

    private Network network;

    /** Opens the network that is measured. */
    abstract Network open(long[] widths, int rows, int count);

    /** Initialises. */
    @Setup
    public void open() {
        network = open(Data.widths(layers), batch, threads > 0 ? threads : Runtime.getRuntime().availableProcessors());
    }

    /** Forward, as training needs it. */
    @Benchmark
    public void forward() {
        network.forward();
    }

    /** A whole training step. */
    @Benchmark
    public double step() {
        return network.step();
    }

    /** The network learns its batch. */
    @TearDown(Level.Trial)
    public void checkAndClose() {
        try (Network measured = network) {
            double first = measured.step();
            double last = first;
            for (int i = 0; i < 20; i++) {
                last = measured.step();
            }
            if (!(last < first || first < 1e-3) || !Double.isFinite(first)) {
                throw new IllegalStateException("the network does not learn: loss " + first + " before 20 steps, " + last
                        + " after");
            }
        }
    }

    /** kan4j's B-spline network. */
    public static class Kan4jBSpline extends NetworkBenchmark {
        @Override
        Network open(long[] widths, int rows, int count) {
            return new Kan4jNetwork(Kan4jNetwork.bspline(widths), rows, count);
        }
    }

    /** kan4j's MLP of equally many parameters. */
    public static class Kan4jMlp extends NetworkBenchmark {
        @Override
        Network open(long[] widths, int rows, int count) {
            return new Kan4jNetwork(Kan4jNetwork.mlp(widths), rows, count);
        }
    }

    /** The B-spline network in plain Java with the Vector API, on one thread. */
    public static class VectorApiBSpline extends NetworkBenchmark {
        @Override
        Network open(long[] widths, int rows, int count) {
            return new VectorNetwork(widths, rows);
        }
    }
}
