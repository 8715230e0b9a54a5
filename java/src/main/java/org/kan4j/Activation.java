// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import org.kan4j.ffi.Kan;

/** Activation functions: of an {@link ActivationLayer}, or of the base branch of a {@link KanLayer}. */
public enum Activation {
    /** No base branch; not an activation of a layer. */
    NONE(Kan.KAN_ACTIVATION_NONE()),
    /** x. */
    IDENTITY(Kan.KAN_ACTIVATION_IDENTITY()),
    /** x / (1 + exp(-x)). */
    SILU(Kan.KAN_ACTIVATION_SILU()),
    /** max(x, 0). */
    RELU(Kan.KAN_ACTIVATION_RELU()),
    /** x (1 + erf(x / sqrt 2)) / 2. */
    GELU(Kan.KAN_ACTIVATION_GELU()),
    /** tanh x. */
    TANH(Kan.KAN_ACTIVATION_TANH()),
    /** 1 / (1 + exp(-x)). */
    SIGMOID(Kan.KAN_ACTIVATION_SIGMOID());

    private final int code;

    Activation(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }
}
