// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.kan4j.encoding.Encoding;

/** Measures of predicted numbers, in the unit of the target. */
final class ValueMeasures {

    private ValueMeasures() {
    }

    /** Of one number a row: RMSE, MAE and R2. */
    static Map<String, Double> of(double[] predicted, double[] truth) {
        // Squares of very large and very small numbers are none that a double holds: all are divided by a power of two.
        double most = Math.scalb(1.0, Math.getExponent(Math.max(Double.MIN_NORMAL, Stream.of(predicted, truth)
                .flatMapToDouble(Arrays::stream).map(Math::abs).filter(Double::isFinite).max().orElse(1))));
        double mean = Arrays.stream(truth).map(t -> t / most).average().orElse(0);
        double squares = 0;
        double absolutes = 0;
        double deviations = 0;
        for (int i = 0; i < truth.length; i++) {
            double error = predicted[i] / most - truth[i] / most;
            squares += error * error;
            absolutes += Math.abs(error);
            deviations += (truth[i] / most - mean) * (truth[i] / most - mean);
        }
        Map<String, Double> measures = new LinkedHashMap<>();
        measures.put("rmse", Math.sqrt(squares / truth.length) * most);
        measures.put("mae", absolutes / truth.length * most);
        if (deviations > 0) {
            measures.put("r2", 1 - squares / deviations);
        }
        return measures;
    }

    /**
     * Of several numbers a row: those of each, such as {@code rmse price}, and as {@code r2} the mean of theirs.
     *
     * @param encoded targets of each row as a model is trained on them
     */
    static Map<String, Double> several(Encoding.Numbers target, double[][] predicted, double[][] encoded) {
        Map<String, Double> measures = new LinkedHashMap<>();
        double sum = 0;
        int counted = 0;
        for (int o = 0; o < target.width(); o++) {
            Encoding.Value value = target.values().get(o);
            Map<String, Double> each = of(column(predicted, o), truth(value, encoded, o));
            each.forEach((name, measure) -> measures.put(name + " " + value.name(), measure));
            if (each.containsKey("r2")) {
                sum += each.get("r2");
                counted++;
            }
        }
        if (counted > 0) {
            measures.put("r2", sum / counted);
        }
        return measures;
    }

    /**
     * Of quantiles: the pinball loss; where there are two or more, the share of rows between the outermost ones as
     * {@code coverage}, what it should be, and the mean width between them; the share of rows below each; of a median RMSE, MAE and
     * R2.
     *
     * @param encoded targets of each row as a model is trained on them
     */
    static Map<String, Double> quantiles(Encoding.Quantiles target, double[][] predicted, double[][] encoded) {
        List<Double> levels = target.levels();
        List<String> names = Encoding.outputs(target);
        double[] truth = truth(target.value(), encoded, 0);
        int last = levels.size() - 1;
        double pinball = 0;
        double covered = 0;
        double width = 0;
        double[] below = new double[levels.size()];
        for (int i = 0; i < truth.length; i++) {
            for (int o = 0; o <= last; o++) {
                double off = truth[i] - predicted[i][o];
                pinball += off * (off > 0 ? levels.get(o) : levels.get(o) - 1) / levels.size();
                below[o] += off <= 0 ? 1 : 0;
            }
            covered += truth[i] >= predicted[i][0] && truth[i] <= predicted[i][last] ? 1 : 0;
            width += predicted[i][last] - predicted[i][0];
        }
        Map<String, Double> measures = new LinkedHashMap<>();
        measures.put("pinball", pinball / truth.length);
        if (last > 0) {
            measures.put("coverage", covered / truth.length);
            measures.put("nominal", levels.get(last) - levels.getFirst());
            measures.put("width", width / truth.length);
        }
        for (int o = 0; o <= last; o++) {
            measures.put("below" + names.get(o).substring(target.name().length()).replace('_', ' '), below[o] / truth.length);
        }
        int median = levels.indexOf(0.5);
        if (median >= 0) {
            measures.putAll(of(column(predicted, median), truth));
        }
        return measures;
    }

    private static double[] column(double[][] rows, int at) {
        return Arrays.stream(rows).mapToDouble(row -> row[at]).toArray();
    }

    private static double[] truth(Encoding.Value value, double[][] encoded, int at) {
        return Arrays.stream(encoded).mapToDouble(row -> value.decode(row[at])).toArray();
    }
}
