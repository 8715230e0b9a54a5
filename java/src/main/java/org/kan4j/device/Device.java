// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.device;

import java.util.List;
import org.kan4j.error.KanException;

/** Where kernels run. */
public sealed interface Device permits Device.Cpu, Device.Cuda {

    /** The host's processors. */
    record Cpu() implements Device {
        @Override
        public String toString() {
            return "cpu";
        }
    }

    /**
     * A CUDA device.
     *
     * @param index 0-based
     */
    record Cuda(int index) implements Device {
        /** Checks the index. */
        public Cuda {
            if (index < 0) {
                throw KanException.invalid("a CUDA device's index must be at least 0, given %d", index);
            }
        }

        @Override
        public String toString() {
            return "cuda:" + index;
        }
    }

    /** The host's processors. */
    static Device cpu() {
        return new Cpu();
    }

    /** A CUDA device; whether it is there shows when a context is opened on it. */
    static Device cuda(int index) {
        return new Cuda(index);
    }

    /** Every device that a context can be opened on, the CPU first. */
    static List<Device> all() {
        return Devices.all();
    }

    /** Why no context can be opened on this device, in one line; empty if one can. */
    default java.util.Optional<String> unavailable() {
        return Devices.unavailable(this);
    }
}
