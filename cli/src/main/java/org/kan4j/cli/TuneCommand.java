// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.kan4j.cli.Progress.format;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.kan4j.device.Context;
import org.kan4j.search.Search;
import org.kan4j.search.Space;
import org.kan4j.search.Trial;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kan4j tune}: searches the options of {@code kan4j train} for a table. {@link TuneRun} tries them. */
@Command(name = "tune", mixinStandardHelpOptions = true, sortOptions = false, abbreviateSynopsis = true, description = {
    "Searches basis, shape, grid, rates, penalties and transforms for a table by successive halving with cross-validation,",
    "and trains the winner on all training rows.", ""}, footer = {"",
        "Options of kan4j train that are given are kept and not searched.", "", "Examples:",
        "  kan4j tune wine.csv --target quality --minutes 5",
        "  kan4j tune wine.csv --target quality --trials 40 --basis bspline --missing fill"})
final class TuneCommand implements Callable<Integer> {

    private static final double SECONDS = 60;
    /** What a trial decides, or what is said otherwise here. */
    private static final Set<String> NOT_HERE = Set.of("--resume", "--from", "--seeds", "--config", "--cv", "--json", "--plot",
            "--log", "--warn-outside", "--ensemble");

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "DATA, options of train", arity = "1..*", description = "A table as kan4j train takes it, with --target COLUMN and what else is to hold for every "
            + "trial.")
    private List<String> train;

    @Option(names = "--minutes", paramLabel = "M", description = "How long to search, the last training included; may be a fraction.")
    private Double minutes;

    @Option(names = "--trials", paramLabel = "N", description = "Candidates to try, instead of or within --minutes; with it alone the same seed gives the same winner.")
    private Integer trials;

    @Option(names = "--folds", paramLabel = "K", description = "Folds of the cross-validation; 5 by default.")
    private int folds = 5;

    @Option(names = "--seed", paramLabel = "N", description = "Seed of candidates, folds and trainings; 1 by default.")
    private long seed = 1;

    @Option(names = "--space", paramLabel = "FILE.json", description = "More to search, or other values: an object of options of train, each with a list of values, such as "
            + "{\"grid\": [5, 10], \"huber\": [\"\", 1]}; an empty text leaves the option out, an empty list takes it from the search.")
    private Path space;

    @Option(names = "--out", paramLabel = "FOLDER", description = "Where to write model.safetensors, report.txt, report.png, metrics.json and trials.jsonl; DATA-tuned by "
            + "default. A search whose trials are there goes on.")
    private Path out;

    @Mixin
    private DeviceOptions device = new DeviceOptions();

    @Override
    public Integer call() throws IOException {
        check();
        TuneTrainings trainings = new TuneTrainings(train, seed);
        Path folder = out != null ? out : Path.of(stem(trainings.data()) + "-tuned");
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            throw new InputException("--out " + folder + " is a file, expected a folder");
        }
        double limit = minutes == null ? Double.POSITIVE_INFINITY : minutes * SECONDS;
        Space all = TuneSpace.of(space).without(trainings.given());
        trainings.require(all);
        PrintWriter screen = spec.commandLine().getOut();
        AtomicBoolean stop = new AtomicBoolean();
        try (Context context = device.open();
                TuneRun run = new TuneRun(trainings, folder, folds, device, context, stop::get, limit, screen);
                Interrupt interrupt = new Interrupt(() -> stop.set(true),
                        "the training of the best takes too long to be waited for; the same command goes on")) {
            Map<String, String> first = run.begin(all);
            // Of a basis without a grid, and a target without a long tail.
            Space fitting = all.without(Stream.of("grid", "order", "target-transform").filter(name -> !first.containsKey(name))
                    .toList());
            Search search = Search.over(fitting).from(first).then(TuneSpace.often(fitting, first)).meaning(TuneSpace::ofUse)
                    .folds(run.folds()).seed(seed)
                    .stopWhen(run::isOver).listener(run::told);
            run.known().forEach(search::known);
            if (trials != null) {
                search.trials(trials);
            }
            if (minutes != null) {
                search.time(run.longest());
            }
            Search.Result result = run.search(search);
            boolean stopped = stop.get();
            report(run, folder, result, stopped);
            interrupt.reported();
            return stopped ? Interrupt.STATUS : 0;
        }
    }

    private void check() {
        if (minutes == null && trials == null) {
            throw new InputException("how long to search: --minutes M, --trials N, or both");
        }
        if (minutes != null && !(minutes > 0 && Double.isFinite(minutes))) {
            throw new InputException("--minutes must be above 0, given " + minutes);
        }
        Ranges.atLeast("--trials", trials, 1);
        Ranges.atLeast("--folds", folds, 2);
        String refused = train.stream().map(word -> word.split("=", 2)[0]).filter(NOT_HERE::contains).distinct()
                .collect(Collectors.joining(", "));
        if (!refused.isEmpty()) {
            throw new InputException("tune does not take " + refused + " of train; it searches and writes by itself");
        }
    }

    private static String stem(String data) {
        String name = Path.of(data).getFileName().toString();
        int dot = name.lastIndexOf('.');
        return dot > 0 ? name.substring(0, dot) : name;
    }

    private void report(TuneRun run, Path folder, Search.Result result, boolean stopped) throws IOException {
        PrintWriter screen = spec.commandLine().getOut();
        Trial best = result.best().orElseThrow(() -> new InputException(stopped
                ? "stopped before a first candidate was measured; the same command begins again"
                : "no training ended with a finite loss; see what train says of these rows"));
        run.train(best);
        String again = run.command();
        List<String> lines = new ArrayList<>(TuneReport.lines(run.measure(), result, best));
        lines.add(format("%-12s %s", "again", again));
        Output.write(folder.resolve("report.txt"),
                (String.join("\n", lines) + "\n").getBytes(java.nio.charset.StandardCharsets.UTF_8));
        screen.println();
        lines.forEach(screen::println);
        screen.println(run.card());
        screen.println(format("%-12s %s", "model", folder.resolve("model.safetensors")));
        Drawing.draw(folder.resolve("report.png"), () -> Plot.png(TuneReport.charts(run.measure(), result)), screen,
                spec.commandLine().getErr());
        if (stopped) {
            screen.println("stopped; the same command goes on with the search");
        }
        screen.flush();
    }
}
