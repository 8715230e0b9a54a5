// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.kan4j.basis.GaussianRbf;
import org.kan4j.layer.Activation;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerSpec;

/**
 * ZiyaoLi/fast-kan: Gaussians of the layer norm, with a SiLU base branch and bias on the input itself. The Gaussians'
 * width is no tensor: it is (grid_max - grid_min) / (num_grids - 1).
 */
final class FastKan extends Variant {

    private static final String CENTRES = "layers.{l}.rbf.grid";
    private static final String NORM = "layers.{l}.layernorm.weight";
    private static final String BASE = "layers.{l}.base_linear.weight";

    FastKan() {
        super("fastkan");
    }

    @Override
    Map<String, Object> defaults() {
        Map<String, Object> keys = new LinkedHashMap<>();
        keys.put("layers", null);
        keys.put("grid_min", -2);
        keys.put("grid_max", 2);
        keys.put("num_grids", 8);
        keys.put("use_base_update", true);
        keys.put("use_layernorm", true);
        return keys;
    }

    @Override
    Set<String> ignoredKeys() {
        return Set.of("spline_weight_init_scale");
    }

    @Override
    List<Slot> slots() {
        return List.of(
                Slot.of(NORM, "kan", "norm_weight", "I").in("use_layernorm"),
                Slot.of("layers.{l}.layernorm.bias", "kan", "norm_bias", "I").in("use_layernorm"),
                Slot.of(CENTRES, "kan", "centres", "N"),
                Slot.of("layers.{l}.spline_linear.weight", "kan", "coef", "O", "I*N"),
                Slot.of(BASE, "kan", "base_weight", "O", "I").in("use_base_update"),
                Slot.of("layers.{l}.base_linear.bias", "kan", "bias", "O").in("use_base_update"));
    }

    @Override
    boolean demands(String group, Config config) {
        return group.isEmpty() || config.given() && config.flag(group);
    }

    @Override
    Map<String, Long> configSizes(Config config, int layer) {
        Map<String, Long> sizes = super.configSizes(config, layer);
        if (config.given()) {
            sizes.put("N", (long) config.integer("num_grids"));
        }
        return sizes;
    }

    @Override
    Map<String, LayerSpec> layers(PublishedLayer published, Config config) {
        double[] range = config.has("grid_min") || config.has("grid_max")
                ? new double[] {config.number("grid_min"), config.number("grid_max")}
                : Centres.range(published.tensor(CENTRES), config.number("grid_min"), config.number("grid_max"));
        boolean base = published.has(BASE);
        return Map.of("kan", new KanLayer(published.in(), published.out(),
                GaussianRbf.of(published.size("N"), range[0], range[1]), base ? Activation.SILU : Activation.NONE, false,
                false, base, published.has(NORM), false, published.explicit()));
    }

    @Override
    Map<String, LayerSpec> take(LayerReader reader) {
        KanLayer kan = reader.nextKan(GaussianRbf.class);
        boolean base = kan.base() != Activation.NONE;
        reader.require(kan, new KanLayer(kan.in(), kan.out(), kan.basis(), base ? Activation.SILU : Activation.NONE,
                false, false, base, kan.inputNorm(), false, false));
        return Map.of("kan", kan);
    }

    @Override
    boolean writes(String group, Map<String, LayerSpec> layers) {
        KanLayer kan = (KanLayer) layers.get("kan");
        return switch (group) {
            case "use_base_update" -> kan.base() != Activation.NONE;
            case "use_layernorm" -> kan.inputNorm();
            default -> true;
        };
    }

    @Override
    void describe(List<ExportedLayer> layers, Map<String, Object> config) {
        config.put("num_grids", Exports.each(layers, l -> l.layer("kan", KanLayer.class).basis().functions()));
        config.put("grid_min", Exports.each(layers, l -> Centres.ofWidth(l)[0]));
        config.put("grid_max", Exports.each(layers, l -> Centres.ofWidth(l)[1]));
        config.put("use_base_update", Exports.each(layers, l -> writes("use_base_update", l.layers())));
        config.put("use_layernorm", Exports.each(layers, l -> writes("use_layernorm", l.layers())));
    }
}
