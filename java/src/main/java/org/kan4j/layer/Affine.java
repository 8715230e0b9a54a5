// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.layer;

import org.kan4j.internal.Checks;

/**
 * y_i = scale_i x_i + bias_i, element by element (pykan's node and subnode affine maps).
 *
 * @param features at least 1
 */
public record Affine(long features) implements LayerSpec {

    /** Checks the value. */
    public Affine {
        Checks.features("an affine layer's features", features);
    }

    @Override
    public long in() {
        return features;
    }

    @Override
    public long out() {
        return features;
    }
}
