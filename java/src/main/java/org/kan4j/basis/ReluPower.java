// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.basis;

import org.kan4j.internal.Checks;

/**
 * Squared products of two ReLUs, (relu(e - x) relu(x - s) r)^2 with r = 4 grid^2 / (order + 1)^2, trainable ends s and
 * e (Qiu et al., arXiv 2406.02075; ReLU-KAN). Expects inputs in [0, 1]; zero, with zero gradient, outside
 * [-order/grid, 1 + order/grid] at the start.
 *
 * @param grid intervals of [0, 1], at least 1
 * @param order further functions that overlap, at least 1
 */
public record ReluPower(int grid, int order) implements Basis {

    /** Checks the values. */
    public ReluPower {
        Checks.range("the grid of ReLU-KAN", grid, 1, 1 << 20);
        Checks.range("the order of ReLU-KAN", order, 1, 1 << 10);
    }

    /** Of so many intervals, each function with a support of order + 1 of them. */
    public static ReluPower of(int grid, int order) {
        return new ReluPower(grid, order);
    }

    @Override
    public String name() {
        return "relukan";
    }

    @Override
    public int functions() {
        return grid + order;
    }
}
