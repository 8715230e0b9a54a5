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
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import org.kan4j.device.Context;
import org.kan4j.error.Counted;
import org.kan4j.tensor.DType;
import org.kan4j.device.Device;
import org.kan4j.model.KanModel;
import org.kan4j.layer.LayerSpec;
import org.kan4j.cli.bench.Bench;
import org.kan4j.cli.bench.CudaBench;
import org.kan4j.cli.bench.Machine;
import org.kan4j.cli.bench.Measured;
import org.kan4j.cli.bench.Measurement;
import org.kan4j.cli.bench.Rates;
import org.kan4j.cli.bench.Sample;
import org.kan4j.cli.bench.Work;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code kan4j bench}. */
@Command(name = "bench", mixinStandardHelpOptions = true, sortOptions = false, subcommands = {BenchLatencyCommand.class,
    BenchScalingCommand.class, BenchCompareCommand.class}, description = {
        "Times forward, backward and the whole training step of models with about equally many parameters.",
        "Networks of KAN layers have about 10 parameters an edge; hidden layers of mlp and rational are 10 times as wide.",
        "A step is forward, mean squared error, backward and AdamW. Medians and 95th percentiles in milliseconds; after "
                + "each the share of the machine's floor that was reached, from rates measured in the same round. Memory is "
                + "what forward, and forward with backward, hold beyond parameters and gradients. The last columns are times "
                + "against those of mlp, or of the first row where there is no mlp: medians of the rounds' ratios."})
