// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.internal.memory;

import java.lang.foreign.MemorySegment;
import org.kan4j.internal.Inside;

/**
 * The inside of a tensor on a device.
 *
 * @param <T> the tensor's class
 */
public interface DeviceArray<T> {

    /** Of a {@link org.kan4j.tensor.DeviceTensor}, whose class the caller names. */
    @SuppressWarnings("unchecked")
    static <T> DeviceArray<T> of(T tensor) {
        return Inside.of(tensor, DeviceArray.class);
    }

    /** What kernels are passed. */
    MemorySegment array();

    /** A tensor of the same type as this one, a view of an array that someone else frees. */
    T view(Memory memory, MemorySegment array, long... shape);
}
