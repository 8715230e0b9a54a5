// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.layer;

/**
 * What a layer computes: its kind, sizes and options. Immutable; the numbers are in {@link org.kan4j.model.Parameters}.
 */
public sealed interface LayerSpec
        permits KanLayer, Linear, LayerNorm, BatchNorm, ActivationLayer, Multiply, Affine {

    /** Input features: the last axis of its input. */
    long in();

    /** Output features: the last axis of its output. */
    long out();
}
