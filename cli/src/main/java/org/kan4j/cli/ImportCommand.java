// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.kan4j.device.Context;
import org.kan4j.encoding.Encoding;
import org.kan4j.error.Counted;
import org.kan4j.explain.Edge;
import org.kan4j.explain.KanGraph;
import org.kan4j.explain.SymbolicEdges;
import org.kan4j.formula.Expression;
import org.kan4j.formula.Notation;
import org.kan4j.io.Checkpoint;
import org.kan4j.interop.Origin;
import org.kan4j.interop.StateDicts;
import org.kan4j.interop.Variant;
import org.kan4j.interop.Weights;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kan4j import}. */
@Command(name = "import", mixinStandardHelpOptions = true, sortOptions = false, description = "Turns the state dict of a published KAN implementation into a model of kan4j.")
final class ImportCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "WEIGHTS", description = "The state dict: safetensors, or a .pt or .pth file of torch.save (a training checkpoint that holds one "
            + "too), its names as PyTorch writes them, with or without a prefix; for pykan also the name given to saveckpt.")
    private Path weights;

    @Option(names = "--variant", paramLabel = "NAME", required = true, description = "The implementation it comes from, such as efficient-kan; an unknown name lists those known.")
    private String variant;

    @Option(names = "--config", paramLabel = "JSON", description = "Constructor arguments that differ from the published defaults, where the tensors do not tell them, "
            + "such as {\"a\": 0, \"b\": 0} for jacobikan; by default the metadata 'config' of the file, if it has one.")
    private String config;

    @Option(names = "--key", paramLabel = "KEY", description = "Which of several state dicts in a .pt file, such as model_state_dict.")
    private String key;

    @Option(names = "--order", paramLabel = "NAMES", split = ",", description = "The layers by their names, first layer first, where no numbers in the names tell it, such as "
            + "encoder,decoder.")
    private List<String> order;

    @Option(names = "--out", paramLabel = "FILE", required = true, description = "Where to write the model. A pykan model all of whose edges are functions also as FILE.json, a formula "
            + "that kan4j predict and kan4j formula take; its columns are x1, x2, ...")
    private Path out;

    @Override
    public Integer call() throws IOException {
        Variant known = Variant.of(variant);
        Output.Check check = new Output.Check().reads("WEIGHTS", weights);
        if (FormulaFile.is(out)) {
            check.writes("--out", out);
        } else {
            check.writesModel("--out", out);
        }
        try (Arena arena = Arena.ofConfined()) {
            Weights file = Weights.read(weights, known, key, arena);
            StateDicts.Imported model = StateDicts.load(file.what(), known, file.tensors(),
                    config != null ? config : file.config(), order);
            try (org.kan4j.model.Parameters parameters = model.parameters()) {
                Map<String, String> properties = new HashMap<>(Map.of(Origin.PROPERTY, model.origin().toJson()));
                if (!file.halves().isEmpty()) {
                    properties.put(Weights.HALVES, String.join(", ", file.halves()));
                }
                if (!model.functions().isEmpty()) {
                    properties.put(SymbolicEdges.KEY, new SymbolicEdges(functions(model)).toJson());
                }
                PrintWriter print = spec.commandLine().getOut();
                if (FormulaFile.is(out)) {
                    print.println(out + ": y = " + formula(parameters, SymbolicEdges.parse(properties.get(SymbolicEdges.KEY)))
                            .format(Notation.TEXT, 6));
                    return 0;
                }
                Checkpoint.write(out, parameters, properties);
                print.println(out + ": " + Counted.of(parameters.model().layers().size(), "layer") + ", "
                        + Counted.of(parameters.model().in(), "input") + ", " + Counted.of(parameters.model().out(), "output")
                        + ", "
                        + Counted.of(parameters.model().parameterCount(), "parameter") + ", " + parameters.model().dtype());
                if (!model.functions().isEmpty()) {
                    print.println(Counted.of(model.functions().size(), "edge") + " are functions (property " + SymbolicEdges.KEY
                            + "), which the network alone does not have");
                }
                print.println("layers of " + file.what() + " in their order: " + String.join(", ", model.layers()));
            }
            if (!file.halves().isEmpty()) {
                spec.commandLine().getErr().println("kan4j: note: " + file.what() + " has " + String.join(", ", file.halves())
                        + ", which become float32, exactly; an export writes float32");
            }
            file.notes().forEach(note -> spec.commandLine().getErr().println("kan4j: note: " + file.what() + ": " + note));
        }
        return 0;
    }

    private static Map<Edge, Expression> functions(StateDicts.Imported model) {
        Map<Edge, Expression> functions = new HashMap<>();
        model.functions().forEach((edge, text) -> functions.put(Edge.parse(edge), Expression.parse(text)));
        return functions;
    }

    /** Writes the formula of a network all of whose edges are functions. */
    private Expression formula(org.kan4j.model.Parameters parameters, SymbolicEdges known) throws IOException {
        List<org.kan4j.explain.Column> inputs = new ArrayList<>();
        List<Encoding.Column> columns = new ArrayList<>();
        for (int i = 1; i <= parameters.model().in(); i++) {
            inputs.add(org.kan4j.explain.Column.plain("x" + i));
            columns.add(new Encoding.Numeric("x" + i, -1, 1, 0));
        }
        if (parameters.model().out() != 1) {
            throw new InputException("--out " + out + ": a formula is for one number, the model has "
                    + Counted.of(parameters.model().out(), "output"));
        }
        try (Context context = Context.open()) {
            Expression formula = known.formulas(context, KanGraph.of(parameters), inputs,
                    List.of(org.kan4j.explain.Column.plain("y"))).getFirst();
            new FormulaFile("y", formula, new Encoding(weights.getFileName().toString(), columns, new Encoding.Value("y", 0, 1),
                    Encoding.Missing.REFUSE, Encoding.Unseen.REFUSE)).write(out);
            return formula;
        }
    }
}
