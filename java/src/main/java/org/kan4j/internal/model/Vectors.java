// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.internal.model;

import java.lang.foreign.MemorySegment;
import org.kan4j.device.Context;
import org.kan4j.ffi.Kan;
import org.kan4j.internal.Native;
import org.kan4j.internal.NativeContext;
import org.kan4j.internal.memory.Memory;
import org.kan4j.internal.memory.Scalar;
import org.kan4j.internal.passes.NativeVector;
import org.kan4j.model.ParameterVector;
import org.kan4j.tensor.DType;

/** The native vector kernels on numbers in the layout of a model's parameters. Owns one number of memory. */
public final class Vectors implements AutoCloseable {

    private final NativeContext context;
    private final Memory memory;
    private final Scalar scalar;

    public Vectors(Context context) {
        this.context = NativeContext.of(context);
        this.memory = Memory.confined(context);
        this.scalar = new Scalar(memory);
    }

    /** a . b, summed in double precision. */
    public double dot(ParameterVector a, ParameterVector b) {
        return dot(a.dtype(), a.length(), NativeVector.of(a).array(), NativeVector.of(b).array());
    }

    /** x . x, of an array of n numbers; finite only if all of them are. */
    public double square(DType dtype, long n, MemorySegment x) {
        return dot(dtype, n, x, x);
    }

    private double dot(DType dtype, long n, MemorySegment a, MemorySegment b) {
        Native.check(Kan.kan_vector_dot(context.handle(), dtype.code(), n, a, b, scalar.array()), context.handle());
        return scalar.get();
    }

    /** Whether every number is finite, and its square too in double precision. */
    public boolean finite(ParameterVector x) {
        return Double.isFinite(dot(x, x));
    }

    /** y += alpha x. */
    public void add(double alpha, ParameterVector x, ParameterVector y) {
        Native.check(Kan.kan_vector_axpy(context.handle(), y.dtype().code(), y.length(), alpha,
                NativeVector.of(x).array(), NativeVector.of(y).array()), context.handle());
    }

    /** x *= alpha. */
    public void scale(double alpha, ParameterVector x) {
        Native.check(Kan.kan_vector_scale(context.handle(), x.dtype().code(), x.length(), alpha,
                NativeVector.of(x).array()), context.handle());
    }

    /** Limits every number to [-limit, limit]. */
    public void clamp(double limit, ParameterVector x) {
        Native.check(Kan.kan_vector_clamp(context.handle(), x.dtype().code(), x.length(), limit,
                NativeVector.of(x).array()), context.handle());
    }

    /**
     * Clips gradients in place: first every number to [-value, value], then the whole to a Euclidean norm.
     *
     * @return whether they were finite, as far as the limits tell: without one on the norm, true
     */
    public boolean clip(double norm, double value, ParameterVector gradients) {
        if (value < Double.POSITIVE_INFINITY) {
            clamp(value, gradients);
        }
        if (norm == Double.POSITIVE_INFINITY) {
            return true;
        }
        double length = Math.sqrt(dot(gradients, gradients));
        if (length > norm) {
            scale(norm / length, gradients);
        }
        return Double.isFinite(length);
    }

    @Override
    public void close() {
        memory.close();
    }
}
