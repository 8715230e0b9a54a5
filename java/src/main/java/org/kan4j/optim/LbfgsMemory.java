// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.optim;

import java.util.Arrays;
import org.kan4j.model.ParameterVector;
import org.kan4j.model.Parameters;

/** What L-BFGS remembers of past steps: the last moves of the parameters and the changes of the gradient. */
public final class LbfgsMemory implements AutoCloseable {

    /** Ring buffers, of which {@link #stored} entries back from {@link #newest} are in use. */
    final ParameterVector[] steps;
    final ParameterVector[] changes;
    /** 1 / (step . change) of each. */
    public final double[] inverseProducts;
    public int stored;
    public int newest = -1;
    /** The scale of the initial estimate of the inverse Hessian. */
    public double gamma = 1;

    LbfgsMemory(Parameters parameters, int history) {
        steps = new ParameterVector[history];
        changes = new ParameterVector[history];
        inverseProducts = new double[history];
        try {
            for (int i = 0; i < history; i++) {
                steps[i] = parameters.newVector();
                changes[i] = parameters.newVector();
            }
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    /** Forgets the past. */
    void reset() {
        stored = 0;
        newest = -1;
        gamma = 1;
    }

    void copyFrom(LbfgsMemory other) {
        stored = other.stored;
        newest = other.newest;
        gamma = other.gamma;
        for (int i = 0; i < stored; i++) { // the first entries of the ring are filled first
            steps[i].copyFrom(other.steps[i]);
            changes[i].copyFrom(other.changes[i]);
            inverseProducts[i] = other.inverseProducts[i];
        }
    }

    @Override
    public void close() {
        for (ParameterVector[] vectors : Arrays.asList(steps, changes)) {
            for (ParameterVector vector : vectors) {
                if (vector != null) {
                    vector.close();
                }
            }
        }
    }
}
