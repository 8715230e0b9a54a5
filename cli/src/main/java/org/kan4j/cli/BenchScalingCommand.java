// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import static org.kan4j.cli.Progress.format;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.kan4j.device.Context;
import org.kan4j.device.ContextOptions;
import org.kan4j.tensor.DType;
import org.kan4j.model.KanModel;
import org.kan4j.cli.bench.Bench;
import org.kan4j.cli.bench.Exponent;
import org.kan4j.cli.bench.Machine;
import org.kan4j.cli.bench.Measured;
import org.kan4j.cli.bench.Measurement;
import org.kan4j.cli.bench.Measurement.Phase;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code kan4j bench scaling}. */
@Command(name = "scaling", mixinStandardHelpOptions = true, sortOptions = false, description = "Times one layer of a model while its grid, its width, the batch or the number of threads grows, the "
        + "others held, and fits the exponent p of time = c x^p.")
final class BenchScalingCommand implements Callable<Integer> {

    private static final int GRID = 5;
    private static final int WIDTH = 512;
    private static final int BATCH = 128;
    // Enough rows for few edges that the time is the rows', not that of touching parameters, which grow with the grid.
    private static final int GRID_WIDTH = 64;
    private static final int GRID_BATCH = 4096;

    /** One measurement of a sweep. */
    record Point(String sweep, int value, Measured result) {
    }

    /** What is plotted and fitted. */
    enum Quantity {
        FORWARD(r -> r.median(Phase.FORWARD)),
        BACKWARD(r -> r.median(Phase.BACKWARD)),
        STEP(r -> r.median(Phase.STEP)),
        MEMORY(r -> r.backwardBytes() / 1048576.0);

        final ToDoubleFunction<Measured> of;

        Quantity(ToDoubleFunction<Measured> of) {
            this.of = of;
        }

        double exponent(List<Point> sweep) {
            return Exponent.fit(sweep.stream().mapToDouble(Point::value).toArray(), values(sweep));
        }

        double[] values(List<Point> sweep) {
            return sweep.stream().mapToDouble(p -> of.applyAsDouble(p.result())).toArray();
        }
    }

    @Spec
    private CommandSpec spec;

    @Option(names = "--models", paramLabel = "NAME", defaultValue = "bspline", description = "One of ${COMPLETION-CANDIDATES}; ${DEFAULT-VALUE} by default.", completionCandidates = Bases.Names.class)
    private String name;

    @Option(names = "--grid", paramLabel = "N", split = ",", defaultValue = "3,5,10,20,50,100,200", description = "Grids to sweep; ${DEFAULT-VALUE} by default.")
    private int[] grids;

    @Option(names = "--width", paramLabel = "N", split = ",", defaultValue = "32,64,128,256,512,1024", description = "Widths to sweep; ${DEFAULT-VALUE} by default.")
    private int[] widths;

    @Option(names = "--batch", paramLabel = "N", split = ",", defaultValue = "1,4,16,64,256,1024", description = "Batches to sweep; ${DEFAULT-VALUE} by default.")
    private int[] batches;

    @Option(names = "--dx", negatable = true, defaultValue = "true", fallbackValue = "true", description = "Compute the gradient of the input too, as in the middle of a network; on by default.")
    private boolean dx;

    @Option(names = "--bound", paramLabel = "T", split = ",", arity = "0..1", fallbackValue = "4,8,16,64", description = "Instead: what so many threads, more than there are processors, can gain at most on layers of many shapes, the time on a "
            + "processor of one thread over that of the busiest; ${FALLBACK-VALUE} without numbers.")
    private int[] bound;

    @Option(names = "--reps", paramLabel = "N", defaultValue = "20", description = "Repetitions after the warm-up; ${DEFAULT-VALUE} by default.")
    private int reps;

