// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.kan4j.cli.Progress.format;

import java.io.PrintWriter;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
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

    /** The rows with the target that does best; as they are where there is none to choose. */
    Job in(TrainOptions options) {
        if (job.targets().size() < 2 || job.recipe().weightDecays().isEmpty() || options.needs().additive()) {
            return job;
        }
        TrainOptions shorter = options.within(job.recipe().comparedEpochs());
        List<HeldOut.Score<Encoding.Target>> scores = new ArrayList<>();
        for (Encoding.Target target : job.targets()) {
            try (Arena arena = Arena.ofShared()) {
                Job bent = job.with(target);
                Attempt each = attempt.of(bent.encoding());
                RowSource rows = bent.parts().train().load(arena, attempt.model().dtype(), options.bytes());
                scores.addAll(HeldOut.compare(List.of(target), rows, job.recipe().comparisons(), options.seed(),
                        (any, train, held) -> each.measure(shorter, train, held)
                                .map(metrics -> OptionalDouble.of(Units.error(metrics, bent.encoding())))
                                .orElse(OptionalDouble.empty())));
            }
        }
        if (scores.size() < job.targets().size()) {
            return job; // stopped
        }
        List<String> told = scores.stream().map(s -> format("%s %.4g", kind(s.candidate()), s.loss())).toList();
        screen.println("target transform by rows held out, error of each: " + String.join(", ", told));
        screen.flush();
        return HeldOut.best(scores).map(job::with).orElse(job);
    }

    /** The name of a target's transform. */
    static String kind(Encoding.Target target) {
        Encoding.Value value = target instanceof Encoding.Quantiles quantiles ? quantiles.value() : (Encoding.Value) target;
        return value.transform().kind().name().toLowerCase(java.util.Locale.ROOT);
    }
}
