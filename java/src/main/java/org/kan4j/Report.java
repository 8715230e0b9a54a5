// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.kan4j.encoding.Encoding;
import org.kan4j.error.Counted;
import org.kan4j.error.KanException;

/**
 * How well predictions meet what was so. Of classes: the confusion matrix, accuracy, log loss, the area under the ROC
 * curve, and precision, recall and F1 of each class. Of labels: the same of each label's yes or no. Of numbers: RMSE, MAE
 * and R2, in the unit of the target. Every row counts once, weights of training do not count.
 *
 * <p>A measure that the rows do not define, or that is for another kind of target, is absent: an empty
 * {@link OptionalDouble} and not among {@link #measures}.
 */
public final class Report {

    /** No probability is taken as less in the log loss: one sure error would outweigh all else. */
    private static final double LEAST_PROBABILITY = 1e-15;

    /**
     * The scores of one class, or of one label. Precision is 0 where it was never predicted, recall where it never was.
     *
     * @param label its name
     * @param support rows that have it
     * @param precision share of the rows predicted so that have it
     * @param recall share of the rows that have it that are predicted so
     * @param f1 harmonic mean of precision and recall
     */
    public record ClassScore(String label, long support, double precision, double recall, double f1) {
    }

    /**
     * A point of a ROC curve: what is predicted as a class from a threshold of its probability on.
     *
     * @param falsePositiveRate share of the rows without the class
     * @param truePositiveRate share of the rows with the class
     */
    public record RocPoint(double falsePositiveRate, double truePositiveRate) {
    }

    /**
     * Rows whose prediction is about equally sure.
     *
     * @param confidence mean probability of what was predicted
     * @param accuracy share of them that is right
     * @param rows how many they are
     */
    public record Bin(double confidence, double accuracy, long rows) {
    }

    private final long rows;
    private final List<ClassScore> classes;
    private final long[][] confusion;
    private final Map<String, Double> measures;
    private List<List<RocPoint>> roc = List.of();
    private List<Bin> reliability = List.of();
    private List<double[]> pairs = List.of();

    private Report(long rows, List<ClassScore> classes, long[][] confusion, Map<String, Double> measures) {
        this.rows = rows;
        this.classes = List.copyOf(classes);
        this.confusion = confusion;
        this.measures = Collections.unmodifiableMap(measures);
    }

    // ------------------------------------------------------------------------------------------------------- creation

    /**
     * Of classes.
     *
     * @param labels of the classes
     * @param probabilities of each class, for each row
     * @param truth the class of each row
     */
    static Report classes(List<String> labels, double[][] probabilities, int[] truth) {
        int n = labels.size();
        long[][] confusion = new long[n][n];
        double logLoss = 0;
        for (int i = 0; i < truth.length; i++) {
            confusion[truth[i]][org.kan4j.encoding.Outputs.argMax(probabilities[i])]++;
            logLoss -= Math.log(Math.max(LEAST_PROBABILITY, probabilities[i][truth[i]]));
        }
        List<ClassScore> scores = new ArrayList<>();
        long right = 0;
        for (int c = 0; c < n; c++) {
            long predicted = 0;
            for (long[] row : confusion) {
                predicted += row[c];
            }
            scores.add(score(labels.get(c), confusion[c][c], Arrays.stream(confusion[c]).sum(), predicted));
            right += confusion[c][c];
        }
        Map<String, Double> measures = new LinkedHashMap<>();
        measures.put("accuracy", (double) right / truth.length);
        measures.put("log_loss", logLoss / truth.length);
        macroF1(measures, scores, confusion);
        Curves.Has has = (row, c) -> truth[row] == c;
        areas(measures, n == 2 ? 1 : 0, n, probabilities, has);
        List<Bin> bins = Curves.reliability(probabilities, has);
        measures.put("ece", Curves.expectedCalibrationError(bins, truth.length));
        Report report = new Report(truth.length, scores, confusion, measures);
        report.reliability = bins;
        report.roc = IntStream.range(0, n).mapToObj(c -> Curves.roc(c, probabilities, has)).toList();
        return report;
    }

