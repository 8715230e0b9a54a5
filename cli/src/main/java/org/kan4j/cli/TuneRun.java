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
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
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

/** The trainings of a search: each is what {@code kan4j train} with its options does, on the other folds. */
final class TuneRun implements AutoCloseable {

    private static final String LOG = "trials.jsonl";
    private static final String FOLDS = "--folds";
    /** Networks whose mean is written, for each of those whose mean is measured: their training is a small part of a search. */
    private static final int MORE = 2;
    /** Trainings beside one another at most: as many as are compared at a time. */
    private static final int BESIDE = 9;

    /** The rows as some options encode them. */
    private record Encoded(Dataset rows, Folds folds) {
    }

    private final TuneTrainings trainings;
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
    private TuneEffort effort = new TuneEffort(1, 2);
    private double best = Double.POSITIVE_INFINITY;
    private String card = "";
    private String command = "";

    /** Of so many folds, on the device that is asked for and open, within so many seconds; the limit may be infinite. */
    TuneRun(TuneTrainings trainings, Path folder, int count, DeviceOptions device, Context context, BooleanSupplier stop,
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
        if (log.hasBegun()) {
            screen.println(format("going on     with %s of %s", Counted.grouped(log.known().size(), "training"), file));
        }
        Map<String, String> first = log.first();
        TrainCommand.Prepared usual = trainings.prepare(first, 1, context, screen, count);
        classification = usual.job().classification();
        networks = trainings.areUsual() ? usual.job().recipe().members() : 1;
        Encoded rows = encoded(usual);
        screen.println(format("tuning       %s in %d folds, %s: %s", Counted.grouped(rows.rows().size(), "row"), count,
                Counted.of(space.options().size(), "option"), String.join(", ", space.options().keySet())));
        screen.flush();
        first = first.isEmpty()
                ? usual.options().values(Stream.concat(space.options().keySet().stream(), trainings.chosen(usual)).toList())
                : first;
        decideEffort(first);
        return first;
    }

    /** As before, or by how long a network takes where there is a limit; begins the log. */
    private void decideEffort(Map<String, String> first) throws IOException {
        TuneEffort most = new TuneEffort(networks, count);
        if (log.hasBegun()) {
            effort = log.effort().orElse(most);
        } else {
            Evaluation.Point point = new Evaluation.Point(first, 1, 0);
            double begun = clock.passed();
            OptionalDouble loss = clock.isEndless() ? OptionalDouble.empty() : measured(point, 1, context);
            double one = clock.passed() - begun;
            effort = loss.isEmpty() ? most : TuneEffort.within(most, last(), free.size() * clock.left() / one);
            log.begin(head(), first, effort);
            if (loss.isPresent() && effort.networks() == 1) {
                log.add(point, loss.getAsDouble());
            }
        }
        if (!effort.equals(most)) {
            screen.println(format("measuring    %s: there is no time for more", effort.words(count)));
            screen.flush();
        }
    }

    /** How many are tried. */
    int folds() {
        return effort.folds();
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

    /** How many times as long as a network on a fold the last training takes, on all rows. */
    private double last() {
        return (double) written() * count / (count - 1);
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
        if (point.budget() == 1 && point.fold() == 0 && !clock.hasTimeFor(effort.whole() + last(), point.options())) {
            return OptionalDouble.of(Double.POSITIVE_INFINITY); // nothing that a later search is to know
        }
        int members = point.budget() == 1 ? effort.networks() : 1; // short trainings compare single ones
        OptionalDouble loss = measured(point, members, context);
        loss.ifPresent(value -> log.add(point, value));
        return loss;
    }

    private OptionalDouble measured(Evaluation.Point point, int members, Context context) {
        double begun = clock.passed();
        try {
            TrainCommand.Prepared training = trainings.prepare(point.options(), members, context, silence, count);
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
            clock.took(point.options(), point.budget() * members, clock.passed() - begun);
            return OptionalDouble.of(classification ? metrics.get().loss()
                    : Units.measures(metrics.get(), training.job().encoding()).get("rmse"));
        } catch (KanException | InputException e) {
            if (log.known().isEmpty()) {
                throw e; // the options to begin with
            }
            return OptionalDouble.of(Double.POSITIVE_INFINITY); // values that do not go together, a loss that is not finite
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private synchronized Encoded encoded(TrainCommand.Prepared training) {
        TrainOptions all = training.options();
        String key = training.job().encoding().toJson() + " " + training.model().dtype();
        Encoded found = encoded.get(key);
        if (found == null) {
            DType dtype = training.model().dtype();
            Dataset rows = Attempt.inMemory("tune", training.job().parts().train().load(arena, dtype, all.bytes()), all);
            found = new Encoded(rows, CrossValidated.folds(FOLDS, count, rows, trainings.seed()));
            encoded.put(key, found);
        }
        return found;
    }

    // --------------------------------------------------------------------------------------------------------- progress

    /** Shows a trial that was tried on all folds; time for the last training of the best is kept from then on. */
    void told(Trial trial) {
        boolean whole = trial.losses().size() == effort.folds();
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
