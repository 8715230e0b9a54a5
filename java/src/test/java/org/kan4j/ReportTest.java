// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.kan4j.encoding.Encoding;
import org.kan4j.error.KanException;

/** Measures of cases that were worked out by hand. */
class ReportTest {

    private static final double[][] PROBABILITIES = {{0.9, 0.1}, {0.6, 0.4}, {0.4, 0.6}, {0.2, 0.8}, {0.6, 0.4}};

    @Test
    void ofTwoClasses() {
        Report report = Report.classes(List.of("no", "yes"), PROBABILITIES, new int[] {0, 0, 0, 1, 1});
        assertArrayEquals(new long[][] {{2, 1}, {1, 1}}, report.confusionMatrix());
        assertEquals(0.6, report.accuracy().orElseThrow(), 1e-15);
        assertEquals(-(Math.log(0.9) + Math.log(0.6) + Math.log(0.4) + Math.log(0.8) + Math.log(0.4)) / 5,
                report.logLoss().orElseThrow(), 1e-15);
        // Of the 6 pairs of a yes and a no: 0.8 is above all three, 0.4 above one, equal to one.
        assertEquals(4.5 / 6, report.rocAuc().orElseThrow(), 1e-15);
        Report.ClassScore no = report.of("no");
        assertEquals(2.0 / 3, no.precision(), 1e-15);
        assertEquals(2.0 / 3, no.recall(), 1e-15);
        assertEquals(3, no.support());
        assertEquals(0.5, report.of("yes").f1(), 1e-15);
        assertEquals((2.0 / 3 + 0.5) / 2, report.macroF1().orElseThrow(), 1e-15);
        assertEquals(OptionalDouble.empty(), report.rmse());
        assertThrows(KanException.class, () -> report.of("maybe"));
        assertTrue(report.toString().contains("[2, 1]"), report.toString());
    }

    @Test
    void ofClassesThatAreNotThere() {
        double[][] probabilities = {{0.7, 0.2, 0.1}, {0.5, 0.3, 0.2}};
        Report report = Report.classes(List.of("a", "b", "c"), probabilities, new int[] {0, 0});
        assertEquals(1, report.accuracy().orElseThrow());
        assertEquals(1, report.macroF1().orElseThrow(), "of the one class that there is");
        assertTrue(report.rocAuc().isEmpty());
        assertFalse(report.measures().containsKey("roc_auc"));
        assertEquals(0, report.of("b").f1());
        Report predicted = Report.classes(List.of("a", "b", "c"), new double[][] {{0.7, 0.2, 0.1}, {0.2, 0.7, 0.1}},
                new int[] {0, 0});
        assertEquals((2.0 / 3 + 0) / 2, predicted.macroF1().orElseThrow(), 1e-15,
                "of the one that is there and the one predicted");
    }

    @Test
    void ofNumbers() {
        Report report = Report.values(new double[] {1, 2, 5}, new double[] {1, 3, 4});
        assertEquals(Math.sqrt(2.0 / 3), report.rmse().orElseThrow(), 1e-15);
        assertEquals(2.0 / 3, report.mae().orElseThrow(), 1e-15);
        double mean = 8.0 / 3;
        double around = (1 - mean) * (1 - mean) + (3 - mean) * (3 - mean) + (4 - mean) * (4 - mean);
        assertEquals(1 - 2 / around, report.r2().orElseThrow(), 1e-14);
        assertTrue(Report.values(new double[] {1, 2}, new double[] {3, 3}).r2().isEmpty());
        assertEquals(0, report.confusionMatrix().length);
    }

    @Test
    void ofLabels() {
        Report report = Report.labels(List.of("x", "y"), new double[][] {{0.9, 0.2}, {0.8, 0.7}, {0.3, 0.6}},
                new boolean[][] {{true, false}, {false, true}, {false, true}});
        assertEquals(5.0 / 6, report.accuracy().orElseThrow(), 1e-15);
        assertEquals(2.0 / 3, report.measures().get("exact_match"), 1e-15);
        assertEquals(0.5, report.of("x").precision());
        assertEquals(1, report.of("y").f1());
        assertEquals(1, report.rocAuc().orElseThrow(), 1e-15);
        assertEquals(-(Math.log(0.9) + Math.log(0.8) + Math.log(0.2) + Math.log(0.7) + Math.log(0.7) + Math.log(0.6)) / 6,
                report.logLoss().orElseThrow(), 1e-15);
        assertEquals((2 / 3.0 + 1) / 2, report.macroF1().orElseThrow(), 1e-15);
    }

