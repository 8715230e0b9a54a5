// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.kan4j.basis.Wavelet;
import org.kan4j.layer.BatchNorm;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerSpec;

/**
 * zavareh1/Wav-KAN: a wavelet with scale and translation an edge, and a batch norm after each layer. The state dict's
 * {@code weight1} has no part in the output and is carried along.
 */
final class WavKan extends Variant {

    private static final List<String> TYPES = List.of("mexican_hat", "morlet", "dog", "meyer", "shannon");

    WavKan() {
        super("wavkan");
    }

    @Override
    Map<String, Object> defaults() {
        Map<String, Object> keys = new LinkedHashMap<>();
        keys.put("layers", null);
        keys.put("wavelet_type", "mexican_hat");
        keys.put("mode", "train");
        return keys;
    }

    @Override
    List<Slot> slots() {
        return List.of(
                Slot.of("layers.{l}.scale", "kan", "scale", "O", "I"),
                Slot.of("layers.{l}.translation", "kan", "translation", "O", "I"),
                Slot.carried("layers.{l}.weight1", i -> 0, null, "O", "I"),
                Slot.of("layers.{l}.wavelet_weights", "kan", "weight", "O", "I"),
                Slot.of("layers.{l}.bn.weight", "norm", "weight", "O"),
                Slot.of("layers.{l}.bn.bias", "norm", "bias", "O"),
                Slot.of("layers.{l}.bn.running_mean", "norm", "running_mean", "O"),
                Slot.of("layers.{l}.bn.running_var", "norm", "running_var", "O"),
                Slot.carried("layers.{l}.bn.num_batches_tracked", i -> 0, "I64"));
    }

    @Override
    Map<String, LayerSpec> layers(PublishedLayer published, Config config) {
        boolean eval = config.text("mode", List.of("train", "eval")).equals("eval");
        Wavelet basis = new Wavelet(
                Wavelet.Kind.valueOf(config.text("wavelet_type", TYPES).toUpperCase(Locale.ROOT)));
        Map<String, LayerSpec> layers = new LinkedHashMap<>();
        layers.put("kan", KanLayer.of(published.in(), published.out(), basis));
        layers.put("norm", BatchNorm.of(published.out()).withFrozen(eval));
        return layers;
    }

    @Override
    Map<String, LayerSpec> take(LayerReader reader) {
        Map<String, LayerSpec> layers = new LinkedHashMap<>();
        KanLayer kan = reader.nextKan(Wavelet.class);
        reader.require(kan, KanLayer.of(kan.in(), kan.out(), kan.basis()));
        layers.put("kan", kan);
        BatchNorm norm = reader.next(BatchNorm.class);
        reader.require(norm, BatchNorm.of(norm.features()).withFrozen(norm.frozen()));
        layers.put("norm", norm);
        return layers;
    }

    @Override
    void describe(List<ExportedLayer> layers, Map<String, Object> config) {
        config.put("wavelet_type", Exports.each(layers,
                l -> ((Wavelet) l.layer("kan", KanLayer.class).basis()).kind().name().toLowerCase(Locale.ROOT)));
        config.put("mode", Exports.each(layers, l -> l.layer("norm", BatchNorm.class).frozen() ? "eval" : "train"));
    }
}
