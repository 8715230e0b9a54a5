// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.kan4j.cli.Progress.format;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.kan4j.data.Names;
import org.kan4j.device.Context;
import org.kan4j.device.ContextOptions;
import org.kan4j.device.Device;
import org.kan4j.error.Counted;
import org.kan4j.error.KanException;
import org.kan4j.measure.Metrics;
import org.kan4j.rows.Dataset;
import org.kan4j.rows.Folds;
import org.kan4j.search.Evaluation;
import org.kan4j.search.Search;
import org.kan4j.search.Space;
import org.kan4j.search.Trial;
import org.kan4j.tensor.DType;
import picocli.CommandLine;

/** The trainings of a search: each is what {@code kan4j train} with its options does, on the other folds. */
final class TuneRun implements AutoCloseable {

    private static final String LOG = "trials.jsonl";
    private static final String FOLDS = "--folds";
    /** Of whose networks there is a mean ({@link org.kan4j.explain.Ensemble}). */
    private static final Set<String> AVERAGED = Set.of("bspline", "fourierkan", "mlp");
    /** Networks whose mean is written, for each of those whose mean is measured: their training is a small part of a search. */
    private static final int MORE = 2;
    /** Trainings beside one another at most: as many as are compared at a time. */
    private static final int BESIDE = 9;

    /** Commands of {@code kan4j train}: what every trial has in common, and what one has besides. */
    static final class Trainings {

        private final List<String> common;
        private final long seed;
        private final CommandLine.ParseResult parsed;
        private final boolean usual;

        /** Refuses what train would refuse. */
        Trainings(List<String> common, long seed) {
            this.common = List.copyOf(common);
            this.seed = seed;
            TrainCommand command = new TrainCommand();
            this.parsed = parse(command, Map.of());
            this.usual = command.isUsual();
        }

        private CommandLine.ParseResult parse(TrainCommand command, Map<String, String> options) {
            CommandLine line = line(command);
            try {
                return line.parseArgs(arguments(options));
            } catch (CommandLine.UnmatchedArgumentException e) {
                String option = e.getUnmatched().getFirst().split("=", 2)[0];
                throw new InputException("Unknown option '" + option + "', did you mean '"
                        + Names.nearest(option, line.getCommandSpec().optionsMap().keySet()) + "'?", e);
            } catch (CommandLine.ParameterException e) {
                throw new InputException(e.getMessage(), e);
            }
        }

        /** Refuses values that their options cannot have, which a trial would be the first to find. */
        void require(Space space) {
            space.options().forEach((name, values) -> values.stream().filter(value -> !value.isEmpty())
                    .forEach(value -> parse(new TrainCommand(), Map.of(name, value))));
        }

        /** The option that holds columns left out by choice, if there are such. */
        Stream<String> chosen(TrainCommand.Prepared ready) {
            return ready.options().drop() == null || ready.options().drop().size() <= dropped() ? Stream.empty()
                    : Stream.of("drop");
        }

        private int dropped() {
            return parsed.matchedOptionValue("--drop", Set.of()).size();
        }

        String data() {
            return parsed.matchedPositionalValue(0, "");
        }

        /** Names of options that every trial has, and so does not search; a shape may be said in two ways. */
        Set<String> given() {
            Set<String> names = new TreeSet<>();
            parsed.matchedOptions().forEach(option -> names.add(option.longestName().substring(2)));
            if (names.contains("layers")) {
                names.add("hidden");
            }
            return names;
        }

        private static CommandLine line(TrainCommand command) {
            return new CommandLine(command).setCaseInsensitiveEnumValuesAllowed(true);
        }

        String[] arguments(Map<String, String> options) {
            return arguments(options, 1);
        }

        /** Of so many networks, if there is a mean of such. */
        String[] arguments(Map<String, String> options, int networks) {
            List<String> all = new ArrayList<>(common);
            all.add("--seed=" + seed);
            options.forEach((name, value) -> all.add("--" + name + "=" + value));
            if (networks > 1 && AVERAGED.contains(options.getOrDefault("basis", "bspline"))) {
                all.add("--ensemble=" + networks);
            }
            return all.toArray(String[]::new);
        }

        /** The training of a trial, prepared. */
        TrainCommand.Prepared prepare(Map<String, String> options, int networks, Context context, PrintWriter notes, int folds)
                throws IOException {
            TrainCommand command = new TrainCommand();
            line(command).setErr(notes).setOut(notes).parseArgs(arguments(options, networks));
            return command.prepare(seed, context, FOLDS, folds);
        }
    }

    /** The rows as some options encode them. */
    private record Encoded(Dataset rows, Folds folds) {
    }

