// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import org.kan4j.Kan;
import org.kan4j.TrainedKan;
import picocli.CommandLine.Mixin;
import static org.kan4j.cli.Progress.format;

import java.io.IOException;
import java.io.PrintWriter;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import org.kan4j.basis.Basis;
import org.kan4j.data.Part;
import org.kan4j.data.Parts;
import org.kan4j.data.TableSet;
import org.kan4j.device.Context;
import org.kan4j.device.ContextOptions;
import org.kan4j.encoding.Encoding;
import org.kan4j.explain.Column;
import org.kan4j.explain.Explain;
import org.kan4j.explain.Explanation;
import org.kan4j.explain.KanGraph;
import org.kan4j.io.Checkpoint;
import org.kan4j.rows.RowSource;
import org.kan4j.symbolic.SymbolicLibrary;
import org.kan4j.tensor.DType;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kan4j explain}. */
@Command(name = "explain", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "From data to a formula that is verified: looks for structure in the data itself, then fits networks of growing shapes, prunes them, puts known functions in "
            + "the place of their edges, fits all constants together and checks the formula on rows that nothing has seen.",
    "Writes model.safetensors, formula.json, explanation.json, diagram.svg and report.html into a folder. That no formula "
            + "is good enough is an answer too: it is said first, and formula.json is not written."}, footer = {"", "Examples:",
                "  kan4j explain pendulum.csv --target period --out pendulum",
                "  kan4j explain wine.csv --target quality --layers 11,3,1 --minutes 5 --out wine",
                "  kan4j explain --model wine.safetensors wine.csv --out wine"})
