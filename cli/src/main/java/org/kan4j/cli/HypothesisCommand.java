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
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.kan4j.data.Part;
import org.kan4j.device.Context;
import org.kan4j.explain.Column;
import org.kan4j.explain.Hypotheses;
import org.kan4j.explain.KanGraph;
import org.kan4j.explain.StructureTree;
import org.kan4j.rows.RowSource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kan4j hypothesis}. */
@Command(name = "hypothesis", mixinStandardHelpOptions = true, sortOptions = false, description = "Shows how the inputs of a model work together: whether it is a sum or a product of functions of some of them, "
        + "which pairs it sees as one number, and the tree of such groups. All three by default.")
final class HypothesisCommand implements Callable<Integer> {

    private static final int ROWS = 2000;

    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "MODEL", description = "A model of one output that kan4j train or explain wrote.")
    private Path modelFile;

    @Parameters(index = "1", paramLabel = "DATA", description = "Rows that the questions are about.")
    private String data;

    @Option(names = "--separable", description = "Sums and products of functions of some inputs.")
    private boolean separable;

    @Option(names = "--symmetric", description = "Pairs of inputs seen as one number.")
    private boolean symmetric;

    @Option(names = "--tree", paramLabel = "FILE", arity = "0..1", fallbackValue = "", description = "Groups of inputs, and groups of these, with the shape of a network that has a node for each "
            + "(for kan4j explain --layers); with FILE also drawn as SVG.")
    private Path tree;

    @Option(names = "--p-values", description = "Of each pair of inputs, how likely the model's own errors on these rows make it look as if they act together, were the "
            + "model a sum, or a product, of functions without one of them (bootstrap, 999 draws). The rows need the target, and should be "
            + "none that the model was fitted to.")
    private boolean chances;

    @Option(names = "--error", paramLabel = "F", defaultValue = "0.01", description = "Error of the model, relative to the target's deviation: what is smaller cannot be told from nothing; "
            + "${DEFAULT-VALUE} by default.")
    private double error;

    @Mixin
    private TableOptions tables = new TableOptions();

    @Override
    public Integer call() throws IOException {
        Ranges.nonNegative("--error", error);
        Drawing.checkSvg("--tree", tree == null || tree.toString().isEmpty() ? null : tree);
        new Output.Check().reads("MODEL", modelFile).reads("DATA", Job.file(data)).writes("--tree",
                tree == null || tree.toString().isEmpty() ? null : tree);
        boolean all = !separable && !symmetric && tree == null && !chances;
        PrintWriter out = spec.commandLine().getOut();
        try (TrainedKan model = Kan.load(modelFile); Context context = Context.open(); Arena arena = Arena.ofShared()) {
            RowSource rows = EvaluateCommand.rows(data, model.encoding(), chances, tables, spec.commandLine().getErr())
                    .load(arena, model.parameters().model().dtype(), Part.DEFAULT_MEMORY);
            double[] x = Meaning.features(rows, ROWS);
            KanGraph graph = KanGraph.of(model.parameters());
            List<String> names = Meaning.names(Meaning.inputs(model.encoding()));
            Column output = Meaning.outputs(model.encoding()).getFirst();
            // In the user's unit: what is a product there is none after the target is centred.
            Hypotheses about = new Hypotheses(at -> Arrays.stream(graph.predict(context, at))
                    .map(y -> (y - output.shift()) / output.scale()).toArray(), x, graph.in(), error, 1);
            if (all || separable) {
                out.println("sum of       " + groups(about.addends(), names));
                out.println("product of   " + groups(about.factors(), names));
            }
            if (all || symmetric) {
                List<Hypotheses.Symmetry> symmetries = about.symmetries();
                if (symmetric && symmetries.isEmpty()) { // asked for by itself, it has an answer
                    out.println("as one       no pair");
                }
                for (Hypotheses.Symmetry s : symmetries) {
                    out.println(format("as one       %s and %s%s (%.1e)", names.get(s.first()), names.get(s.second()),
                            s.form().map(f -> ", as " + f + " in the model's units").orElse(""), s.measure()));
                }
            }
            if (chances) {
                double[] errors = Arrays.stream(Hypotheses.errors(context, graph, rows)).map(e -> e / output.scale()).toArray();
                pairs(out, about, errors, names);
            }
            if (all || tree != null) {
                StructureTree found = about.tree();
                out.println("tree         " + text(found, names) + ", " + found.kind());
                out.println("shape        " + found.shape());
                if (tree != null && !tree.toString().isEmpty()) {
                    Output.write(tree, found.svg(names, output.name()).getBytes(StandardCharsets.UTF_8));
                    out.println("saved        " + tree);
                }
            }
        }
        return 0;
    }

    private static void pairs(PrintWriter out, Hypotheses about, double[] errors, List<String> names) {
        for (int i = 0; i < names.size(); i++) {
            for (int j = i + 1; j < names.size(); j++) {
                int[] first = {i};
                int[] second = {j};
                Hypotheses.Chances p = about.chances(first, second, errors, 1);
                out.println(format("%s, %s   of a sum %.2e (p = %.3f)   of a product %.2e (p = %.3f)", names.get(i), names.get(j),
                        about.additive(first, second), p.sum(), about.multiplicative(first, second), p.product()));
            }
        }
    }

    private static String groups(List<int[]> groups, List<String> names) {
        return groups.stream().map(g -> Arrays.stream(g).mapToObj(names::get).collect(Collectors.joining(", ", "(", ")")))
                .collect(Collectors.joining(" "));
    }

    private static String text(StructureTree tree, List<String> names) {
        return tree.children().isEmpty() ? names.get(tree.inputs()[0]) : tree.children().stream().map(c -> text(c, names))
                .collect(Collectors.joining(" ", "(", ")"));
    }
}
