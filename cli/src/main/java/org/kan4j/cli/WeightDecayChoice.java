// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.kan4j.cli.Progress.format;

import java.io.PrintWriter;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Collectors;
import org.kan4j.Recipe;
import org.kan4j.train.UsefulColumns;
import org.kan4j.constraint.MonotoneColumns;
import org.kan4j.encoding.Encoding;
import org.kan4j.measure.Metrics;
import org.kan4j.rows.RowSource;
import org.kan4j.train.HeldOut;

/**
 * The weight decay that suits the noise of the rows, and whether another grid does, by trainings that hold some out.
 *
 * @param job the rows
 * @param attempt how to train
 * @param columns which are of use, by the trainings made
 * @param screen told what was compared
 */
record WeightDecayChoice(Job job, Attempt attempt, UsefulColumns columns, PrintWriter screen) {

    WeightDecayChoice(Job job, Attempt attempt, PrintWriter screen) {
        this(job, attempt, new UsefulColumns(job.encoding()), screen);
    }

    /**
     * What was chosen.
     *
     * @param options with the weight decay
     * @param loss on the rows held out; NaN where there was nothing to choose
     */
    record Chosen(TrainOptions options, double loss) {
    }

    /** The options with the weight decay chosen; as they are where there is none to choose. */
    Chosen in(TrainOptions options) {
        Recipe recipe = job.recipe();
        if (recipe.weightDecays().isEmpty()) {
            return new Chosen(options, Double.NaN);
        }
        List<HeldOut.Score<Double>> scores = compare(recipe.weightDecays(), attempt, options);
        screen.println("weight decay by rows held out, loss of each: "
                + scores.stream().map(s -> format("%s %.4g", s.candidate(), s.loss())).collect(Collectors.joining(", ")));
        screen.flush();
        return HeldOut.best(scores)
                .map(decay -> new Chosen(options.with(decay, null),
                        scores.stream().filter(s -> s.candidate().equals(decay)).findFirst().orElseThrow().loss()))
                .orElse(new Chosen(options, Double.NaN));
    }

    /** The columns that are of no use with the weight decay chosen, but for those that are to be monotone, which may be null. */
    Set<Encoding.Column> useless(Chosen chosen, MonotoneColumns monotone) {
        return columns.useless(chosen.options.weightDecay(), monotone == null ? Set.of() : monotone.directions().keySet());
    }

    /** Whether this, of rows without some columns, does clearly better with the weight decay chosen with them. */
    boolean beatsWithout(Set<Encoding.Column> some, Chosen chosen, TrainOptions options) {
        List<HeldOut.Score<Double>> scores = compare(List.of(chosen.options.weightDecay()), attempt, options);
        scores.forEach(score -> screen.println(format("without %s by rows held out: loss %.4g instead of %.4g",
                String.join(", ", UsefulColumns.names(some)), score.loss(), chosen.loss)));
        screen.flush();
        return scores.stream().anyMatch(score -> job.recipe().takesFewer(score.loss(), chosen.loss));
    }

    /** Whether the other grid is to be taken instead, on the same rows. */
    boolean isBeaten(Chosen chosen, Attempt other) {
        List<HeldOut.Score<Double>> scores = compare(List.of(chosen.options.weightDecay()), other, chosen.options);
        scores.forEach(score -> screen.println(format("grid %d instead of %d by rows held out: loss %.4g instead of %.4g",
                job.recipe().otherGrid(),
                chosen.options.grid(), score.loss(), chosen.loss)));
        screen.flush();
        return scores.stream().anyMatch(score -> job.recipe().takesOther(score.loss(), chosen.loss));
    }

    private List<HeldOut.Score<Double>> compare(List<Double> decays, Attempt each, TrainOptions options) {
        Recipe recipe = job.recipe();
        TrainOptions shorter = options.within(recipe.comparedEpochs());
        try (Arena arena = Arena.ofShared()) {
            RowSource rows = job.parts().train().load(arena, each.model().dtype(), options.bytes());
            return HeldOut.compare(decays, rows, recipe.comparisons(), options.seed(),
                    (decay, train, held) -> each.measure(shorter.with(decay, null), train, held, trainer -> {
                        if (recipe.choosesColumns()) {
                            columns.measure(decay, trainer, held, options.seed());
                        }
                    }).map(Metrics::loss).map(OptionalDouble::of).orElse(OptionalDouble.empty()));
        }
    }
}
