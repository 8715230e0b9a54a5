// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.layer;

/** Activation functions: of an {@link ActivationLayer}, or of the base branch of a {@link KanLayer}. */
public enum Activation {
    /** No base branch; not an activation of a layer. */
    NONE,
    /** x. */
    IDENTITY,
    /** x / (1 + exp(-x)). */
    SILU,
    /** max(x, 0). */
    RELU,
    /** x (1 + erf(x / sqrt 2)) / 2. */
    GELU,
    /** tanh x. */
    TANH,
    /** 1 / (1 + exp(-x)). */
    SIGMOID
}
