// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import org.kan4j.Kan;
import org.kan4j.TrainedKan;
import org.kan4j.error.Counted;
import picocli.CommandLine.Mixin;
import static org.kan4j.cli.Progress.format;

import java.io.IOException;
import java.io.PrintWriter;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.kan4j.data.Part;
import org.kan4j.device.Context;
import org.kan4j.encoding.Encoding;
import org.kan4j.explain.KanGraph;
import org.kan4j.explain.Pruning;
import org.kan4j.io.Checkpoint;
import org.kan4j.rows.RowSource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kan4j prune}. */
@Command(name = "prune", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Leaves out edges and nodes of a model for as long as it is no worse for it on rows held out, and fits what is "
            + "left anew.",
    "The result is a smaller model like any other."}, footer = {"", "Example:",
        "  kan4j prune wine.safetensors wine.csv --inputs --out small.safetensors"})
final class PruneCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "MODEL", description = "A model that kan4j train wrote.")
    private Path modelFile;

    @Parameters(index = "1", paramLabel = "DATA", description = "The file it was trained on.")
    private String data;

    @Option(names = "--tolerance", paramLabel = "F", defaultValue = "0.05", description = "How much the error may rise, relative; ${DEFAULT-VALUE} by default.")
    private double tolerance;

    @Option(names = "--threshold", paramLabel = "F", defaultValue = "0.1", description = "The largest effect of an edge, relative to the output's deviation, that may go with others at once; "
            + "${DEFAULT-VALUE} by default.")
    private double threshold;

    @Option(names = "--accuracy", paramLabel = "F", defaultValue = "0.001", description = "Error, relative to the target's deviation, that is good enough in any case; ${DEFAULT-VALUE} by default.")
    private double accuracy;

    @Option(names = "--inputs", description = "Also leave out columns of the data: the model then takes the others alone.")
    private boolean inputs;

    @Option(names = "--validation", paramLabel = "F", defaultValue = "0.2", description = "Share of the rows held out to judge by; ${DEFAULT-VALUE} by default.")
    private double validation;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = "Seed of the rows held out and of new starts; "
            + "${DEFAULT-VALUE} by default.")
    private long seed;

    @Option(names = "--out", paramLabel = "FILE", required = true, description = "Where to write what is left.")
    private Path out;

    @Mixin
    private TableOptions tables = new TableOptions();

    @Override
    public Integer call() throws IOException {
        Ranges.nonNegative("--tolerance", tolerance);
        Ranges.nonNegative("--threshold", threshold);
        Ranges.nonNegative("--accuracy", accuracy);
        if (!(validation > 0 && validation < 1)) {
            throw new InputException("--validation must be between 0 and 1, given " + validation);
        }
        new Output.Check().reads("MODEL", modelFile).reads("DATA", Job.file(data)).writesModel("--out", out);
        PrintWriter screen = spec.commandLine().getOut();
        try (TrainedKan model = Kan.load(modelFile); Context context = Context.open(); Arena arena = Arena.ofShared()) {
            RowSource rows = EvaluateCommand.rows(data, model.encoding(), true, tables, spec.commandLine().getErr())
                    .load(arena, model.parameters().model().dtype(), Part.DEFAULT_MEMORY);
            RowSource.Split<? extends RowSource> parts = rows.split(1 - validation, seed);
            KanGraph graph = KanGraph.of(model.parameters());
            Pruning.Result result = Pruning.defaults().withTolerance(tolerance).withThreshold(threshold).withAccuracy(accuracy)
                    .withSeed(seed).run(context, graph, parts.first(), parts.second(), new Pruning.Listener() {
                        @Override
                        public void onAttempt(Pruning.Attempt a) {
                            screen.println(
                                    format("%-9s %-34s effect %-8.2g error %.3g -> %.3g  %s, %s", a.accepted() ? "left out"
                                            : "kept", a.what(), a.effect(), a.before(), a.after(), a.shape(),
                                            Counted.of(a.edges(), "edge")));
                            screen.flush();
                        }
                    });
            Map<String, String> properties = new HashMap<>(model.properties());
            KanGraph small = result.graph();
            Encoding encoding = inputs ? columns(model.encoding(), small) : model.encoding();
            int[] places = places(model.encoding(), encoding, small);
            properties.put(Encoding.KEY, encoding.toJson());
            try (org.kan4j.model.Parameters kept = small.among(places, encoding.features())
                    .parameters(model.parameters().model().dtype())) {
                Checkpoint.write(out, kept, properties);
            }
            screen.println(format("%s, %s -> %s, %s; error %.4g -> %.4g; saved %s", graph.shape(),
                    Counted.of(graph.edges().size(), "edge"), small.shape(), Counted.of(small.edges().size(), "edge"),
                    result.before(), result.after(), out));
        }
        return 0;
    }

    /** The columns that something depends on. */
    private static Encoding columns(Encoding encoding, KanGraph small) {
        Set<Integer> used = new TreeSet<>();
        Arrays.stream(small.inputs()).forEach(used::add);
        List<Encoding.Column> kept = new ArrayList<>();
        int at = 0;
        for (Encoding.Column column : encoding.columns()) {
            int first = at;
            at += column.width();
            if (used.stream().anyMatch(i -> i >= first && i < first + column.width())) {
                kept.add(column);
            }
        }
        return new Encoding(encoding.data(), kept, encoding.target(), encoding.missing(), encoding.unseen());
    }

    /** Where the inputs that are left are among the features of the columns that are. */
    private static int[] places(Encoding all, Encoding kept, KanGraph small) {
        List<Integer> features = new ArrayList<>();
        int at = 0;
        for (Encoding.Column column : all.columns()) {
            for (int i = 0; i < column.width(); i++) {
                if (kept.columns().contains(column)) {
                    features.add(at + i);
                }
            }
            at += column.width();
        }
        return Arrays.stream(small.inputs()).map(features::indexOf).toArray();
    }
}