final class BenchCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(names = "--layers", paramLabel = "N", split = ",", defaultValue = "1000,1000,1", description = "Widths from the inputs to the outputs; ${DEFAULT-VALUE} by default.")
    private long[] layers;

    @Option(names = "--batch", paramLabel = "N", defaultValue = "100", description = "Rows of a batch; ${DEFAULT-VALUE} by default.")
    private int batch;

    @Option(names = "--models", paramLabel = "NAME", split = ",", description = "Of ${COMPLETION-CANDIDATES}; all by default.", completionCandidates = Bases.Names.class)
    private List<String> models;

    @Option(names = "--grid", paramLabel = "N", split = ",", description = "Grid, degree or centres of the bases, a row each; by default what makes about 10 parameters an "
            + "edge.")
    private List<Integer> grids;

    @Option(names = "--order", paramLabel = "N", description = "Spline order; 3 by default.")
    private Integer order;

    @Option(names = "--dx", description = "Compute the gradient of the input too, as in the middle of a network.")
    private boolean dx;

    @Option(names = "--reps", paramLabel = "N", defaultValue = "30", description = "Repetitions in all, after the warm-up; ${DEFAULT-VALUE} by default.")
    private int reps;

    @Option(names = "--rounds", paramLabel = "N", defaultValue = "5", description = "Rounds that these are spread over; in each the models take turns and the machine's rates are "
            + "measured anew; ${DEFAULT-VALUE} by default, no more than repetitions.")
    private int rounds;

    @Option(names = "--dtype", paramLabel = "TYPE", defaultValue = "f32", description = "f32 or f64; ${DEFAULT-VALUE} by default.")
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
        PrintWriter out = Output.screen(spec, json);
        if (batch < 1 || reps < 1 || rounds < 1) {
            throw new InputException("--batch, --reps and --rounds must be at least 1, given " + batch + ", " + reps + " and "
                    + rounds);
        }
        if (layers.length < 2 || Arrays.stream(layers).anyMatch(w -> w < 1)) {
            throw new InputException("--layers needs at least two widths of at least 1, given " + Arrays.toString(layers));
        }
        new Output.Check().writesJson(json).writes("--plot", Drawing.isFile(plot) ? plot : null);
        Drawing.check(plot);
        DType type = Options.dtype(dtype);
        List<Subject> subjects = subjects(type);
        requireMemory(subjects);
        int turns = Math.min(rounds, reps);
        try (Context context = device.open(); BenchOutput.Stop stop = new BenchOutput.Stop()) {
            Machine machine = Machine.here();
            boolean cuda = context.device() instanceof Device.Cuda;
            if (cuda && type != DType.F32) {
                throw new InputException("--device cuda computes in f32, given --dtype " + dtype);
            }
            out.println(format("kan4j %s on %s, %s, %s, %d GB", machine.kan4j(), context, machine.processor(),
                    Counted.of(machine.cores(), "core"), machine.memoryGb()));
            out.println(format("layers %s, batch %d, %s, dx %s, %s in %s", Arrays.toString(layers), batch,
                    dtype, dx ? "yes" : "no", Counted.of(reps, "repetition"), Counted.of(turns, "round")));
            out.flush();
            List<MachineRates> rates = new ArrayList<>();
            try {
                for (Subject subject : subjects) {
                    subject.measurement = cuda ? new CudaBench(context, subject.model, batch, dx, seed)
                            : new Bench(context, subject.model, batch, dx, seed);
                }
                while (rates.size() < turns && !stop.isAsked()) {
                    MachineRates now = new MachineRates(context, type, cuda);
                    int repetitions = (rates.size() + 1) * reps / turns - rates.size() * reps / turns;
                    if (!round(subjects, now, repetitions, stop)) {
                        break;
                    }
                    rates.add(now);
                }
                if (!rates.isEmpty()) {
                    subjects.forEach(subject -> subject.finish(rates.size()));
                }
            } finally {
                subjects.stream().map(s -> s.measurement).filter(Objects::nonNull).forEach(Measurement::close);
            }
            if (!rates.isEmpty()) {
                report(out, context, machine, subjects, rates, rates.size() * reps / turns);
            }
            if (!stop.isAsked()) {
                draw(out, context, subjects);
            }
            return stop.status(out, rates.size(), turns, "rounds", json);
        }
    }

    /** Measures all models in turn; whether it came to its end. */
    private static boolean round(List<Subject> subjects, MachineRates rates, int repetitions, BenchOutput.Stop stop) {
        for (Subject subject : subjects) {
            if (stop.isAsked()) {
                return false;
            }
            rates.of(subject.bytes(1));
            rates.of(subject.bytes(3));
            subject.rounds.add(subject.measurement.round(repetitions));
        }
        return true;
    }

    /** What is measured: a row of the table. */
    private static final class Subject {
        final String name;
        final Integer grid;
        final KanModel model;
        final List<Measurement.Round> rounds = new ArrayList<>();
        String label;
        Measurement measurement;
        Measured measured;

        Subject(String name, Integer grid, KanModel model) {
            this.name = name;
            label = name;
            this.grid = grid;
            this.model = model;
        }

        /** Of so many rounds; one more may have been broken off. */
        void finish(int ended) {
            rounds.subList(ended, rounds.size()).clear();
            measured = new Measured(model.parameterCount(), rounds, measurement.forwardBytes(), measurement.backwardBytes());
        }

        /** Bytes of arrays as long as the parameters, in steps that are worth measuring anew. */
        long bytes(int arrays) {
            long bytes = arrays * model.parameterCount() * model.dtype().bytes();
            long step = Math.max(1, Long.highestOneBit(bytes) / 4);
            return bytes / step * step;
        }

        /** The median over the rounds of the share of the floor that a phase reached. */
        double ofFloor(Measurement.Phase phase, Work work, int arrays, List<MachineRates> rates) {
            double[] shares = new double[rounds.size()];
            for (int r = 0; r < shares.length; r++) {
                shares[r] = 1e3 * work.seconds(rates.get(r).of(bytes(arrays))) / rounds.get(r).of(phase).median();
            }
            return new Sample(shares).median();
        }
    }

    /** The machine's rates in one round, those of memory for each size that was asked for. */
    private static final class MachineRates {
        private final Context context;
        private final boolean cuda;
        private final Rates rates;
        private final Map<Long, Rates> memory = new HashMap<>();

        MachineRates(Context context, DType type, boolean cuda) {
            this.context = context;
            this.cuda = cuda;
            rates = cuda ? CudaBench.rates(context) : Rates.measure(context, type, 1L << 28);
        }

        Rates of(long bytes) {
            return cuda ? rates : memory.computeIfAbsent(bytes, size -> rates.withMemory(context, size));
        }

        static double median(List<MachineRates> rates, ToDoubleFunction<MachineRates> of) {
            return new Sample(rates.stream().mapToDouble(of).toArray()).median();
        }
    }

    /** A row for each model and grid; what has no grid is measured once. */
    private List<Subject> subjects(DType type) {
        List<Subject> subjects = new ArrayList<>();
        for (String name : models != null ? models : new Bases.Names()) {
            Map<List<LayerSpec>, Subject> rows = new LinkedHashMap<>();
            for (Integer grid : grids != null ? grids : Collections.<Integer>singletonList(null)) {
                KanModel model = model(Bases.of("--models", name), grid, type);
                rows.putIfAbsent(model.layers(), new Subject(name, grid, model));
            }
            if (rows.size() > 1) {
                rows.values().forEach(row -> row.label = name + " " + row.grid);
            }
            subjects.addAll(rows.values());
        }
        return subjects;
    }

    private void report(PrintWriter out, Context context, Machine machine, List<Subject> subjects, List<MachineRates> rates,
            int repetitions) throws IOException {
        double multiplyAdds = MachineRates.median(rates, r -> r.rates.multiplyAdds());
        out.println(format("floor: %.1f GFLOP/s of products in cache, memory read %.1f GB/s, copied %.1f GB/s",
                2e-9 * multiplyAdds, 1e-9 * MachineRates.median(rates, r -> r.rates.readBytes()),
                1e-9 * MachineRates.median(rates, r -> r.rates.copyBytes())));
        Subject yardstick = subjects.stream().filter(s -> s.name.equals("mlp")).findFirst().orElse(subjects.getFirst());
        out.println(format("%-13s %12s  %s %s %s  %13s  against %s: forward, with backward, step", "model", "parameters",
                heading("forward"), heading("backward"), heading("step"), "memory, MB", yardstick.label));
        ArrayNode rows = Output.array();
        double spread = 0;
        for (Subject subject : subjects) {
            Measured measured = subject.measured;
            ObjectNode row = rows.addObject();
            row.put("model", subject.name).put("device", context.device().toString()).put("threads", context.threads())
                    .put("batch", batch);
            ArrayNode widths = row.putArray("layers");
            Arrays.stream(layers).forEach(widths::add);
            if (subject.grid != null) {
                row.put("grid", subject.grid);
            }
            row.put("dx", dx).put("params", measured.parameters());
            String forward = phase(row, subject, Measurement.Phase.FORWARD, Work.forward(subject.model, batch), 1, rates);
            String backward = phase(row, subject, Measurement.Phase.BACKWARD, Work.backward(subject.model, batch, dx), 1, rates);
            String step = phase(row, subject, Measurement.Phase.STEP, Work.step(subject.model, batch), 3, rates);
            double[] against = {measured.against(yardstick.measured, Measurement.Phase.FORWARD),
                measured.against(yardstick.measured, Measurement.Phase.FORWARD, Measurement.Phase.BACKWARD),
                measured.against(yardstick.measured, Measurement.Phase.STEP)};
            out.println(
                    format("%-13s %,12d  %s %s %s  %6.2f %6.2f  %.2f %.2f %.2f", subject.label, measured.parameters(), forward,
                            backward, step, mb(measured.forwardBytes()), mb(measured.backwardBytes()), against[0], against[1],
                            against[2]));
            row.put("forward_peak_mb", mb(measured.forwardBytes())).put("backward_peak_mb", mb(measured.backwardBytes()))
                    .put("against", yardstick.label).put("forward_ratio", BenchOutput.round(against[0]))
                    .put("forward_backward_ratio", BenchOutput.round(against[1]))
                    .put("step_ratio", BenchOutput.round(against[2]))
                    .put("tier", context.tier().toString()).put("products", context.products().toString())
                    .put("device_name", context.deviceName()).put("dtype", dtype).put("reps", repetitions)
                    .put("rounds", rates.size())
                    .put("multiply_adds_per_s", multiplyAdds)
                    .put("read_bytes_per_s", MachineRates.median(rates, r -> r.of(subject.bytes(1)).readBytes()))
                    .put("copy_bytes_per_s", MachineRates.median(rates, r -> r.of(subject.bytes(1)).copyBytes()))
                    .put("step_copy_bytes_per_s", MachineRates.median(rates, r -> r.of(subject.bytes(3)).copyBytes()));
            BenchOutput.stamp(row, machine);
            for (Measurement.Phase phase : Measurement.Phase.values()) {
                spread = Math.max(spread, measured.spread(phase));
            }
        }
        if (rates.size() > 1) {
            out.println(format("medians of the rounds lie up to %.0f %% apart", 100 * spread));
        }
        Output.writeJson(spec, json, rows);
    }

    private void draw(PrintWriter out, Context context, List<Subject> subjects) {
        if (Drawing.isFile(plot)) {
            Map<String, Measured> bars = new LinkedHashMap<>();
            subjects.forEach(s -> bars.put(s.label, s.measured));
            String title = format("%s, batch %d, %s, %s", Arrays.toString(layers), batch, dtype, context.tier());
            Drawing.draw(plot, () -> Plot.png(List.of(BenchPlot.table(title, bars))), out, spec.commandLine().getErr());
        }
    }

    private static String heading(String phase) {
        return format("%9s %8s %5s", phase, "p95", "floor");
    }

    /** Adds a phase's numbers to a row; returns them for the table. `arrays`: as many as parameters long, are passed over. */
    private static String phase(ObjectNode row, Subject subject, Measurement.Phase phase, Work work, int arrays,
            List<MachineRates> rates) {
        String name = phase.name().toLowerCase(Locale.ROOT);
        Sample sample = subject.measured.sample(phase);
        double share = subject.ofFloor(phase, work, arrays, rates);
        Rates last = rates.getLast().of(subject.bytes(arrays));
        row.put(name + "_ms", BenchOutput.round(sample.median())).put(name + "_p95_ms", BenchOutput.round(sample.percentile(95)))
                .put(name + "_floor_ms", BenchOutput.round(share * sample.median()))
                .put(name + "_of_floor", BenchOutput.round(share))
                .put(name + "_floor_by", work.computeBound(last) ? "arithmetic" : "memory")
                .put(name + "_spread", BenchOutput.round(subject.measured.spread(phase)));
        return format("%9.3f %8.3f %4.0f%%", sample.median(), sample.percentile(95), 100 * share);
    }

    private static double mb(long bytes) {
        return BenchOutput.round(bytes / 1048576.0);
    }

    private KanModel model(Bases.Entry entry, Integer grid, DType type) {
        long[] widths = layers.clone();
        for (int i = 1; i < widths.length - 1; i++) {
            widths[i] *= entry.wider(); // models with fewer parameters an edge
        }
        int ofTable = entry.benchGrid() == entry.published() ? entry.grid(widths) : entry.benchGrid();
        return entry.model(type, grid != null ? grid : ofTable, order != null ? order : entry.order(), widths);
    }

    /** All models are held at once, as they take turns. */
    private void requireMemory(List<Subject> subjects) {
        double needed = subjects.stream().mapToDouble(s -> Work.memoryEstimate(s.model, batch)).sum();
        double available = Machine.availableMemory();
        if (needed > available) {
            throw new InputException(format("%s with layers %s and batch %d needs about %.1f GB of memory, %.1f GB are free%s",
                    String.join(", ", subjects.stream().map(s -> s.label).toList()), Arrays.toString(layers), batch,
                    needed / 1e9, available / 1e9, subjects.size() > 1 ? "; --models names fewer" : ""));
        }
    }
}
