// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import org.kan4j.device.Context;
import org.kan4j.measure.EdgeStatistics;
import org.kan4j.model.ParameterVector;
import org.kan4j.model.Parameters;

/** A penalty added to the loss, with its gradient. */
@FunctionalInterface
public interface Regulariser {

    /**
     * The penalty at the parameters as they are, without what depends on data.
     *
     * @param gradient receives the penalty's derivative by the parameters, added to what is there
     */
    double addTo(Context context, Parameters parameters, ParameterVector gradient);

    /** Whether a part of the penalty depends on the edges' statistics over the rows that the loss is of. */
    default boolean readsEdges() {
        return false;
    }

    /**
     * The part of the penalty that depends on the edges' statistics; asked for if {@link #readsEdges}.
     *
     * @param statistics over the rows of a step, each counting once whatever its weight; valid during the call
     * @param gradient receives the derivative by them, added to what is there
     */
    default double addTo(EdgeStatistics statistics, EdgeGradient gradient) {
        return 0;
    }
}
