// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.kan4j.basis.BSpline;
import org.kan4j.layer.Activation;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerSpec;
import org.kan4j.tensor.HostTensor;

/**
 * Blealtan/efficient-kan: B-splines with knots of each input's own, a SiLU base branch and, unless switched off, a
 * trainable factor on each edge's spline.
 */
final class EfficientKan extends Variant {

    private static final String SCALER = "layers.{l}.spline_scaler";
    private static final String GRID = "layers.{l}.grid";
    private static final String SCALED = "enable_standalone_scale_spline";

    EfficientKan(String name) {
        super(name);
    }

    @Override
    Map<String, Object> defaults() {
        Map<String, Object> keys = new LinkedHashMap<>();
        keys.put("layers", null);
        keys.put("grid_size", 5);
        keys.put("spline_order", 3);
        keys.put("grid_range", List.of(-1, 1));
        keys.put(SCALED, true);
        if (name().endsWith("update-grid")) {
            keys.put("margin", 0.01);
        }
        return keys;
    }

    @Override
    Set<String> ignoredKeys() {
        return Set.of("scale_noise", "scale_base", "scale_spline", "grid_eps");
    }

    @Override
    List<Slot> slots() {
        return List.of(
                Slot.of("layers.{l}.base_weight", "kan", "base_weight", "O", "I"),
                Slot.of("layers.{l}.spline_weight", "kan", "coef", "O", "I", "N"),
                Slot.of(SCALER, "kan", "coef_scale", "O", "I").in(SCALED),
                Slot.of(GRID, "kan", "knots", "I", "K"));
    }

    @Override
    boolean demands(String group, Config config) {
        return group.isEmpty() || config.given() && config.flag(SCALED);
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
        HostTensor knots = published.tensor(GRID);
        BSpline basis = BSpline.of(published.size("N") - order, order)
                .withRange(knots.get(0, order), knots.get(0, published.size("N")));
        return Map.of("kan", new KanLayer(published.in(), published.out(), basis, Activation.SILU,
                published.has(SCALER), false, false, false, false, false));
    }

    @Override
    Map<String, LayerSpec> take(LayerReader reader) {
        KanLayer kan = reader.nextKan(BSpline.class);
        BSpline basis = ((BSpline) kan.basis()).withOutside(BSpline.Outside.ZERO);
        reader.require(kan, new KanLayer(kan.in(), kan.out(), basis, Activation.SILU, kan.scale(), false, false, false,
                false, false));
        return Map.of("kan", kan);
    }

    @Override
    Map<String, Long> sizes(Map<String, LayerSpec> layers) {
        Map<String, Long> sizes = super.sizes(layers);
        sizes.put("K", basis(layers).grid() + 2L * basis(layers).order() + 1);
        return sizes;
    }

    @Override
    boolean writes(String group, Map<String, LayerSpec> layers) {
        return group.isEmpty() || ((KanLayer) layers.get("kan")).scale();
    }

    @Override
    void describe(List<ExportedLayer> layers, Map<String, Object> config) {
        config.put("grid_size", Exports.each(layers, l -> basis(l.layers()).grid()));
        config.put("spline_order", Exports.each(layers, l -> basis(l.layers()).order()));
        config.put("grid_range", Exports.each(layers, l -> List.of(basis(l.layers()).lo(), basis(l.layers()).hi())));
        config.put(SCALED, Exports.each(layers, l -> l.layer("kan", KanLayer.class).scale()));
    }

    private static BSpline basis(Map<String, LayerSpec> layers) {
        return (BSpline) ((KanLayer) layers.get("kan")).basis();
    }
}