    private final Trainings trainings;
    private final Path folder;
    private final int count;
    private final Context context;
    /** One for each training beside others. */
    private final List<Context> contexts = new ArrayList<>();
    private final BlockingQueue<Context> free;
    private final List<String> device;
    private final BooleanSupplier stop;
    private final TuneClock clock;
    private final PrintWriter screen;
    private final Arena arena = Arena.ofShared();
    private final Map<String, Encoded> encoded = new LinkedHashMap<>();
    private final PrintWriter silence = new PrintWriter(Writer.nullWriter());
    private TuneLog log;
    private boolean classification;
    private int networks = 1;
    private double best = Double.POSITIVE_INFINITY;
    private String card = "";
    private String command = "";

    /** Of so many folds, on the device that is asked for and open, within so many seconds; the limit may be infinite. */
    TuneRun(Trainings trainings, Path folder, int count, DeviceOptions device, Context context, BooleanSupplier stop,
            double limit, PrintWriter screen) {
        this.trainings = trainings;
        this.folder = folder;
        this.count = count;
        this.context = context;
        this.device = device.words();
        this.stop = stop;
        this.clock = new TuneClock(limit);
        this.screen = screen;
        ContextOptions asked = device.options();
        int beside = asked.device() instanceof Device.Cpu ? Math.min(asked.threads(), BESIDE) : 1;
        for (int i = 0; beside > 1 && i < beside; i++) {
            contexts.add(device.open(asked.threads() / beside));
        }
        this.free = new ArrayBlockingQueue<>(beside, false, beside > 1 ? contexts : List.of(context));
    }

    // ------------------------------------------------------------------------------------------------------ the search

    /** Reads the rows and, where there are some, the trials of before; gives the options to begin with. */
    Map<String, String> begin(Space space) throws IOException {
        screen.println("reading " + trainings.data());
        screen.flush();
        Path file = folder.resolve(LOG);
        new Output.Check().reads("DATA", Job.file(trainings.data())).writes("--out", file);
        log = new TuneLog(file, head());
        if (!log.first().isEmpty()) {
            screen.println(format("going on     with %s of %s", Counted.grouped(log.known().size(), "training"), file));
        }
        Map<String, String> first = log.first();
        TrainCommand.Prepared usual = trainings.prepare(first, 1, context, screen, count);
        classification = usual.job().classification();
        networks = trainings.usual ? usual.job().recipe().members() : 1;
        Encoded rows = encoded(usual);
        screen.println(format("tuning       %s in %d folds, %s: %s", Counted.grouped(rows.rows().size(), "row"), count,
                Counted.of(space.options().size(), "option"), String.join(", ", space.options().keySet())));
        screen.flush();
        first = first.isEmpty()
                ? usual.options().values(Stream.concat(space.options().keySet().stream(), trainings.chosen(usual)).toList())
                : first;
        log.begin(head(), first);
        return first;
    }

    /** Searches, with a training on every processor; what cannot be trained at all is said. */
    Search.Result search(Search search) {
        try {
            return search.workers(Math.max(1, contexts.size())).run(this::loss);
        } catch (UncheckedIOException e) {
            throw new InputException(folder.resolve(LOG) + ": " + Main.describe(e.getCause()), e);
        }
    }

    Map<Evaluation.Point, Double> known() {
        return log.known();
    }

    /** What is searched for: the loss of trials is it. */
    String measure() {
        return classification ? "cross-entropy" : "RMSE";
    }

    /** Whether to end: on request, or as the time that is left is what the best needs. */
    boolean isOver() {
        return stop.getAsBoolean() || clock.isUp();
    }

    /** See {@link TuneClock#longest}. */
    Duration longest() {
        return clock.longest();
    }

    /** Networks whose mean is written. */
    private int written() {
        return networks > 1 ? MORE * networks : 1;
    }

    /** How many times as long as a trial in full on a fold the last training takes, on all rows. */
    private double last() {
        return (double) written() / networks * count / (count - 1);
    }

    private OptionalDouble loss(Evaluation.Point point) {
        Context mine;
        try {
            mine = free.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return OptionalDouble.empty();
        }
        try {
            return loss(point, mine);
        } finally {
            free.add(mine);
        }
    }