    @Test
    void ofQuantiles() {
        Encoding.Quantiles target = new Encoding.Quantiles(new Encoding.Value("y", 10, 2), List.of(0.1, 0.9));
        double[][] predicted = {{11, 13}, {11, 13}, {11, 13}, {11, 13}};
        Report report = Report.quantiles(target, predicted, new double[][] {{1}, {-1}, {4}, {0.5}}); // 12, 8, 18, 11
        assertEquals(0.5, report.measures().get("coverage"));
        assertEquals(0.8, report.measures().get("nominal"), 1e-15);
        assertEquals(2, report.measures().get("width"));
        assertEquals(0.5, report.measures().get("below q10"), "8 and 11");
        assertEquals(0.75, report.measures().get("below q90"), "12, 8 and 11");
        double pinball = (0.1 * 1 + 0.1 * 1) + (0.9 * 3 + 0.1 * 5) + (0.1 * 7 + 0.9 * 5) + (0 + 0.1 * 2);
        assertEquals(pinball / 8, report.measures().get("pinball"), 1e-14);
        assertTrue(report.rmse().isEmpty());
    }

    @Test
    void ofFolds() {
        CrossValidation folds = new CrossValidation(List.of(Report.values(new double[] {1, 2}, new double[] {2, 3}),
                Report.values(new double[] {1, 2}, new double[] {3, 3}), Report.values(new double[] {1}, new double[] {4})));
        assertEquals((1 + 1.5 + 3) / 3, folds.mean("mae"), 1e-15);
        double mean = 5.5 / 3;
        assertEquals(Math.sqrt(((1 - mean) * (1 - mean) + (1.5 - mean) * (1.5 - mean) + (3 - mean) * (3 - mean)) / 2),
                folds.deviation("mae"), 1e-15);
        assertEquals(1 - 2 / 0.5, folds.mean("r2"), 1e-14, "of the one fold that has it");
        assertEquals(0, folds.deviation("r2"));
        assertThrows(KanException.class, () -> folds.mean("accuracy"));
        assertEquals(List.of("3 folds", "mae          1.833 +- 1.0", "r2           -3.000 +- 0.0", "rmse         1.860 +- 1.0"),
                folds.toString().lines().toList());
    }

    @Test
    void rocCurvesAndCalibration() {
        Report report = Report.classes(List.of("no", "yes"), PROBABILITIES, new int[] {0, 0, 0, 1, 1});
        // Of yes by falling probability: 0.8 (yes), 0.6 (no), 0.4 twice (a yes, a no) at once, 0.1 (no).
        assertEquals(List.of(new Report.RocPoint(0, 0), new Report.RocPoint(0, 0.5), new Report.RocPoint(1.0 / 3, 0.5),
                new Report.RocPoint(2.0 / 3, 1), new Report.RocPoint(1, 1)), report.roc("yes"));
        // 0.6 three times, of which one is right; 0.8 and 0.9, both right.
        assertEquals(List.of(3L, 1L, 1L), report.reliability().stream().map(Report.Bin::rows).toList());
        Report.Bin first = report.reliability().getFirst();
        assertEquals(0.6, first.confidence(), 1e-15);
        assertEquals(1.0 / 3, first.accuracy(), 1e-15);
        assertEquals((3 * (0.6 - 1.0 / 3) + 0.2 + 0.1) / 5, report.measures().get("ece"), 1e-15);
        assertThrows(KanException.class, () -> report.roc("maybe"));
        Report one = Report.classes(List.of("no", "yes"), new double[][] {{0.9, 0.1}}, new int[] {0});
        assertEquals(List.of(), one.roc("no"), "all rows have it");
        assertEquals(0.1, one.measures().get("ece"), 1e-15);
        assertEquals(List.of(), report.pairs());
        Report numbers = Report.values(new double[] {1, 2}, new double[] {3, 4});
        assertArrayEquals(new double[] {2, 4}, numbers.pairs().get(1));
        assertEquals(List.of(), numbers.reliability());
    }

