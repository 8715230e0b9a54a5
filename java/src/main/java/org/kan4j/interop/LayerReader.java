// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import java.util.List;
import org.kan4j.basis.Basis;
import org.kan4j.error.UnsupportedException;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerSpec;

/** Walks through a model's layers and refuses, by name, what a variant does not have. */
final class LayerReader {

    private final Variant variant;
    private final List<LayerSpec> layers;
    private int next;

    LayerReader(Variant variant, List<LayerSpec> layers) {
        this.variant = variant;
        this.layers = layers;
    }

    boolean hasNext() {
        return next < layers.size();
    }

    /** Index of the next layer. */
    int index() {
        return next;
    }

    /** The next layer, which must be of a class. */
    <T extends LayerSpec> T next(Class<T> type) {
        T layer = nextIf(type);
        if (layer == null) {
            throw new UnsupportedException("variant " + variant.name() + " needs a " + type.getSimpleName()
                    + " as layer " + next + "; the model has " + (hasNext() ? layers.get(next) : "no more layers"));
        }
        return layer;
    }

    /** The next layer if it is of a class, else null. */
    <T extends LayerSpec> T nextIf(Class<T> type) {
        return hasNext() && type.isInstance(layers.get(next)) ? type.cast(layers.get(next++)) : null;
    }

    /** The next layer, which must be a KAN layer of a basis. */
    KanLayer nextKan(Class<? extends Basis> basis) {
        KanLayer layer = next(KanLayer.class);
        if (!basis.isInstance(layer.basis())) {
            throw new UnsupportedException("variant " + variant.name() + " has the basis " + basis.getSimpleName()
                    + "; layer " + (next - 1) + " of the model has " + layer.basis());
        }
        return layer;
    }

    /** Refuses a layer that differs from what the variant can express. What is trained makes no difference. */
    void require(KanLayer layer, KanLayer expressible) {
        require((LayerSpec) layer.withTrainBasis(false), expressible.withTrainBasis(false));
    }

    /** Refuses a layer that differs from what the variant can express. */
    void require(LayerSpec layer, LayerSpec expressible) {
        if (!layer.equals(expressible)) {
            throw new UnsupportedException("layer " + (next - 1) + " of the model is " + layer + "; variant "
                    + variant.name() + " can express " + expressible);
        }
    }
}
