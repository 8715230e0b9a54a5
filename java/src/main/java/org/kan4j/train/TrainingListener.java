// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import java.io.PrintStream;
import java.util.Optional;
import java.util.OptionalDouble;
import org.kan4j.grid.GridUpdate;
import org.kan4j.measure.Metrics;

/**
 * Told what happens during training, on the training thread. Every method may call {@link Trainer#requestStop}: the
 * current batch is the last then.
 */
public interface TrainingListener {

    /**
     * Writes a line an epoch, and one at the end, to a log.
     *
     * @param log such as {@code System.getLogger("training")}; lines are of the level INFO
     */
    static TrainingListener logging(System.Logger log) {
        return new TrainingLog(line -> log.log(System.Logger.Level.INFO, line));
    }

    /** Writes a line an epoch, and one at the end. */
    static TrainingListener printing(PrintStream out) {
        return new TrainingLog(out::println);
    }

    /**
     * Training begins, or goes on after a resume.
     *
     * @param trainer the caller
     * @param rows of the training data
     */
    default void onStart(Trainer trainer, int rows) {
    }

    /**
     * An epoch begins.
     *
     * @param trainer the caller
     * @param epoch from 1
     */
    default void onEpochStart(Trainer trainer, int epoch) {
    }

    /** A batch has been trained on. */
    default void onBatch(Trainer trainer, Batch batch) {
    }

    /**
     * Grids have been moved to the data.
     *
     * @param trainer the caller
     * @param report what was done, and by how much it changed the layers on the data
     */
    default void onGridUpdate(Trainer trainer, GridUpdate.Report report) {
    }

    /** An epoch has ended and, if there is validation data, been measured. */
    default void onEpochEnd(Trainer trainer, Epoch epoch) {
    }

    /**
     * Training has ended, also where it failed: the result says why. What is thrown here after a failure is lost, the
     * failure is what the caller gets.
     */
    default void onEnd(Trainer trainer, TrainingResult result) {
    }

    /**
     * Progress after a batch.
     *
     * @param epoch from 1
     * @param epochs in all
     * @param batch of the epoch, from 1
     * @param batches of the epoch
     * @param step of the training, from 1
     * @param rows trained on in this epoch so far
     * @param loss mean over this epoch so far
     * @param accuracy over this epoch so far, if there are classes
     * @param learningRate of this step
     */
    record Batch(int epoch, int epochs, long batch, long batches, long step, long rows, double loss,
            OptionalDouble accuracy, double learningRate) {
    }

    /**
     * A completed epoch.
     *
     * @param epoch from 1
     * @param epochs in all
     * @param loss mean over the epoch's batches, each before its update
     * @param accuracy over the epoch's batches, each before its update, if there are classes
     * @param validation measured after the epoch; empty without validation data
     * @param seconds of training, validation not counted
     */
    record Epoch(int epoch, int epochs, double loss, OptionalDouble accuracy, Optional<Metrics> validation, double seconds) {
    }
}
