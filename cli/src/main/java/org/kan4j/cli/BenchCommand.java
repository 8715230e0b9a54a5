// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.kan4j.cli.Progress.format;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.kan4j.Context;
import org.kan4j.DType;
import org.kan4j.Device;
import org.kan4j.KanModel;
import org.kan4j.cli.bench.Bench;
import org.kan4j.cli.bench.CudaBench;
import org.kan4j.cli.bench.Machine;
import org.kan4j.cli.bench.Rates;
import org.kan4j.cli.bench.Sample;
import org.kan4j.cli.bench.Work;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code kan4j bench}. */
@Command(name = "bench", mixinStandardHelpOptions = true, sortOptions = false,
        subcommands = {BenchLatencyCommand.class, BenchScalingCommand.class, BenchCompareCommand.class},
        description = {"Times forward, backward and the whole training step of models with about equally many parameters.",
            "Networks of KAN layers have about 10 parameters an edge; hidden layers of mlp and rational are 10 times as wide.",
            "A step is forward, mean squared error, backward and AdamW. Medians and 95th percentiles in milliseconds; after "
                + "each the share of the machine's floor that was reached, from rates measured at the start. Memory is what "
                + "forward, and forward with backward, hold beyond parameters and gradients."})
final class BenchCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(names = "--layers", paramLabel = "N", split = ",", defaultValue = "1000,1000,1",
            description = "Widths from the inputs to the outputs; ${DEFAULT-VALUE} by default.")
    private long[] layers;

    @Option(names = "--batch", paramLabel = "N", defaultValue = "100",
            description = "Rows of a batch; ${DEFAULT-VALUE} by default.")
    private int batch;

    @Option(names = "--models", paramLabel = "NAME", split = ",",
            description = "Of ${COMPLETION-CANDIDATES}; all by default.",
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

    @Option(names = "--dtype", paramLabel = "TYPE", defaultValue = "f32",
            description = "f32 or f64; ${DEFAULT-VALUE} by default.")
    private String dtype;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = "Seed of data and parameters.")
    private long seed;

    @Option(names = "--json", paramLabel = "FILE", description = "Where to write the rows as JSON.")
    private Path json;

    @Option(names = "--plot", paramLabel = "FILE", description = "Where to draw the times, a PNG.")
    private Path plot;

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
        Output.check("--plot", plot);
        DType type = Options.dtype(dtype);
        Map<String, KanModel> all = new LinkedHashMap<>();
        for (String name : models != null ? models : new Bases.Names()) {
            all.put(name, model(Bases.of(name), type));
        }
        all.forEach(this::requireMemory);
        ArrayNode rows = Output.array();
        Map<String, Bench.Result> results = new LinkedHashMap<>();
        try (Context context = device.open()) {
            Machine machine = Machine.here();
            boolean cuda = context.device() instanceof Device.Cuda;
            if (cuda && type != DType.F32) {
                throw new InputException("--device cuda computes in f32, given --dtype " + dtype);
            }
            Rates rates = cuda ? CudaBench.rates(context) : Rates.measure(context, type, 1L << 28);
            Map<Long, Rates> memory = new HashMap<>();
            out.println(format("kan4j %s on %s, %s, %d cores, %d GB", machine.kan4j(), context, machine.processor(),
                    machine.cores(), machine.memoryGb()));
            out.println(format("layers %s, batch %d, %s, dx %s, %d repetitions", Arrays.toString(layers), batch, dtype,
                    dx ? "yes" : "no", reps));
            out.println(format("floor: %.1f GFLOP/s of products in cache, memory read %.1f GB/s, copied %.1f GB/s",
                    2e-9 * rates.multiplyAdds(), 1e-9 * rates.readBytes(), 1e-9 * rates.copyBytes()));
            out.println(format("%-11s %12s  %s %s %s  %s", "model", "parameters", heading("forward"), heading("backward"),
                    heading("step"), "memory MB, forward / backward"));
            for (Map.Entry<String, KanModel> each : all.entrySet()) {
                KanModel model = each.getValue();
                Rates here = cuda ? rates
                        : memory.computeIfAbsent(size(model, 1), bytes -> rates.withMemory(context, bytes));
                Rates large = cuda ? rates
                        : memory.computeIfAbsent(size(model, 3), bytes -> rates.withMemory(context, bytes));
                Bench.Result result = cuda ? CudaBench.run(context, model, batch, dx, reps, seed)
                        : Bench.run(context, model, batch, dx, reps, seed);
                results.put(each.getKey(), result);
                ObjectNode row = rows.addObject();
                row.put("model", each.getKey()).put("device", context.device().toString())
                        .put("threads", context.threads()).put("batch", batch);
                ArrayNode widths = row.putArray("layers");
                Arrays.stream(layers).forEach(widths::add);
                row.put("dx", dx).put("params", result.parameters());
                String forward = phase(row, "forward", result.forward(), Work.forward(model, batch), here);
                String backward = phase(row, "backward", result.backward(), Work.backward(model, batch, dx), here);
                String step = phase(row, "step", result.step(), Work.step(model, batch), large);
                out.println(format("%-11s %,12d  %s %s %s  %.2f / %.2f", each.getKey(), result.parameters(), forward,
                        backward, step, mb(result.forwardBytes()), mb(result.backwardBytes())));
                out.flush();
                row.put("forward_peak_mb", mb(result.forwardBytes())).put("backward_peak_mb", mb(result.backwardBytes()))
                        .put("tier", context.tier().toString()).put("products", context.products().toString())
                        .put("device_name", context.deviceName()).put("dtype", dtype).put("reps", reps)
                        .put("multiply_adds_per_s", rates.multiplyAdds()).put("read_bytes_per_s", here.readBytes())
                        .put("copy_bytes_per_s", here.copyBytes()).put("step_copy_bytes_per_s", large.copyBytes());
                BenchOutput.stamp(row, machine);
            }
        }
        if (json != null) {
            Output.writeJson(json, rows);
        }
        if (plot != null) {
            BenchPlot.table(plot, format("%s, batch %d, %s, %s", Arrays.toString(layers), batch, dtype,
                    rows.get(0).get("tier").asText()), results);
        }
        return 0;
    }

    private static String heading(String phase) {
        return format("%9s %8s %5s", phase, "p95", "floor");
    }

    /** Adds a phase's numbers to a row; returns them for the table. */
    private static String phase(ObjectNode row, String name, Sample sample, Work work, Rates rates) {
        double floor = 1e3 * work.seconds(rates);
        row.put(name + "_ms", BenchOutput.round(sample.median())).put(name + "_p95_ms", BenchOutput.round(sample.percentile(95)))
                .put(name + "_floor_ms", BenchOutput.round(floor))
                .put(name + "_of_floor", BenchOutput.round(floor / sample.median()))
                .put(name + "_floor_by", work.computeBound(rates) ? "arithmetic" : "memory");
        return format("%9.3f %8.3f %4.0f%%", sample.median(), sample.percentile(95), 100 * floor / sample.median());
    }

    /** Bytes of arrays as long as the parameters, in steps that are worth measuring anew. */
    private static long size(KanModel model, int arrays) {
        long bytes = arrays * model.parameterCount() * model.dtype().bytes();
        long step = Math.max(1, Long.highestOneBit(bytes) / 4);
        return bytes / step * step;
    }

    private static double mb(long bytes) {
        return BenchOutput.round(bytes / 1048576.0);
    }

    private KanModel model(Bases.Entry entry, DType type) {
        long[] widths = layers.clone();
        for (int i = 1; i < widths.length - 1; i++) {
            widths[i] *= entry.wider(); // models with fewer parameters an edge
        }
        int ofTable = entry.benchGrid() == entry.published() ? entry.grid(widths) : entry.benchGrid();
        return entry.model(type, grid != null ? grid : ofTable, order != null ? order : entry.order(), widths);
    }

    private void requireMemory(String name, KanModel model) {
        double needed = Work.memoryEstimate(model, batch);
        double available = Machine.availableMemory();
        if (needed > available) {
            throw new InputException(format("%s with layers %s and batch %d needs about %.1f GB of memory, %.1f GB are "
                    + "free", name, Arrays.toString(layers), batch, needed / 1e9, available / 1e9));
        }
    }
}
