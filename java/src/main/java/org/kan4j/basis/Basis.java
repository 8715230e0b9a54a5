// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.basis;

/**
 * The functions that the edges of a {@link org.kan4j.layer.KanLayer} are made of: phi(x) = sum of coefficient times
 * basis function. The records say what each basis expects of its input; parameters out of range are refused when a
 * record is made.
 */
public sealed interface Basis
        permits BSpline, GaussianRbf, Rswaf, Fourier, Chebyshev, Jacobi, Sine, Wavelet, ReluPower, Rational, BSplineRbf {

    /** The name used in files and on the command line, such as {@code bspline}. */
    String name();

    /** Basis functions of an edge: the last axis of the layer's {@code coef}. */
    int functions();
}
