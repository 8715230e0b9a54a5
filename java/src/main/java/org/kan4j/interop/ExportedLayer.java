// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import java.util.Map;
import java.util.function.BiFunction;
import org.kan4j.layer.LayerSpec;
import org.kan4j.tensor.HostTensor;

/**
 * The kan4j layers of one published layer that is being exported.
 *
 * @param index   index of the published layer from 0
 * @param layers  by role
 * @param tensors reads a tensor by role and name
 */
record ExportedLayer(int index, Map<String, LayerSpec> layers, BiFunction<String, String, HostTensor> tensors) {

    <T extends LayerSpec> T layer(String role, Class<T> type) {
        return type.cast(layers.get(role));
    }

    HostTensor tensor(String role, String name) {
        return tensors.apply(role, name);
    }
}