    private OptionalDouble loss(Evaluation.Point point, Context context) {
        if (point.budget() == 1 && point.fold() == 0 && !clock.hasTimeFor(count + last(), point.options())) {
            return OptionalDouble.of(Double.POSITIVE_INFINITY); // nothing that a later search is to know
        }
        double loss;
        double begun = clock.passed();
        try {
            int measured = point.budget() == 1 ? networks : 1; // short trainings compare single ones
            TrainCommand.Prepared training = trainings.prepare(point.options(), measured, context, silence, count);
            Encoded rows = encoded(training);
            TrainOptions options = training.options();
            if (options.epochs() != null) {
                options = options.within((int) Math.ceil(options.epochs() * point.budget()));
            }
            Attempt attempt = new Attempt(training.model(), training.initialisation(), context, training.job().encoding(),
                    this::isOver);
            Optional<Metrics> metrics = attempt.measureWhole(options, rows.rows().select(rows.folds().outOf(point.fold())),
                    rows.rows().select(rows.folds().in(point.fold())));
            if (metrics.isEmpty()) {
                return OptionalDouble.empty();
            }
            clock.took(point.options(), point.budget() * measured / networks, clock.passed() - begun);
            loss = classification ? metrics.get().loss()
                    : Units.measures(metrics.get(), training.job().encoding()).get("rmse");
        } catch (KanException | InputException e) {
            if (log.known().isEmpty()) {
                throw e; // the options to begin with
            }
            loss = Double.POSITIVE_INFINITY; // values that do not go together, a loss that is not finite
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        log.add(point, loss);
        return OptionalDouble.of(loss);
    }

    private synchronized Encoded encoded(TrainCommand.Prepared training) {
        TrainOptions all = training.options();
        String key = training.job().encoding().toJson() + " " + training.model().dtype();
        Encoded found = encoded.get(key);
        if (found == null) {
            DType dtype = training.model().dtype();
            Dataset rows = Attempt.inMemory("tune", training.job().parts().train().load(arena, dtype, all.bytes()), all);
            found = new Encoded(rows, CrossValidated.folds(FOLDS, count, rows, trainings.seed));
            encoded.put(key, found);
        }
        return found;
    }

    // --------------------------------------------------------------------------------------------------------- progress

    /** Shows a trial that was tried on all folds; time for the last training of the best is kept from then on. */
    void told(Trial trial) {
        boolean whole = trial.losses().size() == count;
        if (whole) {
            boolean better = trial.loss() < best;
            screen.println(format("%6.0f s  trial %-4d %s %.5g +- %.2g%s  %s", clock.passed(), trial.number(),
                    measure(), trial.loss(), trial.deviation(), better ? ", the best so far" : "", words(trial.options())));
            screen.flush();
            if (better) {
                best = trial.loss();
                clock.reserve(last(), trial.options());
            }
        } else if (Terminal.isThere()) {
            System.err.print(format("\r%6.0f s  trial %-4d %s %.5g, best so far %.5g ", clock.passed(),
                    trial.number(), measure(), trial.loss(), best));
            System.err.flush();
        }
    }

    static String words(Map<String, String> options) {
        StringBuilder words = new StringBuilder();
        options.forEach((name, value) -> words.append(" --").append(name).append(' ').append(TrainOptions.quoted(value)));
        return words.isEmpty() ? "defaults" : words.substring(1);
    }

    /** Trains on all training rows by the very command that is shown. */
    void train(Trial trial) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        List<String> words = new ArrayList<>(List.of("train"));
        words.addAll(List.of(trainings.arguments(trial.options(), written())));
        words.addAll(device);
        words.addAll(List.of("--out=" + folder.resolve("model.safetensors"), "--json=" + folder.resolve("metrics.json"),
                "--plot=none", "--log=none"));
        int status = Main.run(new PrintWriter(out), new PrintWriter(err), words.toArray(String[]::new));
        if (status != 0) {
            throw new InputException("the best options cannot be trained with on all rows: " + err.toString().strip());
        }
        command = out.toString().lines().filter(line -> line.startsWith("again")).reduce("", (a, b) -> b).substring(5).strip();
        card = out.toString().lines().filter(line -> line.startsWith("test") || line.startsWith("train "))
                .reduce("", (a, b) -> b);
    }

    /** How the trained model does on the test rows. */
    String card() {
        return card;
    }

    /** The command that makes the trained model again. */
    String command() {
        return command;
    }

    // -------------------------------------------------------------------------------------------------------------- log

    /** What has to be the same for losses of before to hold. */
    private ObjectNode head() throws IOException {
        Path file = Job.file(trainings.data());
        return Output.object().put("train", String.join(" ", trainings.arguments(Map.of()))).put("folds", count)
                .put("bytes", file == null || !Files.isRegularFile(file) ? 0 : Files.size(file));
    }

    @Override
    public void close() throws IOException {
        try (arena) {
            contexts.forEach(Context::close);
            if (log != null) {
                log.close();
            }
        }
    }
}
