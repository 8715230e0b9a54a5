// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.kan4j.cli.Progress.format;

import java.io.PrintWriter;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.kan4j.rows.Dataset;
import org.kan4j.rows.Folds;
import org.kan4j.rows.RowSource;
import picocli.CommandLine.Option;

/** {@code train --cv K}: how a model does on rows it was not trained on, fold by fold. */
final class CrossValidated {

    @Option(names = "--cv", paramLabel = "K", description = "Before the training, cross-validate on the training rows: K models, each on all folds but one, and how they "
            + "do on it.")
    private Integer count;

    /** The option that asks for folds. */
    private String option = "--cv";
    /** What there is to be told, of each measure. */
    private Map<String, Score> scores = Map.of();

    boolean isAsked() {
        return count != null;
    }

    /** Another option asks for folds. */
    void ask(String other, int folds) {
        option = other;
        count = folds;
    }

    /** Refuses what is wrong by itself, and what contradicts another option, of which one may be given. */
    void check(Optional<String> other, TableModel needs) {
        Ranges.atLeast("--cv", count, 2);
        if (count != null && other.isPresent()) {
            throw new InputException("--cv and " + other.get() + " exclude each other");
        }
        if (count != null && !needs.splitting().random()) {
            throw new InputException(
                    "--cv and --split exclude each other: --cv deals rows by chance (KanBuilder.crossValidate in "
                            + "Java takes groups and times)");
        }
    }

    /** Of each measure, what came of {@link #run}; none before. */
    Map<String, Score> scores() {
        return scores;
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
    void run(Job job, Attempt attempt, TrainOptions options, PrintWriter screen) {
        Map<String, List<Double>> values = new LinkedHashMap<>();
        String name = job.classification() ? "accuracy" : "rmse";
        try (Arena arena = Arena.ofShared()) {
            Dataset rows = Attempt.inMemory(option, job.parts().train().load(arena, attempt.model().dtype(), options.bytes()),
                    options);
            Folds folds = folds(option, count, rows, options.seed());
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
        scores = new LinkedHashMap<>();
        values.forEach((measure, each) -> scores.put(measure, Score.of(each)));
        scores.forEach((measure, score) -> screen.println(format("%d folds      %s %.4g +- %.2g", count, measure, score.mean(),
                score.deviation())));
    }

    /** Refuses rows that cannot be dealt so. */
    void require(RowSource rows, TrainOptions options) {
        if (isAsked()) {
            folds(option, count, Attempt.inMemory(option, rows, options), options.seed());
        }
    }

    /** The rows in folds, as an option asks for them. */
    static Folds folds(String option, int count, Dataset rows, long seed) {
        return Options.of(option + " " + count, () -> Folds.of(rows, count, seed));
    }
}
