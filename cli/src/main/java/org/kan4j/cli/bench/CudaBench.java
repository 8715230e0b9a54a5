// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli.bench;

import java.lang.foreign.Arena;
import java.util.SplittableRandom;
import org.kan4j.device.Context;
import org.kan4j.tensor.DType;
import org.kan4j.device.DeviceGraph;
import org.kan4j.tensor.DeviceTensor;
import org.kan4j.tensor.HostTensor;
import org.kan4j.model.KanModel;
import org.kan4j.layer.Linear;
import org.kan4j.optim.Loss;
import org.kan4j.optim.Optimizer;
import org.kan4j.optim.OptimizerState;
import org.kan4j.model.ParameterVector;
import org.kan4j.model.Parameters;
import org.kan4j.model.Workspace;

/**
 * Times a model as {@link Bench} does, on a CUDA device: each phase is recorded once and replayed, as the trainer does with
 * its steps, and its time is the device's own, between two marks around a run of launches, divided by their number. So what
 * a launch costs the host is left out as long as the host keeps ahead.
 */
public final class CudaBench implements Measurement {

    private static final int LAUNCHES = 10;
    private static final int WARM_UP = 3;
    private static final double RATE = 1e-3;

    private final Context context;
    private final Arena arena = Arena.ofConfined();
    private final Parameters parameters;
    private final ParameterVector gradients;
    private final OptimizerState state;
    private final Workspace workspace;
    private final DeviceTensor x;
    private final DeviceTensor y;
    private final DeviceTensor gradOutput;
    private final DeviceTensor gradInput;
    private final DeviceTensor value;
    private final DeviceGraph[] phases;
    private final double first;

    /** Makes a model with its data on the device and records its phases; parameters as {@link Bench}. */
    public CudaBench(Context context, KanModel model, long batch, boolean inputGradient, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        DType dtype = model.dtype();
        Loss loss = new Loss.Mse();
        this.context = context;
        try (Parameters host = Parameters.initialise(model, seed)) {
            parameters = host.onto(context);
        }
        gradients = parameters.newVector();
        state = OptimizerState.of(Optimizer.adamW(RATE, 0.01), parameters);
        workspace = Workspace.training(context, parameters, batch);
        x = DeviceTensor.of(context, Bench.random(arena, dtype, batch, model.in(), random, -1));
        y = DeviceTensor.of(context, Bench.random(arena, dtype, batch, model.out(), random, 0));
        gradOutput = DeviceTensor.allocate(context, dtype, batch, model.out());
        gradInput = DeviceTensor.allocate(context, dtype, inputGradient ? batch : 0, model.in());
        value = DeviceTensor.allocate(context, DType.F64, 1);
        Runnable forward = () -> workspace.forward(x);
        Runnable backward = () -> workspace.backward(x, gradOutput, gradients, inputGradient ? gradInput : null);
        Runnable step = () -> {
            loss.evaluate(context, workspace.forward(x), y, null, gradOutput, value);
            state.backwardStep(workspace, x, gradOutput, RATE);
        };
        step.run(); // kernels are loaded by their first launch, which cannot be recorded
        first = read(arena, value);
        forward.run();
        backward.run();
        forward.run();
        phases = new DeviceGraph[] {context.capture(forward), context.capture(backward), context.capture(step)};
    }

    @Override
    public Round round(int repetitions) {
        double[][] times = new double[phases.length][repetitions];
        for (int repetition = -WARM_UP; repetition < repetitions; repetition++) {
            for (int phase = 0; phase < phases.length; phase++) {
                double time = time(context, phases[phase]::launch);
                if (repetition >= 0) {
                    times[phase][repetition] = time;
                }
            }
        }
        double last = read(arena, value);
        if (!Double.isFinite(last) || last == first) {
            throw new IllegalStateException("the measured model did not train: loss " + first + " before, " + last
                    + " after");
        }
        return new Round(new Sample(times[0]), new Sample(times[1]), new Sample(times[2]));
    }

    @Override
    public long forwardBytes() {
        return workspace.forwardBytes();
    }

    @Override
    public long backwardBytes() {
        return workspace.bytes() + 4 * (gradOutput.size() + gradInput.size());
    }

    @Override
    public void close() {
        for (DeviceGraph phase : phases) {
            phase.close();
        }
        for (DeviceTensor tensor : new DeviceTensor[] {x, y, gradOutput, gradInput, value}) {
            tensor.close();
        }
        workspace.close();
        state.close();
        gradients.close();
        parameters.close();
        arena.close();
    }

    private static double read(Arena arena, DeviceTensor value) {
        return value.copyTo(HostTensor.allocate(arena, DType.F64, 1)).get(0);
    }

    /** Milliseconds of one launch in a run of them. */
    private static double time(Context context, Runnable launch) {
        context.record(0);
        for (int i = 0; i < LAUNCHES; i++) {
            launch.run();
        }
        context.record(1);
        return context.elapsedMillis(0, 1) / LAUNCHES;
    }

    /**
     * The device's rates: multiply-adds a second of the best of growing products, bytes a second of the best of growing
     * copies on the device, read and written added up.
     */
    public static Rates rates(Context context) {
        double copy = 0;
        for (long bytes = 1 << 20; bytes <= 1L << 30; bytes *= 4) {
            try (DeviceTensor from = DeviceTensor.allocate(context, DType.F32, bytes / 4);
                    DeviceTensor to = DeviceTensor.allocate(context, DType.F32, bytes / 4)) {
                to.copyFrom(from);
                double millis = time(context, () -> to.copyFrom(from));
                copy = Math.max(copy, 2 * bytes / millis * 1e3);
                if (millis > 2) {
                    break;
                }
            }
        }
        double products = 0;
        for (long n = 64; n <= 8192; n *= 2) {
            try (Arena arena = Arena.ofConfined();
                    Parameters host = Parameters.initialise(KanModel.of(DType.F32, new Linear(n, n, false)), 1);
                    Parameters parameters = host.onto(context);
                    Workspace workspace = Workspace.inference(context, parameters, n);
                    DeviceTensor x = DeviceTensor.of(context,
                            Bench.random(arena, DType.F32, n, n, new SplittableRandom(1), -1))) {
                workspace.forward(x);
                double millis = time(context, () -> workspace.forward(x));
                products = Math.max(products, (double) n * n * n / millis * 1e3);
                if (millis > 2) {
                    break;
                }
            }
        }
        return new Rates(products, copy, copy);
    }
}
