// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

/**
 * All that a resumed training needs besides the parameters and the data.
 *
 * @param plan what to do
 * @param progress where it stands
 * @param state of the optimizer
 */
record TrainingState(TrainingPlan plan, TrainingProgress progress, OptimizerState state) {
}
