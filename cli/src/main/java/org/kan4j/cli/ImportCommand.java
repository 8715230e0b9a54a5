// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
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

    @Option(names = "--out", paramLabel = "FILE", required = true, description = "Where to write the model.")
    private Path out;

    @Override
    public Integer call() throws IOException {
        Variant known = Variant.of(variant);
        new Output.Check().reads("WEIGHTS", weights).writes("--out", out);
        try (Arena arena = Arena.ofConfined()) {
            Weights file = Weights.read(weights, known, key, arena);
            StateDicts.Imported model = StateDicts.load(file.what(), known, file.tensors(),
                    config != null ? config : file.config(), order);
            try (org.kan4j.model.Parameters parameters = model.parameters()) {
                Checkpoint.write(out, parameters, Map.of(Origin.PROPERTY, model.origin().toJson()));
                PrintWriter print = spec.commandLine().getOut();
                print.println(out + ": " + parameters.model().layers().size() + " layers, "
                        + parameters.model().in() + " inputs, " + parameters.model().out() + " outputs, "
                        + parameters.model().parameterCount() + " parameters, " + parameters.model().dtype());
                print.println("layers of " + file.what() + " in their order: " + String.join(", ", model.layers()));
            }
            file.notes().forEach(note -> spec.commandLine().getErr().println("kan4j: note: " + file.what() + ": " + note));
        }
        return 0;
    }
}
