// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli.bench;

import java.lang.foreign.Arena;
import java.util.SplittableRandom;
import org.kan4j.device.Context;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.model.KanModel;
import org.kan4j.optim.Loss;
import org.kan4j.optim.Optimizer;
import org.kan4j.optim.OptimizerState;
import org.kan4j.model.ParameterVector;
import org.kan4j.model.Parameters;
import org.kan4j.model.Workspace;

/**
 * Times a model as KAN-benchmarking does, phase by phase through the public Java API: forward; backward to the
 * parameters, and to the input on request; and a whole training step (forward, mean squared error, backward and AdamW).
 * The phases take turns. Input is uniform in -1..1, targets in 0..1. Warm-up before.
 *
 * <p>Included: the calls through Java, their checks, and all work on a batch. Not included: making batches, allocation
 * (workspaces are made once) and, as forward and backward are timed apart, the loss between the two.
 */
public final class Bench implements Measurement {

    private static final int WARM_UP = 5;
    private static final double WARM_UP_SECONDS = 0.5;
    private static final double RATE = 1e-3;

    private final Context context;
    private final Loss loss = new Loss.Mse();
    private final Arena arena = Arena.ofConfined();
    private final Parameters parameters;
    private final ParameterVector gradients;
    private final OptimizerState state;
    private final Workspace workspace;
    private final HostTensor x;
    private final HostTensor y;
    private final HostTensor gradOutput;
    private final HostTensor gradInput;
    private double first = Double.NaN;
    private double last = Double.NaN;

    /**
     * Makes a model with its data, all that a step needs.
     *
     * @param batch rows
     * @param inputGradient whether backward computes the gradient of the input too, as in the middle of a network
     */
    public Bench(Context context, KanModel model, long batch, boolean inputGradient, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        DType dtype = model.dtype();
        this.context = context;
        parameters = Parameters.initialise(model, seed);
        gradients = parameters.newVector();
        state = OptimizerState.of(Optimizer.adamW(RATE, 0.01), parameters);
        workspace = Workspace.training(context, parameters, batch);
        x = random(arena, dtype, batch, model.in(), random, -1);
        y = random(arena, dtype, batch, model.out(), random, 0);
        gradOutput = HostTensor.allocate(arena, dtype, batch, model.out());
        gradInput = inputGradient ? HostTensor.allocate(arena, dtype, batch, model.in()) : null;
    }

    @Override
    public Round round(int repetitions) {
        double[] forward = new double[repetitions];
        double[] backward = new double[repetitions];
        double[] step = new double[repetitions];
        // The first warm-up lasts until the virtual machine has compiled its part too; later ones fill the caches.
        boolean cold = Double.isNaN(first);
        long begin = System.nanoTime();
        int done = cold ? -WARM_UP : -1;
        while (done < repetitions) {
            long t0 = System.nanoTime();
            HostTensor prediction = workspace.forward(x);
            long t1 = System.nanoTime();
            last = loss.evaluate(context, prediction, y, null, gradOutput);
            first = Double.isNaN(first) ? last : first;
            long t2 = System.nanoTime();
            workspace.backward(x, gradOutput, gradients, gradInput);
            long t3 = System.nanoTime();
            loss.evaluate(context, workspace.forward(x), y, null, gradOutput);
            state.backwardStep(workspace, x, gradOutput, RATE);
            long t4 = System.nanoTime();
            if (done >= 0) {
                forward[done] = (t1 - t0) / 1e6;
                backward[done] = (t3 - t2) / 1e6;
                step[done] = (t4 - t3) / 1e6;
            }
            done += cold && done == -1 && (System.nanoTime() - begin) * 1e-9 < WARM_UP_SECONDS ? 0 : 1;
        }
        // Times of something that computes nonsense would be worthless.
        if (!Double.isFinite(last) || last == first) {
            throw new IllegalStateException("the measured model did not train: loss " + first + " before, " + last
                    + " after");
        }
        return new Round(new Sample(forward), new Sample(backward), new Sample(step));
    }

    @Override
    public long forwardBytes() {
        return workspace.forwardBytes();
    }

    @Override
    public long backwardBytes() {
        return workspace.bytes() + bytes(gradOutput) + (gradInput == null ? 0 : bytes(gradInput));
    }

    @Override
    public void close() {
        workspace.close();
        state.close();
        gradients.close();
        parameters.close();
        arena.close();
    }

    static HostTensor random(Arena arena, DType dtype, long rows, long columns, SplittableRandom random, double low) {
        HostTensor tensor = HostTensor.allocate(arena, dtype, rows, columns);
        for (long i = 0; i < rows * columns; i++) {
            tensor.set(low + (1 - low) * random.nextDouble(), i);
        }
        return tensor;
    }

    private static long bytes(HostTensor tensor) {
        return tensor.segment().byteSize();
    }
}
