// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.kan4j.basis.Chebyshev;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerSpec;

/** SynodicMonth/ChebyKAN: Chebyshev polynomials of tanh x. The buffer {@code arange} (0, 1, ..) is carried along. */
final class ChebyKan extends Variant {

    ChebyKan() {
        super("chebykan");
    }

    @Override
    Map<String, Object> defaults() {
        Map<String, Object> keys = new LinkedHashMap<>();
        keys.put("layers", null);
        keys.put("degree", null);
        return keys;
    }

    @Override
    List<Slot> slots() {
        return LayerNorms.behind(
                Slot.of("{l}.cheby_coeffs", "kan", "coef", "I", "O", "N").axes(1, 0, 2),
                Slot.carried("{l}.arange", i -> i, "I64", "N"));
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
        return LayerNorms.layers(KanLayer.of(published.in(), published.out(), new Chebyshev(published.size("N") - 1)),
                published);
    }

    @Override
    Map<String, LayerSpec> take(LayerReader reader) {
        return LayerNorms.take(reader.nextKan(Chebyshev.class), reader);
    }

    @Override
    void describe(List<ExportedLayer> layers, Map<String, Object> config) {
        config.put("degree", Exports.each(layers, l -> l.layer("kan", KanLayer.class).basis().functions() - 1));
    }
}
