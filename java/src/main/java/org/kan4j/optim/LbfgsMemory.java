// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.optim;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.kan4j.error.Counted;
import org.kan4j.error.KanException;
import org.kan4j.internal.model.OptimizerSteps;
import org.kan4j.model.ParameterVector;
import org.kan4j.model.Parameters;

/** What L-BFGS remembers of past steps: the last moves of the parameters and the changes of the gradient. */
final class LbfgsMemory implements AutoCloseable {

    /** Ring buffers, of which {@link #stored} entries back from {@link #newest} are in use. */
    final ParameterVector[] steps;
    final ParameterVector[] changes;
    /** 1 / (step . change) of each. */
    final double[] inverseProducts;
    int stored;
    int newest = -1;
    /** The scale of the initial estimate of the inverse Hessian. */
    double gamma = 1;

    LbfgsMemory(Parameters parameters, int history) {
        List<ParameterVector> vectors = parameters.newVectors(2 * history);
        steps = vectors.subList(0, history).toArray(ParameterVector[]::new);
        changes = vectors.subList(history, 2 * history).toArray(ParameterVector[]::new);
        inverseProducts = new double[history];
    }

    /** Forgets the past. */
    void reset() {
        stored = 0;
        newest = -1;
        gamma = 1;
    }

    /** What it knows besides its vectors. */
    OptimizerSteps.Curvature curvature() {
        return new OptimizerSteps.Curvature(newest, gamma, Arrays.stream(inverseProducts).limit(stored).boxed().toList());
    }

    /** Takes over copies of vectors by the names that {@link OptimizerState#moments} gives them. */
    void restore(Map<String, ParameterVector> saved, OptimizerSteps.Curvature curvature) {
        stored = curvature.stored();
        newest = curvature.newest();
        gamma = curvature.gamma();
        for (int i = 0; i < stored; i++) { // the first entries of the ring are filled first
            steps[i].copyFrom(saved.get("step_" + i));
            changes[i].copyFrom(saved.get("change_" + i));
            inverseProducts[i] = curvature.inverseProducts().get(i);
        }
    }

    /** The steps in use, from the oldest to the newest. */
    Map<String, ParameterVector> vectors() {
        Map<String, ParameterVector> vectors = new LinkedHashMap<>();
        for (int i = 0; i < stored; i++) {
            int k = Math.floorMod(newest - stored + 1 + i, steps.length);
            vectors.put("step_" + i, steps[k]);
            vectors.put("change_" + i, changes[k]);
        }
        return vectors;
    }

    /** Copies steps in the order of {@link #vectors} into the first places, which are not in use by that alone; their number. */
    int copy(Map<String, ParameterVector> vectors) {
        int count = vectors.size() / 2;
        for (int i = 0; i < count; i++) {
            ParameterVector step = vectors.get("step_" + i);
            ParameterVector change = vectors.get("change_" + i);
            if (step == null || change == null || i == steps.length) {
                throw KanException.invalid("the past of L-BFGS must be step_0, change_0 and so on, of at most %s, given %s",
                        Counted.of(steps.length, "step"), vectors.keySet());
            }
            steps[i].copyFrom(step);
            changes[i].copyFrom(change);
        }
        return count;
    }

    @Override
    public void close() {
        for (ParameterVector[] vectors : Arrays.asList(steps, changes)) {
            for (ParameterVector vector : vectors) {
                vector.close();
            }
        }
    }
}
