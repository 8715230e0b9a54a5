// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.kan4j.cli.Progress.format;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.kan4j.explain.Ensemble;
import org.kan4j.model.Initialisation;
import org.kan4j.model.Parameters;
import org.kan4j.rows.RowSource;
import org.kan4j.train.Trainer;
import org.kan4j.train.TrainingListener;
import org.kan4j.train.TrainingResult;
import picocli.CommandLine;

/**
 * {@code train --ensemble N}: as many trainings, on the same rows, whose mean is the model.
 *
 * @param training as of a single member
 * @param initialisation how each begins, by its seed
 * @param setup of each trainer
 */
record EnsembleTraining(Training training, Initialisation initialisation, Training.Setup setup) {

    /** Whether no option says what network is trained or how, so that the recipe may say of how many the model is the mean. */
    static boolean isUsual(CommandLine.ParseResult parsed) {
        Set<String> own = new HashSet<>(Set.of("--from", "--seeds"));
        for (Object options : List.of(new ModelOptions(), new CourseOptions(), new Method())) {
            CommandLine.Model.CommandSpec.forAnnotatedObject(options).options().forEach(option -> own.add(option.longestName()));
        }
        own.removeAll(Set.of("--weight-decay", "--dtype", "--class-weights"));
        return parsed.matchedOptions().stream().noneMatch(option -> own.contains(option.longestName()));
    }

    /** Trains all; where it is stopped, the model is the mean of those that were done, if there are any. */
    Training.Result run() throws IOException {
        int count = training.options().needs().members();
        List<Parameters> members = new ArrayList<>();
        AtomicBoolean stop = new AtomicBoolean();
        try (Arena arena = Arena.ofShared();
                Interrupt interrupt = new Interrupt(() -> stop.set(true),
                        "the step takes too long to be waited for; nothing of the ensemble is saved")) {
            Training.Rows rows = training.rows(arena);
            Member last = null;
            while (members.size() < count && (last == null || !last.stopped)) {
                if (!members.isEmpty() && Output.isReplaced(training.modelFile())) {
                    saveMean(members); // what a kill leaves
                }
                members.add(Parameters.initialise(training.model(), initialisation, seed(members.size())));
                last = train(members.getLast(), members.size(), rows, stop);
            }
            if (last.stopped) {
                members.removeLast().close();
                Training.Result stopped = stopped(members, count, last);
                interrupt.reported();
                return stopped;
            }
            try (Parameters mean = Ensemble.mean(members); Trainer trainer = setup.of(mean).build()) {
                Training whole = new Training(training.job(), training.options(), mean.model(), training.modelFile(),
                        training.log(), training.screen(), training.monotone());
                if (!training.options().needs().calibrated()) {
                    whole.save(mean);
                }
                return whole.finished(trainer, rows, last.epochs, format("%d members, of the last ", count) + last.ending);
            }
        } finally {
            members.forEach(Parameters::close);
        }
    }

    /** What came of one. */
    private record Member(List<EpochReport> epochs, String ending, String context, boolean stopped) {
    }

    private long seed(int index) {
        return training.options().seed() + index;
    }

    private Member train(Parameters parameters, int number, Training.Rows rows, AtomicBoolean stop) {
        Trainer.Builder builder = setup.of(parameters).seed(seed(number - 1));
        if (training.options().method().hasClassWeights()) {
            builder.classWeights(training.options().method().classWeights(rows.train()));
        }
        try (Progress progress = training.progress();
                Trainer trainer = builder.listener(progress).listener(stopping(stop)).build()) {
            if (number == 1) {
                training.announce(trainer, rows);
            }
            TrainingResult result = trainer.fit(bag(rows.train(), seed(number - 1)), rows.watched());
            List<EpochReport> epochs = training.epochs(result);
            if (!result.stopped()) {
                boolean classes = training.job().classification();
                training.screen().println(format("member %d of %d, seed %d: %s %s", number, training.options().needs().members(),
                        seed(number - 1), rows.test() != null ? "test" : "train",
                        Progress.score(classes, Units.measures(trainer.evaluate(rows.decisive()), training.job().encoding())
                                .get(classes ? "accuracy" : "rmse"))));
                training.screen().flush();
            }
            return new Member(epochs, training.ending(trainer, result, progress.epochs(), epochs),
                    trainer.context().toString(), result.stopped());
        }
    }

    /** The rows that a member trains on. */
    private RowSource bag(RowSource rows, long seed) {
        return training.options().needs().bagged()
                ? Attempt.inMemory("--bagging", rows, training.options()).bootstrap(seed) : rows;
    }

    private static TrainingListener stopping(AtomicBoolean stop) {
        return new TrainingListener() {
            @Override
            public void onBatch(Trainer trainer, Batch batch) {
                if (stop.get()) {
                    trainer.requestStop();
                }
            }
        };
    }

    private void saveMean(List<Parameters> members) throws IOException {
        if (members.size() == 1) {
            training.save(members.getFirst());
            return;
        }
        try (Parameters mean = Ensemble.mean(members)) {
            training.save(mean);
        }
    }

    private Training.Result stopped(List<Parameters> members, int count, Member last) throws IOException {
        String saved = "nothing is saved";
        if (!members.isEmpty()) {
            saveMean(members);
            saved = training.modelFile() + " is the mean of the " + members.size() + " before";
        }
        training.screen().println(format("stopped in member %d of %d; ", members.size() + 1, count) + saved);
        training.screen().flush();
        return new Training.Result(training, last.context, last.epochs, java.util.Map.of(), 0, null, null, last.ending, true);
    }
}
