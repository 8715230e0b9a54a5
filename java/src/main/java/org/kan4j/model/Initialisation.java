// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.model;

/** How random initial parameters are drawn. */
public enum Initialisation {
    /**
     * Each layer as the published code of its basis does it: efficient-kan for B-splines, FastKAN for Gaussians,
     * FasterKAN for RSWAF, FourierKAN, ChebyKAN, JacobiKAN, SineKAN, Wav-KAN, ReLU-KAN, BSRBF-KAN; rational layers
     * as group-rational KANs (identity first, GELU after it); linear layers as PyTorch.
     */
    PUBLISHED,
    /** B-splines as pykan: noise of 0.3 over the grid, spline scales of 1/sqrt(in). Otherwise as published. */
    PYKAN,
    /** Fourier coefficients falling with the square of the frequency (FourierKAN's smooth option). */
    SMOOTH,
    /**
     * Normal coefficients of such a deviation that the basis part of every output has variance 1 when a layer's
     * inputs are standard normal (LeCun's rule, as arXiv 2509.03417 gives it for KANs). docs/benchmarks/accuracy.md
     * shows where that is better than the published ones and where it is not. Wavelets, which bring a batch norm, and
     * everything that is not a KAN layer's coefficient are as published.
     */
    UNIT_VARIANCE
}
