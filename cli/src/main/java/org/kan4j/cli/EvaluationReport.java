// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.kan4j.cli.Progress.format;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.kan4j.error.Counted;
import org.kan4j.Importance;
import org.kan4j.Report;

/** Shows what {@code evaluate} finds beyond the model's own measures, on the screen and as JSON. */
record EvaluationReport(PrintWriter out, ObjectNode root) {

    /** Of more classes a terminal cannot show the table; the JSON has it. */
    private static final int SHOWN_CLASSES = 20;
    /** Of more inputs it shows the most important ones. */
    private static final int SHOWN_INPUTS = 30;
    private static final double[] LEVELS = {0.05, 0.25, 0.5, 0.75, 0.95};

    /** What each class, each of several numbers or each quantile comes to, and how residuals are spread. */
    void show(Report report) {
        report.measures().forEach((name, value) -> {
            if (!root.has(name)) {
                out.println(format("%-12s %.6g", name, value));
                root.put(name, value);
            }
        });
        residuals(report.pairs());
        classes(report);
    }

    private void residuals(List<double[]> pairs) {
        if (pairs.isEmpty()) {
            return;
        }
        double[] sorted = pairs.stream().mapToDouble(pair -> pair[1] - pair[0]).sorted().toArray();
        ObjectNode node = root.putObject("residuals");
        StringBuilder line = new StringBuilder("residuals   ");
        for (double level : LEVELS) {
            double value = sorted[(int) Math.round(level * (sorted.length - 1))];
            node.put(format("q%02.0f", 100 * level), value);
            line.append(format(" %.4g", value));
        }
        out.println(line.append("  (truth - predicted: 5, 25, 50, 75, 95 %)"));
    }

    private void classes(Report report) {
        if (report.classes().isEmpty()) {
            return;
        }
        ArrayNode classes = root.putArray("classes");
        for (Report.ClassScore score : report.classes()) {
            classes.addObject().put("class", score.label()).put("rows", score.support()).put("precision", score.precision())
                    .put("recall", score.recall()).put("f1", score.f1());
        }
        ArrayNode bins = root.putArray("calibration");
        report.reliability().forEach(bin -> bins.addObject().put("confidence", bin.confidence()).put("accuracy", bin.accuracy())
                .put("rows", bin.rows()));
        ArrayNode matrix = root.putArray("confusion");
        for (long[] row : report.confusionMatrix()) {
            ArrayNode cells = matrix.addArray();
            Arrays.stream(row).forEach(cells::add);
        }
        if (report.classes().size() <= SHOWN_CLASSES) {
            report.toString().lines().dropWhile(line -> !line.contains("precision")).forEach(out::println);
        }
    }

    /** The most important input first. */
    void show(List<Importance> importance, int repetitions) {
        if (importance.isEmpty()) {
            return;
        }
        List<Importance> sorted = importance.stream().sorted(Comparator.comparingDouble(each -> -each.mean())).toList();
        int width = Math.max(12, sorted.stream().limit(SHOWN_INPUTS).mapToInt(each -> each.input().length()).max().orElse(0));
        out.println("importance   by how much the score falls where an input is dealt anew, mean of "
                + Counted.of(repetitions, "time") + " ± standard error");
        sorted.stream().limit(SHOWN_INPUTS).forEach(each -> out.println(format("  %-" + width + "s %10.4g ± %.2g", each.input(),
                each.mean(), each.standardError())));
        if (sorted.size() > SHOWN_INPUTS) {
            out.println("  and " + (sorted.size() - SHOWN_INPUTS) + " more");
        }
        ArrayNode list = root.putArray("importance");
        sorted.forEach(each -> list.addObject().put("input", each.input()).put("mean", each.mean())
                .put("standard_error", each.standardError()));
    }
}
