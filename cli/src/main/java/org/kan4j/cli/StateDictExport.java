// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import org.kan4j.basis.BSpline;
import org.kan4j.encoding.Encoding;
import org.kan4j.explain.KanGraph;
import org.kan4j.explain.SymbolicEdges;
import org.kan4j.explain.SymbolicNetwork;
import org.kan4j.formula.Expression;
import org.kan4j.interop.Origin;
import org.kan4j.interop.PykanCheckpoint;
import org.kan4j.interop.StateDicts;
import org.kan4j.interop.Variant;
import org.kan4j.interop.Weights;
import org.kan4j.io.Checkpoint;
import org.kan4j.layer.KanLayer;
import org.kan4j.model.Parameters;
import picocli.CommandLine.Model.CommandSpec;

/**
 * A model, or a formula, on its way into a state dict.
 *
 * @param out a file of safetensors or, by its name, of torch.save; or null
 * @param checkpoint the name of pykan's files, or null
 * @param withinGrid whether what splines are outside their grids does not matter
 */
record StateDictExport(CommandSpec spec, Path model, Variant variant, Path out, Path checkpoint, boolean withinGrid) {

    /** Writes; returns the model that was read, for the caller to close, or null for a formula. */
    Checkpoint run() throws IOException {
        boolean pykan = variant.name().equals("pykan");
        if (!pykan && (checkpoint != null || withinGrid)) {
            throw new InputException((checkpoint != null ? "--saveckpt" : "--within-grid") + " is for --variant pykan, not for "
                    + variant);
        }
        Output.Check check = new Output.Check().reads("MODEL", model);
        if (out != null && Weights.isTorch(out)) {
            check.writes("--out", out);
        } else {
            check.writesAs("safetensors", "--out", out,
                    "a state dict is written as safetensors or, for a name that ends with .pt or .pth, as "
                            + "torch.save does (--onnx writes ONNX)");
        }
        if (checkpoint != null) {
            PykanCheckpoint.files(checkpoint).forEach(file -> check.writes("--saveckpt", file));
        }
        if (FormulaFile.is(model)) {
            formula(pykan);
            return null;
        }
        Checkpoint read = pykan ? Checkpoint.read(model) : ExportCommand.read(model);
        try (Arena arena = Arena.ofConfined()) {
            network(read, arena);
            return read;
        } catch (RuntimeException | Error | IOException e) {
            read.close();
            throw e;
        }
    }

    private void formula(boolean pykan) throws IOException {
        if (!pykan) {
            throw new InputException(model + " is a formula, which only --variant pykan can hold");
        }
        FormulaFile file = FormulaFile.read(model);
        SymbolicNetwork network = SymbolicNetwork.ofPykans(file.formula(), Meaning.names(Meaning.inputs(file.raw())));
        try (Parameters parameters = network.graph().parameters(); Arena arena = Arena.ofConfined()) {
            write(parameters, network.functions(), null, arena);
        }
        spec.commandLine().getErr().println("kan4j: note: the network takes the columns " + String.join(", ", network.variables())
                + " in this order and in their own units, and gives " + file.target());
    }

    private void network(Checkpoint read, Arena arena) throws IOException {
        Parameters parameters = read.parameters();
        Map<String, String> functions = !variant.name().equals("pykan") ? Map.of() // curves stand beside them, for others
                : SymbolicEdges.parse(read.properties().get(SymbolicEdges.KEY)).functions().entrySet().stream()
                        .collect(Collectors.toMap(e -> e.getKey().toString(), e -> e.getValue().toString()));
        boolean goesOn = variant.name().equals("pykan") && parameters.model().layers().stream()
                .anyMatch(layer -> layer instanceof KanLayer kan && kan.basis() instanceof BSpline spline
                        && spline.outside() != BSpline.Outside.ZERO);
        KanGraph graph = goesOn ? KanGraph.of(parameters) : null;
        if (goesOn && !withinGrid && graph.edges().stream().anyMatch(edge -> isSpline(functions.get(edge.toString())))) {
            throw new InputException(
                    model + ": outside their grids the model's splines go on, pykan's fall to 0; --within-grid exports "
                            + "it all the same, for inputs that stay within them");
        }
        Origin origin = Origin.of(read.properties(), arena);
        if (goesOn) {
            try (Parameters within = graph.withinGrids().parameters(parameters.model().dtype())) {
                write(within, functions, origin, arena);
            }
        } else {
            write(parameters, functions, origin, arena);
        }
        if (read.properties().containsKey(Encoding.KEY)) {
            spec.commandLine().getErr().println("kan4j: note: a state dict cannot carry how the model's columns are scaled: "
                    + "the PyTorch model takes and gives the scaled numbers (kan4j show " + model + " prints the columns)");
        }
    }

    private static boolean isSpline(String function) {
        return function == null || Expression.parse(function).variables().contains(SymbolicEdges.OWN);
    }

    private void write(Parameters parameters, Map<String, String> functions, Origin origin, Arena arena) throws IOException {
        if (checkpoint != null) {
            PykanCheckpoint.write(checkpoint, parameters, functions, origin);
            spec.commandLine().getOut().println(PykanCheckpoint.files(checkpoint).stream().map(Path::toString)
                    .collect(Collectors.joining(", ")) + ": in Python KAN.loadckpt('" + checkpoint + "')");
            return;
        }
        StateDicts.Exported state = StateDicts.save(variant, parameters, functions, origin, arena);
        Weights.write(out, state);
        String config = state.metadata().get("config");
        if (Weights.isTorch(out) && config != null) {
            spec.commandLine().getErr()
                    .println("kan4j: note: a file of torch.save has no place for the configuration; kan4j import "
                            + "takes it by --config '" + config + "'");
        }
        spec.commandLine().getOut().println(out + ": " + state.tensors().size() + " tensors, " + variant + " "
                + state.metadata().getOrDefault("config", "without a config"));
    }
}
