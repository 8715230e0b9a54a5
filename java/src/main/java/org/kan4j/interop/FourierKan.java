// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.kan4j.basis.Fourier;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerSpec;

/** GistNoesis/FourierKAN: cosines, then sines, of 1 to gridsize times the input, and a bias. */
final class FourierKan extends Variant {

    private static final String BIAS = "{l}.bias";

    FourierKan() {
        super("fourierkan");
    }

    @Override
    Map<String, Object> defaults() {
        Map<String, Object> keys = new LinkedHashMap<>();
        keys.put("layers", null);
        keys.put("gridsize", null);
        keys.put("addbias", true);
        return keys;
    }

    @Override
    Set<String> ignoredKeys() {
        return Set.of("smooth_initialization");
    }

    @Override
    List<Slot> slots() {
        return List.of(
                Slot.of("{l}.fouriercoeffs", "kan", "coef", "2", "O", "I", "G").axes(1, 2, 0, 3),
                Slot.of(BIAS, "kan", "bias", "1", "O").in("addbias"));
    }

    @Override
    boolean sequential() {
        return true;
    }

    @Override
    boolean demands(String group, Config config) {
        return group.isEmpty() || config.given() && config.flag("addbias");
    }

    @Override
    Map<String, Long> configSizes(Config config, int layer) {
        Map<String, Long> sizes = super.configSizes(config, layer);
        if (config.has("gridsize")) {
            sizes.put("G", (long) config.integer("gridsize"));
        }
        return sizes;
    }

    @Override
    Map<String, LayerSpec> layers(PublishedLayer published, Config config) {
        return Map.of("kan", KanLayer.of(published.in(), published.out(), new Fourier(published.size("G")))
                .withBias(published.has(BIAS)));
    }

    @Override
    Map<String, LayerSpec> take(LayerReader reader) {
        KanLayer kan = reader.nextKan(Fourier.class);
        reader.require(kan, KanLayer.of(kan.in(), kan.out(), kan.basis()).withBias(kan.bias()));
        return Map.of("kan", kan);
    }

    @Override
    Map<String, Long> sizes(Map<String, LayerSpec> layers) {
        Map<String, Long> sizes = super.sizes(layers);
        sizes.put("G", sizes.get("N") / 2);
        return sizes;
    }

    @Override
    boolean writes(String group, Map<String, LayerSpec> layers) {
        return group.isEmpty() || ((KanLayer) layers.get("kan")).bias();
    }

    @Override
    void describe(List<ExportedLayer> layers, Map<String, Object> config) {
        config.put("gridsize", Exports.each(layers, l -> l.layer("kan", KanLayer.class).basis().functions() / 2));
        config.put("addbias", Exports.each(layers, l -> l.layer("kan", KanLayer.class).bias()));
    }
}
