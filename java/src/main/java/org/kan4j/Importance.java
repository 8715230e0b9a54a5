// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;

/**
 * How much a model leans on an input: by how much its score falls where the values of that input are dealt anew to the
 * rows, so that they say nothing (permutation importance: Breiman, Random forests, Machine Learning 45, 2001). Of two
 * inputs that say the same each may look unimportant.
 *
 * @param input its name
 * @param mean by how much the accuracy falls, or the RMSE rises, on the mean over the repetitions
 * @param standardError of that mean; 0 for a single repetition
 */
public record Importance(String input, double mean, double standardError) {

    /** Of the numbers [from, from + width) of each row. */
    static Importance of(String input, double[] rows, int rowWidth, int from, int width, int repetitions, long seed,
            ToDoubleFunction<double[]> score) {
        int n = rows.length / rowWidth;
        double whole = score.applyAsDouble(rows);
        SplittableRandom random = new SplittableRandom(seed);
        double[] falls = new double[repetitions];
        for (int r = 0; r < repetitions; r++) {
            double[] dealt = rows.clone();
            int[] order = new int[n];
            for (int i = 0; i < n; i++) { // Fisher and Yates, inside out
                int j = random.nextInt(i + 1);
                order[i] = order[j];
                order[j] = i;
            }
            for (int i = 0; i < n; i++) {
                System.arraycopy(rows, order[i] * rowWidth + from, dealt, i * rowWidth + from, width);
            }
            falls[r] = whole - score.applyAsDouble(dealt);
        }
        double mean = Arrays.stream(falls).average().orElseThrow();
        double squares = Arrays.stream(falls).map(f -> (f - mean) * (f - mean)).sum();
        return new Importance(input, mean, repetitions < 2 ? 0
                : Math.sqrt(squares / (repetitions - 1) / repetitions));
    }
}
