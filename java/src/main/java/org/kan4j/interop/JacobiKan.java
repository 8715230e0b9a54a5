// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.kan4j.basis.Jacobi;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerSpec;

/** SpaceLearner/JacobiKAN: Jacobi polynomials of tanh x. The parameters a and b are no tensors. */
final class JacobiKan extends Variant {

    JacobiKan() {
        super("jacobikan");
    }

    @Override
    Map<String, Object> defaults() {
        Map<String, Object> keys = new LinkedHashMap<>();
        keys.put("layers", null);
        keys.put("degree", null);
        keys.put("a", 1);
        keys.put("b", 1);
        return keys;
    }

    @Override
    List<Slot> slots() {
        return LayerNorms.behind(Slot.of("{l}.jacobi_coeffs", "kan", "coef", "I", "O", "N").axes(1, 0, 2));
    }

    @Override
    boolean sequential() {
        return true;
    }

    @Override
    boolean between(String group) {
        return group.equals(LayerNorms.NORM);
    }

    @Override
    Map<String, Long> configSizes(Config config, int layer) {
        Map<String, Long> sizes = super.configSizes(config, layer);
        if (config.has("degree")) {
            sizes.put("N", config.integer("degree") + 1L);
        }
        return sizes;
    }

    @Override
    Map<String, LayerSpec> layers(PublishedLayer published, Config config) {
        Jacobi basis = new Jacobi(published.size("N") - 1, config.number("a"), config.number("b"));
        return LayerNorms.layers(KanLayer.of(published.in(), published.out(), basis), published);
    }

    @Override
    Map<String, LayerSpec> take(LayerReader reader) {
        return LayerNorms.take(reader.nextKan(Jacobi.class), reader);
    }

    @Override
    void describe(List<ExportedLayer> layers, Map<String, Object> config) {
        config.put("degree", Exports.each(layers, l -> basis(l).degree()));
        config.put("a", Exports.each(layers, l -> basis(l).a()));
        config.put("b", Exports.each(layers, l -> basis(l).b()));
    }

    private static Jacobi basis(ExportedLayer layer) {
        return (Jacobi) layer.layer("kan", KanLayer.class).basis();
    }
}
