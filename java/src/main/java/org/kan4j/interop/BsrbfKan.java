// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.kan4j.basis.BSplineRbf;
import org.kan4j.layer.Activation;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerSpec;

/**
 * hoangthangta/BSRBF_KAN: the sum of a B-spline and a Gaussian for each coefficient, and a SiLU base branch, all of the
 * layer norm. The Gaussians' width is no tensor: it is the grid range over grid_size + spline_order - 1.
 */
final class BsrbfKan extends Variant {

    private static final String GRID = "layers.{l}.grid";
    private static final String CENTRES = "layers.{l}.rbf.grid";

    BsrbfKan() {
        super("bsrbf");
    }

    @Override
    Map<String, Object> defaults() {
        Map<String, Object> keys = new LinkedHashMap<>();
        keys.put("layers", null);
        keys.put("grid_size", 5);
        keys.put("spline_order", 3);
        keys.put("grid_range", List.of(-1.5, 1.5));
        return keys;
    }

    @Override
    List<Slot> slots() {
        return List.of(
                Slot.of("layers.{l}.layernorm.weight", "kan", "norm_weight", "I"),
                Slot.of("layers.{l}.layernorm.bias", "kan", "norm_bias", "I"),
                Slot.of("layers.{l}.base_weight", "kan", "base_weight", "O", "I"),
                Slot.of("layers.{l}.spline_weight", "kan", "coef", "O", "I*N"),
                Slot.of(GRID, "kan", "knots", "I", "K"),
                Slot.of(CENTRES, "kan", "centres", "N"));
    }

    @Override
    Map<String, Long> configSizes(Config config, int layer) {
        Map<String, Long> sizes = super.configSizes(config, layer);
        if (config.given()) {
            sizes.put("N", (long) config.integer("grid_size") + config.integer("spline_order"));
            sizes.put("K", config.integer("grid_size") + 2L * config.integer("spline_order") + 1);
        }
        return sizes;
    }

    @Override
    Map<String, LayerSpec> layers(PublishedLayer published, Config config) {
        int order = published.splineOrder(GRID);
        double[] range = config.range("grid_range");
        if (!config.has("grid_range")) {
            range = Centres.range(published.tensor(CENTRES), range[0], range[1]);
        }
        BSplineRbf basis = new BSplineRbf(published.size("N") - order, order, range[0], range[1]);
        return Map.of("kan", new KanLayer(published.in(), published.out(), basis, Activation.SILU, false, false, false,
                true, true, published.explicit()));
    }

    @Override
    Map<String, LayerSpec> take(LayerReader reader) {
        KanLayer kan = reader.nextKan(BSplineRbf.class);
        reader.require(kan, new KanLayer(kan.in(), kan.out(), kan.basis(), Activation.SILU, false, false, false, true,
                true, false));
        return Map.of("kan", kan);
    }

    @Override
    Map<String, Long> sizes(Map<String, LayerSpec> layers) {
        Map<String, Long> sizes = super.sizes(layers);
        sizes.put("K", basis(layers).grid() + 2L * basis(layers).order() + 1);
        return sizes;
    }

    @Override
    void describe(List<ExportedLayer> layers, Map<String, Object> config) {
        config.put("grid_size", Exports.each(layers, l -> basis(l.layers()).grid()));
        config.put("spline_order", Exports.each(layers, l -> basis(l.layers()).order()));
        config.put("grid_range", Exports.each(layers, l -> Arrays.stream(Centres.ofWidth(l)).boxed().toList()));
    }

    private static BSplineRbf basis(Map<String, LayerSpec> layers) {
        return (BSplineRbf) ((KanLayer) layers.get("kan")).basis();
    }
}
