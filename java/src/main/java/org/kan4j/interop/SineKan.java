// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.kan4j.basis.Sine;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerSpec;

/** ereinha/SineKAN: sines with trained frequencies and fixed phases, and a bias. */
final class SineKan extends Variant {

    SineKan() {
        super("sinekan");
    }

    @Override
    Map<String, Object> defaults() {
        Map<String, Object> keys = new LinkedHashMap<>();
        keys.put("layers", null);
        keys.put("grid_size", 8);
        return keys;
    }

    @Override
    Set<String> ignoredKeys() {
        return Set.of("device");
    }

    @Override
    List<Slot> slots() {
        return List.of(
                Slot.of("layers.{l}.amplitudes", "kan", "coef", "O", "I", "N"),
                Slot.of("layers.{l}.freq", "kan", "freq", "1", "1", "1", "N"),
                Slot.of("layers.{l}.phase", "kan", "phase", "1", "1", "I", "N"),
                Slot.of("layers.{l}.bias", "kan", "bias", "1", "O"));
    }

    @Override
    Map<String, Long> configSizes(Config config, int layer) {
        Map<String, Long> sizes = super.configSizes(config, layer);
        if (config.given()) {
            sizes.put("N", (long) config.integer("grid_size"));
        }
        return sizes;
    }

    @Override
    Map<String, LayerSpec> layers(PublishedLayer published, Config config) {
        return Map.of("kan", KanLayer.of(published.in(), published.out(), new Sine(published.size("N"))));
    }

    @Override
    Map<String, LayerSpec> take(LayerReader reader) {
        KanLayer kan = reader.nextKan(Sine.class);
        reader.require(kan, KanLayer.of(kan.in(), kan.out(), kan.basis()));
        return Map.of("kan", kan);
    }

    @Override
    void describe(List<ExportedLayer> layers, Map<String, Object> config) {
        config.put("grid_size", Exports.each(layers, l -> l.layer("kan", KanLayer.class).basis().functions()));
    }
}
