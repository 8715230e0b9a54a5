// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.model;

import java.util.List;
import org.kan4j.error.KanException;
import org.kan4j.tensor.DType;

/**
 * Where each layer's numbers lie in a model's two flat arrays. A layer starts on a cache line; the numbers between are
 * zero and stay so under every optimizer.
 *
 * @param dtype of both arrays
 * @param parameterCount trainable numbers
 * @param parameterLength length of the flat array of parameters, gaps included
 * @param bufferLength length of the flat array of buffers, gaps included
 * @param layers for each layer
 * @param tensors of all layers
 */
record ModelLayout(DType dtype, long parameterCount, long parameterLength, long bufferLength, List<Layer> layers,
        List<TensorInfo> tensors) {

    /**
     * A layer's parts of the flat arrays, in numbers.
     *
     * @param parameterOffset first parameter
     * @param parameters number of them
     * @param bufferOffset first buffer
     * @param buffers number of them
     */
    record Layer(long parameterOffset, long parameters, long bufferOffset, long buffers) {
    }

    TensorInfo tensor(String name) {
        for (TensorInfo tensor : tensors) {
            if (tensor.name().equals(name)) {
                return tensor;
            }
        }
        throw KanException.invalid("the model has no tensor '%s'; it has %s", name,
                String.join(", ", tensors.stream().map(TensorInfo::name).toList()));
    }
}
