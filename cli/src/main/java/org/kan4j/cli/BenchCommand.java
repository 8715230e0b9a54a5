// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.kan4j.cli.Progress.format;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.kan4j.Context;
import org.kan4j.KanModel;
import org.kan4j.cli.bench.Bench;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code kan4j bench}. */
@Command(name = "bench", mixinStandardHelpOptions = true, sortOptions = false,
        description = {"Times forward, backward and the whole training step of models with about equally many parameters.",
            "Networks of KAN layers have about 10 parameters an edge; hidden layers of mlp and rational are 10 times as wide.",
            "A step is forward, mean squared error, backward and AdamW. Medians, milliseconds. Extra memory is what forward "
                + "and backward hold beyond parameters and gradients."})
final class BenchCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(names = "--layers", paramLabel = "N", split = ",", defaultValue = "1000,1000,1",
            description = "Widths from the inputs to the outputs; ${DEFAULT-VALUE} by default.")
    private long[] layers;

    @Option(names = "--batch", paramLabel = "N", defaultValue = "100",
            description = "Rows of a batch; ${DEFAULT-VALUE} by default.")
    private int batch;

    @Option(names = "--models", paramLabel = "NAME", split = ",", defaultValue = "bspline,mlp",
            description = "Of ${COMPLETION-CANDIDATES}; ${DEFAULT-VALUE} by default.",
            completionCandidates = Bases.Names.class)
    private List<String> models;

    @Option(names = "--grid", paramLabel = "N",
            description = "Grid, degree or centres of the bases; by default what makes about 10 parameters an edge.")
    private Integer grid;

    @Option(names = "--order", paramLabel = "N", description = "Spline order; 3 by default.")
    private Integer order;

    @Option(names = "--dx", description = "Compute the gradient of the input too, as in the middle of a network.")
    private boolean dx;

    @Option(names = "--reps", paramLabel = "N", defaultValue = "30",
            description = "Repetitions after the warm-up; ${DEFAULT-VALUE} by default.")
    private int reps;

    @Option(names = "--dtype", paramLabel = "TYPE", defaultValue = "f32", description = "f32 or f64; ${DEFAULT-VALUE} by default.")
    private String dtype;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = "Seed of data and parameters.")
    private long seed;

    @Option(names = "--json", paramLabel = "FILE", description = "Where to write the rows as JSON.")
    private Path json;

    @Mixin
    private DeviceOptions device = new DeviceOptions();

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        if (batch < 1 || reps < 1) {
            throw new InputException("--batch and --reps must be at least 1, given " + batch + " and " + reps);
        }
        if (layers.length < 2 || Arrays.stream(layers).anyMatch(w -> w < 1)) {
            throw new InputException("--layers needs at least two widths of at least 1, given " + Arrays.toString(layers));
        }
        Output.check("--json", json);
        Map<String, KanModel> all = new LinkedHashMap<>();
        for (String name : models) {
            Bases.Entry entry = Bases.of(name);
            all.put(name, entry.model(Options.dtype(dtype), grid != null ? grid : entry.benchGrid(),
                    order != null ? order : entry.order(), widened(entry)));
        }
        ArrayNode rows = Output.array();
        try (Context context = device.open()) {
            for (Map.Entry<String, KanModel> each : all.entrySet()) {
                Bench.Result result = Bench.run(context, each.getValue(), batch, dx, reps, seed);
                out.println(format("%-14s params %,11d  forward %9.3f  backward %9.3f  step %9.3f ms  extra %.2f MB",
                        each.getKey(), result.parameters(), result.forwardMs(), result.backwardMs(), result.stepMs(),
                        result.extraBytes() / 1048576.0));
                out.flush();
                ObjectNode row = rows.addObject();
                row.put("model", each.getKey()).put("device", context.device().toString()).put("threads", context.threads())
                        .put("batch", batch);
                ArrayNode widths = row.putArray("layers");
                Arrays.stream(layers).forEach(widths::add);
                row.put("dx", dx).put("dtype", dtype).put("tier", context.tier().toString());
                row.put("params", result.parameters()).put("forward_ms", result.forwardMs())
                        .put("backward_ms", result.backwardMs()).put("step_ms", result.stepMs())
                        .put("extra_bytes", result.extraBytes());
            }
        }
        if (json != null) {
            Output.writeJson(json, rows);
        }
        return 0;
    }

    /** The widths, hidden ones multiplied for models with fewer parameters an edge. */
    private long[] widened(Bases.Entry entry) {
        long[] widths = layers.clone();
        for (int i = 1; i < widths.length - 1; i++) {
            widths[i] *= entry.wider();
        }
        return widths;
    }
}
