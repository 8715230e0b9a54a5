// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.internal.measure;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Sums from which measures are made, fed row by row with a weight each. */
sealed interface Scores {

    /** Puts the measures that the rows define. */
    void put(Map<String, Double> values);

    /** Of predictions of one class. */
    final class Classes implements Scores {

        private final double[] hits;
        private final double[] predicted;
        private final double[] present;
        /** Of two classes: how far the second is ahead of the first, which of them it is, and the weight. */
        private final List<double[]> ranking;

        Classes(int classes) {
            hits = new double[classes];
            predicted = new double[classes];
            present = new double[classes];
            ranking = classes == 2 ? new ArrayList<>() : null;
        }

        void add(int prediction, int label, double lead, double weight) {
            predicted[prediction] += weight;
            present[label] += weight;
            hits[label] += prediction == label ? weight : 0;
            if (ranking != null) {
                ranking.add(new double[] {lead, label, weight});
            }
        }

        @Override
        public void put(Map<String, Double> values) {
            double sum = Arrays.stream(present).sum();
            values.put("accuracy", Arrays.stream(hits).sum() / sum);
            double f1 = 0;
            int classes = 0;
            for (int c = 0; c < hits.length; c++) {
                if (present[c] + predicted[c] > 0) {
                    f1 += 2 * hits[c] / (present[c] + predicted[c]);
                    classes++;
                }
            }
            values.put("macro_f1", f1 / classes);
            if (ranking != null && present[0] > 0 && present[1] > 0) {
                values.put("roc_auc", areaUnderCurve());
            }
        }

        /** The share of pairs of a row of each class that are ranked rightly, ties counted half. */
        private double areaUnderCurve() {
            double[][] sorted = ranking.toArray(double[][]::new);
            Arrays.sort(sorted, Comparator.comparingDouble(row -> row[0]));
            double right = 0;
            double below = 0;
            int from = 0;
            while (from < sorted.length) {
                int to = from;
                double[] tied = new double[2];
                while (to < sorted.length && sorted[to][0] == sorted[from][0]) {
                    tied[(int) sorted[to][1]] += sorted[to][2];
                    to++;
                }
                right += tied[1] * (below + tied[0] / 2);
                below += tied[0];
                from = to;
            }
            return right / (present[0] * present[1]);
        }
    }

    /** Of real targets. */
    final class Reals implements Scores {

        private double weightSum;
        private double squares;
        private double absolutes;
        /** Of each output, and the sum of their squared deviations (Welford's recurrence). */
        private final double[] means;
        private double deviations;

        Reals(int outputs) {
            means = new double[outputs];
        }

        void add(double[] predictions, double[] targets, double weight) {
            weightSum += weight;
            for (int o = 0; o < means.length; o++) {
                double error = predictions[o] - targets[o];
                squares += weight * error * error;
                absolutes += weight * Math.abs(error);
                double before = targets[o] - means[o];
                means[o] += before * weight / weightSum;
                deviations += weight * before * (targets[o] - means[o]);
            }
        }

        @Override
        public void put(Map<String, Double> values) {
            double count = weightSum * means.length;
            values.put("rmse", Math.sqrt(squares / count));
            values.put("mae", absolutes / count);
            if (deviations > 0) {
                values.put("r2", 1 - squares / deviations);
            }
        }
    }
}
