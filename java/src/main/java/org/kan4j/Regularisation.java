// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import java.lang.foreign.MemorySegment;
import java.util.List;

/** The regularisers of a training, and the one place that runs the backward pass with what they add to it. */
final class Regularisation {

    private final Context context;
    private final List<Regulariser> regularisers;

    Regularisation(Context context, List<Regulariser> regularisers) {
        this.context = context;
        this.regularisers = List.copyOf(regularisers);
    }

    boolean isEmpty() {
        return regularisers.isEmpty();
    }

    /**
     * The gradients by the parameters of the loss, whose derivative by the output is given, and of the penalties on the
     * rows of the workspace's last forward pass. Returns the sum of the penalties.
     */
    double backward(Workspace workspace, long rows, MemorySegment x, MemorySegment gradOutput,
                    ParameterVector gradients) {
        workspace.backward(rows, x, gradOutput, gradients);
        return addTo(workspace.parameters(), gradients);
    }

    /** What the penalties on parameters alone add. */
    double addTo(Parameters parameters, ParameterVector gradients) {
        double penalty = 0;
        for (Regulariser regulariser : regularisers) {
            penalty += regulariser.addTo(context, parameters, gradients);
        }
        return penalty;
    }
}
