// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.device;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.kan4j.error.KanException;

/** Finds out which devices are there, by opening a context on each. */
final class Devices {

    private Devices() {
    }

    static List<Device> all() {
        List<Device> devices = new ArrayList<>();
        devices.add(Device.cpu());
        for (int i = 0; unavailable(Device.cuda(i)).isEmpty(); i++) {
            devices.add(Device.cuda(i));
        }
        return List.copyOf(devices);
    }

    static Optional<String> unavailable(Device device) {
        try {
            Context.open(ContextOptions.defaults().withDevice(device).withThreads(1)).close();
            return Optional.empty();
        } catch (KanException e) {
            return Optional.of(e.getMessage());
        }
    }
}
