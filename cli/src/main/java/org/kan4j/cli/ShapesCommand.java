// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.kan4j.cli.Progress.format;

import java.io.IOException;
import java.io.PrintWriter;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.kan4j.Kan;
import org.kan4j.TrainedKan;
import org.kan4j.data.Part;
import org.kan4j.explain.AdditiveShapes;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kan4j shapes}. */
@Command(name = "shapes", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Takes an additive model (train --gam) apart: y = b + f(first column) + f(second column) + ..., each function with the "
            + "mean 0 over the rows of a file."}, footer = {"", "Example:",
                "  kan4j shapes wine.safetensors wine.csv --out shapes.csv --plot shapes.svg"})
final class ShapesCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "MODEL", description = "An additive model that kan4j train --gam wrote.")
    private Path modelFile;

    @Parameters(index = "1", paramLabel = "DATA", description = "A CSV, Parquet or safetensors file with the model's columns: the rows that the means are over.")
    private String data;

    @Option(names = "--out", paramLabel = "FILE.csv", description = "Where to write the functions as a table: column, x, f; - for standard output.")
    private Path out;

    @Option(names = "--plot", paramLabel = "FILE.svg", description = "Where to draw the functions.")
    private Path plot;

    @Mixin
    private TableOptions tables = new TableOptions();

    @Override
    public Integer call() throws IOException {
        Drawing.checkSvg("--plot", plot);
        new Output.Check().reads("MODEL", modelFile).reads("DATA", Job.file(data)).writes("--out", out).writes("--plot", plot);
        PrintWriter screen = Output.screen(spec, out);
        try (TrainedKan model = Kan.load(modelFile); Arena arena = Arena.ofShared()) {
            double[] rows = Meaning.features(EvaluateCommand.rows(data, model.encoding(), false, tables,
                    spec.commandLine().getErr()).load(arena, model.parameters().model().dtype(), Part.DEFAULT_MEMORY),
                    AdditiveShapes.ROWS);
            AdditiveShapes shapes = model.shapes(rows);
            for (int o = 0; o < shapes.outputs().size(); o++) {
                String output = shapes.outputs().get(o);
                screen.println(format("%s = %.6g + a function of each column", output, shapes.means().get(o)));
                shapes.shapes().stream().filter(shape -> shape.output().equals(output)).forEach(shape -> {
                    double least = shape.points().stream().mapToDouble(AdditiveShapes.Point::y).min().orElseThrow();
                    double most = shape.points().stream().mapToDouble(AdditiveShapes.Point::y).max().orElseThrow();
                    screen.println(format("  f(%s) from %.4g to %.4g", shape.column(), least, most));
                });
            }
            if (plot != null) {
                Output.write(plot, shapes.svg().getBytes(StandardCharsets.UTF_8));
                screen.println("drawn        " + plot);
            }
            if (out != null && Output.isStandardOutput(out)) {
                spec.commandLine().getOut().print(shapes.csv());
                spec.commandLine().getOut().flush();
            } else if (out != null) {
                Output.write(out, shapes.csv().getBytes(StandardCharsets.UTF_8));
                screen.println("table        " + out);
            }
        }
        return 0;
    }
}
