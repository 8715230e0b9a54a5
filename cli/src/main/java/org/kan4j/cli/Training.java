// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.kan4j.cli.Progress.format;

import java.io.IOException;
import java.io.PrintWriter;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.kan4j.error.Counted;
import org.kan4j.rows.Dataset;
import org.kan4j.grid.GridCoverage;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.rows.RowSource;
import org.kan4j.io.Checkpoint;
import org.kan4j.train.Calibration;
import org.kan4j.train.Trainer;
import org.kan4j.train.TrainingResult;
import org.kan4j.constraint.MonotoneColumns;
import org.kan4j.data.Part;
import org.kan4j.data.Parts;
import org.kan4j.data.Splitting;
import org.kan4j.Kan;
import org.kan4j.TrainedKan;
import org.kan4j.encoding.Encoding;

/**
 * One training of {@code kan4j train}, from its rows to what came of it.
 *
 * @param job the rows
 * @param options how to train on them, as will be reported
 * @param model the network
 * @param modelFile where to save it: after each epoch, at the end where it is a pipe or a device
 * @param log which epochs to show
 * @param screen to show them on
 * @param monotone columns in which the model is kept so, or null
 */
record Training(Job job, TrainOptions options, KanModel model, Path modelFile, Progress.Log log, PrintWriter screen,
        MonotoneColumns monotone) {

    /**
     * What came of a training.
     *
     * @param training that it came of
     * @param context where it ran, in words
     * @param epochs as measured
     * @param measured the measures on the rows that decide, in the target's unit; empty where it was stopped
     * @param rows how many these are
     * @param proof of what the model is to keep; null where it promises nothing, or was stopped
     * @param grids how well the grids cover the training rows; null where it was stopped
     * @param ending why it ended, in words
     * @param stopped whether on request
     */
    record Result(Training training, String context, List<EpochReport> epochs, Map<String, Double> measured, long rows,
            Proof proof, GridCoverage grids, String ending, boolean stopped) {

        TrainOptions options() {
            return training.options;
        }

        boolean classification() {
            return training.job.classification();
        }

        /** What the measures are of: test, or train where there are no other rows. */
        String part() {
            return training.job.parts().test() != null ? "test" : "train";
        }

        String scoreName() {
            return classification() ? "accuracy" : "rmse";
        }

        double score() {
            return measured.get(scoreName());
        }

        EpochReport best() {
            return epochs.stream().min(Comparator.comparingDouble(EpochReport::decisive)).orElseThrow();
        }
    }

    /** What sets a trainer of some parameters up. */
    @FunctionalInterface
    interface Setup {
        Trainer.Builder of(Parameters parameters);
    }

    /** The rows of a training in its parts; what there is none of is null. */
    record Rows(RowSource all, RowSource train, RowSource validation, RowSource test) {
        /** To measure on after each epoch. */
        RowSource watched() {
            return validation != null ? validation : test;
        }

        /** What the result is measured on. */
        RowSource decisive() {
            return test != null ? test : train;
        }
    }

    /**
     * Trains.
     *
     * @param resumed the checkpoint that is gone on with, or null
     */
    Result run(Trainer.Builder builder, Path resumed) throws IOException {
        boolean replaced = Output.isReplaced(modelFile);
        try (Arena arena = Arena.ofShared();
                Progress progress = progress()) {
            Rows rows = rows(arena);
            if (options.method().hasClassWeights() && resumed == null) {
                builder.classWeights(options.method().classWeights(rows.train));
            }
            try (Trainer trainer = builder.checkpoint(replaced ? modelFile : null).listener(progress).build();
                    Interrupt interrupt = new Interrupt(trainer::requestStop,
                            "the step takes too long to be waited for; what is saved of the "
                                    + "training is that of its last epoch, in " + modelFile)) {
                if (trainer.isDone()) {
                    throw new InputException(resumed + " has all of its " + Counted.of(trainer.epoch(), "epoch") + ", "
                            + Counted.of(trainer.steps(), "step")
                            + "; --epochs N or --steps N with a larger N goes on");
                }
                announce(trainer, rows);
                TrainingResult result = trainer.fit(rows.train, rows.watched());
                if (!replaced && (result.stopped() || !options.needs().calibrated())) {
                    trainer.save(modelFile);
                }
                List<EpochReport> epochs = epochs(result);
                String ending = ending(trainer, result, progress.epochs(), epochs);
                if (result.stopped()) {
                    screen.println(
                            "stopped after " + epochs.size() + " of " + Counted.of(progress.epochs(), "epoch") + "; go on with: "
                                    + "kan4j train " + TrainOptions.quoted(options.data()) + " --resume "
                                    + TrainOptions.quoted(modelFile.toString()));
                    screen.flush();
                    interrupt.reported();
                    return new Result(this, trainer.context().toString(), epochs, Map.of(), 0, null, null, ending,
                            true);
                }
                return finished(trainer, rows, epochs, ending);
            }
        }
    }

    /** What came of a training whose model is saved where it is not to be calibrated. */
    Result finished(Trainer trainer, Rows rows, List<EpochReport> epochs, String ending) throws IOException {
        calibrate(trainer, rows);
        return new Result(this, trainer.context().toString(), epochs,
                measures(trainer, rows), rows.decisive().size(),
                monotone == null ? null : Proof.of(monotone, job.encoding(), trainer.parameters()),
                GridCoverage.measure(trainer.context(), trainer.parameters(), rows.all, GridCoverage.ROWS), ending, false);
    }

    /** What is measured on after each epoch; null for nothing. */
    private String part() {
        return options.validation() != null ? "validation" : job.parts().test() != null ? "test" : null;
    }

    Progress progress() {
        return new Progress(screen, Terminal.isThere() && log != Progress.Log.NONE, log, job.classification(), part(),
                job.encoding());
    }

    List<EpochReport> epochs(TrainingResult result) {
        return result.epochs().stream().map(e -> EpochReport.of(e, part(), job.encoding())).toList();
    }

    /** Makes the saved model one of calibrated probabilities, if that is wanted; it is no training to go on with then. */
    private void calibrate(Trainer trainer, Rows rows) throws IOException {
        if (!options.needs().calibrated()) {
            return;
        }
        Calibration found = Calibration.of(trainer.parameters(), rows.validation);
        save(trainer.parameters());
        screen.println(format("calibrated   by a temperature of %.4g: log loss %.4g instead of %.4g on %,d held-out rows",
                found.temperature(), found.after(), found.before(), found.rows()));
    }

    /** Writes a model that is no training to go on with. */
    void save(Parameters parameters) throws IOException {
        Map<String, String> properties = new LinkedHashMap<>(Map.of(Encoding.KEY, job.encoding().toJson(), TrainOptions.KEY,
                options.toJson()));
        if (monotone != null) {
            properties.put(MonotoneColumns.KEY, monotone.toJson());
        }
        Checkpoint.write(modelFile, parameters, properties);
    }

    /** In the unit of the target; of several numbers and of quantiles also what each comes to. */
    private Map<String, Double> measures(Trainer trainer, Rows rows) {
        Map<String, Double> values = Units.measures(trainer.evaluate(rows.decisive()), job.encoding());
        if (job.encoding().target().width() > 1 && !job.encoding().values().isEmpty()) {
            try (TrainedKan trained = Kan.of(trainer.parameters().copy(), job.encoding())) {
                Part decisive = job.parts().test() != null ? job.parts().test() : job.parts().train();
                values.putAll(trained.evaluate(new EncodedPart(job.encoding(), decisive, memory())).measures());
            }
        }
        return values;
    }

    private long memory() {
        return options.bytes();
    }

    /** Refuses rows that a training would refuse, and those that cannot be dealt to the folds that are asked for. */
    void requireRows(CrossValidated folds) {
        try (Arena arena = Arena.ofShared()) {
            Rows rows = rows(arena);
            folds.require(rows.all, options);
            if (options.needs().bagged()) {
                Attempt.inMemory("--bagging", rows.train, options);
            }
            if (options.method().hasClassWeights()) {
                options.method().classWeights(rows.train);
            }
        }
    }

    Rows rows(Arena arena) {
        Splitting by = options.needs().splitting();
        if (options.validation() != null && !by.random()) {
            Parts parts = job.parts().train().split(by, options.validation(), options.seed());
            RowSource train = parts.train().load(arena, model.dtype(), memory());
            return new Rows(train, train, parts.test().load(arena, model.dtype(), memory()), test(arena));
        }
        RowSource all = job.parts().train().load(arena, model.dtype(), memory());
        RowSource test = test(arena);
        if (options.validation() == null) {
            return new Rows(all, all, null, test);
        }
        RowSource.Split<? extends RowSource> split = split(all, options);
        return new Rows(all, split.first(), split.second(), test);
    }

    /** The rows to train on and those to validate by, at random. */
    static RowSource.Split<? extends RowSource> split(RowSource all, TrainOptions options) {
        RowSource.Split<? extends RowSource> split = all.split(1 - options.validation(), options.seed());
        if (split.first().size() == 0 || split.second().size() == 0) {
            throw new InputException(
                    "--validation " + options.validation() + " of " + Counted.of(all.size(), "row") + " leaves a part empty");
        }
        return split;
    }

    private RowSource test(Arena arena) {
        return job.parts().test() == null ? null : job.parts().test().load(arena, model.dtype(), memory());
    }

    void announce(Trainer trainer, Rows rows) {
        String network = options.from() != null ? "the model " + options.from() : options.basis()
                + (options.grid() != null ? ", grid " + options.grid() : "")
                + (options.order() != null ? ", order " + options.order() : "");
        screen.println(format("training %s, %s: %s on %s, %s, %s to train%s and %s to test on",
                widths(), network, model.dtype().name().toLowerCase(java.util.Locale.ROOT), trainer.context(),
                Counted.grouped(model.parameterCount(), "parameter"), Counted.grouped(rows.train.size(), "row"),
                rows.validation == null ? "" : format(", %,d to validate", rows.validation.size()),
                rows.test == null ? "none" : format("%,d", rows.test.size())));
        if (!(rows.all instanceof Dataset)) {
            screen.println(format("the rows are streamed, %,d MiB at a time", memory() >> 20));
        }
        screen.flush();
    }

    private String widths() {
        return options.layers() != null ? ModelOptions.join(options.layers()) : model.in() + ",...," + model.out();
    }

    String ending(Trainer trainer, TrainingResult result, int planned, List<EpochReport> epochs) {
        if (result.stopped()) {
            return "stopped on request";
        }
        if (options.method().steps() != null && trainer.steps() >= options.method().steps()) {
            return trainer.steps() == 1 ? "the one step is made" : format("all %,d steps are made", trainer.steps());
        }
        if (epochs.size() >= planned) {
            return planned == 1 ? "the one epoch is done" : format("all %,d epochs are done", planned);
        }
        return options.patience() != null ? Counted.of(options.patience(), "epoch") + " without a better validation loss"
                : "L-BFGS finds nothing lower";
    }
}
