// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.kan4j.device.ContextOptions;
import org.kan4j.encoding.Encoding;
import org.kan4j.train.HeldOut;

/** What comes out where nothing is said: of skewed columns, outliers, missing values, noise. */
class DefaultsTest {

    private static final int ROWS = 600;

    /** r2 on other rows, of y = sin(1.5 a) + b + noise, where the model sees shape(a) and b. */
    private static double r2(DoubleUnaryOperator shape, boolean outlier, double noise) {
        Random random = new Random(3);
        double[][] x = new double[2 * ROWS][];
        double[] y = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            double a = random.nextGaussian();
            double b = random.nextGaussian();
            x[i] = new double[] {shape.applyAsDouble(a), b};
            y[i] = Math.sin(1.5 * a) + b + noise * random.nextGaussian();
        }
        if (outlier) {
            x[5][0] = 1e30;
        }
        try (KanRegressor model = Kan.regressor().epochs(60).fit(Arrays.copyOf(x, ROWS), Arrays.copyOf(y, ROWS))) {
            return model.evaluate(Arrays.copyOfRange(x, ROWS, x.length), Arrays.copyOfRange(y, ROWS, y.length)).measures()
                    .get("r2");
        }
    }

    @Test
    void aLogNormalColumnIsAsGoodAsItsLogarithm() {
        double logarithm = r2(a -> a, false, 0.1);
        double raw = r2(a -> Math.exp(2 * a), false, 0.1);
        assertTrue(logarithm > 0.98 && raw > logarithm - 0.015, raw + " beside " + logarithm);
    }

    @Test
    void anOutlierDoesNotRuinItsColumn() {
        double clean = r2(a -> a, false, 0.1);
        double hit = r2(a -> a, true, 0.1);
        assertTrue(hit > clean - 0.015, hit + " beside " + clean);
    }

    @Test
    void noiseAsksForMoreWeightDecay() {
        assertTrue(r2(a -> a, false, 3) > 0.1, "noise of twice the signal");
        List<Double> losses = List.of(2.0, 1.0, 1.0, Double.POSITIVE_INFINITY);
        List<HeldOut.Score<Integer>> scores = new ArrayList<>();
        losses.forEach(loss -> scores.add(new HeldOut.Score<>(scores.size(), loss)));
        assertEquals(2, HeldOut.best(scores).orElseThrow());
        assertTrue(HeldOut.best(scores.subList(3, 4)).isEmpty());
    }

    @Test
    void missingValuesAreSeen() {
        Random random = new Random(4);
        double[][] x = new double[ROWS][];
        double[] y = new double[ROWS];
        for (int i = 0; i < ROWS; i++) {
            x[i] = new double[] {i % 3 == 0 ? Double.NaN : random.nextDouble(), random.nextDouble()};
            y[i] = i % 3 == 0 ? 5 + x[i][1] : x[i][0] + x[i][1]; // 5 where it is missing, which no mean tells
        }
        try (KanRegressor model = Kan.regressor().epochs(30).missing(Encoding.Missing.FILL).fit(x, y)) {
            assertTrue(((Encoding.Numeric) model.encoding().columns().getFirst()).indicator());
            assertEquals(3, model.encoding().features());
            assertEquals(5.5, model.predict(Double.NaN, 0.5).value(), 0.3);
            assertEquals(0.5, model.predict(0.0, 0.5).value(), 0.3);
        }
    }

    @Test
    void theChoiceDoesNotDependOnThreads() {
        double[][] x = new double[200][];
        double[] y = new double[200];
        Random random = new Random(5);
        for (int i = 0; i < x.length; i++) {
            x[i] = new double[] {random.nextDouble()};
            y[i] = x[i][0] + random.nextGaussian();
        }
        double[][] numbers = new double[2][];
        for (int threads = 1; threads <= 2; threads++) {
            try (KanRegressor model = Kan.regressor().epochs(5).on(ContextOptions.defaults().withThreads(threads)).fit(x, y)) {
                numbers[threads - 1] = model.parameters().values().flat().toDoubles();
            }
        }
        assertArrayEquals(numbers[0], numbers[1]);
    }

    /** Which of two numbers is greater, beside a category of as many values as there are rows of each. */
    private static List<Map<String, Object>> greater(int rows) {
        Random random = new Random(6);
        List<Map<String, Object>> all = new ArrayList<>();
        for (int i = 0; i < rows; i++) {
            double a = random.nextDouble();
            double b = random.nextDouble();
            all.add(Map.of("a", a, "b", b, "code", "c" + random.nextInt(25), "wins", a > b ? "a" : "b"));
        }
        return all;
    }

    /** It stays an input of the model, on which nothing depends. */
    @Test
    void aColumnWithoutUseIsLeftOut() {
        try (KanClassifier model = Kan.classifier().fit(Examples.of(greater(150), "wins"))) {
            assertEquals(27, model.encoding().features());
            for (String code : List.of("c0", "c7")) {
                assertEquals(model.predict(Map.of("a", 0.5, "b", 0.45, "code", "c1")).probability("a"),
                        model.predict(Map.of("a", 0.5, "b", 0.45, "code", code)).probability("a"));
            }
            assertTrue(model.evaluate(Examples.of(greater(400).subList(150, 400), "wins")).measures().get("accuracy") > 0.95);
        }
        try (KanClassifier model = Kan.classifier().epochs(5).fit(Examples.of(greater(150), "wins"))) {
            assertTrue(model.predict(Map.of("a", 0.5, "b", 0.45, "code", "c1")).probability("a") != model
                    .predict(Map.of("a", 0.5, "b", 0.45, "code", "c7")).probability("a"), "a user's own network has all columns");
        }
    }
}
