// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli.bench;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.kan4j.Context;
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
 * parameters, and to the input on request; and a whole training step (forward, mean squared error, backward and AdamW in
 * one pass). Input is uniform in -1..1, targets in 0..1. Medians over the repetitions, after a warm-up.
 *
 * <p>Included: the calls through Java, their checks, and all work on a batch. Not included: making batches, allocation
 * (workspaces are made once) and, as forward and backward are timed apart, the loss between the two.
 */
public final class Bench {

    private static final int WARM_UP = 5;
    private static final double WARM_UP_SECONDS = 0.5;
    private static final double LEARNING_RATE = 1e-3;

    /**
     * What was measured.
     *
     * @param parameters trainable numbers
     * @param forwardMs median
     * @param backwardMs median
     * @param stepMs median
     * @param extraBytes memory that forward and backward hold beyond parameters and gradients: activations, their
     *     gradients, what forward saves for backward, and scratch
     */
    public record Result(long parameters, double forwardMs, double backwardMs, double stepMs, long extraBytes) {
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
    public static Result run(Context context, KanModel model, int batch, boolean inputGradient, int repetitions, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        try (Arena arena = Arena.ofConfined();
             Parameters parameters = Parameters.initialise(model, seed);
             Workspace workspace = Workspace.training(context, parameters, batch);
             ParameterVector gradients = parameters.newVector();
             OptimizerState state = new OptimizerState(Optimizer.adamW(LEARNING_RATE, 0.01), parameters)) {
            HostTensor x = random(arena, model, batch, model.in(), random, -1);
            HostTensor y = random(arena, model, batch, model.out(), random, 0);
            HostTensor gradOutput = HostTensor.allocate(arena, model.dtype(), batch, model.out());
            HostTensor gradInput = inputGradient ? HostTensor.allocate(arena, model.dtype(), batch, model.in()) : null;
            Loss loss = new Loss.Mse();
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
                HostTensor output = workspace.forward(x);
                loss.evaluate(context, output, y, null, gradOutput);
                workspace.backwardStep(x, gradOutput, state, LEARNING_RATE);
                long t4 = System.nanoTime();
                if (done >= 0) {
                    forward[done] = (t1 - t0) / 1e6;
                    backward[done] = (t3 - t2) / 1e6;
                    step[done] = (t4 - t3) / 1e6;
                }
                // The warm-up lasts until the virtual machine has compiled its part too.
                done += done == -1 && (System.nanoTime() - begin) / 1e9 < WARM_UP_SECONDS ? 0 : 1;
            }
            // A benchmark of something that does not train would be worthless.
            if (!Double.isFinite(last) || !(last < first)) {
                throw new IllegalStateException("the measured model did not learn: loss " + first + " before, " + last
                        + " after");
            }
            long extra = workspace.bytes() + bytes(gradOutput) + (gradInput == null ? 0 : bytes(gradInput));
            return new Result(model.parameterCount(), median(forward), median(backward), median(step), extra);
        }
    }

    private static HostTensor random(Arena arena, KanModel model, long rows, long columns, SplittableRandom random,
                                     double low) {
        HostTensor tensor = HostTensor.allocate(arena, model.dtype(), rows, columns);
        for (long r = 0; r < rows; r++) {
            for (long c = 0; c < columns; c++) {
                tensor.set(low + (1 - low) * random.nextDouble(), r, c);
            }
        }
        return tensor;
    }

    private static long bytes(HostTensor tensor) {
        return tensor.segment().byteSize();
    }

    static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int n = sorted.length;
        return n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
    }
}
