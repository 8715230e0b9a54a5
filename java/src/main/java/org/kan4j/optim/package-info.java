// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0

/**
 * What training minimises, and the steps that do it: losses, AdamW, SGD and L-BFGS with their states, schedules of
 * the learning rate, clipping, groups of parameters. Whoever configures a trainer, or writes a training loop of his
 * own. Begin with {@link org.kan4j.optim.Optimizer} and {@link org.kan4j.optim.Loss}.
 */
package org.kan4j.optim;
