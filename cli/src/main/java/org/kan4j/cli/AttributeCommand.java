// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import org.kan4j.Kan;
import org.kan4j.TrainedKan;
import picocli.CommandLine.Mixin;
import static org.kan4j.cli.Progress.format;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.kan4j.data.Part;
import org.kan4j.device.Context;
import org.kan4j.explain.Attribution;
import org.kan4j.explain.Diagram;
import org.kan4j.explain.KanGraph;
import org.kan4j.explain.PykanScores;
import org.kan4j.rows.RowSource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kan4j attribute}. */
@Command(name = "attribute", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Shows what the features of a model do, on the rows of a file: for each the share of the output's variance it "
            + "has part in, with a standard error.",
    "docs/explain.md says what each number means."}, footer = {"", "Example:",
        "  kan4j attribute wine.safetensors wine.csv --interactions --plot wine.svg"})
final class AttributeCommand implements Callable<Integer> {

    private enum Measure {
        TOTAL, SHARE, EFFECT, PYKAN
    }

    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "MODEL", description = "A model that kan4j train, prune or explain wrote.")
    private Path modelFile;

    @Parameters(index = "1", paramLabel = "DATA", description = "A CSV, Parquet or safetensors file, or a known set's name.")
    private String data;

    @Option(names = "--method", paramLabel = "NAME", defaultValue = "total", description = "total (of the variance; features), share (of the variance, along the edges; features), effect (of each "
            + "edge) or pykan (its scores, to compare with); ${DEFAULT-VALUE} by default.")
    private Measure measure;

    @Option(names = "--interactions", description = "Also show which pairs of features act together.")
    private boolean interactions;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = "Which rows columns are exchanged with; "
            + "${DEFAULT-VALUE} by default.")
    private long seed;

    @Option(names = "--plot", paramLabel = "FILE.svg", description = "Where to draw the network.")
    private Path plot;

    @Option(names = "--json", paramLabel = "FILE", description = "Where to write the numbers as JSON.")
    private Path json;

    @Mixin
    private TableOptions tables = new TableOptions();

    @Override
    public Integer call() throws IOException {
        Drawing.checkSvg("--plot", plot);
        new Output.Check().reads("MODEL", modelFile).reads("DATA", Job.file(data)).writes("--plot", plot).writesJson(json);
        try (TrainedKan model = Kan.load(modelFile); Context context = Context.open(); Arena arena = Arena.ofShared()) {
            RowSource rows = EvaluateCommand.rows(data, model.encoding(), false, tables, spec.commandLine().getErr())
                    .load(arena, model.parameters().model().dtype(), Part.DEFAULT_MEMORY);
            double[] x = Meaning.features(rows, Attribution.ROWS);
            List<String> names = Meaning.names(Meaning.inputs(model.encoding()));
            KanGraph graph = KanGraph.of(model.parameters());
            ObjectNode root = Output.object();
            root.put("method", measure.name().toLowerCase(java.util.Locale.ROOT));
            if (measure == Measure.PYKAN) {
                features(root, names, PykanScores.of(context, graph, x).features(), null);
            } else {
                show(root, names, Attribution.of(context, graph, x, interactions, seed));
            }
            if (plot != null) {
                Output.write(plot, Diagram.svg(context, graph, x, names, Meaning.names(Meaning.outputs(model.encoding())),
                        Map.of()).getBytes(StandardCharsets.UTF_8));
            }
            if (json != null) {
                Output.writeJson(json, root);
            }
        }
        return 0;
    }

    private void show(ObjectNode root, List<String> names, Attribution attribution) {
        PrintWriter out = spec.commandLine().getOut();
        if (measure == Measure.EFFECT) {
            ArrayNode list = root.putArray("edges");
            attribution.edges().stream().sorted(Comparator.comparingDouble(e -> -e.effect())).forEach(e -> {
                out.println(format("edge %-10s effect %-10.3g share %-8.3f mean %-10.4g deviation %.4g", e.edge(), e.effect(),
                        e.share(), e.mean(), e.deviation()));
                list.addObject().put("edge", e.edge().toString()).put("effect", e.effect()).put("share", e.share())
                        .put("mean", e.mean()).put("deviation", e.deviation());
            });
            return;
        }
        double[] values = attribution.features().stream().mapToDouble(f -> measure == Measure.SHARE ? f.share()
                : f.total().value()).toArray();
        features(root, names, values, measure == Measure.SHARE ? null
                : attribution.features().stream().mapToDouble(f -> f.total().error()).toArray());
        if (attribution.correlation() > 0.1) {
            out.println(format("note: the inputs are dependent, largest |r| = %.2f: total effects are permutation importances",
                    attribution.correlation()));
        }
        root.put("correlation", attribution.correlation());
        if (interactions) {
            ArrayNode list = root.putArray("interactions");
            for (Attribution.Pair pair : attribution.interactions()) {
                String first = names.get(pair.first());
                String second = names.get(pair.second());
                if (pair.share().value() > 1e-6) {
                    out.println(format("%s and %s act together: %.4f ± %.4f", first, second, pair.share().value(),
                            pair.share().error()));
                }
                list.addObject().put("first", first).put("second", second).put("share", pair.share().value())
                        .put("error", pair.share().error());
            }
        }
    }

    /** The largest first. */
    private void features(ObjectNode root, List<String> names, double[] values, double[] errors) {
        PrintWriter out = spec.commandLine().getOut();
        ArrayNode list = root.putArray("features");
        int wide = names.stream().mapToInt(String::length).max().orElse(1);
        IntStream.range(0, values.length).boxed().sorted(Comparator.comparingDouble(i -> -(Double.isNaN(values[i]) ? -1
                : values[i]))).forEach(i -> {
                    ObjectNode one = list.addObject().put("name", names.get(i));
                    if (Double.isNaN(values[i])) {
                        one.putNull("value");
                        return;
                    }
                    one.put("value", values[i]);
                    String line = format("%-" + wide + "s %8.4f", names.get(i), values[i]);
                    if (errors != null) {
                        one.put("error", errors[i]);
                        line += format(" ± %.4f", errors[i]);
                    }
                    out.println(line);
                });
    }
}
