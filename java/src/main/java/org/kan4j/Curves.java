// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.kan4j.encoding.Outputs;

/** What a report has to be drawn. */
final class Curves {

    /** Steps of confidence, as Guo and others have them. */
    private static final int BINS = 15;
    private static final int POINTS = 200;
    private static final int PAIRS = 5000;

    private Curves() {
    }

    /** Whether a row has a class. */
    @FunctionalInterface
    interface Has {
        boolean has(int row, int c);
    }

    /** Of one class against the rest; rows of one probability are one step. */
    static List<Report.RocPoint> roc(int c, double[][] probabilities, Has truth) {
        int n = probabilities.length;
        long positive = IntStream.range(0, n).filter(row -> truth.has(row, c)).count();
        if (positive == 0 || positive == n) {
            return List.of();
        }
        Integer[] order = new Integer[n];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, (a, b) -> Double.compare(probabilities[b][c], probabilities[a][c]));
        List<Report.RocPoint> points = new ArrayList<>(List.of(new Report.RocPoint(0, 0)));
        long hits = 0;
        int kept = 0;
        for (int i = 0; i < n; i++) {
            hits += truth.has(order[i], c) ? 1 : 0;
            boolean ends = i + 1 == n || probabilities[order[i]][c] != probabilities[order[i + 1]][c];
            if (ends && (i + 1 == n || (long) (i + 1) * POINTS / n > kept)) {
                kept = (int) ((long) (i + 1) * POINTS / n);
                points.add(new Report.RocPoint((double) (i + 1 - hits) / (n - positive), (double) hits / positive));
            }
        }
        return points;
    }

    /** Rows by the probability of what is predicted. */
    static List<Report.Bin> reliability(double[][] probabilities, Has truth) {
        long[] rows = new long[BINS];
        long[] right = new long[BINS];
        double[] confidence = new double[BINS];
        for (int i = 0; i < probabilities.length; i++) {
            int predicted = Outputs.argMax(probabilities[i]);
            double sure = probabilities[i][predicted];
            int bin = Math.clamp((long) (sure * BINS), 0, BINS - 1);
            rows[bin]++;
            right[bin] += truth.has(i, predicted) ? 1 : 0;
            confidence[bin] += sure;
        }
        return IntStream.range(0, BINS).filter(b -> rows[b] > 0)
                .mapToObj(b -> new Report.Bin(confidence[b] / rows[b], (double) right[b] / rows[b], rows[b])).toList();
    }

    static double expectedCalibrationError(List<Report.Bin> bins, int rows) {
        return bins.stream().mapToDouble(bin -> bin.rows() * Math.abs(bin.confidence() - bin.accuracy())).sum() / rows;
    }

    static List<double[]> pairs(double[] predicted, double[] truth) {
        int kept = Math.min(PAIRS, truth.length);
        return IntStream.range(0, kept).map(i -> (int) ((long) i * truth.length / kept))
                .mapToObj(row -> new double[] {predicted[row], truth[row]}).toList();
    }
}
