// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.kan4j.cli.Progress.format;

import java.io.PrintWriter;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import org.kan4j.Recipe;
import org.kan4j.device.Context;
import org.kan4j.model.Initialisation;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.rows.RowSource;
import org.kan4j.train.HeldOut;
import org.kan4j.train.Trainer;

/**
 * The weight decay that suits the noise of the rows, by trainings that hold some out.
 *
 * @param job the rows
 * @param model the network
 * @param initialisation how it begins
 * @param context where to train
 * @param screen told what was compared
 */
record WeightDecayChoice(Job job, KanModel model, Initialisation initialisation, Context context, PrintWriter screen) {

    /** The options with the weight decay chosen; as they are where there is none to choose. */
    TrainOptions in(TrainOptions options) {
        Recipe recipe = job.recipe();
        if (recipe.weightDecays().isEmpty()) {
            return options;
        }
        try (Arena arena = Arena.ofShared()) {
            RowSource rows = job.parts().train().load(arena, model.dtype(), options.bytes());
            List<HeldOut.Score<Double>> scores = HeldOut.compare(recipe.weightDecays(), rows, recipe.comparisons(),
                    options.seed(), (decay, train, held) -> loss(options.compared(decay, recipe), train, held));
            screen.println("weight decay by rows held out, loss of each: "
                    + scores.stream().map(s -> format("%s %.4g", s.candidate(), s.loss())).collect(Collectors.joining(", ")));
            screen.flush();
            return HeldOut.best(scores).map(decay -> options.with(decay, null)).orElse(options);
        }
    }

    private OptionalDouble loss(TrainOptions options, RowSource train, RowSource held) {
        try (Parameters parameters = Parameters.initialise(model, initialisation, options.seed())) {
            Trainer.Builder builder = options.apply(Trainer.builder(parameters).context(context));
            if (options.method().hasClassWeights()) {
                builder.classWeights(options.method().classWeights(train));
            }
            try (Trainer trainer = builder.build()) {
                return trainer.fit(train, options.watches() ? held : null).stopped() ? OptionalDouble.empty()
                        : OptionalDouble.of(trainer.evaluate(held).loss());
            }
        }
    }
}
