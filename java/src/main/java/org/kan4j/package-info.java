// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0

/**
 * Kolmogorov-Arnold networks for Java. This package is the front door: {@link org.kan4j.Kan} trains classifiers, regressors
 * and multi-label models on raw rows, and loads them.
 *
 * <p>Below it: {@link org.kan4j.model.KanModel} describes a network, {@link
 * org.kan4j.model.Parameters} holds its numbers off the heap, {@link org.kan4j.train.Trainer} trains them on a {@link
 * org.kan4j.rows.Dataset} or another {@link org.kan4j.rows.RowSource}, {@link org.kan4j.serve.Predictor} serves them to
 * many threads and {@link org.kan4j.io.Checkpoint} keeps them in safetensors files. The arithmetic runs in libkan4j's
 * fused kernels, on memory that Java owns, without a copy.
 *
 * <p>Memory: everything off the heap lives in an {@link java.lang.foreign.Arena} the caller opened, or in an object
 * that is closed. What is forgotten is freed some time after, with a warning in the log. Errors are {@link org.kan4j.error.KanException}s that say
 * what was wrong, what was expected and what was given; using something closed is an {@link IllegalStateException}.
 */
package org.kan4j;
