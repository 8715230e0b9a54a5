// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.kan4j.cli.Progress.format;

import java.io.PrintWriter;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import org.kan4j.Recipe;
import org.kan4j.measure.Metrics;
import org.kan4j.rows.RowSource;
import org.kan4j.train.HeldOut;

/**
 * The weight decay that suits the noise of the rows, by trainings that hold some out.
 *
 * @param job the rows
 * @param attempt how to train
 * @param screen told what was compared
 */
record WeightDecayChoice(Job job, Attempt attempt, PrintWriter screen) {

    /** The options with the weight decay chosen; as they are where there is none to choose. */
    TrainOptions in(TrainOptions options) {
        Recipe recipe = job.recipe();
        if (recipe.weightDecays().isEmpty()) {
            return options;
        }
        TrainOptions shorter = options.within(recipe.comparedEpochs());
        try (Arena arena = Arena.ofShared()) {
            RowSource rows = job.parts().train().load(arena, attempt.model().dtype(), options.bytes());
            List<HeldOut.Score<Double>> scores = HeldOut.compare(recipe.weightDecays(), rows, recipe.comparisons(),
                    options.seed(), (decay, train, held) -> attempt.measure(shorter.with(decay, null), train, held)
                            .map(Metrics::loss).map(OptionalDouble::of).orElse(OptionalDouble.empty()));
            screen.println("weight decay by rows held out, loss of each: "
                    + scores.stream().map(s -> format("%s %.4g", s.candidate(), s.loss())).collect(Collectors.joining(", ")));
            screen.flush();
            return HeldOut.best(scores).map(decay -> options.with(decay, null)).orElse(options);
        }
    }
}
