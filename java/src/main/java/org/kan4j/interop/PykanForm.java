// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.kan4j.layer.Affine;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerSpec;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.model.TensorInfo;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/**
 * A model as pykan lays it out: a layer's biases are those of an affine map behind it, for its sums have none.
 *
 * @param parameters of a model of its own, which the caller closes
 * @param functions of edges, at their layers' new places
 */
record PykanForm(Parameters parameters, Map<String, String> functions) {

    /** Whether it has another form than the model itself. */
    static boolean changes(Parameters parameters) {
        return parameters.model().layers().stream().anyMatch(PykanForm::biased);
    }

    private static boolean biased(LayerSpec layer) {
        return layer instanceof KanLayer kan && kan.bias();
    }

    static PykanForm of(Parameters model, Map<String, String> functions) {
        List<LayerSpec> old = model.model().layers();
        List<LayerSpec> layers = new ArrayList<>();
        int[] places = new int[old.size()]; // of an affine map that takes a bias in: that of the map
        for (int l = 0; l < old.size(); l++) {
            boolean bias = biased(old.get(l));
            places[l] = layers.size();
            layers.add(bias ? ((KanLayer) old.get(l)).withBias(false) : old.get(l));
            if (bias && !(l + 1 < old.size() && old.get(l + 1) instanceof Affine)) {
                layers.add(new Affine(old.get(l).out()));
            }
        }
        DType dtype = model.model().dtype();
        Parameters parameters = Parameters.zeros(KanModel.of(dtype, layers));
        try (Arena arena = Arena.ofConfined()) {
            for (TensorInfo tensor : model.tensors()) {
                int l = tensor.layer();
                HostTensor values = model.get(arena, tensor.name());
                if (biased(old.get(l)) && tensor.tensor().equals("bias")) {
                    boolean map = l + 1 < old.size() && old.get(l + 1) instanceof Affine;
                    HostTensor scale = map ? model.get(arena, "layers." + (l + 1) + ".scale") : null;
                    HostTensor shift = map ? model.get(arena, "layers." + (l + 1) + ".bias") : null;
                    for (long o = 0; map && o < values.size(); o++) {
                        values.set(scale.get(o) * values.get(o) + shift.get(o), o);
                    }
                    parameters.set("layers." + (places[l] + 1) + ".bias", values);
                } else if (!(old.get(l) instanceof Affine && l > 0 && biased(old.get(l - 1))
                        && tensor.tensor().equals("bias"))) {
                    parameters.set("layers." + places[l] + "." + tensor.tensor(), values);
                }
            }
        } catch (RuntimeException | Error e) {
            parameters.close();
            throw e;
        }
        Map<String, String> moved = new TreeMap<>();
        functions.forEach((edge, function) -> {
            int comma = edge.indexOf(',');
            moved.put(places[Integer.parseInt(edge.substring(0, comma))] + edge.substring(comma), function);
        });
        return new PykanForm(parameters, moved);
    }
}
