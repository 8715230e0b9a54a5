// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.basis;

import java.util.Objects;
import org.kan4j.internal.Checks;

/**
 * B-splines on a grid of intervals, each input with knots of its own (Liu et al., arXiv 2404.19756; pykan,
 * efficient-kan). The knots start evenly spaced over [lo, hi], continued by {@code order} intervals on both sides.
 * Expects inputs inside [lo, hi]; {@link Outside} says what happens beyond.
 *
 * @param grid intervals between lo and hi, at least 1
 * @param order of the splines, 1 (piecewise linear) to 5; 3 is cubic
 * @param lo lower end of the grid
 * @param hi upper end of the grid
 * @param outside behaviour outside the grid
 */
public record BSpline(int grid, int order, double lo, double hi, Outside outside) implements Basis {

    /** What a spline does outside its grid. The base branch always sees the input itself. */
    public enum Outside {
        /** The published behaviour: the extended grid's decaying tails, 0 beyond them. */
        ZERO,
        /** The value at the nearer end; derivative 0. */
        CLAMP,
        /** The tangent at the nearer end. */
        LINEAR
    }

    /** Checks the values. */
    public BSpline {
        Checks.range("a B-spline's grid", grid, 1, 1 << 20);
        Checks.range("a B-spline's order", order, 1, 5);
        Checks.interval("a B-spline's grid range", lo, hi);
        Objects.requireNonNull(outside, "outside");
    }

    /** Over [-1, 1], zero outside: as published. */
    public static BSpline of(int grid, int order) {
        return new BSpline(grid, order, -1, 1, Outside.ZERO);
    }

    /** Over another range. */
    public BSpline withRange(double lower, double upper) {
        return new BSpline(grid, order, lower, upper, outside);
    }

    /** With another number of intervals. */
    public BSpline withGrid(int intervals) {
        return new BSpline(intervals, order, lo, hi, outside);
    }

    /** With another behaviour outside the grid. */
    public BSpline withOutside(Outside other) {
        return new BSpline(grid, order, lo, hi, other);
    }

    @Override
    public String name() {
        return "bspline";
    }

    @Override
    public int functions() {
        return grid + order;
    }
}