    @Test
    void curvesOfManyRowsHaveFewPoints() {
        int n = 20_000;
        double[][] probabilities = new double[n][];
        int[] truth = new int[n];
        for (int i = 0; i < n; i++) {
            probabilities[i] = new double[] {1 - i / (double) n, i / (double) n};
            truth[i] = i % 2;
        }
        List<Report.RocPoint> roc = Report.classes(List.of("a", "b"), probabilities, truth).roc("b");
        assertTrue(roc.size() > 150 && roc.size() < 210, roc.size() + " points");
        assertEquals(new Report.RocPoint(1, 1), roc.getLast());
        assertEquals(5000, Report.values(new double[n], new double[n]).pairs().size());
    }

    /** 12, 12 and 14 beside 11, 13 and 15; 1, 2 and 5 beside 1, 2 and 3. */
    @Test
    void ofSeveralNumbersEachInItsUnit() {
        Encoding.Numbers target = new Encoding.Numbers(
                List.of(new Encoding.Value("price", 10, 2), new Encoding.Value("size", 0, 1)));
        Report report = Report.numbers(target, new double[][] {{11, 1}, {13, 2}, {15, 3}},
                new double[][] {{1, 1}, {1, 2}, {2, 5}});
        double price = 1 - 3 / (8 / 3.0);
        double size = 1 - 4 / (26 / 3.0);
        assertEquals(List.of("rmse price", "mae price", "r2 price", "rmse size", "mae size", "r2 size", "r2"),
                List.copyOf(report.measures().keySet()));
        assertEquals(1, report.measures().get("rmse price"), 1e-15);
        assertEquals(1, report.measures().get("mae price"), 1e-15);
        assertEquals(price, report.measures().get("r2 price"), 1e-14);
        assertEquals(Math.sqrt(4 / 3.0), report.measures().get("rmse size"), 1e-15);
        assertEquals(2 / 3.0, report.measures().get("mae size"), 1e-15);
        assertEquals(size, report.measures().get("r2 size"), 1e-14);
        assertEquals((price + size) / 2, report.r2().orElseThrow(), 1e-14);
        assertEquals(report.r2().orElseThrow(), report.score());
        Report constant = Report.numbers(target, new double[][] {{11, 1}, {13, 2}}, new double[][] {{1, 3}, {2, 3}});
        assertEquals(constant.measures().get("r2 price"), constant.r2().orElseThrow(), "of the one that has it");
        Report none = Report.numbers(target, new double[][] {{11, 1}, {13, 2}}, new double[][] {{1, 3}, {1, 3}});
        assertTrue(none.r2().isEmpty());
    }

    @Test
    void ofQuantilesTheMedianHasTheMeasuresOfANumber() {
        Encoding.Quantiles target = new Encoding.Quantiles(new Encoding.Value("y", 0, 1), List.of(0.1, 0.5, 0.9));
        Report report = Report.quantiles(target, new double[][] {{0, 1, 9}, {0, 2, 9}, {0, 5, 9}},
                new double[][] {{1}, {3}, {4}});
        assertEquals(Math.sqrt(2.0 / 3), report.rmse().orElseThrow(), 1e-15);
        assertEquals(2.0 / 3, report.mae().orElseThrow(), 1e-15);
        assertEquals(-report.measures().get("pinball"), report.score(), "the greater the better");
        Report single = Report.quantiles(new Encoding.Quantiles(new Encoding.Value("y", 0, 1), List.of(0.3)),
                new double[][] {{2}},
                new double[][] {{5}});
        assertEquals(List.of("pinball", "below q30"), List.copyOf(single.measures().keySet()), "one has no interval");
        assertEquals(0.9, single.measures().get("pinball"), 1e-15);
    }

