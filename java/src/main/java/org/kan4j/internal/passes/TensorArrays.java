// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.internal.passes;

import java.lang.foreign.MemorySegment;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.internal.Checks;
import org.kan4j.internal.memory.DeviceArray;
import org.kan4j.tensor.DeviceTensor;
import org.kan4j.tensor.HostTensor;
import org.kan4j.tensor.Tensor;

/** What kernels are passed for tensors. */
public final class TensorArrays {

    private TensorArrays() {
    }

    /** For a tensor that kernels of a context read; refuses one that they cannot reach. */
    public static MemorySegment array(Context context, String what, Tensor tensor) {
        switch (tensor) {
            case HostTensor host -> {
                if (!context.isCuda()) {
                    return host.segment();
                }
                throw KanException.invalid("%s is %s in the host's memory and the context is on %s; copy it there with "
                        + "DeviceTensor.of", what, tensor, context.device());
            }
            case DeviceTensor onDevice -> {
                if (onDevice.context() == context) {
                    return DeviceArray.of(onDevice).array();
                }
                throw KanException.invalid("%s is %s of another context and this one is on %s; copy it with "
                        + "DeviceTensor.copy%s", what, tensor, context.device(), context.isCuda() ? "From" : "To");
            }
        }
    }

    /** For a tensor that they write. */
    public static MemorySegment writable(Context context, String what, Tensor tensor) {
        if (tensor instanceof HostTensor host) {
            Checks.writable(what, host.segment(), host);
        }
        return array(context, what, tensor);
    }
}
