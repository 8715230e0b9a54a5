// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.kan4j.cli.Progress.format;

import java.io.PrintWriter;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import org.kan4j.encoding.Encoding;
import org.kan4j.rows.RowSource;
import org.kan4j.train.HeldOut;

/**
 * Whether a target with a long tail is better bent, by trainings that hold rows out and are measured in its unit. Additive models stay
 * sums in that unit.
 *
 * @param job the rows
 * @param attempt how to train
 * @param screen told what was compared
 */
record TargetChoice(Job job, Attempt attempt, PrintWriter screen) {

    /** The rows with the target that does best however rows are held out; as they are where there is none to choose. */
    Job in(TrainOptions options) {
        if (job.targets().size() < 2 || job.recipe().weightDecays().isEmpty() || options.needs().additive()) {
            return job;
        }
        Job best = job;
        List<Double> least = errors(job, options);
        List<String> told = new ArrayList<>(List.of(kind(job.encoding().target()) + " " + words(least)));
        for (Encoding.Target target : job.targets().subList(1, job.targets().size())) {
            Job bent = job.with(target);
            List<Double> errors = errors(bent, options);
            told.add(kind(target) + " " + words(errors));
            if (HeldOut.isAlwaysLess(errors, least)) {
                least = errors;
                best = bent;
            }
        }
        screen.println("target transform by rows held out, error of each: " + String.join(", ", told));
        screen.flush();
        return best;
    }

    private List<Double> errors(Job bent, TrainOptions options) {
        TrainOptions shorter = options.within(job.recipe().comparedEpochs());
        Attempt each = attempt.of(bent.encoding());
        List<Double> errors = new ArrayList<>();
        try (Arena arena = Arena.ofShared()) {
            RowSource rows = bent.parts().train().load(arena, attempt.model().dtype(), options.bytes());
            for (int r = 0; r < job.recipe().transformComparisons(); r++) {
                HeldOut.compare(List.of(bent), rows, 1, options.seed() + r,
                        (any, train, held) -> each.measure(shorter, train, held)
                                .map(metrics -> OptionalDouble.of(Units.error(metrics, bent.encoding())))
                                .orElse(OptionalDouble.empty()))
                        .forEach(score -> errors.add(score.loss()));
            }
        }
        return errors;
    }

    private static String words(List<Double> errors) {
        return errors.stream().map(error -> format("%.4g", error)).collect(Collectors.joining(" "));
    }

    /** The name of a target's transform. */
    static String kind(Encoding.Target target) {
        Encoding.Value value = target instanceof Encoding.Quantiles quantiles ? quantiles.value() : (Encoding.Value) target;
        return value.transform().kind().name().toLowerCase(java.util.Locale.ROOT);
    }
}
