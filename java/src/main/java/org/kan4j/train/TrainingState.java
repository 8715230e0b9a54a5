// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import org.kan4j.model.Parameters;
import org.kan4j.optim.OptimizerState;

/**
 * All that a resumed training needs besides the parameters and the data.
 *
 * @param plan what to do
 * @param progress where it stands
 * @param state of the optimizer
 * @param current with early stopping or averaging the parameters where training stands (the model's own are the best so
 *     far, or the average); else null
 * @param average with early stopping and averaging the average where training stands; else null
 */
public record TrainingState(TrainingPlan plan, TrainingProgress progress, OptimizerState state, Parameters current,
                     Parameters average) implements AutoCloseable {

    @Override
    public void close() {
        state.close();
        if (current != null) {
            current.close();
        }
        if (average != null) {
            average.close();
        }
    }

}
