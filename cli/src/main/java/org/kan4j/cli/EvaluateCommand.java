// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.kan4j.cli.Progress.format;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.kan4j.Examples;
import org.kan4j.Importance;
import org.kan4j.Kan;
import org.kan4j.KanMultiLabel;
import org.kan4j.Report;
import org.kan4j.TrainedKan;
import org.kan4j.constraint.MonotoneColumns;
import org.kan4j.device.Context;
import org.kan4j.grid.GridCoverage;
import org.kan4j.measure.Metric;
import org.kan4j.measure.Metrics;
import org.kan4j.rows.RowSource;
import org.kan4j.data.Cache;
import org.kan4j.data.NamedSet;
import org.kan4j.data.Part;
import org.kan4j.data.Table;
import org.kan4j.data.TableRows;
import org.kan4j.encoding.Encoding;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kan4j evaluate}. */
@Command(name = "evaluate", mixinStandardHelpOptions = true, sortOptions = false, description = "Measures a model on the test part of a known data set, or on all rows of a file.")
final class EvaluateCommand implements Callable<Integer> {

    private static final int REPETITIONS = 10;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "DATA", description = "mnist, fashion-mnist, digits, or a CSV, Parquet or safetensors file with the target column, a folder of "
            + "such, or - for standard input.")
    private String data;

    @Option(names = "--model", paramLabel = "FILE", required = true, description = "A model that kan4j train wrote.")
    private Path modelFile;

    @Option(names = "--json", paramLabel = "FILE", description = "Where to write the metrics as JSON.")
    private Path json;

    @Option(names = "--importance", paramLabel = "N", arity = "0..1", fallbackValue = ""
            + REPETITIONS, description = "Permutation importance of each input: by how much the accuracy falls, or the error grows, where its values are "
                    + "dealt anew to the rows; the mean of N times (10) and its standard error.")
    private Integer importance;

    @Option(names = "--plot", paramLabel = "FILE.png", description = "Where to draw: of classes ROC curves and calibration, of a number predictions and residuals; with "
            + "--importance that too.")
    private Path plot;

    @Option(names = "--missing", paramLabel = "WHAT", description = "Missing inputs: refuse them, or fill them with the mean of the training rows; by default as trained.")
    private Encoding.Missing missing;

    @Option(names = "--unseen", paramLabel = "WHAT", description = "Categories that the model was not trained on: refuse them, or take them as unknown, none of those it "
            + "knows; by default as trained.")
    private Encoding.Unseen unseen;

    @Mixin
    private TableOptions tables = new TableOptions();

    @Mixin
    private CoverageOptions coverage = new CoverageOptions();

    @Mixin
    private DeviceOptions device = new DeviceOptions();

    @Override
    public Integer call() throws IOException {
        PrintWriter out = Output.screen(spec, json);
        new Output.Check().reads("DATA", Job.file(data)).reads("--model", modelFile).writesJson(json)
                .writes("--plot", Drawing.isFile(plot) ? plot : null);
        Drawing.check(plot);
        Ranges.atLeast("--importance", importance, 1);
        coverage.check();
        try (TrainedKan model = Kan.load(modelFile); Context context = device.open(); Arena arena = Arena.ofShared()) {
            PrintWriter err = spec.commandLine().getErr();
            Encoding encoding = ruled(model.encoding(), missing, unseen);
            Table table = table(data, tables, err);
            if (Drawing.isFile(plot)) {
                requireDrawn(encoding);
            }
            if (model instanceof KanMultiLabel several && table != null) {
                Examples rows = LabelledRows.of(table, encoding);
                Report report = several.evaluate(rows);
                out.println(report);
                ObjectNode root = Output.object().put("rows", report.rows());
                report.measures().forEach(root::put);
                if (importance != null) {
                    new EvaluationReport(out, root).show(several.importance(rows, importance, 1), importance);
                }
                Output.writeJson(spec, json, root);
                return 0;
            }
            Part part = rows(data, table, encoding, true, err);
            RowSource rows = part.load(arena, model.parameters().model().dtype(), Part.DEFAULT_MEMORY);
            Metrics metrics = Metrics.measure(context, model.parameters(), null, rows,
                    Units.metrics(model.encoding()).toArray(Metric[]::new));
            ObjectNode root = Output.object();
            root.put("rows", metrics.rows());
            out.println(format("rows         %,d", metrics.rows()));
            Units.measures(metrics, model.encoding()).forEach((name, value) -> {
                out.println(name.equals("accuracy") ? format("accuracy     %.2f %%", 100 * value)
                        : format("%-12s %.6g", name, value));
                root.put(name, value);
            });
            EncodedPart encoded = new EncodedPart(model.encoding(), part, Part.DEFAULT_MEMORY);
            EvaluationReport screen = new EvaluationReport(out, root);
            Report report = model.evaluate(encoded);
            screen.show(report);
            List<Importance> inputs = importance == null ? List.of() : model.importance(encoded, importance, 1);
            screen.show(inputs, importance == null ? 0 : importance);
            GridCoverage grids = GridCoverage.measure(context, model.parameters(), rows, GridCoverage.ROWS);
            if (!grids.layers().isEmpty()) {
                out.println("outside grid " + CoverageOptions.describe(grids));
            }
            CoverageOptions.put(grids, root);
            Proof proof = MonotoneColumns.of(model.properties())
                    .map(columns -> Proof.of(columns, model.encoding(), model.parameters())).orElse(null);
            if (proof != null) {
                out.println(proof.line());
                root.put("monotone_proved", proof.holds());
            }
            coverage.warn(grids, spec.commandLine().getErr());
            Output.writeJson(spec, json, root);
            if (Drawing.isFile(plot)) {
                Drawing.draw(plot, () -> Plot.png(EvaluationPlot.charts(model.encoding().target().name(), report, inputs)), out,
                        spec.commandLine().getErr());
            }
            return proof == null || proof.holds() ? 0 : 1;
        }
    }

    /** Refuses to draw what is neither of classes nor one number. */
    private static void requireDrawn(Encoding encoding) {
        if (!(encoding.target() instanceof Encoding.Classes || encoding.target() instanceof Encoding.Value)) {
            throw new InputException("--plot draws classes or one number, the model predicts " + switch (encoding.target()) {
                case Encoding.Labels labels -> "several labels";
                case Encoding.Quantiles quantiles -> "quantiles";
                default -> "several numbers";
            } + "; leave --plot out");
        }
    }

    /** The table in a file; null for a known set. */
    static Table table(String data, TableOptions options, PrintWriter notes) {
        if (NamedSet.of(data).isPresent()) {
            if (options.given()) {
                throw new InputException(
                        "--separator, --decimal, --thousands, --na, --header, --encoding and --skip-lines are for CSV files, not "
                                + "for '" + data + "'");
            }
            return null;
        }
        return options.open(data, notes);
    }

    /** An encoding with other rules, where they are given. */
    static Encoding ruled(Encoding encoding, Encoding.Missing missing, Encoding.Unseen unseen) {
        return encoding.with(missing != null ? missing : encoding.missing(), unseen != null ? unseen : encoding.unseen());
    }

    /** As below, of what the command line names. */
    static Part rows(String data, Encoding encoding, boolean needTarget, TableOptions options, PrintWriter notes) {
        return rows(data, table(data, options, notes), encoding, needTarget, notes);
    }

    /** The test part of a named set, or all rows of a table, as the model sees them. */
    static Part rows(String data, Table table, Encoding encoding, boolean needTarget, PrintWriter notes) {
        if (table != null) {
            return TableRows.all(table, encoding, needTarget, note -> notes.println(Main.note(note)));
        }
        NamedSet named = NamedSet.of(data).orElseThrow();
        Encoding ofSet = named.encoding();
        if (!ofSet.columns().equals(encoding.columns()) || !ofSet.target().equals(encoding.target())) {
            throw new InputException("the model was trained on " + encoding.data() + ", whose inputs or classes are not those of "
                    + data);
        }
        return named.load(new Cache(Cache.defaultRoot(), notes::println)).test();
    }
}
