// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.kan4j.data.NamedSet;
import org.kan4j.device.Context;
import org.kan4j.encoding.Encoding;
import org.kan4j.explain.Ensemble;
import org.kan4j.measure.Metrics;
import org.kan4j.model.Initialisation;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.rows.Dataset;
import org.kan4j.rows.RowSource;
import org.kan4j.train.Trainer;
import org.kan4j.train.TrainingListener;

/**
 * Trainings that are there to be measured: for a choice among options, for folds.
 *
 * @param model the network
 * @param initialisation how it begins
 * @param context where to train
 * @param encoding of the rows, in whose unit is measured
 * @param stop asked after each step whether to give up
 */
record Attempt(KanModel model, Initialisation initialisation, Context context, Encoding encoding, BooleanSupplier stop) {

    /** The same of rows that are encoded otherwise. */
    Attempt of(Encoding other) {
        return new Attempt(model, initialisation, context, other, stop);
    }

    /** The same with another network. */
    Attempt of(KanModel other) {
        return new Attempt(other, initialisation, context, encoding, stop);
    }

    /** Trains a network on some rows and measures on others; empty where it was stopped. */
    Optional<Metrics> measure(TrainOptions options, RowSource train, RowSource held) {
        return measure(options, options.seed(), train, held, parameters -> {
        });
    }

    /** As {@link #measure}, of the mean of as many networks as the options ask for. */
    Optional<Metrics> measureWhole(TrainOptions options, RowSource train, RowSource held) {
        List<Parameters> members = new ArrayList<>();
        try {
            Optional<Metrics> last = Optional.empty();
            for (int i = 0; i < options.needs().members() && members.size() == i; i++) {
                last = measure(options, options.seed() + i, bag(options, i, train), held,
                        parameters -> members.add(parameters.copy()));
            }
            if (members.size() < 2 || members.size() < options.needs().members()) {
                return last;
            }
            try (Parameters mean = Ensemble.mean(members); Trainer trainer = trainer(mean, options).build()) {
                return Optional.of(trainer.evaluate(held));
            }
        } finally {
            members.forEach(Parameters::close);
        }
    }

    private Optional<Metrics> measure(TrainOptions options, long seed, RowSource train, RowSource held,
            Consumer<Parameters> trained) {
        try (Parameters parameters = Parameters.initialise(model, initialisation, seed)) {
            Trainer.Builder builder = trainer(parameters, options).seed(seed).listener(giveUp());
            if (options.method().hasClassWeights()) {
                builder.classWeights(options.method().classWeights(train));
            }
            RowSource.Split<? extends RowSource> split = options.validation() == null ? null
                    : Training.split(train, options);
            try (Trainer trainer = builder.build()) {
                boolean stopped = (split == null ? trainer.fit(train) : trainer.fit(split.first(), split.second())).stopped();
                if (stopped) {
                    return Optional.empty();
                }
                trained.accept(trainer.parameters());
                return Optional.of(trainer.evaluate(held));
            }
        }
    }

    private static RowSource bag(TrainOptions options, int member, RowSource train) {
        return options.needs().bagged() ? inMemory("--bagging", train, options).bootstrap(options.seed() + member) : train;
    }

    private Trainer.Builder trainer(Parameters parameters, TrainOptions options) {
        Trainer.Builder builder = options.apply(Trainer.builder(parameters).context(context));
        Units.metrics(encoding).forEach(builder::metric);
        return builder;
    }

    private TrainingListener giveUp() {
        return new TrainingListener() {
            @Override
            public void onBatch(Trainer trainer, Batch batch) {
                if (stop.getAsBoolean()) {
                    trainer.requestStop();
                }
            }
        };
    }

    /** The training rows of a file in memory, as folds need them. */
    static Dataset inMemory(String option, RowSource rows, TrainOptions options) {
        if (NamedSet.of(options.data()).isPresent() || rows instanceof Dataset) {
            return (Dataset) rows;
        }
        throw new InputException(option + " needs the encoded rows in memory, which --memory " + options.memory()
                + " MiB are too few for");
    }
}