    /** Of labels: whether each row has each. */
    static Report labels(List<String> labels, double[][] probabilities, boolean[][] truth) {
        int n = labels.size();
        List<ClassScore> scores = new ArrayList<>();
        long right = 0;
        long exact = 0;
        double logLoss = 0;
        for (int c = 0; c < n; c++) {
            long hits = 0;
            long support = 0;
            long predicted = 0;
            for (int i = 0; i < truth.length; i++) {
                boolean yes = probabilities[i][c] > 0.5;
                hits += yes && truth[i][c] ? 1 : 0;
                support += truth[i][c] ? 1 : 0;
                predicted += yes ? 1 : 0;
                right += yes == truth[i][c] ? 1 : 0;
                logLoss -= Math.log(Math.max(LEAST_PROBABILITY,
                        truth[i][c] ? probabilities[i][c] : 1 - probabilities[i][c]));
            }
            scores.add(score(labels.get(c), hits, support, predicted));
        }
        for (int i = 0; i < truth.length; i++) {
            boolean all = true;
            for (int c = 0; c < n; c++) {
                all &= probabilities[i][c] > 0.5 == truth[i][c];
            }
            exact += all ? 1 : 0;
        }
        Map<String, Double> measures = new LinkedHashMap<>();
        measures.put("accuracy", (double) right / truth.length / n);
        measures.put("exact_match", (double) exact / truth.length);
        measures.put("log_loss", logLoss / truth.length / n);
        macroF1(measures, scores, null);
        areas(measures, 0, n, probabilities, (row, c) -> truth[row][c]);
        return new Report(truth.length, scores, new long[0][], measures);
    }

    /** Of numbers. */
    static Report values(double[] predicted, double[] truth) {
        Report report = new Report(truth.length, List.of(), new long[0][], ValueMeasures.of(predicted, truth));
        report.pairs = Curves.pairs(predicted, truth);
        return report;
    }

    /** Of several numbers a row, the truth as encoded. */
    static Report numbers(Encoding.Numbers target, double[][] predicted, double[][] truth) {
        return new Report(truth.length, List.of(), new long[0][], ValueMeasures.several(target, predicted, truth));
    }

    /** Of quantiles, the truth as encoded. */
    static Report quantiles(Encoding.Quantiles target, double[][] predicted, double[][] truth) {
        return new Report(truth.length, List.of(), new long[0][], ValueMeasures.quantiles(target, predicted, truth));
    }

    private static ClassScore score(String label, long hits, long support, long predicted) {
        return new ClassScore(label, support, predicted == 0 ? 0 : (double) hits / predicted,
                support == 0 ? 0 : (double) hits / support, support + predicted == 0 ? 0 : 2.0 * hits / (support + predicted));
    }

    /** The mean over the classes that are there, or were predicted. */
    private static void macroF1(Map<String, Double> measures, List<ClassScore> scores, long[][] confusion) {
        double sum = 0;
        int count = 0;
        for (int c = 0; c < scores.size(); c++) {
            int at = c;
            if (scores.get(c).support() > 0
                    || confusion != null && Arrays.stream(confusion).anyMatch(row -> row[at] > 0)) {
                sum += scores.get(c).f1();
                count++;
            }
        }
        if (count > 0) {
            measures.put("macro_f1", sum / count);
        }
    }

    /** The mean area under the ROC curves of some classes, each against the rest, where it has rows and the rest has. */
    private static void areas(Map<String, Double> measures, int first, int end, double[][] probabilities, Curves.Has truth) {
        double sum = 0;
        int count = 0;
        for (int c = first; c < end; c++) {
            double area = area(c, probabilities, truth);
            if (!Double.isNaN(area)) {
                sum += area;
                count++;
            }
        }
        if (count > 0) {
            measures.put("roc_auc", sum / count);
        }
    }

