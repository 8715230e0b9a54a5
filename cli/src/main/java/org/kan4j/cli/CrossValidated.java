// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.kan4j.cli.Progress.format;

import java.io.PrintWriter;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.kan4j.rows.Dataset;
import org.kan4j.rows.Folds;

/** {@code train --cv K}: how a model does on rows it was not trained on, fold by fold. */
final class CrossValidated {

    private CrossValidated() {
    }

    /** A measure over the folds. */
    record Score(double mean, double deviation, List<Double> folds) {
        static Score of(List<Double> values) {
            double mean = values.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
            double squares = values.stream().mapToDouble(v -> (v - mean) * (v - mean)).sum();
            return new Score(mean, Math.sqrt(squares / Math.max(1, values.size() - 1)), List.copyOf(values));
        }
    }

    /** Trains on the other folds and measures on each, and shows it. */
    static Map<String, Score> run(int count, Job job, Attempt attempt, TrainOptions options, PrintWriter screen) {
        Map<String, List<Double>> values = new LinkedHashMap<>();
        String name = job.classification() ? "accuracy" : "rmse";
        try (Arena arena = Arena.ofShared()) {
            Dataset rows = Attempt.inMemory("--cv", job.parts().train().load(arena, attempt.model().dtype(), options.bytes()),
                    options);
            Folds folds = Options.of("--cv " + count, () -> Folds.of(rows, count, options.seed()));
            for (int fold = 0; fold < count; fold++) {
                Map<String, Double> measured = Units.measures(
                        attempt.measureWhole(options, rows.select(folds.outOf(fold)), rows.select(folds.in(fold)))
                                .orElseThrow(),
                        job.encoding());
                measured.forEach((measure, value) -> values.computeIfAbsent(measure, any -> new ArrayList<>()).add(value));
                screen.println(format("fold %d of %d  %s, loss %.4g", fold + 1, count,
                        Progress.score(job.classification(), measured.get(name)), measured.get("loss")));
                screen.flush();
            }
        }
        Map<String, Score> scores = new LinkedHashMap<>();
        values.forEach((measure, each) -> scores.put(measure, Score.of(each)));
        scores.forEach((measure, score) -> screen.println(format("%d folds      %s %.4g +- %.2g", count, measure, score.mean(),
                score.deviation())));
        return scores;
    }
}
