// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.kan4j.io.Checkpoint;
import org.kan4j.constraint.MonotoneColumns;
import org.kan4j.device.Context;
import org.kan4j.model.Initialisation;
import org.kan4j.model.KanModel;
import org.kan4j.optim.Loss;
import org.kan4j.model.Parameters;
import org.kan4j.train.Trainer;
import org.kan4j.data.NamedSet;
import org.kan4j.encoding.Encoding;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code kan4j train}: what the options ask for. {@link Training} does it, {@link TrainReport} tells. */
@Command(name = "train", mixinStandardHelpOptions = true, sortOptions = false, abbreviateSynopsis = true, description = "Trains a network on a known data set or a CSV, Parquet or safetensors file.", footer = {
    "", "Examples:", "  kan4j train mnist", "  kan4j train digits --basis chebykan --epochs 30",
    "  kan4j train wine.csv --target quality --hidden 32,32 --patience 10",
    "  kan4j train new.csv --from wine.safetensors --lr 1e-3"})
final class TrainCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @picocli.CommandLine.Parameters(paramLabel = "DATA", description = "mnist, fashion-mnist, digits, or a file: .parquet, .safetensors, anything else is CSV; a folder of such, "
            + "or - for standard input.")
    private String data;

    @Mixin
    private DataOptions rows = new DataOptions();

    @Mixin
    private ModelOptions network = new ModelOptions();

    @Mixin
    private CourseOptions course = new CourseOptions();

    @Mixin
    private Method method = new Method();

    @Mixin
    private TableModel needs = new TableModel();

    @Option(names = "--seed", paramLabel = "N", description = "Seed of initial parameters, order of rows and split; 1 by default.")
    private Long seed;

    @Option(names = "--seeds", paramLabel = "N", split = ",", description = "Train once with each of these seeds; reports each and the means, files get -seedN in their names.")
    private long[] seeds;

    @Mixin
    private CrossValidated folds = new CrossValidated();

    @Mixin
    private CoverageOptions coverage = new CoverageOptions();

    @Mixin
    private DeviceOptions device = new DeviceOptions();

    @Option(names = "--out", paramLabel = "FILE", description = "Where to write the model, after each epoch; DATA.safetensors by default. A file that is there is "
            + "replaced, which is said.")
    private Path out;

    @Option(names = "--json", paramLabel = "FILE", description = "Where to write the metrics as JSON, - for standard output; nowhere by default.")
    private Path json;

    @Option(names = "--plot", paramLabel = "FILE.png", description = "Where to draw the learning curves, or none; beside the model by default.")
    private Path plot;

    @Option(names = "--log", paramLabel = "WHICH", description = "Epochs to show: all, terse (the first, every tenth, the best and the last) or none; all on a terminal, "
            + "terse elsewhere by default.")
    private Progress.Log log;

    @Option(names = "--config", paramLabel = "FILE", description = "Options from a JSON object such as the \"options\" in a metrics file; those of the command line "
            + "come first.")
    private Path config; // read by Config before the options are parsed

    @Option(names = "--resume", paramLabel = "MODEL", description = "Go on with the training of this checkpoint on the same rows; it keeps its options, --epochs and "
            + "--steps may be raised.")
    private Path resume;

    @Option(names = "--from", paramLabel = "MODEL", description = "Begin with the parameters of a model, trained or imported, instead of random ones: on new rows, at "
            + "another rate. It keeps its network, and its columns where it knows them.")
    private Path from;

    private PrintWriter screen;

    @Override
    public Integer call() throws IOException {
        screen = Output.screen(spec, json);
        screen.println("reading " + data); // before anything that takes long
        screen.flush();
        if (resume != null) {
            return resume();
        }
        check();
        long[] all = seeds != null ? seeds : new long[] {seed != null ? seed : 1};
        List<Training.Result> results = new ArrayList<>();
        for (long each : all) {
            Path modelFile = modelFile(all.length > 1 ? "-seed" + each : "");
            Path plotFile = plotFile(modelFile, all.length > 1 ? "-seed" + each : "");
            checkOutputs(modelFile, plotFile);
            if (!finish(trainNew(each, modelFile), results, plotFile, results.size() == all.length - 1)) {
                return Interrupt.STATUS;
            }
        }
        if (results.size() > 1) {
            TrainReport.summary(results, screen);
        }
        return 0;
    }

    private void check() {
        rows.check(needs, course);
        network.check();
        course.check(method);
        method.check();
        needs.check(method, network);
        coverage.check();
        Optional<String> several = from != null ? Optional.of("--from")
                : seeds != null ? Optional.of("--seeds") : Optional.empty();
        folds.check(several, needs);
        if (needs.members() > 1 && several.isPresent()) {
            throw new InputException("--ensemble and " + several.get() + " exclude each other");
        }
        if (from != null) {
            network.refuseWithFrom();
            needs.refuseWithFrom();
        }
        if (seed != null && seeds != null) {
            throw new InputException("--seed and --seeds exclude each other");
        }
        if (seeds != null && Arrays.stream(seeds).distinct().count() != seeds.length) {
            throw new InputException("--seeds names a seed twice: " + Arrays.toString(seeds));
        }
    }

    /** Saves, shows and draws a result, in this order; whether there is more to do. */
    private boolean finish(Training.Result result, List<Training.Result> results, Path plotFile, boolean last)
            throws IOException {
        results.add(result);
        if (result.stopped()) {
            List<Training.Result> whole = results.size() == 1 ? results : results.subList(0, results.size() - 1);
            writeJson(whole, true);
            return false;
        }
        writeJson(results, last);
        TrainReport.card(result, screen);
        coverage.warn(result.grids(), spec.commandLine().getErr());
        TrainReport.draw(result, plotFile, screen, spec.commandLine().getErr());
        if (last && json != null) {
            screen.println("metrics      " + json);
        }
        return true;
    }

    /** After each result, so that a later one that fails takes none along; a stream gets the last state only. */
    private void writeJson(List<Training.Result> results, boolean last) throws IOException {
        if (json != null && (last || Output.isReplaced(json))) {
            ObjectNode all = TrainReport.json(results);
            if (!folds.scores().isEmpty()) {
                all.set("cv", Output.tree(folds.scores()));
            }
            Output.writeJson(spec, json, all);
        }
    }

    // ------------------------------------------------------------------------------------------------------ a new one

    private Training.Result trainNew(long runSeed, Path modelFile) throws IOException {
        try (Checkpoint start = from == null ? null : Checkpoint.read(from); Context context = device.open()) {
            Prepared ready = prepare(runSeed, start, context, modelFile);
            Job job = ready.job;
            KanModel model = ready.model;
            if (folds.isAsked()) {
                folds.run(job, new Attempt(model, ready.initialisation, context, job.encoding(), () -> false), ready.options,
                        screen);
            }
            Map<String, String> properties = new LinkedHashMap<>(start == null ? Map.of() : start.properties());
            properties.put(Encoding.KEY, job.encoding().toJson());
            properties.put(TrainOptions.KEY, ready.options.toJson());
            if (needs.monotone() != null) {
                properties.put(MonotoneColumns.KEY, needs.monotone().toJson());
            }
            MonotoneColumns columns = MonotoneColumns.of(properties).orElse(null); // those of --from stay promised
            Training training = new Training(job, ready.options, model, modelFile, log(), screen, columns);
            Training.Setup setup = each -> builder(each, ready, context, columns).properties(properties);
            if (needs.members() > 1) {
                return new EnsembleTraining(training, ready.initialisation, setup).run();
            }
            try (Parameters parameters = start != null ? null : Parameters.initialise(model, ready.initialisation, runSeed)) {
                return training.run(setup.of(start != null ? start.parameters() : parameters), null);
            }
        }
    }

    private static Trainer.Builder builder(Parameters parameters, Prepared ready, Context context, MonotoneColumns columns) {
        Trainer.Builder builder = ready.options.apply(Trainer.builder(parameters).context(context));
        if (ready.job.encoding().target() instanceof Encoding.Quantiles quantiles) {
            builder.loss(new Loss.Pinball(quantiles.levels())); // those of --from too
        }
        Units.metrics(ready.job.encoding()).forEach(builder::metric);
        return columns == null ? builder
                : builder.monotone(Options.of("--monotone", () -> columns.of(ready.job.encoding())));
    }

    /**
     * A training that is ready to begin: its rows, its options with all that is to be chosen chosen, its network.
     *
     * @param initialisation how the network begins
     */
    record Prepared(Job job, TrainOptions options, KanModel model, Initialisation initialisation) {
    }

    /** The training that the options ask for, which others run on folds that an option of theirs asks for; notes go to standard error. */
    Prepared prepare(long runSeed, Context context, String option, int count) throws IOException {
        screen = spec.commandLine().getOut();
        check();
        folds.ask(option, count);
        return prepare(runSeed, null, context, null);
    }

    private Prepared prepare(long runSeed, Checkpoint start, Context context, Path modelFile) throws IOException {
        String columns = start == null ? null : start.properties().get(Encoding.KEY);
        Job job = rows.job(data, runSeed, columns == null ? null : Encoding.fromJson(columns), needs,
                spec.commandLine().getErr());
        method.check(job.classification());
        needs.check(job.encoding());
        if (isUsual()) {
            needs.usually(job.recipe().members());
        }
        Prepared ready = plan(job, start, runSeed, context);
        Output.requireRoom(modelFile, ready.model, needs.members() > 1 ? 0 : method.moments());
        if (start != null) {
            return ready;
        }
        if (course.choosesWeightDecay(method) || job.targets().size() > 1) { // which trains
            new Training(job, ready.options, ready.model, modelFile, log(), screen, null).requireRows(folds);
        }
        return new Choices(rows, network, needs, each -> plan(each, null, runSeed, context), context, screen).of(ready,
                course.choosesWeightDecay(method), isUsual());
    }

    /** A training of some rows before anything is chosen. */
    private Prepared plan(Job job, Checkpoint start, long runSeed, Context context) {
        ModelOptions.Effective net = start != null ? ModelOptions.Effective.NONE
                : network.effective(data, job.encoding(), job.recipe(), needs);
        boolean ofModel = start != null && start.properties().get(Encoding.KEY) != null;
        TrainOptions options = TrainOptions.of(data, rows.effective(job, NamedSet.of(data).isEmpty(), ofModel),
                from == null ? null : from.toString(), net, course.effective(job, method, needs), runSeed, context, method,
                needs);
        KanModel model = start != null ? start.model() : net.model(needs.monotone());
        ModelOptions.requireFit(from, data, model, job.encoding());
        needs.check(model, net);
        return new Prepared(job, options, model, net.initialisation());
    }

    /** Whether the number of networks is left to the recipe. */
    boolean isUsual() {
        return EnsembleTraining.isUsual(spec.commandLine().getParseResult());
    }

    private Progress.Log log() {
        return log != null ? log : Progress.Log.usual();
    }

    // -------------------------------------------------------------------------------------------------------- results

    private Path modelFile(String suffix) {
        if (out != null) {
            return Output.insert(out, suffix);
        }
        String name = NamedSet.of(data).isPresent() ? data : data.equals("-") ? "stdin" : Output.fileName(Path.of(data));
        return Path.of(Output.stem(name) + suffix + ".safetensors");
    }

    private Path plotFile(Path modelFile, String suffix) {
        if (plot != null) {
            return Drawing.isFile(plot) ? Output.insert(plot, suffix) : plot;
        }
        // Beside a pipe or a device is no place for pictures.
        return Output.isReplaced(modelFile) ? modelFile.resolveSibling(Output.stem(Output.fileName(modelFile)) + ".png")
                : Path.of(Drawing.NONE);
    }

    private void checkOutputs(Path modelFile, Path plotFile) {
        if (Output.isStandardOutput(modelFile)) {
            throw new InputException("--out - : a model is written to a file, a pipe or a device; /dev/stdout is one");
        }
        Output.Check check = new Output.Check().reads("DATA", Job.file(data)).reads("--config", config)
                .reads("--test", rows.test()).reads("--from", from);
        (modelFile.equals(resume) ? check.writes("--out", modelFile) : check.writesModel("--out", modelFile))
                .reads("--resume", resume)
                .writes("--plot", Drawing.isFile(plotFile) ? plotFile : null).writesJson(json);
        Drawing.check(plotFile);
        if (!modelFile.equals(resume) && Files.isRegularFile(modelFile)) {
            screen.println("note: " + modelFile + " is there and will be replaced; --out names another file");
        }
    }

    // --------------------------------------------------------------------------------------------------------- resume

    /** A checkpoint keeps how it is trained; options that would change it are refused by name. */
    private void refuseWithResume() {
        Set<String> allowed = Set.of("--resume", "--epochs", "--steps", "--out", "--json", "--plot", "--log", "--threads",
                "--tier", "--device", "--warn-outside", "--verbose");
        String refused = spec.commandLine().getParseResult().matchedOptions().stream()
                .map(o -> o.longestName()).filter(o -> !allowed.contains(o)).collect(Collectors.joining(", "));
        if (!refused.isEmpty()) {
            throw new InputException("--resume keeps the options of the checkpoint; leave out " + refused
                    + (from == null ? " (--from goes on with other options)" : ""));
        }
    }

    private int resume() throws IOException {
        refuseWithResume();
        Ranges.atLeast("--epochs", course.epochs(), 1);
        Ranges.atLeast("--steps", method.steps(), 1);
        coverage.check();
        try (Checkpoint checkpoint = Checkpoint.read(resume)) {
            String saved = checkpoint.properties().get(TrainOptions.KEY);
            String columns = checkpoint.properties().get(Encoding.KEY);
            if (saved != null && !checkpoint.isResumable() && TrainOptions.fromJson(saved).needs().calibrated()) {
                throw new InputException(resume + " is calibrated: its training is over (--from goes on with its parameters)");
            }
            if (saved != null && TrainOptions.fromJson(saved).needs().members() > 1) {
                throw new InputException(resume + " is an ensemble: its trainings are over (--from goes on with its parameters; "
                        + "train --ensemble 1 writes a training to go on with)");
            }
            if (saved == null || columns == null || !checkpoint.isResumable()) {
                throw new InputException(resume + " holds no training to go on with; it was not written by kan4j train "
                        + "(--from goes on with its parameters)");
            }
            Encoding encoding = Encoding.fromJson(columns);
            TrainOptions options = TrainOptions.fromJson(saved).until(course.epochs(), method.steps());
            Job job = sameRows(options, encoding);
            Path modelFile = out != null ? out : resume;
            Path plotFile = plotFile(modelFile, "");
            checkOutputs(modelFile, plotFile);
            Output.requireRoom(modelFile, checkpoint.model(), options.method().moments());
            try (Context context = device.open()) {
                Trainer.Builder builder = Trainer.resume(checkpoint).context(context)
                        .properties(Map.of(TrainOptions.KEY, options.toJson()));
                Units.metrics(encoding).forEach(builder::metric);
                if (course.epochs() != null) {
                    builder.epochs(course.epochs());
                }
                if (method.steps() != null) {
                    builder.steps(method.steps());
                }
                Training training = new Training(job, options, checkpoint.model(), modelFile, log(), screen,
                        MonotoneColumns.of(checkpoint.properties()).orElse(null));
                return finish(training.run(builder, resume), new ArrayList<>(), plotFile, true) ? 0 : Interrupt.STATUS;
            }
        }
    }

    /** The rows that a checkpoint was trained on, which may have another name now. */
    private Job sameRows(TrainOptions options, Encoding encoding) {
        if (NamedSet.of(data).isPresent() != NamedSet.of(options.data()).isPresent()) {
            throw new InputException(resume + " was trained on other data (" + options.data() + "), given " + data);
        }
        boolean columnsOfModel = options.from() != null && options.target() == null;
        Job job = DataOptions.of(options).job(data, options.seed(), columnsOfModel ? encoding : null,
                options.needs(), spec.commandLine().getErr());
        if (!job.encoding().columns().equals(encoding.columns()) || !job.encoding().target().equals(encoding.target())) {
            throw new InputException(resume + " was trained on other data (" + options.data() + "): " + data
                    + " has other columns, values or classes (--from goes on with it on other rows)");
        }
        return job;
    }
}
