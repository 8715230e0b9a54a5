// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.tensor;

/** A dense, row-major array of numbers, in the host's memory or on a device. */
public sealed interface Tensor permits HostTensor, DeviceTensor {

    /** The type of the numbers. */
    DType dtype();

    /** The sizes of the axes. */
    Shape shape();

    /** Number of elements. */
    default long size() {
        return shape().size();
    }
}
