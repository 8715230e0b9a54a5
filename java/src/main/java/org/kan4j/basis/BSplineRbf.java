// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.basis;

import org.kan4j.internal.Checks;

/**
 * The sum of a B-spline and a Gaussian for each coefficient (BSRBF-KAN, arXiv 2406.11173). Expects inputs inside
 * [lo, hi], which the layer norm in front of it roughly gives; vanishes far outside.
 *
 * @param grid intervals between lo and hi, at least 1
 * @param order of the splines, 1 to 5
 * @param lo lower end of the grid and first centre
 * @param hi upper end of the grid and last centre
 */
public record BSplineRbf(int grid, int order, double lo, double hi) implements Basis {

    /** Checks the values. */
    public BSplineRbf {
        Checks.range("the grid of BSRBF", grid, 1, 1 << 20);
        Checks.range("the order of BSRBF", order, 1, 5);
        Checks.interval("the grid range of BSRBF", lo, hi);
    }

    /** Over [-1.5, 1.5]: as published. */
    public static BSplineRbf of(int grid, int order) {
        return new BSplineRbf(grid, order, -1.5, 1.5);
    }

    @Override
    public String name() {
        return "bsrbf";
    }

    @Override
    public int functions() {
        return grid + order;
    }
}
