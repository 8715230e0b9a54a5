// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import org.kan4j.basis.BSpline;
import org.kan4j.basis.GaussianRbf;
import org.kan4j.basis.Rswaf;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerSpec;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;

/** One set of parameters of a {@link Fit} on its way. */
final class FitCandidate implements AutoCloseable {

    Parameters parameters;
    int iterations;
    double trainLoss;
    double validationLoss = Double.NaN;

    FitCandidate(Parameters parameters) {
        this.parameters = parameters;
    }

    double score() {
        double score = Double.isNaN(validationLoss) ? trainLoss : validationLoss;
        return Double.isNaN(score) ? Double.POSITIVE_INFINITY : score;
    }

    @Override
    public void close() {
        parameters.close();
    }

    /** The first grid of a model; 0 where there is none. */
    static int gridOf(KanModel model) {
        for (LayerSpec layer : model.layers()) {
            if (layer instanceof KanLayer kan) {
                switch (kan.basis()) {
                    case BSpline spline -> {
                        return spline.grid();
                    }
                    case GaussianRbf rbf -> {
                        return rbf.centres();
                    }
                    case Rswaf rswaf -> {
                        return rswaf.centres();
                    }
                    default -> {
                    }
                }
            }
        }
        return 0;
    }
}
