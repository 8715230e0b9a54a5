// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

/**
 * One epoch of training as reported.
 *
 * @param number from 1
 * @param part what was measured on after the epoch: test, or validation where rows are held out for it
 * @param trainLoss mean over the epoch's batches
 * @param loss on the part
 * @param score on the part: accuracy in 0..1 (classification) or RMSE in the target's unit (regression)
 * @param seconds spent training, without the measurement
 */
record EpochReport(int number, String part, double trainLoss, double loss, double score, double seconds) {
}
