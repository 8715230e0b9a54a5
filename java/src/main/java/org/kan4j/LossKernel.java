// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.kan4j.ffi.Kan;

/** The native loss on memory that has been checked. */
final class LossKernel {

    private LossKernel() {
    }

    /** As {@link Loss#evaluate}; absent arrays are NULL. */
    static double evaluate(Loss loss, Context context, DType dtype, long rows, long out, MemorySegment predictions,
                           MemorySegment targets, MemorySegment weights, MemorySegment gradient, Scalar value) {
        queue(loss, context, dtype, rows, out, predictions, targets, weights, gradient, value.array());
        return value.get();
    }

    /** The same without waiting for the value. */
    static void queue(Loss loss, Context context, DType dtype, long rows, long out, MemorySegment predictions,
                      MemorySegment targets, MemorySegment weights, MemorySegment gradient, MemorySegment value) {
        if (loss instanceof Loss.Custom custom) {
            context.requireCpu("a loss of one's own");
            value.set(ValueLayout.JAVA_DOUBLE, 0, own(custom, dtype, rows, (int) out, predictions, targets, weights, gradient));
            return;
        }
        double delta = switch (loss) {
            case Loss.Huber huber -> huber.delta();
            case Loss.BinaryCrossEntropy binary -> binary.positiveWeight();
            default -> 1;
        };
        Native.check(Kan.kan_loss(context.handle(), code(loss), dtype.code(), rows, out, predictions, targets, weights,
            delta, gradient, value), context.handle());
    }

    /** The mean of a loss of rows; the gradient may take the place of the predictions. */
    private static double own(Loss.Custom loss, DType dtype, long rows, int out, MemorySegment predictions,
                              MemorySegment targets, MemorySegment weights, MemorySegment gradient) {
        double[] y = new double[out];
        double[] t = new double[loss.classes() ? 1 : out];
        double[] g = new double[out];
        double total = 0;
        for (long i = 0; i < rows; i++) {
            total += weights.byteSize() > 0 ? number(dtype, weights, i) : 1;
        }
        double sum = 0;
        for (long i = 0; i < rows; i++) {
            for (int o = 0; o < out; o++) {
                y[o] = number(dtype, predictions, i * out + o);
            }
            for (int o = 0; o < t.length; o++) {
                t[o] = loss.classes() ? targets.getAtIndex(ValueLayout.JAVA_INT, i) : number(dtype, targets, i * out + o);
            }
            Arrays.fill(g, 0);
            double share = (weights.byteSize() > 0 ? number(dtype, weights, i) : 1) / total;
            sum += share * loss.row(y, t, g);
            for (int o = 0; o < out && gradient.byteSize() > 0; o++) {
                if (dtype == DType.F32) {
                    gradient.setAtIndex(ValueLayout.JAVA_FLOAT, i * out + o, (float) (share * g[o]));
                } else {
                    gradient.setAtIndex(ValueLayout.JAVA_DOUBLE, i * out + o, share * g[o]);
                }
            }
        }
        return sum;
    }

    private static double number(DType dtype, MemorySegment numbers, long at) {
        return dtype == DType.F32 ? numbers.getAtIndex(ValueLayout.JAVA_FLOAT, at)
            : numbers.getAtIndex(ValueLayout.JAVA_DOUBLE, at);
    }

    private static int code(Loss loss) {
        return switch (loss) {
            case Loss.Mse mse -> Kan.KAN_LOSS_MSE();
            case Loss.CrossEntropy crossEntropy -> Kan.KAN_LOSS_CROSS_ENTROPY();
            case Loss.BinaryCrossEntropy binary -> binary.positiveWeight() == 1 ? Kan.KAN_LOSS_BCE_LOGITS()
                : Kan.KAN_LOSS_BCE_POSITIVE();
            case Loss.Huber huber -> Kan.KAN_LOSS_HUBER();
            case Loss.Custom custom -> throw new IllegalStateException(custom.name() + " is no kernel");
        };
    }
}
