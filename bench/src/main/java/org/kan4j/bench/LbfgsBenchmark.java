// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.bench;

import java.lang.foreign.Arena;
import java.util.concurrent.TimeUnit;
import org.kan4j.basis.BSpline;
import org.kan4j.device.Context;
import org.kan4j.device.ContextOptions;
import org.kan4j.tensor.DType;
import org.kan4j.train.DataObjective;
import org.kan4j.rows.Dataset;
import org.kan4j.tensor.HostTensor;
import org.kan4j.model.KanModel;
import org.kan4j.optim.Lbfgs;
import org.kan4j.optim.LbfgsMinimizer;
import org.kan4j.optim.Loss;
import org.kan4j.model.Parameters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One iteration of full-batch L-BFGS, line search included: the mean over the first 200 on 1000 points of
 * exp(sin(pi x) + y^2), B-splines of 5 intervals and order 3 in float64, 10 remembered steps. What
 * {@code bench/peers/pykan_lbfgs.py} times.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 3, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
public class LbfgsBenchmark {

    private static final int ITERATIONS = 200;
    private static final int ROWS = 1000;

    /** Widths. */
    @Param("2x5x1")
    public String layers;

    /** Of the context. */
    @Param({"1", "2"})
    public int threads;

    private Arena arena;
    private Context context;
    private Parameters start;
    private Parameters parameters;
    private DataObjective objective;
    private LbfgsMinimizer minimizer;
    private Lbfgs.Result result;

    /** Samples the function and draws the parameters. */
    @Setup
    public void open() {
        arena = Arena.ofConfined();
        context = Context.open(ContextOptions.defaults().withThreads(threads));
        HostTensor x = Data.matrix(arena, DType.F64, Data.uniform(1, 2 * ROWS, -1), ROWS, 2);
        HostTensor y = HostTensor.allocate(arena, DType.F64, ROWS, 1);
        for (int row = 0; row < ROWS; row++) {
            y.set(Math.exp(Math.sin(Math.PI * x.get(row, 0)) + Math.pow(x.get(row, 1), 2)), row, 0);
        }
        start = Parameters.initialise(KanModel.kan(DType.F64, BSpline.of(5, 3), Data.widths(layers)), 1);
        parameters = start.copy();
        objective = DataObjective.of(context, parameters, Dataset.regression(x, y), new Loss.Mse());
        minimizer = LbfgsMinimizer.of(context, parameters, Lbfgs.of(ITERATIONS).withHistory(10));
    }

    /** From the same parameters each time. */
    @Benchmark
    @OperationsPerInvocation(ITERATIONS)
    public double iteration() {
        parameters.copyFrom(start);
        minimizer.reset();
        result = minimizer.minimize(objective);
        return result.value();
    }

    /** All iterations were made, and they led somewhere. */
    @TearDown(Level.Trial)
    public void checkAndClose() {
        try {
            if (result.iterations() != ITERATIONS || !(result.value() < 1e-3)) {
                throw new IllegalStateException("expected " + ITERATIONS + " iterations to a loss below 1e-3, got " + result);
            }
        } finally {
            minimizer.close();
            objective.close();
            parameters.close();
            start.close();
            context.close();
            arena.close();
        }
    }
}
