// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.model;

import org.kan4j.tensor.Shape;

/**
 * A named tensor of a model.
 *
 * @param name {@code layers.<layer>.<tensor>}, such as {@code layers.0.coef}
 * @param role whether it is trained
 * @param shape natural row-major shape, such as (out, in, n) for {@code coef}
 * @param layer index of its layer
 * @param index of the tensor among its layer's
 */
public record TensorInfo(String name, Role role, Shape shape, int layer, int index) {

    /** Which of the two flat arrays holds a tensor. */
    public enum Role {
        /** Trainable: has gradients and optimizer state. */
        PARAMETER,
        /** Knots, masks, running statistics: no optimizer ever moves them. */
        BUFFER
    }

    /** The part of the name after the layer, such as {@code coef}. */
    public String tensor() {
        return name.substring(name.lastIndexOf('.') + 1);
    }
}
