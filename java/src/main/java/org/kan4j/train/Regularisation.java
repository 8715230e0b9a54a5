// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.kan4j.device.Context;
import org.kan4j.internal.passes.EdgeSums;
import org.kan4j.internal.passes.NativeVector;
import org.kan4j.internal.passes.Passes;
import org.kan4j.measure.EdgeStatistics;
import org.kan4j.model.ParameterVector;
import org.kan4j.model.Parameters;
import org.kan4j.model.Workspace;
import org.kan4j.tensor.DType;

/** The regularisers of a training, and the one place that runs the backward pass with what they add to it. */
final class Regularisation {

    private final Context context;
    private final List<Regulariser> regularisers;
    private final boolean readsEdges;
    private EdgeStatistics statistics;
    private EdgeGradient gradient;

    Regularisation(Context context, List<Regulariser> regularisers) {
        this.context = context;
        this.regularisers = List.copyOf(regularisers);
        this.readsEdges = regularisers.stream().anyMatch(Regulariser::readsEdges);
    }

    boolean isEmpty() {
        return regularisers.isEmpty();
    }

    /** Whether the gradient needs the statistics of all rows: {@link #collect} and {@link #measured} before it. */
    boolean readsEdges() {
        return readsEdges;
    }

    /**
     * The gradients by the parameters of the loss, whose derivative by the output is given, and of the penalties on the
     * rows of the workspace's last forward pass. Returns the sum of the penalties.
     */
    double backward(Workspace workspace, long rows, MemorySegment x, MemorySegment gradOutput,
            ParameterVector gradients) {
        double penalty = 0;
        if (readsEdges) {
            collect(workspace, rows, x, true);
            penalty = measured();
        }
        pull(workspace, rows, x, gradOutput, gradients);
        return penalty + addTo(workspace.parameters(), gradients);
    }

    /** Adds the rows of the workspace's last forward pass to the edges' statistics, or starts with them. */
    void collect(Workspace workspace, long rows, MemorySegment x, boolean first) {
        if (statistics == null) {
            statistics = new EdgeStatistics(workspace.parameters().model());
            gradient = new EdgeGradient(statistics);
        }
        if (first) {
            EdgeSums.of(statistics).clear();
        }
        EdgeSums.of(statistics).add(Passes.of(workspace), rows, x);
    }

    /** The penalties on the edges' statistics. */
    double measured() {
        gradient.clear();
        double penalty = 0;
        for (Regulariser regulariser : regularisers) {
            penalty += regulariser.readsEdges() ? regulariser.addTo(statistics, gradient) : 0;
        }
        return penalty;
    }

    /** The gradients of the loss and of the penalties on edges, for the rows of the workspace's last forward pass. */
    void pull(Workspace workspace, long rows, MemorySegment x, MemorySegment gradOutput, ParameterVector gradients) {
        Passes passes = Passes.of(workspace);
        DType dtype = workspace.parameters().model().dtype();
        passes.backward(rows, x, gradOutput, NativeVector.of(gradients), !readsEdges ? null
                : (layer, input, gradInput, part) -> gradient.pull(passes, dtype, layer, rows, statistics.rows(), input,
                        gradInput, part));
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
