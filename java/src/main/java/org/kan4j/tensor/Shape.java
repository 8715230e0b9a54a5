// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.tensor;

import java.util.Arrays;
import org.kan4j.error.ShapeException;

/** The sizes of a tensor's axes, outermost first, all at least 0. A scalar has rank 0 and size 1. Immutable. */
public final class Shape {

    private final long[] axes;
    private final long size;

    private Shape(long[] axes) {
        long product = 1;
        for (long axis : axes) {
            if (axis < 0) {
                throw new ShapeException("a shape's sizes must be at least 0, given " + Arrays.toString(axes));
            }
            try {
                product = Math.multiplyExact(product, axis);
            } catch (ArithmeticException e) {
                throw new ShapeException("a shape of more than 2^63 - 1 numbers: " + Arrays.toString(axes));
            }
        }
        this.axes = axes;
        this.size = product;
    }

    /** A shape of these sizes. */
    public static Shape of(long... axes) {
        return new Shape(axes.clone());
    }

    /** Number of axes. */
    public int rank() {
        return axes.length;
    }

    /** The size of an axis; negative indices count from the end. */
    public long axis(int index) {
        int i = index < 0 ? index + axes.length : index;
        if (i < 0 || i >= axes.length) {
            throw new ShapeException("axis " + index + " of the shape " + this);
        }
        return axes[i];
    }

    /** Number of elements: the product of the sizes. */
    public long size() {
        return size;
    }

    /** Number of rows where the last axis holds the features: the product of all other axes. */
    public long rows() {
        if (rank() == 0) {
            throw new ShapeException("a scalar has no feature axis");
        }
        long rows = 1;
        for (int i = 0; i < axes.length - 1; i++) {
            rows *= axes[i];
        }
        return rows;
    }

    /** The sizes, in a new array. */
    public long[] toArray() {
        return axes.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Shape shape && Arrays.equals(axes, shape.axes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(axes);
    }

    /** Such as {@code [64, 784]}. */
    @Override
    public String toString() {
        return Arrays.toString(axes);
    }
}
