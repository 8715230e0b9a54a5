// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.basis;

import org.kan4j.internal.Checks;

/**
 * One rational function of degree 5 over 4 a group of inputs, F(x) = sum a_m x^m / (1 + sum |b_m| |x|^m), in front of
 * a linear map (group-rational KAN: Yang and Wang, arXiv 2409.10594, the denominator of its CUDA kernels). Every input
 * is inside its domain.
 *
 * @param groups of inputs that share a function; must divide the layer's inputs
 */
public record Rational(int groups) implements Basis {

    /** Checks the value. */
    public Rational {
        Checks.range("the groups of a rational basis", groups, 1, 1 << 20);
    }

    /** So many groups of inputs, each with a function of its own. */
    public static Rational of(int groups) {
        return new Rational(groups);
    }

    @Override
    public String name() {
        return "rational";
    }

    @Override
    public int functions() {
        return 1;
    }
}
