// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.layer;

import org.kan4j.ffi.Kan;

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
    SIGMOID;

    /** The number of the C ABI; asked for when the library is in use, not when this class is loaded. */
    public int code() {
        return switch (this) {
            case NONE -> Kan.KAN_ACTIVATION_NONE();
            case IDENTITY -> Kan.KAN_ACTIVATION_IDENTITY();
            case SILU -> Kan.KAN_ACTIVATION_SILU();
            case RELU -> Kan.KAN_ACTIVATION_RELU();
            case GELU -> Kan.KAN_ACTIVATION_GELU();
            case TANH -> Kan.KAN_ACTIVATION_TANH();
            case SIGMOID -> Kan.KAN_ACTIVATION_SIGMOID();
        };
    }
}
