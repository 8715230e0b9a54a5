// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.bench;

import java.lang.foreign.Arena;
import java.util.concurrent.TimeUnit;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.BSplineRbf;
import org.kan4j.basis.Chebyshev;
import org.kan4j.device.Context;
import org.kan4j.device.ContextOptions;
import org.kan4j.tensor.DType;
import org.kan4j.basis.Fourier;
import org.kan4j.basis.GaussianRbf;
import org.kan4j.tensor.HostTensor;
import org.kan4j.basis.Jacobi;
import org.kan4j.layer.KanLayer;
import org.kan4j.model.KanModel;
import org.kan4j.layer.LayerSpec;
import org.kan4j.layer.Linear;
import org.kan4j.optim.Optimizer;
import org.kan4j.optim.OptimizerState;
import org.kan4j.model.ParameterVector;
import org.kan4j.model.Parameters;
import org.kan4j.basis.Rational;
import org.kan4j.basis.ReluPower;
import org.kan4j.basis.Rswaf;
import org.kan4j.basis.Sine;
import org.kan4j.device.Tier;
import org.kan4j.basis.Wavelet;
import org.kan4j.model.Workspace;
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
 * One square layer through the public API: forward for training, backward to parameters and input, both with AdamW in
 * them (a step), and forward alone without anything saved (predict). Torn down, outputs and gradients are compared with
 * the double-precision reference.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 3, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
public class LayerBenchmark {

    private static final int CHECKED_ROWS = 8;
    private static final double LARGEST_CHECKED = 1e8; // multiply-adds that the reference can do in a moment

    /** Basis, or {@code linear}. */
    @Param({"bspline", "rbf", "rswaf", "fourier", "chebyshev", "jacobi", "sine", "wavelet", "relu", "rational", "bsrbf",
        "linear"})
    public String basis;

    /** Input and output features. */
    @Param({"64", "512"})
    public int size;

    /** Rows. */
    @Param({"1", "128"})
    public int batch;

    /** Intervals, centres, degree, frequencies. */
    @Param("5")
    public int grid;

    /** Spline order, where there is one. */
    @Param("3")
    public int order;

    /** F32 or F64. */
    @Param("F32")
    public DType dtype;

    /** Threads of the context; 0 for as many as cores. */
    @Param("0")
    public int threads;

    private Arena arena;
    private Context context;
    private Parameters parameters;
    private ParameterVector gradients;
    private OptimizerState state;
    private Workspace training;
    private Workspace inference;
    private HostTensor x;
    private HostTensor y;
    private HostTensor gradOutput;
    private HostTensor gradInput;

    private KanModel model() {
        LayerSpec layer = switch (basis) {
            case "bspline" -> KanLayer.of(size, size, BSpline.of(grid, order));
            case "rbf" -> KanLayer.of(size, size, GaussianRbf.of(grid));
            case "rswaf" -> KanLayer.of(size, size, Rswaf.of(grid));
            case "fourier" -> KanLayer.of(size, size, new Fourier(grid));
            case "chebyshev" -> KanLayer.of(size, size, new Chebyshev(grid));
            case "jacobi" -> KanLayer.of(size, size, Jacobi.of(grid));
            case "sine" -> KanLayer.of(size, size, new Sine(grid));
            case "wavelet" -> KanLayer.of(size, size, new Wavelet(Wavelet.Kind.MEXICAN_HAT));
            case "relu" -> KanLayer.of(size, size, new ReluPower(grid, order));
            case "rational" -> KanLayer.of(size, size, new Rational(size % 8 == 0 ? 8 : 1));
            case "bsrbf" -> KanLayer.of(size, size, BSplineRbf.of(grid, order));
            case "linear" -> Linear.of(size, size);
            default -> throw new IllegalArgumentException("no such basis: " + basis);
        };
        return KanModel.of(dtype, layer);
    }

    private static ContextOptions options(int threads) {
        return threads > 0 ? ContextOptions.defaults().withThreads(threads) : ContextOptions.defaults();
    }

    /** Allocates and runs a forward pass for backward to stand on. */
    @Setup
    public void open() {
        arena = Arena.ofConfined();
        context = Context.open(options(threads));
        parameters = Parameters.initialise(model(), 1);
        gradients = parameters.newVector();
        state = OptimizerState.of(Optimizer.adamW(1e-3, 0.01), parameters);
        x = Data.matrix(arena, dtype, Data.uniform(2, batch * size, -1), batch, size);
        gradOutput = Data.matrix(arena, dtype, Data.uniform(3, batch * size, -1), batch, size);
        y = HostTensor.allocate(arena, dtype, batch, size);
        gradInput = HostTensor.allocate(arena, dtype, batch, size);
        inference = Workspace.inference(context, parameters, batch);
        training = Workspace.training(context, parameters, batch);
        training.forward(x, y);
    }

    /** Forward, saving what backward needs. */
    @Benchmark
    public HostTensor forward() {
        training.forward(x, y);
        return y;
    }

    /** Backward to parameters and input. */
    @Benchmark
    public HostTensor backward() {
        training.backward(x, gradOutput, gradients, gradInput);
        return gradInput;
    }

    /** Forward, and backward to the parameters with AdamW in it. */
    @Benchmark
    public HostTensor step() {
        training.forward(x, y);
        state.backwardStep(training, x, gradOutput, 1e-6);
        return y;
    }

    /** Forward, saving nothing. */
    @Benchmark
    public HostTensor predict() {
        inference.forward(x, y);
        return y;
    }

    /** Compares with the reference, and frees. */
    @TearDown(Level.Trial)
    public void checkAndClose() {
        try {
            check();
        } finally {
            training.close();
            inference.close();
            state.close();
            gradients.close();
            parameters.close();
            context.close();
            arena.close();
        }
    }

    private void check() {
        training.forward(x, y);
        training.backward(x, gradOutput, gradients, gradInput);
        boolean small = (double) parameters.model().parameterCount() * batch <= LARGEST_CHECKED;
        long rows = small ? batch : Math.min(batch, CHECKED_ROWS);
        double tolerance = dtype == DType.F32 ? 1e-4 : 1e-10;
        try (Arena local = Arena.ofConfined();
                Context exact = Context.open(ContextOptions.defaults().withThreads(1).withTier(Tier.REFERENCE));
                Workspace reference = Workspace.training(exact, parameters, rows);
                ParameterVector expected = parameters.newVector()) {
            HostTensor few = x.slice(0, rows);
            HostTensor outputs = reference.forward(few).to(local, dtype);
            Data.requireSensible("the output", y.toDoubles());
            Data.requireEqual("the output", y.slice(0, rows).toDoubles(), outputs.toDoubles(), tolerance);
            Data.requireSensible("the gradient", gradients.flat().toDoubles());
            if (small) {
                HostTensor expectedInput = HostTensor.allocate(local, dtype, rows, size);
                reference.backward(few, gradOutput, expected, expectedInput);
                Data.requireEqual("the gradient", gradients.flat().toDoubles(), expected.flat().toDoubles(), tolerance);
                Data.requireEqual("the input's gradient", gradInput.toDoubles(), expectedInput.toDoubles(), tolerance);
            }
        }
    }
}
