// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.kan4j.basis.ReluPower;
import org.kan4j.error.FormatException;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerSpec;
import org.kan4j.tensor.HostTensor;

/**
 * quiqi/relu_kan: squared products of two ReLUs with trained ends. The published code reshapes its basis (in, g + k)
 * to the convolution's window (g + k, in) without transposing, so the convolution's weight is read in flat order as
 * (out, in, g + k).
 */
final class ReluKan extends Variant {

    private static final String LOW = "rk_layers.{l}.phase_low";
    private static final String HIGH = "rk_layers.{l}.phase_height";

    ReluKan() {
        super("relukan");
    }

    @Override
    Map<String, Object> defaults() {
        Map<String, Object> keys = new LinkedHashMap<>();
        keys.put("layers", null);
        keys.put("g", null);
        keys.put("k", null);
        return keys;
    }

    @Override
    Set<String> ignoredKeys() {
        return Set.of("train_ab");
    }

    @Override
    List<Slot> slots() {
        return List.of(
                Slot.of(LOW, "kan", "phase_low", "I", "N"),
                Slot.of(HIGH, "kan", "phase_high", "I", "N"),
                Slot.of("rk_layers.{l}.equal_size_conv.weight", "kan", "coef", "O", "1", "N", "I"),
                Slot.of("rk_layers.{l}.equal_size_conv.bias", "kan", "bias", "O"));
    }

    @Override
    Map<String, Long> configSizes(Config config, int layer) {
        Map<String, Long> sizes = super.configSizes(config, layer);
        if (config.has("g") && config.has("k")) {
            sizes.put("N", (long) config.integer("g") + config.integer("k"));
        }
        return sizes;
    }

    @Override
    Map<String, LayerSpec> layers(PublishedLayer published, Config config) {
        int functions = published.size("N");
        int grid = config.has("g") ? config.integer("g")
                : config.has("k") ? functions - config.integer("k") : untrainedGrid(published);
        int order = config.has("k") ? config.integer("k") : functions - grid;
        if (grid < 1 || order < 1 || grid + order != functions) {
            throw new FormatException("the config of variant relukan gives g " + grid + " and k " + order + "; "
                    + LOW.replace("{l}", "" + published.index()) + " has " + functions + " functions an input, which must "
                    + "be g + k, both at least 1");
        }
        return Map.of("kan", KanLayer.of(published.in(), published.out(), new ReluPower(grid, order)));
    }

    /** g from the untrained ends s_c = (c - k) / g and e_c = s_c + (k + 1) / g. */
    private static int untrainedGrid(PublishedLayer published) {
        HostTensor low = published.tensor(LOW);
        HostTensor high = published.tensor(HIGH);
        int functions = published.size("N");
        int grid = functions < 2 ? 0 : (int) Math.round(1 / (low.get(0, 1) - low.get(0, 0)));
        int order = functions - grid;
        boolean untrained = grid >= 1 && order >= 1;
        for (long i = 0; i < published.in() && untrained; i++) {
            for (int c = 0; c < functions; c++) {
                double start = (double) (c - order) / grid;
                untrained &= Math.abs(low.get(i, c) - start) < 1e-5
                        && Math.abs(high.get(i, c) - start - (order + 1.0) / grid) < 1e-5;
            }
        }
        if (!untrained) {
            throw new FormatException("the state dict of variant relukan does not say how its " + functions
                    + " functions an input divide into g and k; give the config, such as {\"g\": " + (functions - 3)
                    + ", \"k\": 3}");
        }
        return grid;
    }

    @Override
    Map<String, LayerSpec> take(LayerReader reader) {
        KanLayer kan = reader.nextKan(ReluPower.class);
        reader.require(kan, KanLayer.of(kan.in(), kan.out(), kan.basis()));
        return Map.of("kan", kan);
    }

    @Override
    void describe(List<ExportedLayer> layers, Map<String, Object> config) {
        config.put("g", Exports.each(layers, l -> basis(l).grid()));
        config.put("k", Exports.each(layers, l -> basis(l).order()));
    }

    private static ReluPower basis(ExportedLayer layer) {
        return (ReluPower) layer.layer("kan", KanLayer.class).basis();
    }
}
