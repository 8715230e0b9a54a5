// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import java.util.List;

/**
 * How to train on a table where nothing is said. What the rows alone decide is in it; what their noise decides, the weight
 * decay, is chosen among candidates by rows held out ({@link org.kan4j.train.HeldOut}). docs/benchmarks/tabular.md has the
 * table that defends the numbers.
 *
 * @param hidden widths of the hidden layers
 * @param grid intervals of B-splines
 * @param otherGrid a number of intervals that is taken where it does better on rows held out ({@link #takesOther}); 0 for none
 * @param epochs passes over the training rows
 * @param batchSize rows of a step
 * @param learningRate of AdamW at the start
 * @param decay factor on the learning rate after each epoch
 * @param weightDecay where none is chosen
 * @param weightDecays to choose among; empty where one is not worth its time
 * @param comparisons trainings a candidate, each with other rows held out
 * @param comparedEpochs passes of these trainings
 * @param members networks whose mean the model is, where network and course of the training are left to it
 */
public record Recipe(List<Long> hidden, int grid, int otherGrid, int epochs, int batchSize, double learningRate, double decay,
        double weightDecay, List<Double> weightDecays, int comparisons, int comparedEpochs, int members) {

    /** The rate ends at this part of what it was. */
    private static final double LAST = 0.02;
    /** From clean data to much noise; between two of them lies a factor that matters. */
    private static final List<Double> WEIGHT_DECAYS = List.of(0.001, 0.1, 0.4, 1.5);
    /** Fewer rows cannot be held out of, more tell little by their noise. */
    private static final long FEWEST = 30;
    private static final long MOST = 50_000;
    private static final long SMALL = 1_000;
    private static final long MEDIUM = 5_000;
    private static final long LARGE = 20_000;
    /** Share of a loss that is more than chance. */
    private static final double CLEARLY = 0.05;
    /** Rows that are passed in a training, beyond {@link #LEAST_EPOCHS} epochs, where it is not the most; fewer of wide rows. */
    private static final long PASSED = 400_000;
    private static final long WIDE = 40;
    private static final int LEAST_EPOCHS = 20;
    private static final int MOST_EPOCHS = 200;

    /** Networks that differ in their seed: three take the most of what chance adds to the error of one, for a few times its nodes. */
    private static final int MEMBERS = 3;

    /** Keeps immutable copies. */
    public Recipe {
        hidden = List.copyOf(hidden);
        weightDecays = List.copyOf(weightDecays);
    }

    /**
     * The recipe for so many training rows of numbers to predict.
     *
     * @param rows at least 1
     * @param features numbers of a row
     */
    public static Recipe of(long rows, long features) {
        return of(rows, features, false);
    }

    /**
     * The recipe for so many training rows.
     *
     * @param rows at least 1
     * @param features numbers of a row
     * @param classes whether labels are predicted, which a fine grid learns by heart
     */
    public static Recipe of(long rows, long features, boolean classes) {
        long passed = PASSED * WIDE / Math.max(WIDE, features);
        int epochs = (int) Math.min(MOST_EPOCHS, LEAST_EPOCHS + passed / Math.max(1, rows));
        return new Recipe(rows < MEDIUM ? List.of(32L, 16L) : List.of(64L, 32L), rows < MEDIUM && classes ? 5 : 10,
                rows < FEWEST || rows >= MEDIUM ? 0 : classes ? 12 : 5, epochs,
                rows < MEDIUM ? 16 : rows < LARGE ? 128 : 256, rows < MEDIUM ? 0.005 : 0.01, decay(epochs),
                rows > MOST ? 0.1 : 0.4,
                rows < FEWEST || rows > MOST ? List.of() : WEIGHT_DECAYS, rows < SMALL ? 3 : 1,
                rows < MEDIUM ? epochs : Math.ceilDiv(epochs, 2), rows > MOST ? 1 : MEMBERS);
    }

    /** The same with another number of epochs, over which the learning rate falls as far; by a factor of its own as before. */
    public Recipe withEpochs(int passes) {
        return new Recipe(hidden, grid, otherGrid, passes, batchSize, learningRate,
                decay == decay(epochs) ? decay(passes) : decay, weightDecay, weightDecays, comparisons,
                Math.min(passes, comparedEpochs), members);
    }

    /** The same on the other grid. */
    public Recipe onOtherGrid() {
        return new Recipe(hidden, otherGrid, 0, epochs, batchSize, learningRate, decay, weightDecay, weightDecays, comparisons,
                comparedEpochs, members);
    }

    /**
     * Whether the other grid is to be taken for its loss: a coarser one not for a little, as comparisons are of single networks on four
     * fifths of the rows, which bear less than the mean of several on all.
     */
    public boolean takesOther(double other, double usual) {
        return other < (otherGrid < grid ? (1 - CLEARLY) * usual : usual);
    }

    /** Whether columns may be left out that are of no use to the networks compared. */
    public boolean choosesColumns() {
        return !weightDecays.isEmpty() && members > 1;
    }

    /** Whether fewer columns are to be taken for their loss: for a clear one, as they were chosen by the rows that it is of. */
    public boolean takesFewer(double fewer, double all) {
        return fewer < (1 - CLEARLY) * all;
    }

    /** How often transforms of a target are compared; one that bends is to be better each time. */
    public int transformComparisons() {
        return Math.max(2, comparisons);
    }

    /** The factor after each epoch by which the rate ends where it is to. */
    private static double decay(int epochs) {
        return Math.pow(LAST, 1.0 / Math.max(1, epochs));
    }
}
