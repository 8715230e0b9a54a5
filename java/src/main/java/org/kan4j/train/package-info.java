// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0

/**
 * Training: mini-batches, penalties, grid updates, early stopping and checkpoints; and the least squares fit of
 * formulas by refined grids. Whoever trains a model and does not want to write the loop. Begin with {@link
 * org.kan4j.train.Trainer}.
 */
package org.kan4j.train;
