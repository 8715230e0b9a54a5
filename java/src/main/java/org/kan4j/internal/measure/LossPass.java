// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.internal.measure;

import java.lang.foreign.MemorySegment;
import org.kan4j.device.Context;
import org.kan4j.internal.memory.Scalar;
import org.kan4j.internal.model.LossKernel;
import org.kan4j.optim.Loss;
import org.kan4j.tensor.DType;

/** Any loss, a kernel's or one of the application's own, on memory that has been checked. */
public final class LossPass {

    private LossPass() {
    }

    /** A loss, and the gradient of predictions; absent arrays are NULL. */
    public static double evaluate(Loss loss, Context context, DType dtype, long rows, long out, MemorySegment predictions,
            MemorySegment targets, MemorySegment weights, MemorySegment gradient, Scalar value) {
        queue(loss, context, dtype, rows, out, predictions, targets, weights, gradient, value.array());
        return value.get();
    }

    /** The same without waiting for the value. */
    public static void queue(Loss loss, Context context, DType dtype, long rows, long out, MemorySegment predictions,
            MemorySegment targets, MemorySegment weights, MemorySegment gradient, MemorySegment value) {
        if (loss instanceof Loss.Custom own) {
            LossKernel.own(own::row, own.classes(), context, dtype, rows, (int) out, predictions, targets, weights, gradient,
                    value);
        } else {
            LossKernel.queue(loss.code(), loss.parameter(), context, dtype, rows, out, predictions, targets, weights, gradient,
                    value);
        }
    }
}
