// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.bench;

/** A network on some engine, with one fixed batch to train on: the same numbers for everyone. */
interface Network extends AutoCloseable {

    /** Outputs of the batch, as training needs them. */
    void forward();

    /** Forward, mean squared error, gradients of all parameters, Adam or AdamW. Returns the loss before the step. */
    double step();

    /** Outputs of the batch's first rows from a heap array into a heap array, nothing kept for training. */
    void predict(float[] x, float[] y);

    /** Trainable numbers. */
    long parameters();

    @Override
    void close();
}
