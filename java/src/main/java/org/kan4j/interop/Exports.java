// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import java.util.List;
import java.util.function.Function;
import org.kan4j.error.UnsupportedException;

/** What published constructors say of all layers. */
final class Exports {

    private Exports() {
    }

    /** A property of the layers: one value where they share it, as published constructors take it, else an array with one a layer. */
    static Object each(List<ExportedLayer> layers, Function<ExportedLayer, Object> of) {
        return one(layers.stream().map(of).toList());
    }

    /** The value that all have, or the list. */
    static Object one(List<Object> values) {
        return values.stream().distinct().count() == 1 ? values.getFirst() : values;
    }

    /** A property that all layers must share. */
    static <T> T same(String property, List<ExportedLayer> layers, Function<ExportedLayer, T> of) {
        List<T> values = layers.stream().map(of).distinct().toList();
        if (values.size() > 1) {
            throw new UnsupportedException("the published model has one " + property + " for all layers; this one has "
                    + values);
        }
        return values.getFirst();
    }
}
