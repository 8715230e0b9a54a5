// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import java.util.Map;
import org.kan4j.internal.model.OptimizerSteps;
import org.kan4j.model.ParameterVector;
import org.kan4j.model.Parameters;

/**
 * All that a resumed training needs besides the parameters and the data. Owns nothing.
 *
 * @param plan what to do
 * @param progress where it stands
 * @param moments of the optimizer
 * @param steps the optimizer has made
 * @param restartedAt steps made when its moments were last 0
 * @param curvature what L-BFGS knows besides; null of others
 * @param current with early stopping or averaging the parameters where training stands (the model's own are the best so
 *     far, or the average); else null
 * @param average with early stopping and averaging the average where training stands; else null
 */
record TrainingState(TrainingPlan plan, TrainingProgress progress, Map<String, ParameterVector> moments, long steps,
        long restartedAt, OptimizerSteps.Curvature curvature, Parameters current, Parameters average) {
}
