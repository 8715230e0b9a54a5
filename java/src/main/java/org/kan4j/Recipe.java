// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

/**
 * How to train where nothing is said. Steps are sized so that small data gets enough of them.
 *
 * @param hidden width of the hidden layer
 * @param epochs passes over the training rows
 * @param batchSize rows of a step
 * @param learningRate of AdamW at the start
 * @param decay factor on the learning rate after each epoch
 */
public record Recipe(int hidden, int epochs, int batchSize, double learningRate, double decay) {

    /** The rate ends at this part of what it was. */
    private static final double LAST = 0.02;

    /**
     * The recipe for so many training rows.
     *
     * @param rows at least 1
     */
    public static Recipe of(long rows) {
        int epochs = rows < 2_000 ? 100 : rows < 20_000 ? 50 : 20;
        int batch = rows < 2_000 ? 16 : rows < 20_000 ? 64 : 256;
        return new Recipe(16, epochs, batch, 5e-3, Math.pow(LAST, 1.0 / epochs));
    }
}
