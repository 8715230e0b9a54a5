// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.layer;

import org.kan4j.error.KanException;
import org.kan4j.internal.Checks;

/**
 * y = (x - mean) / sqrt(var + eps) * weight + bias for each feature, over the batch while training (which updates the
 * running statistics), with the running statistics otherwise.
 *
 * @param features at least 1
 * @param eps above 0
 * @param momentum of the running statistics, 0 to 1: the weight of the new batch
 * @param frozen whether the running statistics are used while training too and never updated: PyTorch's eval mode
 */
public record BatchNorm(long features, double eps, double momentum, boolean frozen) implements LayerSpec {

    /** Checks the values. */
    public BatchNorm {
        Checks.features("a batch norm's features", features);
        Checks.positive("a batch norm's eps", eps);
        if (!(momentum >= 0 && momentum <= 1)) {
            throw KanException.invalid("a batch norm's momentum must be 0 to 1, given %s", momentum);
        }
    }

    /** With eps 1e-5 and momentum 0.1. */
    public static BatchNorm of(long features) {
        return new BatchNorm(features, 1e-5, 0.1, false);
    }

    /** Frozen or not. */
    public BatchNorm withFrozen(boolean on) {
        return new BatchNorm(features, eps, momentum, on);
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
