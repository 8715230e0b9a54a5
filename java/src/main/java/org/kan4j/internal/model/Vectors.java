// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.internal.model;

import java.lang.foreign.MemorySegment;
import org.kan4j.device.Context;
import org.kan4j.ffi.Kan;
import org.kan4j.internal.Native;
import org.kan4j.internal.memory.Memory;
import org.kan4j.internal.memory.Scalar;
import org.kan4j.model.ParameterVector;
import org.kan4j.tensor.DType;

/** The native vector kernels on numbers in the layout of a model's parameters. Owns one number of memory. */
final class Vectors implements AutoCloseable {

    private final Context context;
    private final Memory memory;
    private final Scalar scalar;

    Vectors(Context context) {
        this.context = context;
        this.memory = Memory.confined(context);
        this.scalar = new Scalar(memory);
    }

    /** a . b, summed in double precision. */
    double dot(ParameterVector a, ParameterVector b) {
        return dot(a.dtype(), a.length(), a.array(), b.array());
    }

    /** x . x, of an array of n numbers; finite only if all of them are. */
    double square(DType dtype, long n, MemorySegment x) {
        return dot(dtype, n, x, x);
    }

    private double dot(DType dtype, long n, MemorySegment a, MemorySegment b) {
        Native.check(Kan.kan_vector_dot(context.handle(), dtype.code(), n, a, b, scalar.array()), context.handle());
        return scalar.get();
    }

    /** Whether every number is finite, and its square too in double precision. */
    boolean finite(ParameterVector x) {
        return Double.isFinite(dot(x, x));
    }

    /** y += alpha x. */
    void add(double alpha, ParameterVector x, ParameterVector y) {
        Native.check(Kan.kan_vector_axpy(context.handle(), y.dtype().code(), y.length(), alpha, x.array(), y.array()),
            context.handle());
    }

    /** x *= alpha. */
    void scale(double alpha, ParameterVector x) {
        Native.check(Kan.kan_vector_scale(context.handle(), x.dtype().code(), x.length(), alpha, x.array()),
            context.handle());
    }

    /** Limits every number to [-limit, limit]. */
    void clamp(double limit, ParameterVector x) {
        Native.check(Kan.kan_vector_clamp(context.handle(), x.dtype().code(), x.length(), limit, x.array()),
            context.handle());
    }

    @Override
    public void close() {
        memory.close();
    }
}
