// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.io;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.kan4j.model.ParameterVector;
import org.kan4j.model.Parameters;

/**
 * What a checkpoint holds besides the model for whoever goes on with it: a trainer's plan, progress and moments, or what a
 * training loop of one's own puts there.
 *
 * @param description in words of whoever wrote it
 * @param vectors by name, in the layout of the model's parameters, such as the moments of an optimizer
 * @param sets by name, further parameters of the same model, such as those of the best epoch
 */
public record SavedState(String description, Map<String, ParameterVector> vectors, Map<String, Parameters> sets)
        implements AutoCloseable {

    /** Keeps immutable copies of the maps. */
    public SavedState {
        vectors = Collections.unmodifiableMap(new LinkedHashMap<>(vectors));
        sets = Collections.unmodifiableMap(new LinkedHashMap<>(sets));
    }

    /** Frees vectors and sets. */
    @Override
    public void close() {
        vectors.values().forEach(ParameterVector::close);
        sets.values().forEach(Parameters::close);
    }
}
