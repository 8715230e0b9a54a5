// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import org.kan4j.Kan;
import org.kan4j.TrainedKan;
import org.kan4j.data.Part;
import org.kan4j.device.Context;
import org.kan4j.explain.Diagram;
import org.kan4j.explain.Edge;
import org.kan4j.explain.EdgePlot;
import org.kan4j.explain.KanGraph;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kan4j plot}. */
@Command(name = "plot", mixinStandardHelpOptions = true, sortOptions = false, description = "Draws a model, or one of its edges, over the rows of a file, as SVG.", footer = {
    "", "Examples:", "  kan4j plot wine.safetensors wine.csv --out wine.svg",
    "  kan4j plot wine.safetensors wine.csv --edge 0,3,1 --out edge.svg"})
final class PlotCommand implements Callable<Integer> {

    private static final int ROWS = 4000;

    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "MODEL", description = "A model that kan4j train, prune or explain wrote.")
    private Path modelFile;

    @Parameters(index = "1", paramLabel = "DATA", description = "A CSV, Parquet or safetensors file, or a known set's name.")
    private String data;

    @Option(names = "--edge", paramLabel = "LAYER,INPUT,OUTPUT", description = "Only this edge; numbers from 0.")
    private String edge;

    @Option(names = "--out", paramLabel = "FILE.svg", required = true, description = "Where to draw.")
    private Path out;

    @Mixin
    private TableOptions tables = new TableOptions();

    @Override
    public Integer call() throws IOException {
        Drawing.checkSvg("--out", out);
        new Output.Check().reads("MODEL", modelFile).reads("DATA", Job.file(data)).writes("--out", out);
        Edge one = edge == null ? null : Edge.parse(edge);
        try (TrainedKan model = Kan.load(modelFile); Context context = Context.open(); Arena arena = Arena.ofShared()) {
            double[] x = Meaning.features(EvaluateCommand.rows(data, model.encoding(), false, tables, spec.commandLine().getErr())
                    .load(arena, model.parameters().model().dtype(), Part.DEFAULT_MEMORY), ROWS);
            KanGraph graph = KanGraph.of(model.parameters());
            String svg = one != null ? EdgePlot.svg(context, graph, one, x, null, null)
                    : Diagram.svg(context, graph, x, Meaning.names(Meaning.inputs(model.encoding())),
                            Meaning.names(Meaning.outputs(model.encoding())), Map.of());
            Output.write(out, svg.getBytes(StandardCharsets.UTF_8));
            spec.commandLine().getOut().println("drawn " + graph + ": " + out);
        }
        return 0;
    }
}
