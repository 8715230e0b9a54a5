// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.internal.model;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.kan4j.device.Context;
import org.kan4j.device.Device;
import org.kan4j.error.Status;
import org.kan4j.error.UnsupportedException;
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

    /** The loss of a row, and its derivative by the predictions. */
    @FunctionalInterface
    public interface OfRow {
        /** As {@code Loss.Custom.row}. */
        double row(double[] prediction, double[] target, double[] gradient);
    }

    /** The mean of a loss of rows; the gradient may take the place of the predictions. */
    public static void own(OfRow loss, boolean classes, Context context, DType dtype, long rows, int out,
            MemorySegment predictions, MemorySegment targets, MemorySegment weights, MemorySegment gradient,
            MemorySegment value) {
        if (context.device() instanceof Device.Cuda) {
            throw new UnsupportedException(Status.UNSUPPORTED, "a loss of one's own runs on the CPU only, given a context on "
                    + context.device());
        }
        double[] y = new double[out];
        double[] t = new double[classes ? 1 : out];
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
                t[o] = classes ? targets.getAtIndex(ValueLayout.JAVA_INT, i) : number(dtype, targets, i * out + o);
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
        value.set(ValueLayout.JAVA_DOUBLE, 0, sum);
    }

    private static double number(DType dtype, MemorySegment numbers, long at) {
        return dtype == DType.F32 ? numbers.getAtIndex(ValueLayout.JAVA_FLOAT, at)
                : numbers.getAtIndex(ValueLayout.JAVA_DOUBLE, at);
    }
}
