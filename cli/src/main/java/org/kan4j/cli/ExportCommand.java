// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.kan4j.io.Checkpoint;
import org.kan4j.io.Safetensors;
import org.kan4j.interop.Origin;
import org.kan4j.interop.StateDicts;
import org.kan4j.interop.Variant;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kan4j export}. */
@Command(name = "export", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Writes a model of kan4j as the state dict of a published KAN implementation.")
final class ExportCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "MODEL", description = "A model that kan4j train or kan4j import wrote.")
    private Path model;

    @Option(names = "--variant", paramLabel = "NAME", required = true,
            description = "The implementation it is for, such as efficient-kan; an unknown name lists those known.")
    private String variant;

    @Option(names = "--out", paramLabel = "FILE", required = true,
            description = "Where to write the state dict (safetensors; variant and config in its metadata).")
    private Path out;

    @Override
    public Integer call() throws IOException {
        Variant known = Variant.of(variant);
        new Output.Check().reads("MODEL", model).writes("--out", out);
        try (Checkpoint checkpoint = Checkpoint.read(model); Arena arena = Arena.ofConfined()) {
            Origin origin = Origin.of(checkpoint.properties(), arena);
            StateDicts.Exported state = StateDicts.save(known, checkpoint.parameters(), origin, arena);
            Safetensors.write(out, state.tensors(), state.metadata());
            spec.commandLine().getOut().println(out + ": " + state.tensors().size() + " tensors, " + known + " "
                + state.metadata().getOrDefault("config", "without a config"));
        }
        return 0;
    }
}
