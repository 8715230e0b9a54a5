// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli.bench;

import java.lang.foreign.Arena;
import java.util.SplittableRandom;
import org.kan4j.Context;
import org.kan4j.DType;
import org.kan4j.HostTensor;
import org.kan4j.KanModel;
import org.kan4j.Loss;
import org.kan4j.Optimizer;
import org.kan4j.OptimizerState;
import org.kan4j.ParameterVector;
import org.kan4j.Parameters;
import org.kan4j.Workspace;

/**
 * Times a model as KAN-benchmarking does, phase by phase through the public Java API: forward; backward to the
 * parameters, and to the input on request; and a whole training step (forward, mean squared error, backward and AdamW).
 * The phases take turns. Input is uniform in -1..1, targets in 0..1. Warm-up before.
 *
 * <p>Included: the calls through Java, their checks, and all work on a batch. Not included: making batches, allocation
 * (workspaces are made once) and, as forward and backward are timed apart, the loss between the two.
 */
public final class Bench {

    private static final int WARM_UP = 5;
    private static final double WARM_UP_SECONDS = 0.5;
    private static final double RATE = 1e-3;

    /**
     * What was measured.
     *
     * @param parameters trainable numbers
     * @param forward milliseconds
     * @param backward milliseconds
     * @param step milliseconds
     * @param forwardBytes memory that forward holds beyond parameters: activations, what it saves for backward, scratch
     * @param backwardBytes memory that forward and backward together hold beyond parameters and their gradients
     */
    public record Result(long parameters, Sample forward, Sample backward, Sample step, long forwardBytes,
                         long backwardBytes) {
    }

    private Bench() {
    }

    /**
     * Measures a model.
     *
     * @param batch rows
     * @param inputGradient whether backward computes the gradient of the input too, as in the middle of a network
     * @param repetitions at least 1
     */
    public static Result run(Context context, KanModel model, long batch, boolean inputGradient, int repetitions, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        DType dtype = model.dtype();
        Loss loss = new Loss.Mse();
        try (Arena arena = Arena.ofConfined();
             Parameters parameters = Parameters.initialise(model, seed);
             ParameterVector gradients = parameters.newVector();
             OptimizerState state = new OptimizerState(Optimizer.adamW(RATE, 0.01), parameters);
             Workspace workspace = Workspace.training(context, parameters, batch)) {
            HostTensor x = random(arena, dtype, batch, model.in(), random, -1);
            HostTensor y = random(arena, dtype, batch, model.out(), random, 0);
            HostTensor gradOutput = HostTensor.allocate(arena, dtype, batch, model.out());
            HostTensor gradInput = inputGradient ? HostTensor.allocate(arena, dtype, batch, model.in()) : null;
            double[] forward = new double[repetitions];
            double[] backward = new double[repetitions];
            double[] step = new double[repetitions];
            long begin = System.nanoTime();
            int done = -WARM_UP;
            double first = Double.NaN;
            double last = Double.NaN;
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
                workspace.backwardStep(x, gradOutput, state, RATE);
                long t4 = System.nanoTime();
                if (done >= 0) {
                    forward[done] = (t1 - t0) / 1e6;
                    backward[done] = (t3 - t2) / 1e6;
                    step[done] = (t4 - t3) / 1e6;
                }
                // The warm-up lasts until the virtual machine has compiled its part too.
                done += done == -1 && (System.nanoTime() - begin) * 1e-9 < WARM_UP_SECONDS ? 0 : 1;
            }
            // Times of something that computes nonsense would be worthless.
            if (!Double.isFinite(last) || last == first) {
                throw new IllegalStateException("the measured model did not train: loss " + first + " before, " + last
                        + " after");
            }
            long backwardBytes = workspace.bytes() + bytes(gradOutput) + (gradInput == null ? 0 : bytes(gradInput));
            return new Result(model.parameterCount(), new Sample(forward), new Sample(backward), new Sample(step),
                    workspace.forwardBytes(), backwardBytes);
        }
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
