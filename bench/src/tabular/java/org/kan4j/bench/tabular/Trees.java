// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.bench.tabular;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import ml.dmlc.xgboost4j.java.XGBoostError;

/** XGBoost4J on encoded rows: its defaults, and a random search with cross-validation for a time. */
final class Trees {

    /** Its default of rounds in every language but the one that asks for them. */
    private static final int ROUNDS = 100;
    private static final int FOLDS = 5;

    private Trees() {
    }

    /**
     * Rows as both models see them.
     *
     * @param x (rows, features), one row after the other
     * @param y a class index or a number a row
     * @param classes 0 for numbers
     */
    record Rows(float[] x, float[] y, int classes) {
        int size() {
            return y.length;
        }

        int features() {
            return x.length / y.length;
        }

        Rows select(int[] positions) {
            float[] some = new float[positions.length * features()];
            float[] targets = new float[positions.length];
            for (int i = 0; i < positions.length; i++) {
                System.arraycopy(x, positions[i] * features(), some, i * features(), features());
                targets[i] = y[positions[i]];
            }
            return new Rows(some, targets, classes);
        }

        DMatrix matrix() throws XGBoostError {
            DMatrix matrix = new DMatrix(x, size(), features(), Float.NaN);
            matrix.setLabel(y);
            return matrix;
        }
    }

    static Booster train(Rows rows, Map<String, Object> more, int threads) throws XGBoostError {
        Map<String, Object> parameters = new HashMap<>(Map.of("nthread", threads, "seed", 1, "verbosity", 0));
        if (rows.classes == 0) {
            parameters.put("objective", "reg:squarederror");
        } else {
            parameters.put("objective", "multi:softprob");
            parameters.put("num_class", rows.classes);
        }
        parameters.putAll(more);
        Object rounds = parameters.remove("rounds");
        DMatrix matrix = rows.matrix();
        try {
            return XGBoost.train(matrix, parameters, rounds == null ? ROUNDS : (int) rounds, Map.of(), null, null);
        } finally {
            matrix.dispose();
        }
    }

    static float[][] predict(Booster booster, Rows rows) throws XGBoostError {
        DMatrix matrix = rows.matrix();
        try {
            return booster.predict(matrix);
        } finally {
            matrix.dispose();
        }
    }

    /** The mean squared error, or the mean cross-entropy. */
    static double loss(float[][] predicted, Rows rows) {
        double sum = 0;
        for (int i = 0; i < rows.size(); i++) {
            sum += rows.classes == 0 ? Math.pow(predicted[i][0] - rows.y[i], 2)
                    : -Math.log(Math.max(1e-15, predicted[i][(int) rows.y[i]]));
        }
        return sum / rows.size();
    }

    /**
     * The parameters of the least loss by cross-validation, of as many random ones as there is processor time for; the
     * first are the defaults.
     */
    static Map<String, Object> search(Rows rows, double seconds, int threads) throws XGBoostError {
        long end = Measuring.cpu() + (long) (0.95 * seconds * threads * 1e9);
        Random random = new Random(1);
        int[] fold = IntStream.range(0, rows.size()).map(i -> random.nextInt(FOLDS)).toArray();
        List<Rows> train = new ArrayList<>();
        List<Rows> held = new ArrayList<>();
        for (int f = 0; f < FOLDS; f++) {
            int number = f;
            train.add(rows.select(IntStream.range(0, rows.size()).filter(i -> fold[i] != number).toArray()));
            held.add(rows.select(IntStream.range(0, rows.size()).filter(i -> fold[i] == number).toArray()));
        }
        Map<String, Object> best = Map.of();
        double least = Double.POSITIVE_INFINITY;
        Map<String, Object> candidate = Map.of();
        while (Measuring.cpu() < end) {
            double sum = 0;
            for (int f = 0; f < FOLDS && sum < least * FOLDS; f++) {
                Booster booster = train(train.get(f), candidate, threads);
                sum += loss(predict(booster, held.get(f)), held.get(f));
                booster.dispose();
            }
            if (sum / FOLDS < least && (Measuring.cpu() < end || best.isEmpty())) {
                least = sum / FOLDS;
                best = candidate;
            }
            candidate = draw(random);
        }
        return best;
    }

    /** The usual space: Gorishniy et al., arXiv 2106.11959, table 16. */
    private static Map<String, Object> draw(Random random) {
        double eta = Math.exp(random.nextDouble(Math.log(0.01), Math.log(0.3)));
        return Map.of("eta", eta, "rounds", (int) Math.min(1000, Math.max(50, random.nextDouble(3, 20) / eta)), "max_depth",
                random.nextInt(2, 11), "min_child_weight", Math.exp(random.nextDouble(0, Math.log(100))), "subsample",
                random.nextDouble(0.5, 1), "colsample_bytree", random.nextDouble(0.5, 1), "lambda",
                Math.exp(random.nextDouble(Math.log(0.1), Math.log(10))), "gamma",
                random.nextBoolean() ? 0 : Math.exp(random.nextDouble(Math.log(0.001), Math.log(1))));
    }
}
