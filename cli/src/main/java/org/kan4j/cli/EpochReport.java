// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

/**
 * One epoch of training as reported.
 *
 * @param number from 1
 * @param trainLoss mean over the epoch's batches
 * @param testLoss after the epoch
 * @param testScore accuracy in 0..1 (classification) or RMSE in the target's unit (regression), after the epoch
 * @param seconds spent training, without the evaluation on the test part
 */
record EpochReport(int number, double trainLoss, double testLoss, double testScore, double seconds) {
}