    @Option(names = "--dtype", paramLabel = "TYPE", defaultValue = "f32", description = "f32 or f64; ${DEFAULT-VALUE} by default.")
    private String dtype;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = "Seed of data and parameters.")
    private long seed;

    @Option(names = "--json", paramLabel = "FILE", description = "Where to write points and exponents as JSON.")
    private Path json;

    @Option(names = "--plot", paramLabel = "FILE", description = "Where to draw time and memory, a PNG.")
    private Path plot;

    @Mixin
    private DeviceOptions device = new DeviceOptions();

    @Override
    public Integer call() throws IOException {
        if (reps < 1) {
            throw new InputException("--reps must be at least 1, given " + reps);
        }
        requireSweep("--grid", grids);
        requireSweep("--width", widths);
        requireSweep("--batch", batches);
        new Output.Check().writesJson(json).writes("--plot", Drawing.isFile(plot) ? plot : null);
        Drawing.check(plot);
        PrintWriter out = Output.screen(spec, json);
        if (bound != null) {
            return bound(out);
        }
        Bases.Entry entry = Bases.of("--models", name);
        DType type = Options.dtype(dtype);
        Machine machine = Machine.here();
        int most = device.threads != null ? device.threads : ContextOptions.defaults().threads();
        int[] threads = IntStream.concat(IntStream.iterate(1, n -> n < most, n -> 2 * n), IntStream.of(most)).toArray();
        List<List<Point>> sweeps = new ArrayList<>();
        int all = widths.length + batches.length;
        try (BenchOutput.Stop stop = new BenchOutput.Stop()) {
            try (Context context = device.open()) {
                out.println(format("kan4j %s on %s, %s, %d cores; %s, %s", machine.kan4j(), context, machine.processor(),
                        machine.cores(), name, dtype));
                out.println(format("%d -> %d, batch %d, grid %d unless swept; the grid at %d -> %d, batch %d", WIDTH, WIDTH,
                        BATCH, GRID, GRID_WIDTH, GRID_WIDTH, GRID_BATCH));
                out.println(format("%-8s %6s %12s %12s %12s %12s", "sweep", "value", "forward ms", "backward ms", "step ms",
                        "memory MB"));
                if (entry.benchGrid() > 0) {
                    all += grids.length;
                    sweeps.add(sweep(out, stop, "grid", grids, g -> run(context, entry, type, g, GRID_WIDTH, GRID_BATCH)));
                }
                int grid = entry.benchGrid() > 0 ? GRID : 0;
                sweeps.add(sweep(out, stop, "width", widths, w -> run(context, entry, type, grid, w, BATCH)));
                sweeps.add(sweep(out, stop, "batch", batches, b -> run(context, entry, type, grid, WIDTH, b)));
            }
            if (threads.length > 1) {
                all += threads.length;
                int grid = entry.benchGrid() > 0 ? GRID : 0;
                sweeps.add(sweep(out, stop, "threads", threads, n -> {
                    try (Context context = device.open(n)) {
                        return run(context, entry, type, grid, WIDTH, BATCH);
                    }
                }));
            }
            int done = sweeps.stream().mapToInt(List::size).sum();
            report(out, machine, sweeps, done, stop);
            return stop.status(out, done, all, "points", json);
        }
    }

    private int bound(PrintWriter out) throws IOException {
        BenchBound.check(bound);
        Machine machine = Machine.here();
        ObjectNode root = Output.object();
        BenchOutput.stamp(root, machine);
        Arrays.stream(bound).forEach(root.putArray("threads")::add);
        try (BenchOutput.Stop stop = new BenchOutput.Stop()) {
            int done = BenchBound.print(out, BenchBound.SHAPES, bound, stop, root.putArray("rows"));
            if (done > 0) {
                Output.writeJson(spec, json, root);
            }
            return stop.status(out, done, 2 * BenchBound.SHAPES.size(), "rows", json);
        }
    }

    private void report(PrintWriter out, Machine machine, List<List<Point>> sweeps, int points, BenchOutput.Stop stop)
            throws IOException {
        for (List<Point> sweep : sweeps) {
            if (isFitted(sweep)) {
                out.println(format("%-8s %6s %12.2f %12.2f %12.2f %12.2f", sweep.getFirst().sweep(), "x^p",
                        Quantity.FORWARD.exponent(sweep), Quantity.BACKWARD.exponent(sweep), Quantity.STEP.exponent(sweep),
                        Quantity.MEMORY.exponent(sweep)));
            }
        }
        if (points > 0) {
            Output.writeJson(spec, json, json(machine, sweeps));
        }
        if (Drawing.isFile(plot) && !stop.isAsked()) {
            Drawing.draw(plot, () -> Plot.png(BenchPlot.scaling(name, sweeps), 2), out, spec.commandLine().getErr());
        }
    }

    /** Whether there are points of different values, of which an exponent needs two; fewer where a sweep was stopped. */
    private static boolean isFitted(List<Point> sweep) {
        return sweep.stream().mapToInt(Point::value).distinct().count() > 1;
    }

    private static void requireSweep(String option, int[] values) {
        if (Arrays.stream(values).distinct().count() < 2 || Arrays.stream(values).anyMatch(v -> v < 1)) {
            throw new InputException(option + " needs at least two different numbers of at least 1, given "
                    + Arrays.toString(values));
        }
    }

    private interface Measure {
        Measured at(int value);
    }

    private static List<Point> sweep(PrintWriter out, BenchOutput.Stop stop, String sweep, int[] values, Measure measure) {
        List<Point> points = new ArrayList<>();
        for (int value : values) {
            if (stop.isAsked()) {
                break;
            }
            Point point = new Point(sweep, value, measure.at(value));
            points.add(point);
            Measured r = point.result();
            out.println(format("%-8s %6d %12.4f %12.4f %12.4f %12.2f", sweep, value, r.median(Phase.FORWARD),
                    r.median(Phase.BACKWARD), r.median(Phase.STEP), r.backwardBytes() / 1048576.0));
            out.flush();
        }
        return points;
    }

    private Measured run(Context context, Bases.Entry entry, DType type, int grid, int width, int batch) {
        KanModel model = entry.model(type, grid, entry.order(), new long[] {width, width});
        try (Bench bench = new Bench(context, model, batch, dx, seed)) {
            List<Measurement.Round> rounds = List.of(bench.round(reps));
            return new Measured(model.parameterCount(), rounds, bench.forwardBytes(), bench.backwardBytes());
        }
    }

    private ObjectNode json(Machine machine, List<List<Point>> sweeps) {
        ObjectNode root = Output.object();
        BenchOutput.stamp(root, machine);
        root.put("model", name).put("dtype", dtype).put("dx", dx).put("reps", reps).put("grid", GRID).put("width", WIDTH)
                .put("batch", BATCH).put("width_of_grid_sweep", GRID_WIDTH).put("batch_of_grid_sweep", GRID_BATCH);
        ObjectNode exponents = root.putObject("exponents");
        ArrayNode rows = root.putArray("rows");
        for (List<Point> sweep : sweeps) {
            if (isFitted(sweep)) {
                ObjectNode of = exponents.putObject(sweep.getFirst().sweep());
                Arrays.stream(Quantity.values()).forEach(q -> of.put(q.name().toLowerCase(Locale.ROOT),
                        BenchOutput.round(q.exponent(sweep))));
            }
            for (Point p : sweep) {
                rows.addObject().put("sweep", p.sweep()).put("value", p.value()).put("params", p.result().parameters())
                        .put("forward_ms", BenchOutput.round(p.result().median(Phase.FORWARD)))
                        .put("backward_ms", BenchOutput.round(p.result().median(Phase.BACKWARD)))
                        .put("step_ms", BenchOutput.round(p.result().median(Phase.STEP)))
                        .put("forward_p95_ms", BenchOutput.round(p.result().sample(Phase.FORWARD).percentile(95)))
                        .put("backward_p95_ms", BenchOutput.round(p.result().sample(Phase.BACKWARD).percentile(95)))
                        .put("step_p95_ms", BenchOutput.round(p.result().sample(Phase.STEP).percentile(95)))
                        .put("forward_peak_mb", BenchOutput.round(p.result().forwardBytes() / 1048576.0))
                        .put("backward_peak_mb", BenchOutput.round(p.result().backwardBytes() / 1048576.0));
            }
        }
        return root;
    }
}
