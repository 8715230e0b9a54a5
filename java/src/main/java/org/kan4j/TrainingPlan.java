// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

/**
 * What a training does, apart from where it stands.
 *
 * @param loss what to minimise; null for the data's default
 * @param optimizer how
 * @param schedule of the learning rate
 * @param epochs in all
 * @param batchSize rows of a mini-batch
 * @param seed of the order of rows
 * @param shuffle whether rows are shuffled
 * @param patience epochs without a better validation loss after which to stop; 0 for never
 */
record TrainingPlan(Loss loss, Optimizer optimizer, Schedule schedule, int epochs, int batchSize, long seed,
                    boolean shuffle, int patience) {
}
