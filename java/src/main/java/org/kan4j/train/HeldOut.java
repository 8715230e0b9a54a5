// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.kan4j.error.NonFiniteLossException;
import org.kan4j.rows.RowSource;

/** Compares ways to train by rows held out, which none of them sees. */
public final class HeldOut {

    /** Share of the rows held out. */
    public static final double SHARE = 0.2;

    private HeldOut() {
    }

    /**
     * How well a way to train did.
     *
     * @param candidate the way
     * @param loss on the rows held out, the mean over trainings; infinite where one failed by a loss that is not finite
     */
    public record Score<T>(T candidate, double loss) {
    }

    /** A training on some rows that is measured on others. */
    @FunctionalInterface
    public interface Training<T> {
        /**
         * Trains from the start.
         *
         * @return the loss on the rows held out; empty where the training was stopped
         */
        OptionalDouble loss(T candidate, RowSource train, RowSource heldOut);
    }

    /**
     * Trains with each candidate on four fifths of the rows and measures it on the rest. All candidates see the same rows.
     *
     * @param repetitions trainings a candidate, each with other rows held out
     * @param seed of the rows held out
     * @return one score a candidate, in order; empty where a training was stopped
     */
    public static <T> List<Score<T>> compare(List<T> candidates, RowSource rows, int repetitions, long seed,
            Training<T> training) {
        double[] sums = new double[candidates.size()];
        for (int r = 0; r < repetitions; r++) {
            RowSource.Split<? extends RowSource> split = rows.split(1 - SHARE, seed + r);
            for (int c = 0; c < sums.length; c++) {
                try {
                    OptionalDouble loss = training.loss(candidates.get(c), split.first(), split.second());
                    if (loss.isEmpty()) {
                        return List.of();
                    }
                    sums[c] += Double.isNaN(loss.getAsDouble()) ? Double.POSITIVE_INFINITY : loss.getAsDouble();
                } catch (NonFiniteLossException e) {
                    sums[c] = Double.POSITIVE_INFINITY;
                }
            }
        }
        List<Score<T>> scores = new ArrayList<>();
        for (int c = 0; c < sums.length; c++) {
            scores.add(new Score<>(candidates.get(c), sums[c] / repetitions));
        }
        return scores;
    }

    /** Whether there are as many losses as there are others, and each is less than its other. */
    public static boolean isAlwaysLess(List<Double> losses, List<Double> others) {
        return !losses.isEmpty() && losses.size() == others.size()
                && java.util.stream.IntStream.range(0, losses.size()).allMatch(i -> losses.get(i) < others.get(i));
    }

    /** The candidate of the least loss, the last of equals; empty if there is no finite one. */
    public static <T> Optional<T> best(List<Score<T>> scores) {
        Score<T> best = null;
        for (Score<T> score : scores) {
            best = Double.isFinite(score.loss()) && (best == null || score.loss() <= best.loss()) ? score : best;
        }
        return Optional.ofNullable(best).map(Score::candidate);
    }
}
