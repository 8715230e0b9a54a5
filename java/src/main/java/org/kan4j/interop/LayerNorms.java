// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerNorm;
import org.kan4j.layer.LayerSpec;

/** torch.nn.LayerNorm modules between layers, which the polynomial variants are published with. */
final class LayerNorms {

    /** Group and role of their tensors. */
    static final String NORM = "norm";

    private LayerNorms() {
    }

    /** A variant's slots and those of a norm behind each layer. */
    static List<Slot> behind(Slot... slots) {
        return Stream.concat(Stream.of(slots), Stream.of(Slot.of("{l}.weight", NORM, "weight", "O").in(NORM),
                Slot.of("{l}.bias", NORM, "bias", "O").in(NORM))).toList();
    }

    /** A layer and the norm behind it, if the state dict has one. */
    static Map<String, LayerSpec> layers(KanLayer kan, PublishedLayer published) {
        return layers(kan, published.has("{l}.weight") ? LayerNorm.of(published.out()) : null);
    }

    /** A layer and the norm behind it, if the model has one. */
    static Map<String, LayerSpec> take(KanLayer kan, LayerReader reader) {
        reader.require(kan, KanLayer.of(kan.in(), kan.out(), kan.basis()));
        LayerNorm norm = reader.nextIf(LayerNorm.class);
        if (norm != null) {
            reader.require(norm, LayerNorm.of(norm.features()));
        }
        return layers(kan, norm);
    }

    private static Map<String, LayerSpec> layers(KanLayer kan, LayerNorm norm) {
        Map<String, LayerSpec> layers = new LinkedHashMap<>();
        layers.put("kan", kan);
        if (norm != null) {
            layers.put(NORM, norm);
        }
        return layers;
    }
}
