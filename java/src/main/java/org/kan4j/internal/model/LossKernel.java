// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.internal.model;

import java.lang.foreign.MemorySegment;
import org.kan4j.device.Context;
import org.kan4j.ffi.Kan;
import org.kan4j.internal.Native;
import org.kan4j.internal.memory.Scalar;
import org.kan4j.optim.Loss;
import org.kan4j.tensor.DType;

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
        double delta = switch (loss) {
            case Loss.Huber huber -> huber.delta();
            case Loss.BinaryCrossEntropy binary -> binary.positiveWeight();
            default -> 1;
        };
        Native.check(Kan.kan_loss(context.handle(), code(loss), dtype.code(), rows, out, predictions, targets, weights,
            delta, gradient, value), context.handle());
    }

    private static int code(Loss loss) {
        return switch (loss) {
            case Loss.Mse mse -> Kan.KAN_LOSS_MSE();
            case Loss.CrossEntropy crossEntropy -> Kan.KAN_LOSS_CROSS_ENTROPY();
            case Loss.BinaryCrossEntropy binary -> binary.positiveWeight() == 1 ? Kan.KAN_LOSS_BCE_LOGITS()
                : Kan.KAN_LOSS_BCE_POSITIVE();
            case Loss.Huber huber -> Kan.KAN_LOSS_HUBER();
        };
    }
}
