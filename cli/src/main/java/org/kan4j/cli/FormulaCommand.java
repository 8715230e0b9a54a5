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
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.kan4j.data.Part;
import org.kan4j.device.Context;
import org.kan4j.encoding.Encoding;
import org.kan4j.explain.Column;
import org.kan4j.explain.KanGraph;
import org.kan4j.explain.SymbolicEdges;
import org.kan4j.formula.Expression;
import org.kan4j.formula.Notation;
import org.kan4j.rows.RowSource;
import org.kan4j.symbolic.Composition;
import org.kan4j.symbolic.FormulaSearch;
import org.kan4j.symbolic.Observations;
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
    "  kan4j formula out/formula.json --format python --verify wine.csv",
    "  kan4j formula fixed.safetensors --snap --verify wine.csv"})
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

    @Option(names = "--snap", description = "Make measured constants exact where the rows of --verify do not object: they are fitted to eight ninths of them, the rest judges.")
    private boolean snap;

    @Mixin
    private TableOptions tables = new TableOptions();

    @Override
    public Integer call() throws IOException {
        Ranges.atLeast("--digits", digits, 1);
        new Output.Check().reads("FILE", file).reads("--verify", verify == null ? null : Job.file(verify));
        if (snap && verify == null) {
            throw new InputException("--snap needs rows that constants are judged by: --verify DATA is missing");
        }
        FormulaFile formula = FormulaFile.is(file) ? FormulaFile.read(file) : ofModel();
        Table table = verify == null ? null : table(formula);
        if (snap) {
            formula = new FormulaFile(formula.target(), snapped(formula, table), formula.encoding());
        }
        PrintWriter out = spec.commandLine().getOut();
        out.println(digits == null ? formula.formula().format(notation) : formula.formula().format(notation, digits));
        if (verify != null) {
            out.println(format("RMSE %.4g, deviation of the target %.4g", rmse(formula.predict(table.x), table.t),
                    deviation(table.t)));
        }
        return 0;
    }

    /** Rows of a table in its own units, one after the other, and the target of each. */
    private record Table(double[] x, double[] t) {
    }

    private static Expression snapped(FormulaFile formula, Table table) {
        List<Column> inputs = Meaning.inputs(formula.raw());
        int n = table.t.length;
        Map<String, double[]> columns = new LinkedHashMap<>();
        for (int i = 0; i < inputs.size(); i++) {
            double[] column = new double[n];
            for (int b = 0; b < n; b++) {
                column[b] = (table.x[b * inputs.size() + i] - inputs.get(i).shift()) / inputs.get(i).scale();
            }
            columns.put(inputs.get(i).name(), column);
        }
        Observations all = new Observations(columns, Map.of(formula.target(), table.t), n);
        return FormulaSearch.defaults().find(Composition.of(Map.of(formula.target(), formula.formula())), part(all, false),
                part(all, true), all.box()).formulas().get(formula.target());
    }

    /** Every ninth row, or the others. */
    private static Observations part(Observations all, boolean ninth) {
        int[] rows = IntStream.range(0, all.rows()).filter(b -> (b % 9 == 8) == ninth).toArray();
        if (rows.length < 2) {
            throw new InputException("--snap needs at least 18 rows of --verify, given " + all.rows());
        }
        return new Observations(some(all.inputs(), rows), some(all.targets(), rows), rows.length);
    }

    private static Map<String, double[]> some(Map<String, double[]> columns, int[] rows) {
        Map<String, double[]> some = new LinkedHashMap<>();
        columns.forEach((name, values) -> some.put(name, Arrays.stream(rows).mapToDouble(b -> values[b]).toArray()));
        return some;
    }

    private FormulaFile ofModel() throws IOException {
        try (TrainedKan model = Kan.load(file); Context context = Context.open()) {
            SymbolicEdges known = SymbolicEdges.parse(model.properties().get(SymbolicEdges.KEY));
            List<Expression> formulas = known.formulas(context, KanGraph.of(model.parameters()),
                    Meaning.inputs(model.encoding()), Meaning.outputs(model.encoding()));
            if (formulas.size() > 1) {
                throw new InputException(
                        file + ": a formula is for one number, the model has " + Counted.of(formulas.size(), "output"));
            }
            return new FormulaFile(model.encoding().target().name(), formulas.getFirst(), model.encoding());
        }
    }

    private Table table(FormulaFile formula) {
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
            return new Table(x.toDoubles(), t.toDoubles());
        }
    }

    private static double rmse(double[] values, double[] targets) {
        return Math.sqrt(IntStream.range(0, values.length).mapToDouble(b -> Math.pow(values[b] - targets[b], 2)).average()
                .orElse(0));
    }

    private static double deviation(double[] values) {
        double mean = Arrays.stream(values).average().orElse(0);
        return Math.sqrt(Arrays.stream(values).map(v -> (v - mean) * (v - mean)).average().orElse(0));
    }
}