    /** Each class against the rest: 3 of 4, 2 of 4 and a half, and all of 4 pairs in order. */
    @Test
    void ofThreeClassesTheAreaIsTheMeanOfEachAgainstTheRest() {
        double[][] probabilities = {{0.5, 0.3, 0.2}, {0.4, 0.5, 0.1}, {0.45, 0.35, 0.2}, {0.1, 0.3, 0.6}};
        Report report = Report.classes(List.of("a", "b", "c"), probabilities, new int[] {0, 1, 1, 2});
        double a = 1; // above 0.4, 0.45 and 0.1
        double b = 1; // 0.5 and 0.35 above 0.3 twice
        double c = 1;
        assertEquals((a + b + c) / 3, report.rocAuc().orElseThrow(), 1e-15);
        Report worse = Report.classes(List.of("a", "b", "c"), probabilities, new int[] {1, 0, 2, 2});
        a = 1 / 3.0; // 0.4 is above 0.1 alone
        b = 1 / 6.0 + 0; // 0.3 is below 0.5 and 0.35, equal to 0.3
        c = (1 + 1 + 0.5 + 1) / 4; // 0.2 and 0.6 beside 0.2 and 0.1
        assertEquals((a + b + c) / 3, worse.rocAuc().orElseThrow(), 1e-15);
        assertEquals(report.accuracy().orElseThrow(), report.score());
        assertEquals(-1.0, Report.values(new double[] {1, 2}, new double[] {2, 3}).score());
    }

    /** A probability of nothing for what was so counts as 1e-15, not as infinitely wrong. */
    @Test
    void oneSureErrorDoesNotOutweighAllElse() {
        Report classes = Report.classes(List.of("a", "b"), new double[][] {{1, 0}, {1, 0}}, new int[] {0, 1});
        assertEquals(-Math.log(1e-15) / 2, classes.logLoss().orElseThrow(), 1e-12);
        Report labels = Report.labels(List.of("a"), new double[][] {{1}, {0.5}}, new boolean[][] {{false}, {true}});
        assertEquals((-Math.log(1e-15) - Math.log(0.5)) / 2, labels.logLoss().orElseThrow(), 1e-12);
        assertEquals(0, labels.accuracy().orElseThrow(), "even odds are no yes");
    }

    @Test
    void aTableShowsAllOfIt() {
        String text = Report.classes(List.of("no", "yes"), PROBABILITIES, new int[] {0, 0, 0, 1, 1}).toString();
        assertEquals(
                List.of("5 rows", "accuracy     0.6000", "log_loss     0.5344", "macro_f1     0.5833", "roc_auc      0.7500"),
                text.lines().limit(5).toList());
        assertEquals(List.of("      precision    recall        f1      rows  predicted as",
                "no       0.6667    0.6667    0.6667         3  [2, 1]", "yes      0.5000    0.5000    0.5000         2  [1, 1]"),
                text.lines().skip(6).toList());
    }

    @Test
    void ofNumbersWhoseSquaresNoDoubleHolds() {
        for (double unit : new double[] {1e300, 1e-300, 1e-310}) {
            Report report = Report.values(new double[] {unit, 2 * unit, 5 * unit}, new double[] {unit, 3 * unit, 4 * unit});
            assertEquals(Math.sqrt(2.0 / 3), report.rmse().orElseThrow() / unit, 1e-9);
            assertEquals(2.0 / 3, report.mae().orElseThrow() / unit, 1e-9);
            assertEquals(1 - 2 / (14.0 / 3), report.r2().orElseThrow(), 1e-9);
        }
    }

    /** One infinite prediction is an infinite error, and no other number is lost for it. */
    @Test
    void anInfinitePredictionIsAnInfiniteError() {
        Report report = Report.values(new double[] {1, Double.POSITIVE_INFINITY}, new double[] {1, 2});
        assertEquals(Double.POSITIVE_INFINITY, report.rmse().orElseThrow());
        assertEquals(Double.POSITIVE_INFINITY, report.mae().orElseThrow());
        assertEquals(Double.NEGATIVE_INFINITY, report.r2().orElseThrow());
    }
}
