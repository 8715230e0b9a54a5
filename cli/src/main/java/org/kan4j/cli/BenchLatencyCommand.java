// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.kan4j.cli.Progress.format;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.ServiceLoader;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.kan4j.model.KanModel;
import org.kan4j.cli.bench.Latency;
import org.kan4j.cli.bench.LatencyPeer;
import org.kan4j.cli.bench.Machine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code kan4j bench latency}. */
@Command(name = "latency", mixinStandardHelpOptions = true, sortOptions = false, description = "Times single calls of a predictor from Java, heap array to heap array, from one thread and from as "
        + "many as there are cores, all sharing the predictor. Microseconds; reading the clock is included.")
final class BenchLatencyCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(names = "--layers", paramLabel = "N,N,...", description = "Widths of a network; may be given more than once. By "
            + "default 4,16,3 and 30,32,1 and 784,64,10.")
    private List<String> networks = List.of("4,16,3", "30,32,1", "784,64,10");

    @Option(names = "--models", paramLabel = "NAME", split = ",", defaultValue = "bspline", description = "Of ${COMPLETION-CANDIDATES}; ${DEFAULT-VALUE} by default.", completionCandidates = Bases.Names.class)
    private List<String> models;

    @Option(names = "--batch", paramLabel = "N", split = ",", defaultValue = "1,8,32", description = "Rows of a call; ${DEFAULT-VALUE} by default.")
    private int[] batches;

    @Option(names = "--threads", paramLabel = "N", split = ",", description = "Threads that call at once; 1 and as many as cores by default.")
    private int[] threads;

    @Option(names = "--dtype", paramLabel = "TYPE", defaultValue = "f32", description = "f32 or f64; ${DEFAULT-VALUE} by default.")
    private String dtype;

    @Option(names = "--seconds", paramLabel = "S", defaultValue = "1", description = "How long to measure each, after a warm-up as long; ${DEFAULT-VALUE} by default.")
    private double seconds;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = "Seed of data and parameters.")
    private long seed;

    @Option(names = "--peers", paramLabel = "JAR", description = "A jar of other libraries' networks to time beside: "
            + "bench/target/benchmarks.jar, built with -Pdjl, has DJL's and ONNX Runtime's. By default none.")
    private Path peers;

    @Option(names = "--json", paramLabel = "FILE", description = "Where to write the rows as JSON.")
    private Path json;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = Output.screen(spec, json);
        int[] counts = threads != null ? threads
                : new TreeSet<>(List.of(1, Runtime.getRuntime().availableProcessors())).stream().mapToInt(n -> n).toArray();
        if (Arrays.stream(batches).anyMatch(n -> n < 1) || Arrays.stream(counts).anyMatch(n -> n < 1 || n > 1024)) {
            throw new InputException("--batch must be at least 1 and --threads 1 to 1024, given "
                    + Arrays.toString(batches) + " and " + Arrays.toString(counts));
        }
        if (!(seconds > 0 && seconds <= 60)) {
            throw new InputException("--seconds must be above 0 and at most 60, given " + seconds);
        }
        List<long[]> shapes = networks.stream().map(BenchLatencyCommand::widths).toList();
        new Output.Check().writesJson(json);
        Machine machine = Machine.here();
        out.println(format("kan4j %s, %s, %d cores, %s, Predictor.predict(float[], float[])", machine.kan4j(),
                machine.processor(), machine.cores(), dtype));
        out.println(format("%-12s %-14s %6s %7s %9s %9s %9s %12s %14s", "model", "layers", "batch", "threads", "p50 us",
                "p99 us", "p99.9 us", "bytes/call", "rows/s"));
        ArrayNode rows = Output.array();
        try (URLClassLoader loader = loader()) {
            List<LatencyPeer> others = loader == null ? List.of()
                    : ServiceLoader.load(LatencyPeer.class, loader).stream().map(ServiceLoader.Provider::get).toList();
            if (peers != null && others.isEmpty()) {
                throw new InputException("--peers: " + peers + " has no networks of other libraries; build it with "
                        + "mvn -Pdjl -pl bench -am -DskipTests package");
            }
            try (BenchOutput.Stop stop = new BenchOutput.Stop()) {
                for (long[] widths : shapes) {
                    for (int batch : batches) {
                        for (int count : counts) {
                            measure(rows, widths, batch, count, others, machine, stop);
                        }
                    }
                }
                int names = models.size() + others.stream().mapToInt(peer -> peer.models().size()).sum();
                if (!rows.isEmpty()) {
                    Output.writeJson(spec, json, rows);
                }
                return stop.status(out, rows.size(), networks.size() * batches.length * counts.length * names, "rows", json);
            }
        }
    }

    private void measure(ArrayNode rows, long[] widths, int batch, int count, List<LatencyPeer> others, Machine machine,
            BenchOutput.Stop stop) {
        for (String name : models) {
            if (!stop.isAsked()) {
                Bases.Entry entry = Bases.of("--models", name);
                KanModel model = entry.model(Options.dtype(dtype), entry.grid(widths), entry.order(), widths);
                print(row(rows, name, widths, batch, count, dtype, Latency.run(model, batch, count, seconds, seed), machine));
            }
        }
        for (LatencyPeer peer : others) {
            for (String name : peer.models()) {
                if (!stop.isAsked()) {
                    print(row(rows, name, widths, batch, count, "f32",
                            Latency.run(peer, name, widths, batch, count, seconds, seed), machine));
                }
            }
        }
    }

    private URLClassLoader loader() throws IOException {
        if (peers == null) {
            return null;
        }
        if (!Files.isReadable(peers)) {
            throw new InputException("--peers: cannot read " + peers);
        }
        return new URLClassLoader(new URL[] {peers.toUri().toURL()}, getClass().getClassLoader());
    }

    private ObjectNode row(ArrayNode rows, String name, long[] widths, int batch, int count, String type, Latency.Result r,
            Machine machine) {
        ObjectNode row = rows.addObject().put("model", name).put("device", "cpu").put("threads", count).put("batch", batch);
        ArrayNode list = row.putArray("layers");
        Arrays.stream(widths).forEach(list::add);
        row.put("dtype", type)
                .put("p50_us", BenchOutput.round(r.micros().median()))
                .put("p99_us", BenchOutput.round(r.micros().percentile(99)))
                .put("p999_us", BenchOutput.round(r.micros().percentile(99.9)))
                .put("bytes_per_call", BenchOutput.round(r.bytesPerCall()))
                .put("rows_per_s", BenchOutput.round(r.rowsPerSecond()))
                .put("calls", r.micros().sorted().length);
        BenchOutput.stamp(row, machine);
        return row;
    }

    private void print(ObjectNode row) {
        PrintWriter out = Output.screen(spec, json);
        List<String> widths = new ArrayList<>();
        row.get("layers").forEach(w -> widths.add(w.asText()));
        out.println(format("%-12s %-14s %6d %7d %9.2f %9.2f %9.2f %12.1f %,14.0f", row.get("model").asText(),
                String.join(",", widths), row.get("batch").asInt(), row.get("threads").asInt(),
                row.get("p50_us").asDouble(), row.get("p99_us").asDouble(), row.get("p999_us").asDouble(),
                row.get("bytes_per_call").asDouble(), row.get("rows_per_s").asDouble()));
        out.flush();
    }

    private static long[] widths(String network) {
        try {
            long[] widths = Arrays.stream(network.split(",")).mapToLong(w -> Long.parseLong(w.strip())).toArray();
            if (widths.length >= 2 && Arrays.stream(widths).allMatch(w -> w >= 1 && w <= 1 << 20)) {
                return widths;
            }
        } catch (NumberFormatException e) {
            throw new InputException("--layers takes whole numbers with commas between, given '" + network + "'", e);
        }
        throw new InputException("--layers needs at least two widths of 1 to 1048576, given '" + network + "'");
    }
}
