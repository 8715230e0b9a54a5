// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.kan4j.cli.Progress.format;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.kan4j.basis.Basis;
import org.kan4j.device.Context;
import org.kan4j.encoding.Encoding;
import org.kan4j.explain.KanCompiler;
import org.kan4j.formula.Interval;
import org.kan4j.io.Checkpoint;
import org.kan4j.layer.KanLayer;
import org.kan4j.tensor.DType;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kan4j from-formula}. */
@Command(name = "from-formula", mixinStandardHelpOptions = true, sortOptions = false, description = "Makes a model that computes a formula: sums are nodes, products product nodes, and what depends on one variable "
        + "an edge.", footer = {"", "Example:",
            "  kan4j from-formula \"m*c^2/sqrt(1 - v^2/c^2)\" --ranges m=1:2,c=3:5,v=0:2 --out model.safetensors"})
final class FromFormulaCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FORMULA", description = "Such as \"exp(sin(pi*x)+y^2)\", or the name of a Feynman equation.")
    private String text;

    @Option(names = "--ranges", paramLabel = "RANGES", description = "Where its variables are: LOW:HIGH for all or x=LOW:HIGH,y=LOW:HIGH,...; -1:1 by default.")
    private String ranges;

    @Option(names = "--basis", paramLabel = "NAME", defaultValue = "bspline", completionCandidates = Bases.Names.class, description = "Functions on the edges, ${DEFAULT-VALUE} by default: ${COMPLETION-CANDIDATES}.")
    private String basis;

    @Option(names = "--grid", paramLabel = "N", defaultValue = "20", description = "Intervals, centres, degree or frequencies; "
            + "${DEFAULT-VALUE} by default.")
    private int grid;

    @Option(names = "--out", paramLabel = "FILE", required = true, description = "Where to write the model.")
    private Path out;

    @Override
    public Integer call() throws IOException {
        Ranges.atLeast("--grid", grid, 1);
        new Output.Check().writesModel("--out", out);
        FitProblem problem = FitProblem.of(text, ranges, null);
        List<Interval> box = problem.ranges().stream().map(r -> new Interval(r.low(), r.high())).toList();
        Bases.Entry entry = Bases.of("--basis", basis);
        int size = basis.equals("rational") ? 1 : grid;
        if (!(entry.model(DType.F64, size, entry.order(), new long[] {2, 1}).layers().getFirst() instanceof KanLayer layer)) {
            throw new InputException("--basis " + basis + " has no functions on its edges to compute a formula by");
        }
        Basis functions = layer.basis();
        try (Context context = Context.open()) {
            KanCompiler compiled = KanCompiler.compile(context, problem.formula(), box, functions);
            List<Encoding.Column> columns = new ArrayList<>();
            for (int i = 0; i < box.size(); i++) {
                columns.add(new Encoding.Numeric(compiled.variables().get(i), -1, 1, box.get(i).middle()));
            }
            Encoding encoding = new Encoding(text, columns, new Encoding.Value("value", 0, 1), Encoding.Missing.REFUSE,
                    Encoding.Unseen.REFUSE);
            try (org.kan4j.model.Parameters parameters = compiled.graph().parameters()) {
                Checkpoint.write(out, parameters, Map.of(Encoding.KEY, encoding.toJson()));
            }
            spec.commandLine().getOut().println(format("%s: RMSE %.3g of a deviation of %.3g; saved %s", compiled.graph(),
                    compiled.difference(), compiled.deviation(), out));
        }
        return 0;
    }
}
