// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.kan4j.cli.Progress.format;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.kan4j.device.Context;
import org.kan4j.grid.GridCoverage;
import org.kan4j.grid.GridUpdate;
import org.kan4j.io.Checkpoint;
import org.kan4j.model.Initialisation;
import org.kan4j.model.KanModel;
import org.kan4j.model.Parameters;
import org.kan4j.optim.Schedule;
import org.kan4j.rows.Dataset;
import org.kan4j.rows.RowSource;
import org.kan4j.train.Trainer;
import org.kan4j.train.TrainingListener;
import org.kan4j.train.TrainingResult;
import org.kan4j.data.NamedSet;
import org.kan4j.data.Part;
import org.kan4j.data.TableSet;
import org.kan4j.encoding.Encoding;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code kan4j train}. */
@Command(name = "train", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Trains a network on a known data set or a CSV, Parquet or safetensors file.",
        footer = {"", "Examples:", "  kan4j train mnist", "  kan4j train digits --basis chebykan --epochs 30",
            "  kan4j train wine.csv --target quality --layers 11,32,1 --plot wine.png"})
final class TrainCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @picocli.CommandLine.Parameters(paramLabel = "DATA",
            description = {"mnist, fashion-mnist, digits, or a file: .parquet, .safetensors, anything else is CSV.",
                "The options that begin with FILE are for files."})
    private String data;

    @Option(names = "--target", paramLabel = "COLUMN", description = "FILE: the column to predict.")
    private String target;

    @Option(names = "--task", paramLabel = "TASK",
            description = "FILE: classification or regression; by default classification if the target is text or has two "
                    + "values.")
    private TableSet.Task task;

    @Option(names = "--drop", paramLabel = "COLUMN", split = ",", description = "FILE: columns to leave out.")
    private Set<String> drop = new LinkedHashSet<>();

    @Option(names = "--categorical", paramLabel = "COLUMN", split = ",",
            description = "FILE: columns to take as categories although they hold numbers.")
    private Set<String> categorical = new LinkedHashSet<>();

    @Option(names = "--missing", paramLabel = "WHAT",
            description = "FILE: missing inputs: refuse them, or fill them with the column's mean; refuse by default.")
    private Encoding.Missing missing;

    @Option(names = "--unseen", paramLabel = "WHAT",
            description = "FILE: categories that the training rows do not have: refuse them, or take them as unknown, none of "
                    + "those it knows; refuse by default.")
    private Encoding.Unseen unseen;

    @Option(names = "--quantiles", paramLabel = "COLUMN", split = ",",
            description = "FILE: columns of numbers to spread evenly over the grid by their quantiles, as suits skewed ones and "
                    + "outliers; others are scaled by their range.")
    private Set<String> quantiles = new LinkedHashSet<>();

    @Mixin
    private TableOptions tables = new TableOptions();

    @Option(names = "--memory", paramLabel = "MIB",
            description = "FILE: memory for encoded rows, 1024 by default. Larger data is read anew in every epoch, so much "
                    + "at a time, and shuffled within that.")
    private Integer memory;

    @Option(names = "--test-fraction", paramLabel = "F",
            description = "FILE: share of the rows to test on, chosen by the seed; 0.2 by default.")
    private Double testFraction;

    @Option(names = "--layers", paramLabel = "N", split = ",",
            description = "Widths from the inputs to the outputs, such as 784,64,10; by default one hidden layer.")
    private long[] layers;

    @Option(names = "--basis", paramLabel = "NAME",
            description = "One of ${COMPLETION-CANDIDATES}; bspline by default.", completionCandidates = Bases.Names.class)
    private String basis;

    @Option(names = "--grid", paramLabel = "N",
            description = "Grid intervals, centres, degree or frequencies of the basis; by default as published.")
    private Integer grid;

    @Option(names = "--order", paramLabel = "N", description = "Spline order, 1 to 5; 3 by default.")
    private Integer order;

    @Option(names = "--norm", paramLabel = "KIND",
            description = "Further normalisation: none, layer (between layers) or batch (after every layer). By default "
                    + "as the basis was published: "
                    + "layer for chebykan and jacobikan, none for the rest (wavkan brings its batch norms).")
    private String norm;

    @Option(names = "--init", paramLabel = "NAME",
            description = "How initial parameters are drawn: published, pykan (splines), smooth (Fourier) or unit-variance; "
                    + "published by default.")
    private String init;

    @Option(names = "--epochs", paramLabel = "N", description = "Passes over the training rows.")
    private Integer epochs;

    @Option(names = "--batch", paramLabel = "N", description = "Rows of a batch.")
    private Integer batch;

    @Option(names = "--lr", paramLabel = "R", description = "Learning rate at the start.")
    private Double lr;

    @Option(names = "--schedule", paramLabel = "NAME",
            description = "Course of the learning rate: constant, exponential, cosine, one-cycle or plateau; exponential by "
                    + "default.")
    private String schedule;

    @Option(names = "--decay", paramLabel = "F",
            description = "Factor on the learning rate after each epoch, of the exponential schedule; on every plateau, of the "
                    + "plateau schedule, 0.5 by default.")
    private Double decay;

    @Option(names = "--warmup", paramLabel = "EPOCHS",
            description = "Epochs over which the cosine schedule's rate rises at first; 0 by default.")
    private Double warmup;

    @Option(names = "--plateau", paramLabel = "N",
            description = "Epochs without a better validation loss that the plateau schedule bears, 3 by default; holds rows "
                    + "out as --patience does.")
    private Integer plateau;

    @Option(names = "--validation", paramLabel = "F",
            description = "Share of the training rows to hold out and measure on after each epoch, instead of the test rows.")
    private Double validation;

    @Option(names = "--patience", paramLabel = "N",
            description = "Stop after N epochs without a better validation loss and keep the best epoch's model; holds out "
                    + "0.1 of the training rows unless --validation says otherwise.")
    private Integer patience;

    @Option(names = "--weight-decay", paramLabel = "R", description = "Weight decay; 1e-4 by default.")
    private Double weightDecay;

    @Option(names = "--seed", paramLabel = "N",
            description = "Seed of initial parameters, order of rows and split; 1 by default.")
    private Long seed;

    @Option(names = "--seeds", paramLabel = "N", split = ",",
            description = "Train once with each of these seeds; reports each and the means, files get -seedN in their names.")
    private long[] seeds;

    @Option(names = "--dtype", paramLabel = "TYPE", description = "f32 or f64; f32 by default.")
    private String dtype;

    @Mixin
    private Method method = new Method();

    @Mixin
    private CoverageOptions coverage = new CoverageOptions();

    @Mixin
    private DeviceOptions device = new DeviceOptions();

    @Option(names = "--out", paramLabel = "FILE",
            description = "Where to write the model, after each epoch; DATA.safetensors by default.")
    private Path out;

    @Option(names = "--json", paramLabel = "FILE", description = "Where to write the metrics as JSON.")
    private Path json;

    @Option(names = "--plot", paramLabel = "FILE.png",
            description = "Where to draw the learning curves; beside the model by default.")
    private Path plot;

    @Option(names = "--config", paramLabel = "FILE",
            description = "Options from a JSON object such as the \"options\" in a metrics file; those of the command line "
                    + "come first.")
    private Path config;  // read by Config before the options are parsed

    @Option(names = "--resume", paramLabel = "MODEL",
            description = "Go on with the training of this checkpoint, which keeps its options; --epochs and --steps may be raised.")
    private Path resume;

    /** Share of the training rows held out for early stopping and plateaus where nothing is said. */
    private static final double VALIDATION = 0.1;
    /** Of the plateau schedule where nothing is said. */
    private static final int PLATEAU = 3;
    private static final double PLATEAU_DECAY = 0.5;

    private PrintWriter screen;

    @Override
    public Integer call() throws IOException {
        screen = spec.commandLine().getOut();
        if (resume != null) {
            refuseWithResume();
            resume();
            return 0;
        }
        if (seed != null && seeds != null) {
            throw new InputException("--seed and --seeds exclude each other");
        }
        long[] all = seeds != null ? seeds : new long[] {seed != null ? seed : 1};
        if (Arrays.stream(all).distinct().count() != all.length) {
            throw new InputException("--seeds names a seed twice: " + Arrays.toString(all));
        }
        List<Run> runs = new ArrayList<>();
        for (long each : all) {
            Run run = trainNew(each, all.length > 1 ? "-seed" + each : "");
            if (run.stopped) {
                return 0;
            }
            runs.add(run);
        }
        if (runs.size() > 1) {
            summary(runs);
        }
        if (json != null) {
            writeJson(runs);
        }
        return 0;
    }

    /** What one training gave. */
    private record Run(TrainOptions options, long parameters, boolean classification, List<EpochReport> epochs, Map<String, Double> test,
                       GridCoverage grids, boolean stopped) {
        double score() {
            return test.get(classification ? "accuracy" : "rmse");
        }
    }

    // ------------------------------------------------------------------------------------------------------ a new one

    private Run trainNew(long runSeed, String suffix) throws IOException {
        Bases.Entry entry = Bases.of(basis != null ? basis : "bspline");
        checkRanges();
        Job job = Job.of(data, target, task, drop, categorical, missing, unseen, quantiles, testFraction, runSeed, tables,
                spec.commandLine().getErr());
        boolean table = NamedSet.of(data).isEmpty();
        long[] widths = layers != null ? layers
                : new long[] {job.encoding().features(), job.hidden(), job.encoding().target().width()};
        checkLayers(widths, job.encoding());
        method.check(job.classification());
        String course = schedule != null ? schedule : method.lbfgs() ? "constant" : "exponential";
        try (Context context = device.open()) {
            TrainOptions options = new TrainOptions(data, target,
                    !table ? null : job.classification() ? TableSet.Task.CLASSIFICATION : TableSet.Task.REGRESSION,
                    table ? List.copyOf(drop) : null, table ? List.copyOf(categorical) : null,
                    table ? Job.missing(missing) : null, table ? unseen : null, table ? List.copyOf(quantiles) : null, table ? Job.testFraction(testFraction) : null,
                    !table ? null : memory != null ? memory : Integer.valueOf((int) (Part.DEFAULT_MEMORY >> 20)),
                    basis != null ? basis : "bspline", applies("--grid", grid, entry.grid(widths)),
                    applies("--order", order, entry.order()), norm != null ? norm : entry.norm(), init, widths,
                    epochs == null && method.steps() != null ? null : Integer.valueOf(or(epochs, job.epochs())),
                    batch == null && method.lbfgs() ? null : Integer.valueOf(or(batch, job.batch())),
                    method.lbfgs() ? null : lr != null ? lr : Double.valueOf(job.learningRate()),
                    method.lbfgs() ? null : weightDecay != null ? weightDecay : Double.valueOf(1e-4),
                    course, decay(course, job), !course.equals("cosine") ? null : warmup != null ? warmup : Double.valueOf(0),
                    !course.equals("plateau") ? null : Integer.valueOf(or(plateau, PLATEAU)),
                    validation != null || patience == null && !course.equals("plateau") ? validation
                            : Double.valueOf(VALIDATION),
                    patience, runSeed, dtype != null ? dtype : "f32",
                    context.device().toString(), context.threads(), context.tier().toString(), method, tables);
            KanModel model = Bases.normalised(entry.model(Options.dtype(options.dtype()), or(options.grid(), 0),
                    or(options.order(), 0), widths), options.norm());
            Path modelFile = named(out, job, ".safetensors", suffix);
            Path plotFile = plot != null ? insert(plot, suffix) : besides(modelFile);
            checkOutputs(modelFile, plotFile);
            try (Parameters parameters = Parameters.initialise(model, initialisation(options), runSeed)) {
                Trainer.Builder builder = Trainer.builder(parameters).context(context)
                        .schedule(schedule(options)).seed(runSeed)
                        .properties(Map.of(Encoding.KEY, job.encoding().toJson(), TrainOptions.KEY, options.toJson()));
                method.apply(builder, options.lr(), options.weightDecay());
                if (options.epochs() != null) {
                    builder.epochs(options.epochs());
                }
                if (options.batch() != null) {
                    builder.batchSize(options.batch());
                }
                if (options.patience() != null) {
                    builder.earlyStopping(options.patience());
                }
                return fit(builder, job, options, model, modelFile, plotFile);
            }
        }
    }

    private Double decay(String course, Job job) {
        return switch (course) {
            case "exponential" -> decay != null ? decay : Double.valueOf(job.decay());
            case "plateau" -> decay != null ? decay : Double.valueOf(PLATEAU_DECAY);
            default -> null;
        };
    }

    /** A number of the basis as given, or its default; null where the basis has no such number. */
    private Integer applies(String option, Integer given, int otherwise) {
        if (given != null && otherwise == 0) {
            throw new InputException(option + " has no meaning for the basis " + basis + ", given " + given);
        }
        return given != null ? given : otherwise > 0 ? Integer.valueOf(otherwise) : null;
    }

    private static Initialisation initialisation(TrainOptions options) {
        return options.init() == null ? Initialisation.PUBLISHED : switch (options.init()) {
            case "published" -> Initialisation.PUBLISHED;
            case "pykan" -> Initialisation.PYKAN;
            case "smooth" -> Initialisation.SMOOTH;
            case "unit-variance" -> Initialisation.UNIT_VARIANCE;
            default -> throw new InputException("--init must be published, pykan, smooth or unit-variance, given '"
                    + options.init() + "'");
        };
    }

    private static Schedule schedule(TrainOptions options) {
        return switch (options.schedule()) {
            case "constant" -> Schedule.constant();
            case "exponential" -> Schedule.exponential(options.decay());
            case "cosine" -> Schedule.cosine(options.warmup());
            case "one-cycle" -> Schedule.oneCycle();
            case "plateau" -> Schedule.plateau(options.decay(), options.plateau());
            default -> throw new InputException("--schedule must be constant, exponential, cosine, one-cycle or plateau, given '"
                    + options.schedule() + "'");
        };
    }

    private void checkRanges() {
        Ranges.atLeast("--epochs", epochs, 1);
        Ranges.atLeast("--batch", batch, 1);
        Ranges.atLeast("--grid", grid, 1);
        Ranges.atLeast("--order", order, 1);
        Ranges.positive("--lr", lr);
        Ranges.atLeast("--memory", memory, 1);
        Ranges.positive("--decay", decay);
        Ranges.atLeast("--patience", patience, 1);
        Ranges.atLeast("--plateau", plateau, 0);
        Ranges.nonNegative("--weight-decay", weightDecay);
        method.check();
        coverage.check();
        if (method.lbfgs() && (lr != null || weightDecay != null || schedule != null && !schedule.equals("constant"))) {
            throw new InputException("--lr, --weight-decay and --schedule are not for --optimizer lbfgs, which searches along a "
                    + "line of its own");
        }
        if (validation != null && !(validation > 0 && validation < 1)) {
            throw new InputException("--validation must be between 0 and 1, given " + validation);
        }
        if (decay != null && schedule != null && !schedule.equals("exponential") && !schedule.equals("plateau")) {
            throw new InputException("--decay is for the exponential and the plateau schedule, not for '" + schedule + "'");
        }
        if ("plateau".equals(schedule) && decay != null && decay >= 1) {
            throw new InputException("--decay must be below 1 for the plateau schedule, given " + decay);
        }
        if (plateau != null && !"plateau".equals(schedule)) {
            throw new InputException("--plateau is for --schedule plateau");
        }
        Ranges.nonNegative("--warmup", warmup);
        if (warmup != null && !"cosine".equals(schedule)) {
            throw new InputException("--warmup is for --schedule cosine");
        }
    }

    private static int or(Integer given, int otherwise) {
        return given != null ? given : otherwise;
    }

    private void checkLayers(long[] widths, Encoding encoding) {
        String expected = encoding.features() + ",...," + encoding.target().width();
        if (widths.length < 2) {
            throw new InputException("--layers needs at least the inputs and the outputs, such as " + expected);
        }
        for (long width : widths) {
            if (width < 1) {
                throw new InputException("--layers must be at least 1 each, given " + join(widths));
            }
        }
        if (widths[0] != encoding.features() || widths[widths.length - 1] != encoding.target().width()) {
            throw new InputException("--layers " + join(widths) + " does not fit " + data + ", which has "
                    + encoding.features() + " inputs and " + encoding.target().width() + " outputs: expected " + expected);
        }
    }

    private static String join(long[] widths) {
        return Arrays.stream(widths).mapToObj(Long::toString).collect(Collectors.joining(","));
    }

    private static Path named(Path given, Job job, String extension, String suffix) {
        if (given != null) {
            return insert(given, suffix);
        }
        String name = job.encoding().data();
        int dot = name.lastIndexOf('.');
        return Path.of((dot > 0 ? name.substring(0, dot) : name) + suffix + extension);
    }

    /** The file with the suffix in front of its extension. */
    private static Path insert(Path file, String suffix) {
        String name = name(file);
        int dot = name.lastIndexOf('.');
        return file.resolveSibling(dot > 0 ? name.substring(0, dot) + suffix + name.substring(dot) : name + suffix);
    }

    private static String name(Path file) {
        if (file.getFileName() == null) {
            throw new InputException("'" + file + "' is a folder, expected a file name");
        }
        return file.getFileName().toString();
    }

    private static Path besides(Path modelFile) {
        String name = name(modelFile);
        int dot = name.lastIndexOf('.');
        return modelFile.resolveSibling((dot > 0 ? name.substring(0, dot) : name) + ".png");
    }

    private void checkOutputs(Path modelFile, Path plotFile) {
        new Output.Check().reads("DATA", Job.file(data)).reads("--config", config).writes("--out", modelFile)
                .reads("--resume", resume).writes("--plot", plotFile).writes("--json", json);
        if (!plotFile.toString().toLowerCase(java.util.Locale.ROOT).endsWith(".png")) {
            throw new InputException("--plot " + plotFile + ": expected a name that ends with .png");
        }
    }

    // --------------------------------------------------------------------------------------------------------- resume

    /** A checkpoint keeps how it is trained; options that would change it are refused by name. */
    private void refuseWithResume() {
        Set<String> allowed = Set.of("--resume", "--epochs", "--steps", "--out", "--json", "--plot", "--threads", "--tier", "--device",
                "--warn-outside", "--verbose");
        String refused = spec.commandLine().getParseResult().matchedOptions().stream()
                .map(o -> o.longestName()).filter(o -> !allowed.contains(o)).collect(Collectors.joining(", "));
        if (!refused.isEmpty()) {
            throw new InputException("--resume keeps the options of the checkpoint; leave out " + refused);
        }
    }

    private void resume() throws IOException {
        try (Checkpoint checkpoint = Checkpoint.read(resume)) {
            String saved = checkpoint.properties().get(TrainOptions.KEY);
            String encoding = checkpoint.properties().get(Encoding.KEY);
            if (saved == null || encoding == null || !checkpoint.isResumable()) {
                throw new InputException(resume + " holds no training to go on with; it was not written by kan4j train");
            }
            TrainOptions options = TrainOptions.fromJson(saved);
            if (NamedSet.of(data).isPresent() != NamedSet.of(options.data()).isPresent()) {
                throw new InputException(resume + " was trained on other data (" + options.data() + "), given " + data);
            }
            Job job = Job.of(data, options.target(), options.task(), asSet(options.drop()), asSet(options.categorical()),
                    options.missing(), options.unseen(), asSet(options.quantiles()), options.testFraction(), options.seed(),
                    options.tables() == null ? new TableOptions() : options.tables(), spec.commandLine().getErr());
            Encoding trained = Encoding.fromJson(encoding);
            // What the data is called is no part of it.
            if (!job.encoding().columns().equals(trained.columns()) || !job.encoding().target().equals(trained.target())) {
                throw new InputException(resume + " was trained on other data (" + options.data() + "): " + data
                        + " has other columns, values or classes");
            }
            Ranges.atLeast("--epochs", epochs, 1);
            Ranges.atLeast("--steps", method.steps(), 1);
            options = options.until(epochs, method.steps());
            try (Context context = device.open()) {
                Path modelFile = out != null ? out : resume;
                Path plotFile = plot != null ? plot : besides(modelFile);
                checkOutputs(modelFile, plotFile);
                Trainer.Builder builder = Trainer.resume(checkpoint).context(context)
                        .properties(Map.of(TrainOptions.KEY, options.toJson()));
                if (epochs != null) {
                    builder.epochs(epochs);
                }
                if (method.steps() != null) {
                    builder.steps(method.steps());
                }
                Run run = fit(builder, job, options, checkpoint.parameters().model(), modelFile, plotFile);
                if (json != null) {
                    writeJson(List.of(run));
                }
            }
        }
    }

    private static Set<String> asSet(List<String> list) {
        return list == null ? Set.of() : new LinkedHashSet<>(list);
    }

    // ---------------------------------------------------------------------------------------------------------- train

    private Run fit(Trainer.Builder builder, Job job, TrainOptions options, KanModel model, Path modelFile, Path plotFile)
            throws IOException {
        boolean classification = job.classification();
        double unit = job.encoding().target() instanceof Encoding.Value value ? value.deviation() : 1;
        try (Arena arena = Arena.ofShared();
             Watch watch = new Watch(classification, options.validation() == null ? "test" : "validation", unit, screen)) {
            long bytes = options.memory() == null ? Part.DEFAULT_MEMORY : (long) options.memory() << 20;
            RowSource train = job.parts().train().load(arena, model.dtype(), bytes);
            RowSource.Split<? extends RowSource> split = options.validation() == null ? null
                    : train.split(1 - options.validation(), options.seed());
            if (split != null && (split.first().size() == 0 || split.second().size() == 0)) {
                throw new InputException("--validation " + options.validation() + " of " + train.size()
                        + " rows leaves a part empty");
            }
            RowSource test = job.parts().test().load(arena, model.dtype(), bytes);
            if (options.method().hasClassWeights() && resume == null) {
                builder.classWeights(options.method().classWeights(split == null ? train : split.first()));
            }
            try (Trainer trainer = builder.checkpoint(modelFile).listener(watch).build();
                 Interrupt interrupt = new Interrupt(trainer)) {
                if (trainer.isDone()) {
                    throw new InputException(resume + " has all of its " + trainer.epoch() + " epochs, " + trainer.steps()
                            + " steps; --epochs N or --steps N with a larger N goes on");
                }
                screen.println(format("training %s, %s: %s on %s, %,d parameters, %,d rows to train and %s to test on",
                        join(options.layers()), describe(options), options.dtype(), trainer.context(),
                        model.parameterCount(), split == null ? train.size() : split.first().size(),
                        (split == null ? "" : format("%,d to validate and ", split.second().size()))
                                + format("%,d", test.size())));
                if (!(train instanceof Dataset)) {
                    screen.println(format("the rows are streamed, %,d MiB at a time", bytes >> 20));
                }
                TrainingResult result = split == null ? trainer.fit(train, test) : trainer.fit(split.first(), split.second());
                List<EpochReport> epochsDone = result.epochs().stream().map(watch::epoch).toList();
                Run run = new Run(options, model.parameterCount(), classification, epochsDone,
                        result.stopped() ? null : Output.measures(trainer.evaluate(test), unit),
                        result.stopped() ? null : GridCoverage.measure(trainer.context(), trainer.parameters(), train,
                                GridCoverage.ROWS), result.stopped());
                if (result.stopped()) {
                    screen.println("stopped after " + epochsDone.size() + " of " + watch.epochs() + " epochs; go on with: "
                            + "kan4j train " + data + " --resume " + modelFile);
                    interrupt.reported();
                    return run;
                }
                report(run, trainer.context(), modelFile);
                draw(run, plotFile);
                return run;
            }
        }
    }

    private static String describe(TrainOptions options) {
        return options.basis() + (options.grid() != null ? ", grid " + options.grid() : "")
                + (options.order() != null ? ", order " + options.order() : "");
    }

    private void report(Run run, Context context, Path modelFile) {
        double seconds = run.epochs.stream().mapToDouble(EpochReport::seconds).average().orElse(0);
        screen.println();
        if (run.options.patience() != null) {
            EpochReport best = run.epochs.stream().min(Comparator.comparingDouble(EpochReport::loss)).orElseThrow();
            screen.println(format("best epoch   %d, validation loss %.4g", best.number(), best.loss()));
        }
        screen.println(format("test         %s, loss %.4g", Progress.score(run.classification, run.score()),
                run.test.get("loss")));
        String more = run.test.entrySet().stream().filter(e -> !List.of("loss", "accuracy", "rmse").contains(e.getKey()))
                .map(e -> format("%s %.4g", e.getKey(), e.getValue())).collect(Collectors.joining(", "));
        screen.println("             " + more);
        if (!run.grids.layers().isEmpty()) {
            screen.println("outside grid " + CoverageOptions.describe(run.grids));
        }
        screen.println(format("parameters   %,d", run.parameters));
        screen.println(format("time         %.2f s an epoch, mean of %d (%s)", seconds, run.epochs.size(), context));
        screen.println("model        " + modelFile);
        coverage.warn(run.grids, spec.commandLine().getErr());
    }

    private void draw(Run run, Path plotFile) throws IOException {
        String title = Path.of(run.options.data()).getFileName().toString();
        try {
            Plot.learningCurves(plotFile, title, run.classification, run.epochs);
            screen.println("plot         " + plotFile);
        } catch (LinkageError | InternalError e) {
            // A Java without its desktop module or a system without any font cannot draw; the training is not lost.
            spec.commandLine().getErr().println("kan4j: no plot, this Java cannot draw here: " + e.getMessage());
        }
    }

    private void summary(List<Run> runs) {
        boolean classification = runs.getFirst().classification;
        screen.println();
        for (Run run : runs) {
            screen.println(format("seed %-8d %s", run.options.seed(),
                    Progress.score(classification, run.score())));
        }
        screen.println("mean          " + Progress.score(classification, mean(runs)));
    }

    private static double mean(List<Run> runs) {
        return runs.stream().mapToDouble(Run::score).average().orElseThrow();
    }

    // ----------------------------------------------------------------------------------------------------------- JSON

    private void writeJson(List<Run> runs) throws IOException {
        ObjectNode root = toJson(runs.getFirst());
        if (runs.size() > 1) {
            ObjectNode test = root.putObject("test");
            test.put(scoreName(runs.getFirst()), mean(runs));
            test.put("loss", runs.stream().mapToDouble(r -> r.test.get("loss")).average().orElseThrow());
            ArrayNode each = root.putArray("runs");
            runs.forEach(r -> each.add(toJson(r)));
        }
        Output.writeJson(json, root);
        screen.println("metrics      " + json);
    }

    private static String scoreName(Run run) {
        return run.classification ? "accuracy" : "rmse";
    }

    private static ObjectNode toJson(Run run) {
        ObjectNode root = Output.object();
        root.put("parameters", run.parameters);
        ArrayNode list = root.putArray("epochs");
        for (EpochReport epoch : run.epochs) {
            list.addObject().put("epoch", epoch.number()).put("train_loss", epoch.trainLoss())
                    .put(epoch.part() + "_loss", epoch.loss())
                    .put(epoch.part() + "_" + scoreName(run), epoch.score())
                    .put("seconds", epoch.seconds());
        }
        if (run.test != null) {
            ObjectNode test = root.putObject("test");
            run.test.forEach(test::put);
            CoverageOptions.put(run.grids, root);
        }
        root.set("options", Output.tree(run.options));
        return root;
    }

    // ------------------------------------------------------------------------------------------------------ listeners

    /** Shows progress. */
    private static final class Watch implements TrainingListener, AutoCloseable {

        private final boolean classification;
        private final String part;
        private final double unit;
        private final PrintWriter screen;
        private Progress progress;
        private int epochs;

        Watch(boolean classification, String part, double unit, PrintWriter screen) {
            this.classification = classification;
            this.part = part;
            this.unit = unit;
            this.screen = screen;
        }

        /** Of the training in all. */
        int epochs() {
            return epochs;
        }

        @Override
        public void onStart(Trainer trainer, int rows) {
            epochs = trainer.epochs(rows);
            progress = new Progress(screen, Progress.terminal(), classification, epochs, trainer.epoch() + 1, rows);
        }

        @Override
        public void onBatch(Trainer trainer, Batch batch) {
            progress.batch(batch.epoch(), batch.rows(), batch.loss(), batch.accuracy().orElse(Double.NaN));
        }

        @Override
        public void onGridUpdate(Trainer trainer, GridUpdate.Report report) {
            progress.note(format("grids after step %,d: %d moved, %d kept, change %.2g", trainer.steps(), report.updated(),
                    report.kept(), report.residual()));
        }

        @Override
        public void onEpochEnd(Trainer trainer, TrainingListener.Epoch epoch) {
            progress.endEpoch(epoch(epoch));
        }

        /** The epoch as reported; the RMSE in the target's own unit. */
        EpochReport epoch(TrainingListener.Epoch epoch) {
            double score = epoch.validation().accuracy().isPresent() ? epoch.validation().accuracy().getAsDouble()
                    : epoch.validation().rmse().orElseThrow() * unit;
            return new EpochReport(epoch.epoch(), part, epoch.loss(), epoch.validation().loss(), score, epoch.seconds());
        }

        @Override
        public void close() {
            if (progress != null) {
                progress.close();
            }
        }
    }

    /** On Ctrl-C asks the trainer to stop and lets it write its checkpoint before the VM ends. */
    private static final class Interrupt implements AutoCloseable {

        private static final int PATIENCE_S = 20;

        private final CountDownLatch done = new CountDownLatch(1);
        private final Thread hook;

        Interrupt(Trainer trainer) {
            hook = new Thread(() -> {
                trainer.requestStop();
                try {
                    done.await(PATIENCE_S, TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }, "kan4j-interrupt");
            Runtime.getRuntime().addShutdownHook(hook);
        }

        /** The checkpoint is written and said so. */
        void reported() {
            done.countDown();
        }

        @Override
        public void close() {
            done.countDown();
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException ending) {
                Objects.requireNonNull(ending);  // the VM is ending: the hook is running and has been released
            }
        }
    }
}
