// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.kan4j.basis.Rational;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerSpec;

/**
 * Adamdad/kat, group-rational KAN: a rational function a group of inputs (KAT_Group) in front of each linear layer,
 * y = fc(act(x)), with the denominator of its CUDA kernels.
 */
final class RationalKan extends Variant {

    RationalKan() {
        super("rational");
    }

    @Override
    Map<String, Object> defaults() {
        Map<String, Object> keys = new LinkedHashMap<>();
        keys.put("layers", null);
        keys.put("groups", 8);
        keys.put("bias", null); // the linear layers' own argument; the tensors tell it unless it differs from layer to layer
        return keys;
    }

    @Override
    List<Slot> slots() {
        return List.of(
                Slot.of("act{l}.weight_numerator", "kan", "numerator", "1", "6"),
                Slot.of("act{l}.weight_denominator", "kan", "denominator", "R", "4"),
                Slot.of("fc{l}.weight", "kan", "coef", "O", "I"),
                Slot.of("fc{l}.bias", "kan", "bias", "O").in("bias"));
    }

    @Override
    boolean sequential() { // numbered from 1 in KAT, from anything elsewhere
        return true;
    }

    @Override
    int firstIndex() {
        return 1;
    }

    @Override
    boolean demands(String group, Config config) {
        return group.isEmpty() || config.has("bias") && config.flag("bias");
    }

    @Override
    Map<String, Long> configSizes(Config config, int layer) {
        Map<String, Long> sizes = super.configSizes(config, layer);
        if (config.given()) {
            sizes.put("R", (long) config.integer("groups"));
        }
        return sizes;
    }

    @Override
    Map<String, LayerSpec> layers(PublishedLayer published, Config config) {
        return Map.of("kan", KanLayer.of(published.in(), published.out(), new Rational(published.size("R")))
                .withBias(published.has("fc{l}.bias")));
    }

    @Override
    Map<String, LayerSpec> take(LayerReader reader) {
        KanLayer kan = reader.nextKan(Rational.class);
        reader.require(kan, KanLayer.of(kan.in(), kan.out(), kan.basis()).withBias(kan.bias()));
        return Map.of("kan", kan);
    }

    @Override
    Map<String, Long> sizes(Map<String, LayerSpec> layers) {
        Map<String, Long> sizes = super.sizes(layers);
        sizes.put("R", (long) ((Rational) ((KanLayer) layers.get("kan")).basis()).groups());
        return sizes;
    }

    @Override
    boolean writes(String group, Map<String, LayerSpec> layers) {
        return group.isEmpty() || ((KanLayer) layers.get("kan")).bias();
    }

    @Override
    void describe(List<ExportedLayer> layers, Map<String, Object> config) {
        config.put("groups", Exports.each(layers, l -> ((Rational) l.layer("kan", KanLayer.class).basis()).groups()));
        config.put("bias", Exports.each(layers, l -> l.layer("kan", KanLayer.class).bias()));
    }
}
