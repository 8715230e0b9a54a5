// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.kan4j.basis.Rswaf;
import org.kan4j.error.UnsupportedException;
import org.kan4j.layer.Activation;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerSpec;
import org.kan4j.tensor.HostTensor;

/**
 * AthanasiosDelis/faster-kan, 1 - tanh^2 of the layer norm's distance to centres. Two variants:
 *
 * <ul>
 * <li>{@code fasterkan}: what the published code computes. Its forward stores the inverse denominator and does not use
 * it, so it is 1 here and the stored value is carried along. (Its hand-written backward is not the derivative of its
 * forward; kan4j's gradients are.)
 * <li>{@code rswaf}: the documented function, with the inverse denominator, centres and inverse denominator trained.
 * </ul>
 */
final class FasterKan extends Variant {

    private final boolean published;
    private final String stem;
    private final String rbf;

    FasterKan(String name) {
        super(name);
        published = name.equals("fasterkan");
        stem = published ? "layers.{l}." : "{l}.";
        rbf = published ? stem + "rbf." : stem;
    }

    @Override
    Map<String, Object> defaults() {
        Map<String, Object> keys = new LinkedHashMap<>();
        keys.put("layers", null);
        keys.put("num_grids", 8);
        keys.put("grid_min", -1.2);
        keys.put("grid_max", 0.2);
        keys.put("inv_denominator", 0.5);
        return keys;
    }

    @Override
    Set<String> ignoredKeys() {
        return Set.of("exponent", "train_grid", "train_inv_denominator", "base_activation", "spline_weight_init_scale");
    }

    @Override
    List<Slot> slots() {
        return List.of(
                Slot.of(stem + "layernorm.weight", "kan", "norm_weight", "I"),
                Slot.of(stem + "layernorm.bias", "kan", "norm_bias", "I"),
                Slot.of(rbf + "grid", "kan", "centres", "N"),
                published ? Slot.carried(rbf + "inv_denominator", i -> 0.5, null)
                        : Slot.of(rbf + "inv_denominator", "kan", "inv_width"),
                Slot.of(stem + (published ? "spline_linear.weight" : "weight"), "kan", "coef", "O", "I*N"));
    }

    @Override
    String canonical(String key) { // rswaf takes the published names as well
        return published ? key : key.replace(".rbf.", ".").replace(".spline_linear.weight", ".weight");
    }

    @Override
    boolean sequential() {
        return !published;
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
    Map<String, LayerSpec> layers(PublishedLayer layer, Config config) {
        double[] range = Centres.range(layer.tensor(rbf + "grid"), config.number("grid_min"), config.number("grid_max"));
        HostTensor inverse = layer.tensor(rbf + "inv_denominator");
        Rswaf basis = new Rswaf(layer.size("N"), range[0], range[1], published ? 1 : inverse.get(0L));
        return Map.of("kan", new KanLayer(layer.in(), layer.out(), basis, Activation.NONE, false, false, false, true,
                false, !published));
    }

    @Override
    Map<String, LayerSpec> take(LayerReader reader) {
        KanLayer kan = reader.nextKan(Rswaf.class);
        reader.require(kan, new KanLayer(kan.in(), kan.out(), kan.basis(), Activation.NONE, false, false, false, true,
                false, kan.trainBasis()));
        return Map.of("kan", kan);
    }

    @Override
    void describe(List<ExportedLayer> layers, Map<String, Object> config) {
        for (ExportedLayer layer : layers) {
            double inverse = published ? layer.tensor("kan", "inv_width").get(0L) : 1; // a tensor of rswaf
            if (inverse != 1) {
                throw new UnsupportedException("the published forward of fasterkan has no inverse denominator; this "
                        + "model's is " + inverse + ": export it as variant rswaf");
            }
        }
        config.put("num_grids", Exports.each(layers, l -> l.layer("kan", KanLayer.class).basis().functions()));
    }
}
