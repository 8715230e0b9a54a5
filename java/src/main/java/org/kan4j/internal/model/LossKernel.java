// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.internal.model;

import java.lang.foreign.MemorySegment;
import org.kan4j.device.Context;
import org.kan4j.ffi.Kan;
import org.kan4j.internal.Native;
import org.kan4j.internal.NativeContext;
import org.kan4j.internal.memory.Scalar;
import org.kan4j.tensor.DType;

/** The native loss on memory that has been checked. */
public final class LossKernel {

    private LossKernel() {
    }

    /**
     * A loss, and the gradient of predictions; absent arrays are NULL.
     *
     * @param loss its number in the C ABI
     * @param parameter what the loss has besides, such as the delta of Huber's
     */
    public static double evaluate(int loss, double parameter, Context context, DType dtype, long rows, long out,
                                  MemorySegment predictions, MemorySegment targets, MemorySegment weights,
                                  MemorySegment gradient, Scalar value) {
        queue(loss, parameter, context, dtype, rows, out, predictions, targets, weights, gradient, value.array());
        return value.get();
    }

    /** The same without waiting for the value. */
    public static void queue(int loss, double parameter, Context context, DType dtype, long rows, long out,
                             MemorySegment predictions, MemorySegment targets, MemorySegment weights,
                             MemorySegment gradient, MemorySegment value) {
        MemorySegment handle = NativeContext.of(context).handle();
        Native.check(Kan.kan_loss(handle, loss, dtype.code(), rows, out, predictions, targets, weights, parameter,
            gradient, value), handle);
    }
}
