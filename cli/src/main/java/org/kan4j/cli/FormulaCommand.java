// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import org.kan4j.Kan;
import org.kan4j.TrainedKan;
import picocli.CommandLine.Mixin;
import static org.kan4j.cli.Progress.format;

import java.io.IOException;
import java.io.PrintWriter;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.kan4j.data.Part;
import org.kan4j.device.Context;
import org.kan4j.encoding.Encoding;
import org.kan4j.explain.KanGraph;
import org.kan4j.explain.SymbolicEdges;
import org.kan4j.formula.Expression;
import org.kan4j.formula.Notation;
import org.kan4j.rows.RowSource;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kan4j formula}. */
@Command(name = "formula", mixinStandardHelpOptions = true, sortOptions = false, description = "Prints the formula of a model whose edges are fixed to functions (kan4j symbolic), or of a formula.json.", footer = {
    "", "Examples:", "  kan4j formula fixed.safetensors --format latex",
    "  kan4j formula out/formula.json --format python --verify wine.csv"})
final class FormulaCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "A model of kan4j symbolic, or a formula.json of kan4j explain.")
    private Path file;

    @Option(names = "--format", paramLabel = "NAME", defaultValue = "text", description = "text, latex, mathml, java, python, sympy or c; ${DEFAULT-VALUE} by default.")
    private Notation notation;

    @Option(names = "--digits", paramLabel = "N", description = "Significant digits of measured constants; all by default.")
    private Integer digits;

    @Option(names = "--verify", paramLabel = "DATA", description = "Also compare the formula with the target of a file.")
    private String verify;

    @Mixin
    private TableOptions tables = new TableOptions();

    @Override
    public Integer call() throws IOException {
        Ranges.atLeast("--digits", digits, 1);
        new Output.Check().reads("FILE", file).reads("--verify", verify == null ? null : Job.file(verify));
        FormulaFile formula = FormulaFile.is(file) ? FormulaFile.read(file) : ofModel();
        PrintWriter out = spec.commandLine().getOut();
        out.println(digits == null ? formula.formula().format(notation) : formula.formula().format(notation, digits));
        if (verify != null) {
            out.println(format("RMSE %.4g, deviation of the target %.4g", rmse(formula), deviation));
        }
        return 0;
    }

    private double deviation;

    private FormulaFile ofModel() throws IOException {
        try (TrainedKan model = Kan.load(file); Context context = Context.open()) {
            SymbolicEdges known = SymbolicEdges.parse(model.properties().get(SymbolicEdges.KEY));
            List<Expression> formulas = known.formulas(context, KanGraph.of(model.parameters()),
                    Meaning.inputs(model.encoding()), Meaning.outputs(model.encoding()));
            if (formulas.size() > 1) {
                throw new InputException(file + ": a formula is for one number, the model has " + formulas.size() + " outputs");
            }
            return new FormulaFile(model.encoding().target().name(), formulas.getFirst(), model.encoding());
        }
    }

    private double rmse(FormulaFile formula) {
        if (!(formula.encoding().target() instanceof Encoding.Value)) {
            throw new InputException("--verify is for targets that are numbers");
        }
        Encoding raw = formula.raw();
        Encoding plain = new Encoding(raw.data(), raw.columns(), new Encoding.Value(raw.target().name(), 0, 1), raw.missing(),
                raw.unseen());
        try (Arena arena = Arena.ofConfined()) {
            RowSource rows = EvaluateCommand.rows(verify, plain, true, tables, spec.commandLine().getErr()).load(arena, DType.F64,
                    Part.DEFAULT_MEMORY);
            int n = rows.size();
            HostTensor x = HostTensor.allocate(arena, DType.F64, n, rows.in());
            HostTensor t = HostTensor.allocate(arena, DType.F64, n, 1);
            try (RowSource.Pass pass = rows.inOrder()) {
                pass.read(0, n, x.segment(), t.segment(), java.lang.foreign.MemorySegment.NULL);
            }
            double[] values = formula.predict(x.toDoubles());
            double[] targets = t.toDoubles();
            double mean = java.util.Arrays.stream(targets).average().orElse(0);
            double squares = 0;
            double spread = 0;
            for (int b = 0; b < n; b++) {
                squares += (values[b] - targets[b]) * (values[b] - targets[b]);
                spread += (targets[b] - mean) * (targets[b] - mean);
            }
            deviation = Math.sqrt(spread / n);
            return Math.sqrt(squares / n);
        }
    }
}
