// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.layer;

import org.kan4j.error.ShapeException;
import org.kan4j.internal.Checks;

/**
 * y = (x - mean) / sqrt(var + eps) * weight + bias over the features of a row.
 *
 * @param features at least 2
 * @param eps above 0
 */
public record LayerNorm(long features, double eps) implements LayerSpec {

    /** Checks the values. */
    public LayerNorm {
        if (features < 2) {
            throw new ShapeException("a layer norm needs at least 2 features (of 1 it is constant), given " + features);
        }
        Checks.positive("a layer norm's eps", eps);
    }

    /** With eps 1e-5. */
    public static LayerNorm of(long features) {
        return new LayerNorm(features, 1e-5);
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
