// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.layer;

import org.kan4j.internal.Checks;

/**
 * y = W x + b.
 *
 * @param in input features
 * @param out output features
 * @param bias whether there is b
 */
public record Linear(long in, long out, boolean bias) implements LayerSpec {

    /** Checks the values. */
    public Linear {
        Checks.features("a linear layer's input features", in);
        Checks.features("a linear layer's output features", out);
    }

    /** With a bias. */
    public static Linear of(long in, long out) {
        return new Linear(in, out, true);
    }
}