    /** By the rank sum of Mann and Whitney, ties counted half; NaN where all rows or none have the class. */
    private static double area(int c, double[][] probabilities, Curves.Has truth) {
        int n = probabilities.length;
        Integer[] order = new Integer[n];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, (a, b) -> Double.compare(probabilities[a][c], probabilities[b][c]));
        long positive = 0;
        double ranks = 0;
        for (int from = 0; from < n;) {
            int to = from;
            int tied = 0;
            while (to < n && probabilities[order[to]][c] == probabilities[order[from]][c]) {
                tied += truth.has(order[to], c) ? 1 : 0;
                to++;
            }
            to = Math.max(to, from + 1); // NaN equals nothing
            positive += tied;
            ranks += tied * (from + 1 + to) / 2.0;
            from = to;
        }
        long negative = n - positive;
        return positive == 0 || negative == 0 ? Double.NaN
                : (ranks - positive * (positive + 1) / 2.0) / positive / negative;
    }

    // ------------------------------------------------------------------------------------------------------- measures

    /** Rows measured. */
    public long rows() {
        return rows;
    }

    /** Rows by what they are and what they were predicted as: {@code [truth][prediction]}; empty but for classes. A copy. */
    public long[][] confusionMatrix() {
        return Arrays.stream(confusion).map(long[]::clone).toArray(long[][]::new);
    }

    /** The scores of each class or label, in the model's order; empty for numbers. */
    public List<ClassScore> classes() {
        return classes;
    }

    /**
     * The scores of a class or a label.
     *
     * @throws KanException if it is none
     */
    public ClassScore of(String label) {
        return classes.stream().filter(score -> score.label().equals(label)).findFirst().orElseThrow(
                () -> KanException.invalid("'%s' is none of the classes: %s", label,
                        classes.stream().map(ClassScore::label).toList()));
    }

    /**
     * All measures by name: {@code accuracy}, {@code exact_match} (of labels: rows of which all are right),
     * {@code log_loss}, {@code macro_f1}, {@code roc_auc}, {@code ece} (of classes: {@link #reliability}), {@code rmse}, {@code mae}, {@code r2}. Of several numbers {@code rmse price}
     * and so on of each, and as {@code r2} their mean. Of quantiles {@code pinball}, and of an interval {@code coverage}, the share of
     * rows in it, {@code nominal}, what that should be, and {@code width}.
     */
    public Map<String, Double> measures() {
        return measures;
    }

    /** The share of rows predicted rightly; of labels, of all yes and no. */
    public OptionalDouble accuracy() {
        return measure("accuracy");
    }

    /** The mean of minus the natural logarithm of the probability that what was so was given. */
    public OptionalDouble logLoss() {
        return measure("log_loss");
    }

    /** The mean F1 of the classes that are in the rows or were predicted. */
    public OptionalDouble macroF1() {
        return measure("macro_f1");
    }

    /** The area under the ROC curve; of more than two classes, and of labels, the mean of each against the rest. */
    public OptionalDouble rocAuc() {
        return measure("roc_auc");
    }

    /**
     * The ROC curve of a class against the rest (of two classes that of the second is the usual one), from (0, 0) to (1, 1) in some
     * 200 points at most; empty where all rows or none have the class, and but for classes.
     *
     * @throws KanException if it is none of the classes
     */
    public List<RocPoint> roc(String label) {
        int place = classes.indexOf(of(label));
        return place < roc.size() ? roc.get(place) : List.of();
    }

    /**
     * How right predictions of classes are that are so sure: rows in 15 steps of the probability of what was predicted, without
     * empty ones (a reliability diagram). The mean of the differences of confidence and accuracy, weighted by rows, is
     * {@code ece}, the expected calibration error (Guo, Pleiss, Sun, Weinberger, ICML 2017). Empty but for classes.
     */
    public List<Bin> reliability() {
        return reliability;
    }

    /**
     * Predictions and what was so, of a number: at most 5,000 evenly spread rows of {@code {prediction, truth}}. Empty but for one
     * number a row.
     */
    public List<double[]> pairs() {
        return pairs;
    }

    /** The root of the mean squared error. */
    public OptionalDouble rmse() {
        return measure("rmse");
    }

    /** The mean absolute error. */
    public OptionalDouble mae() {
        return measure("mae");
    }

    /** The coefficient of determination: 1 minus the squared errors over those of the mean. */
    public OptionalDouble r2() {
        return measure("r2");
    }

    /** The one number to compare models by, the greater the better: the accuracy, R2 of several numbers, or minus an error. */
    double score() {
        return measures.containsKey("accuracy") ? measures.get("accuracy")
                : measures.containsKey("pinball") ? -measures.get("pinball")
                        : measures.containsKey("rmse") ? -measures.get("rmse") : measures.getOrDefault("r2", 0.0);
    }

    private OptionalDouble measure(String name) {
        Double value = measures.get(name);
        return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
    }

    /** A table of all measures, and of the classes. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(Counted.grouped(rows, "row") + System.lineSeparator());
        measures.forEach((name, value) -> text.append(String.format(Locale.ROOT, "%-12s %.4g%n", name, value)));
        if (!classes.isEmpty()) {
            int width = classes.stream().mapToInt(c -> c.label().length()).max().orElse(0);
            width = Math.max(5, width);
            text.append(String.format(Locale.ROOT, "%-" + width + "s %9s %9s %9s %9s%s%n", "", "precision", "recall", "f1",
                    "rows", confusion.length == 0 ? "" : "  predicted as"));
            for (int c = 0; c < classes.size(); c++) {
                ClassScore score = classes.get(c);
                text.append(String.format(Locale.ROOT, "%-" + width + "s %9.4f %9.4f %9.4f %,9d", score.label(),
                        score.precision(), score.recall(), score.f1(), score.support()));
                if (confusion.length > 0) {
                    text.append("  ").append(Arrays.toString(confusion[c]));
                }
                text.append(System.lineSeparator());
            }
        }
        return text.toString();
    }
}