final class ExplainCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "DATA", description = "A CSV, Parquet or safetensors file; or formulas, feynman, science, measured, noise or bases for a "
            + "table of known formulas and whether they come back from their samples (measured: laws with noise; bases: from networks of each basis), pruning for what is left "
            + "of networks that are too wide, tutorial for pykan's first tutorial from ten seeds, or times for what each stage costs.")
    private String data;

    @Option(names = "--target", paramLabel = "COLUMN", description = "The column to explain; not with --model.")
    private String target;

    @Option(names = "--model", paramLabel = "FILE", description = "A trained model to explain, instead of networks fitted here.")
    private Path modelFile;

    @Option(names = {"--layers",
        "--shape"}, paramLabel = "SHAPE", description = "Widths from the inputs to the output such as 2,5,1, products after a plus sign as in 2,1+1,1; by default "
                + "shapes are searched.")
    private String shape;

    @Option(names = "--basis", paramLabel = "NAME", defaultValue = "bspline", completionCandidates = Bases.Names.class, description = "Functions on the edges, ${DEFAULT-VALUE} by default: ${COMPLETION-CANDIDATES}.")
    private String basis;

    @Option(names = "--only", paramLabel = "NAME", split = ",", description = "Of a table, the formulas to look at; all by default.")
    private Set<String> only = new LinkedHashSet<>();

    @Option(names = "--networks", description = "Fit networks at once, without a look for structure in the data itself.")
    private boolean networks;

    @Option(names = "--library", paramLabel = "NAMES", defaultValue = "default", description = "Functions that edges may be: default, minimal, special, or names such as sin,exp,x^2.")
    private String library;

    @Option(names = "--noise", paramLabel = "S", description = "Deviation of the target's noise, in its unit; estimated by default.")
    private Double noise;

    @Option(names = "--drop", paramLabel = "COLUMN", split = ",", converter = ColumnName.class, description = "Columns to leave out.")
    private Set<String> drop = new LinkedHashSet<>();

    @Option(names = "--categorical", paramLabel = "COLUMN", split = ",", converter = ColumnName.class, description = "Columns to take as categories although they hold numbers.")
    private Set<String> categorical = new LinkedHashSet<>();

    @Option(names = "--missing", paramLabel = "WHAT", description = "Missing inputs: refuse them, or fill them with the column's mean; refuse by default.")
    private Encoding.Missing missing;

    @Option(names = "--tolerance", paramLabel = "F", defaultValue = "0.05", description = "How much worse than the network a formula may be, relative; ${DEFAULT-VALUE} by default.")
    private double tolerance;

    @Option(names = "--restarts", paramLabel = "N", defaultValue = "16", description = "Random starts of each fit; "
            + "${DEFAULT-VALUE} by default.")
    private int starts;

    @Option(names = "--minutes", paramLabel = "N", defaultValue = "10", description = "Time at most, after which the best so far is the answer, as after Ctrl-C; ${DEFAULT-VALUE} by default.")
    private double minutes;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = "Seed of splits and starts; ${DEFAULT-VALUE} by "
            + "default.")
    private long seed;

    @Option(names = "--out", paramLabel = "DIR", description = "Folder for what is found; made if it is not there.")
    private Path out;

    @Mixin
    private TableOptions tables = new TableOptions();

    private final AtomicBoolean stopped = new AtomicBoolean();

    @Override
    public Integer call() throws IOException {
        Explain explain = options();
        if (ExplainTable.NAMES.contains(data)) {
            if (List.of("times", "tutorial").contains(data) && !only.isEmpty()) {
                throw new InputException("--only is for a table of formulas, not for " + data);
            }
            if (out != null || target != null || modelFile != null) {
                throw new InputException("--out, --target and --model are for a file, not for the table " + data);
            }
            try (Context context = Context.open(ContextOptions.defaults().withThreads(1))) {
                PrintWriter screen = spec.commandLine().getOut();
                switch (data) {
                    case "times" -> ExplainTimes.print(explain, context, screen);
                    case "tutorial" -> ExplainTutorial.print(explain, context, screen);
                    case "pruning" -> ExplainPruning.print(only, seed, context, screen);
                    default -> ExplainTable.print(data, only, explain, context, screen);
                }
            }
            return 0;
        }
        if (!only.isEmpty()) {
            throw new InputException("--only is for a table such as formulas, not for a file");
        }
        if (out == null) {
            throw new InputException("--out DIR is missing, the folder for what is found");
        }
        if (Files.exists(out) && !Files.isDirectory(out)) {
            throw new InputException("--out '" + out + "' is a file, expected a folder");
        }
        if ((target == null) == (modelFile == null)) {
            throw new InputException("either --target COLUMN or --model FILE says what to explain, given "
                    + (target == null ? "neither" : "both"));
        }
        boolean fresh = Files.notExists(out);
        Output.Check check = new Output.Check().reads("DATA", Job.file(data)).reads("--model", modelFile);
        for (String name : List.of("model.safetensors", "formula.json", "explanation.json", "diagram.svg", "report.html")) {
            check.writes("--out", out.resolve(name));
        }
        try (Interrupt interrupt = new Interrupt(() -> stopped.set(true),
                "the step that runs takes too long: nothing is written");
                Context context = Context.open(ContextOptions.defaults().withThreads(1));
                Arena arena = Arena.ofShared()) {
            if (modelFile == null) {
                fromData(context, arena, explain);
            } else {
                fromModel(context, arena, explain);
            }
            interrupt.reported();
        } finally {
            if (fresh) {
                deleteIfEmpty(out); // made by the check, and nothing came of it
            }
        }
        return 0;
    }

    private static void deleteIfEmpty(Path folder) throws IOException {
        try {
            Files.deleteIfExists(folder);
        } catch (DirectoryNotEmptyException e) {
            // what was found lies there
        }
    }

    private Explain options() {
        Ranges.nonNegative("--noise", noise);
        Ranges.nonNegative("--tolerance", tolerance);
        Ranges.positive("--minutes", minutes);
        Ranges.atLeast("--restarts", starts, 1);
        Explain explain = Explain.defaults().withShape(shape).withLibrary(SymbolicLibrary.of(library)).withTolerance(tolerance)
                .withStarts(starts).withMinutes(minutes).withSeed(seed).withStructure(!networks);
        if (!basis.equals("bspline")) {
            explain = explain.withBasis(basis());
        }
        return noise == null ? explain : explain.withNoise(noise);
    }

    private Basis basis() {
        Bases.of("--basis", basis);
        Basis functions = Bases.onEdges().get(basis);
        if (functions == null) {
            throw new InputException("--basis " + basis + " has no functions on its edges to explain by");
        }
        return functions;
    }

    private void fromData(Context context, Arena arena, Explain explain) throws IOException {
        TableSet set = TableSet.learn(tables.open(data, spec.commandLine().getErr()), new TableSet.Options(target,
                TableSet.Task.REGRESSION, drop, categorical, Job.missing(missing), 0.1, seed)
                .withScaling(Encoding.Scaling.RANGE));
        set.notes().forEach(n -> spec.commandLine().getErr().println(Main.note(n)));
        Parts parts = set.parts();
        RowSource rest = parts.train().load(arena, DType.F64, Part.DEFAULT_MEMORY);
        RowSource.Split<? extends RowSource> split = rest.split(8.0 / 9, seed);
        RowSource test = parts.test().load(arena, DType.F64, Part.DEFAULT_MEMORY);
        write(context, set.encoding(), explain.run(context, split.first(), split.second(), test,
                Meaning.inputs(set.encoding()), Meaning.outputs(set.encoding()), listener()));
    }

    private void fromModel(Context context, Arena arena, Explain explain) throws IOException {
        try (TrainedKan model = Kan.load(modelFile)) {
            RowSource rows = EvaluateCommand.rows(data, model.encoding(), true, tables, spec.commandLine().getErr()).load(arena,
                    model.parameters().model().dtype(), Part.DEFAULT_MEMORY);
            RowSource.Split<? extends RowSource> test = rows.split(0.9, seed);
            RowSource.Split<? extends RowSource> held = test.first().split(8.0 / 9, seed);
            write(context, model.encoding(), explain.run(context, KanGraph.of(model.parameters()), held.first(), held.second(),
                    test.second(), Meaning.inputs(model.encoding()), Meaning.outputs(model.encoding()), listener()));
        }
    }

    private Explain.Listener listener() {
        PrintWriter screen = spec.commandLine().getOut();
        return new Explain.Listener() {
            @Override
            public void onStep(String stage, String text) {
                screen.println(format("%-10s %s", stage, text));
                screen.flush();
            }

            @Override
            public boolean goOn() {
                return !stopped.get();
            }
        };
    }

    private void write(Context context, Encoding encoding, Explanation found) throws IOException {
        List<String> all = Meaning.names(Meaning.inputs(encoding));
        int[] places = found.inputs().stream().map(Column::name).mapToInt(all::indexOf).toArray();
        try (org.kan4j.model.Parameters network = found.network().among(places, all.size()).parameters()) {
            Checkpoint.write(out.resolve("model.safetensors"), network, Map.of(Encoding.KEY, encoding.toJson()));
        }
        if (!found.formulas().isEmpty()) {
            new FormulaFile(found.outputs().getFirst().name(), found.formulas().getFirst(), encoding)
                    .write(out.resolve("formula.json"));
        } else {
            Files.deleteIfExists(out.resolve("formula.json")); // one of an earlier run would be taken for this one's
        }
        Output.writeJson(out.resolve("explanation.json"), Output.tree(found.fields()));
        Output.write(out.resolve("diagram.svg"), found.pictures().after().getBytes(StandardCharsets.UTF_8));
        Output.write(out.resolve("report.html"), found.report().getBytes(StandardCharsets.UTF_8));
        spec.commandLine().getOut().println(format("%-10s %.1f s          report  %s", "time", found.seconds(),
                out.resolve("report.html")));
    }
}
