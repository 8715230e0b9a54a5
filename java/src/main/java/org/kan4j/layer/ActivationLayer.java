// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.layer;

import java.util.Objects;
import org.kan4j.error.KanException;
import org.kan4j.internal.Checks;

/**
 * y = activation(x), element by element.
 *
 * @param features at least 1
 * @param activation any but {@link Activation#NONE}
 */
public record ActivationLayer(long features, Activation activation) implements LayerSpec {

    /** Checks the values. */
    public ActivationLayer {
        Checks.features("an activation layer's features", features);
        if (Objects.requireNonNull(activation, "activation") == Activation.NONE) {
            throw KanException.invalid("an activation layer needs an activation; the identity is IDENTITY");
        }
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
