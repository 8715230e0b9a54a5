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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.kan4j.data.Part;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.explain.Edge;
import org.kan4j.explain.KanGraph;
import org.kan4j.explain.SymbolicEdges;
import org.kan4j.formula.Expression;
import org.kan4j.io.Checkpoint;
import org.kan4j.symbolic.Candidate;
import org.kan4j.symbolic.SymbolicLibrary;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kan4j symbolic}. */
@Command(name = "symbolic", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Shows which functions the edges of a model may be, and fixes edges to functions. The model keeps its own edges "
            + "beside them, so that each can be let go again. kan4j explain does all of it in one go."}, footer = {"",
                "Examples:", "  kan4j symbolic wine.safetensors wine.csv --edge 0,1,0",
                "  kan4j symbolic wine.safetensors wine.csv --fix 0,1,0=sin --fix 0,0,0=x^2 --out fixed.safetensors",
                "  kan4j symbolic wine.safetensors wine.csv --auto --out fixed.safetensors"})
final class SymbolicCommand implements Callable<Integer> {

    private static final int ROWS = 4000;
    private static final int SHOWN = 8;

    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "MODEL", description = "A model that kan4j train, prune or explain wrote.")
    private Path modelFile;

    @Parameters(index = "1", paramLabel = "DATA", description = "Rows over whose range edges are looked at.")
    private String data;

    @Option(names = "--edge", paramLabel = "LAYER,INPUT,OUTPUT", description = "Show the likeliest functions of this edge; * is any number, here and below, as in 0,*,1.")
    private String edge;

    @Option(names = "--suggest", description = "With --edge, which does so anyway.")
    private boolean suggest;

    @Option(names = "--library", paramLabel = "NAMES", defaultValue = "default", description = "default, minimal, special, or names such as sin,exp,x^2.")
    private String library;

    @Option(names = "--fix", paramLabel = "EDGE=NAME", description = "Fix an edge to a function, or to an expression of x; may be "
            + "given several times.")
    private List<String> fixes = new ArrayList<>();

    @Option(names = "--unfix", paramLabel = "EDGE", description = "Let an edge go again; may be given several times.")
    private List<String> unfixes = new ArrayList<>();

    @Option(names = "--auto", description = "Fix every edge that is not fixed to its likeliest function.")
    private boolean auto;

    @Option(names = "--out", paramLabel = "FILE", description = "Where to write the model with its fixed edges.")
    private Path out;

    @Mixin
    private TableOptions tables = new TableOptions();

    @Override
    public Integer call() throws IOException {
        new Output.Check().reads("MODEL", modelFile).reads("DATA", Job.file(data)).writesModel("--out", out);
        boolean changes = auto || !fixes.isEmpty() || !unfixes.isEmpty();
        if (changes != (out != null)) {
            throw new InputException(
                    changes ? "--fix, --unfix and --auto need --out FILE" : "--out needs --fix, --unfix or --auto");
        }
        if (!changes && edge == null) {
            throw new InputException("nothing is asked for: --edge shows functions, --fix, --unfix and --auto change the model");
        }
        PrintWriter screen = spec.commandLine().getOut();
        SymbolicLibrary functions = SymbolicLibrary.of(library);
        try (TrainedKan model = Kan.load(modelFile); Context context = Context.open(); Arena arena = Arena.ofShared()) {
            double[] x = Meaning.features(EvaluateCommand.rows(data, model.encoding(), false, tables, spec.commandLine().getErr())
                    .load(arena, model.parameters().model().dtype(), Part.DEFAULT_MEMORY), ROWS);
            KanGraph graph = KanGraph.of(model.parameters());
            if (edge != null) {
                for (Edge of : edges(graph, edge)) {
                    String place = edge.contains("*") ? format("%-10s ", of) : "";
                    for (Candidate c : SymbolicEdges.suggest(context, graph, of, x, functions).stream().limit(SHOWN).toList()) {
                        screen.println(place + format("%-16s error %.1e  score %7.1f bits  %s", c.function().name(), c.error(),
                                c.score(), c.expression()));
                    }
                }
            }
            if (changes) {
                SymbolicEdges known = changed(context, graph, x, functions,
                        SymbolicEdges.parse(model.properties().get(SymbolicEdges.KEY)));
                Map<String, String> properties = new HashMap<>(model.properties());
                properties.put(SymbolicEdges.KEY, known.toJson());
                Checkpoint.write(out, model.parameters(), properties);
                known.functions().forEach((e, f) -> screen.println(format("%-10s %s", e, f)));
                screen.println("saved      " + out);
            }
        }
        return 0;
    }

    /** An expression of x; null for what is a function's name, or neither. */
    private static Expression expression(String text) {
        if (Stream.of(SymbolicLibrary.standard(), SymbolicLibrary.special()).flatMap(l -> l.functions().stream())
                .anyMatch(f -> f.name().equals(text))) {
            return null;
        }
        try {
            Expression expression = Expression.parse(text);
            return expression.variables().equals(List.of("x")) ? expression : null;
        } catch (KanException e) {
            return null; // the library says what there is
        }
    }

    /** The edge of three numbers, whether it is there or not, or those that a pattern matches. */
    private static List<Edge> edges(KanGraph graph, String pattern) {
        return pattern.contains("*") ? graph.edges(pattern) : List.of(Edge.parse(pattern));
    }

    private SymbolicEdges changed(Context context, KanGraph graph, double[] x, SymbolicLibrary functions, SymbolicEdges known) {
        SymbolicEdges result = known;
        for (String text : unfixes) {
            result = result.without(text);
        }
        for (String text : fixes) {
            int at = text.indexOf('=');
            if (at < 0) {
                throw new InputException("--fix: expected EDGE=NAME such as 0,1,0=sin, given '" + text + "'");
            }
            String name = text.substring(at + 1);
            Expression given = expression(name);
            for (Edge of : edges(graph, text.substring(0, at))) {
                graph.values(context, of, 0);
                result = result.with(of, given == null ? SymbolicEdges.fit(context, graph, of, x, name).expression()
                        : SymbolicEdges.checked(context, graph, of, x, given));
            }
        }
        for (Edge of : auto ? graph.edges() : List.<Edge>of()) {
            if (!result.functions().containsKey(of)) {
                result = result.with(of, SymbolicEdges.suggest(context, graph, of, x, functions).getFirst().expression());
            }
        }
        return result;
    }
}
