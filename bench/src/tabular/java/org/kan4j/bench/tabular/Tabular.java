// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.bench.tabular;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.lang.management.ManagementFactory;
import com.sun.management.OperatingSystemMXBean;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.XGBoostError;
import org.kan4j.Kan;
import org.kan4j.TrainedKan;
import org.kan4j.data.Table;
import org.kan4j.data.TableSet;
import org.kan4j.data.TrainingTable;
import org.kan4j.device.ContextOptions;
import org.kan4j.encoding.Encoding;
import org.kan4j.rows.RowSource;
import org.kan4j.serve.Predictor;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/**
 * Tables by kan4j and by XGBoost4J in one VM: errors on test rows, CPU seconds of training, microseconds of a single prediction.
 * {@code bench/tabular/run} makes the tables, calls this and says what it prints. What was measured stands in {@code results.tsv} beside
 * the tables and is not measured again.
 */
public final class Tabular {

    private static final String RESULTS = "results.tsv";
    private static final int CALLS = 2000;
    private static final int WARM_UP = 3000;

    private final Path folder;
    private final double minutes;
    private final int threads;
    private final Path launcher;
    /** Measures by set, split and minutes of tuning. */
    private final Map<String, Map<String, Double>> known = new LinkedHashMap<>();

    private Tabular(Path folder, double minutes, int threads, Path launcher) {
        this.folder = folder;
        this.minutes = minutes;
        this.threads = threads;
        this.launcher = launcher;
    }

    /** FOLDER MINUTES THREADS LAUNCHER [NAME...]: of files NAME.TARGET.csv, all by default; MINUTES 0 for defaults only. */
    public static void main(String[] args) throws Exception {
        Tabular bench = new Tabular(Path.of(args[0]), Double.parseDouble(args[1]), Integer.parseInt(args[2]), Path.of(args[3]));
        Set<String> names = Set.of(Arrays.copyOfRange(args, 4, args.length));
        bench.read();
        List<Path> files;
        try (Stream<Path> all = Files.list(bench.folder)) {
            files = all.filter(f -> f.toString().endsWith(".csv")).filter(f -> names.isEmpty() || names.contains(name(f))).sorted()
                    .toList();
        }
        System.out.println("| set | rows | inputs | splits | kan4j | XGBoost4J | ratio | kan4j CPU s | XGBoost4J CPU s | kan4j us | "
                + "XGBoost4J us |" + (bench.minutes > 0 ? " kan4j tuned | XGBoost4J tuned | MLP tuned | ratio |" : ""));
        System.out.println("|---|---|---|---|---|---|---|---|---|---|---|" + (bench.minutes > 0 ? "---|---|---|---|" : ""));
        List<Map<String, Double>> results = new ArrayList<>();
        for (Path file : files) {
            results.add(bench.of(file));
        }
        bench.summary(results);
    }

    private static String name(Path file) {
        return file.getFileName().toString().split("\\.")[0];
    }

    private void summary(List<Map<String, Double>> results) {
        for (String kind : minutes > 0 ? List.of("", "tuned ") : List.of("")) {
            double[] ratios = results.stream().mapToDouble(r -> r.get(kind + "kan4j") / rival(kind, r)).toArray();
            long ahead = Arrays.stream(ratios).filter(r -> r < 1).count();
            long level = Arrays.stream(ratios).filter(r -> r == 1).count();
            System.out.printf(Locale.ROOT, "%n%sof %d sets kan4j's error is less on %d, equal on %d, above 1.10 x on %d; mean rank %.2f "
                    + "beside %.2f; geometric mean of ratios %.3f%n", kind, ratios.length, ahead, level,
                    Arrays.stream(ratios).filter(r -> r > 1.1).count(), 2 - (ahead + level / 2.0) / ratios.length,
                    1 + (ahead + level / 2.0) / ratios.length,
                    Math.exp(Arrays.stream(ratios).filter(r -> r > 0).map(Math::log).average().orElse(0)));
        }
        System.out.printf(Locale.ROOT, "one row: XGBoost4J takes %.0f to %.0f times as long as kan4j%n",
                results.stream().mapToDouble(r -> r.get("trees us") / r.get("kan4j us")).min().orElse(0),
                results.stream().mapToDouble(r -> r.get("trees us") / r.get("kan4j us")).max().orElse(0));
    }

    /** The error to be compared with: of the trees, tuned of the better of them and an MLP. */
    private static double rival(String kind, Map<String, Double> result) {
        return kind.isEmpty() ? result.get("trees") : Math.min(result.get("tuned trees"), result.get("tuned mlp"));
    }

    private String key(Path file, int split) {
        return name(file) + "\t" + split + "\t" + minutes;
    }

    private void read() throws IOException {
        Path results = folder.resolve(RESULTS);
        for (String line : Files.exists(results) ? Files.readAllLines(results) : List.<String>of()) {
            String[] cells = line.split("\t");
            if (cells.length > 4 && cells[cells.length - 1].equals("end")) { // of the last line a kill may have left a part
                Map<String, Double> measured = new LinkedHashMap<>();
                for (int i = 3; i < cells.length - 1; i++) {
                    String[] pair = cells[i].split("=");
                    measured.put(pair[0], Double.valueOf(pair[1]));
                }
                known.put(cells[0] + "\t" + cells[1] + "\t" + cells[2], measured);
            }
        }
    }

    private void write(String key, Map<String, Double> measured) throws IOException {
        StringBuilder line = new StringBuilder(key);
        measured.forEach((name, value) -> line.append('\t').append(name).append('=').append(value));
        Files.writeString(folder.resolve(RESULTS), line.append("\tend\n").toString(), StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
    }

    private Map<String, Double> of(Path file) throws IOException, XGBoostError, InterruptedException {
        List<String> lines = Files.readAllLines(file);
        int rows = lines.size() - 1;
        int splits = rows < 1_500 ? 3 : rows < 6_000 ? 2 : 1;
        Map<String, Double> means = new LinkedHashMap<>();
        for (int split = 0; split < splits; split++) {
            if (known.containsKey(key(file, split))) {
                known.get(key(file, split)).forEach((name, value) -> means.merge(name, value / splits, Double::sum));
                continue;
            }
            Path parts = Files.createTempDirectory("kan4j-tabular");
            List<String> shuffled = new ArrayList<>(lines.subList(1, lines.size()));
            Collections.shuffle(shuffled, new Random(split));
            int held = rows / 5;
            Path train = write(parts.resolve("train.csv"), lines.getFirst(), shuffled.subList(held, rows));
            Path test = write(parts.resolve("test.csv"), lines.getFirst(), shuffled.subList(0, held));
            Map<String, Double> measured = measure(train, test, file.getFileName().toString().split("\\.")[1]);
            write(key(file, split), measured);
            measured.forEach((name, value) -> means.merge(name, value / splits, Double::sum));
        }
        System.out.printf(Locale.ROOT, "| %s | %,d | %.0f | %d | %.4g | %.4g | %.3f | %.1f | %.1f | %.1f | %.1f |", name(file), rows,
                means.get("inputs"), splits, means.get("kan4j"), means.get("trees"), means.get("kan4j") / means.get("trees"),
                means.get("kan4j s"), means.get("trees s"), means.get("kan4j us"), means.get("trees us"));
        System.out.println(minutes <= 0 ? "" : String.format(Locale.ROOT, " %.4g | %.4g | %.4g | %.3f |", means.get("tuned kan4j"),
                means.get("tuned trees"), means.get("tuned mlp"), means.get("tuned kan4j") / rival("tuned ", means)));
        return means;
    }

    private static Path write(Path file, String header, List<String> rows) throws IOException {
        return Files.writeString(file, header + "\n" + String.join("\n", rows) + "\n");
    }

    private Map<String, Double> measure(Path trainFile, Path testFile, String target)
            throws IOException, XGBoostError, InterruptedException {
        TrainingTable train = TrainingTable.of(Table.open(trainFile), new TableSet.Options(target, null, Set.of(), Set.of(),
                Encoding.Missing.FILL, 0, 1).withUnseen(Encoding.Unseen.UNKNOWN));
        TrainingTable test = TrainingTable.of(Table.open(testFile), train.encoding());
        boolean classes = train.encoding().target() instanceof Encoding.Classes;
        Trees.Rows trainRows = rows(train);
        Trees.Rows testRows = rows(test);
        double unit = train.encoding().target() instanceof Encoding.Value v ? v.deviation() : 1;
        Map<String, Double> measured = new LinkedHashMap<>();
        measured.put("inputs", (double) trainRows.features());
        ContextOptions on = ContextOptions.defaults().withThreads(threads);
        long start = cpu();
        try (TrainedKan model = classes ? Kan.classifier().on(on).fit(train) : Kan.regressor().on(on).fit(train)) {
            measured.put("kan4j s", (cpu() - start) / 1e9);
            measured.put("kan4j", error(model, test, classes));
            measured.put("kan4j us", micros(model, testRows));
        }
        start = cpu();
        Booster booster = Trees.train(trainRows, Map.of(), threads);
        measured.put("trees s", (cpu() - start) / 1e9);
        measured.put("trees", error(booster, testRows, unit));
        measured.put("trees us", micros(booster, testRows));
        booster.dispose();
        if (minutes > 0) {
            measured.put("tuned kan4j", tuned(trainFile, testFile, target, classes, "tuned"));
            measured.put("tuned mlp", tuned(trainFile, testFile, target, classes, "tuned-mlp", "--basis", "mlp"));
            Booster best = Trees.train(trainRows, Trees.search(trainRows, 60 * minutes, threads), threads);
            measured.put("tuned trees", error(best, testRows, unit));
            best.dispose();
        }
        return measured;
    }

    /** The error of what {@code kan4j tune} finds in the time. */
    private double tuned(Path trainFile, Path testFile, String target, boolean classes, String name, String... more)
            throws IOException, InterruptedException {
        Path folder = trainFile.resolveSibling(name);
        Path log = trainFile.resolveSibling(name + ".log");
        List<String> command = new ArrayList<>(List.of(launcher.toString(), "tune", trainFile.toString(), "--target", target,
                "--test-fraction", "0", "--missing", "fill", "--unseen", "unknown", "--minutes", Double.toString(minutes),
                "--threads", Integer.toString(threads), "--out", folder.toString()));
        command.addAll(List.of(more));
        if (new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start().waitFor() != 0) {
            throw new IOException(Files.readString(log));
        }
        try (TrainedKan model = Kan.load(folder.resolve("model.safetensors"))) {
            return error(model, TrainingTable.of(Table.open(testFile), model.encoding()), classes);
        }
    }

    /** CPU time of the process, in nanoseconds: what else the machine does takes nothing from it. */
    private static long cpu() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    /** The RMSE, or the share of wrong classes. */
    private static double error(TrainedKan model, TrainingTable test, boolean classes) {
        Map<String, Double> measures = model.evaluate(test).measures();
        return classes ? 1 - measures.get("accuracy") : measures.get("rmse");
    }

    private static double error(Booster booster, Trees.Rows test, double unit) throws XGBoostError {
        float[][] predicted = Trees.predict(booster, test);
        if (test.classes() == 0) {
            return Math.sqrt(Trees.loss(predicted, test)) * unit;
        }
        int wrong = 0;
        for (int i = 0; i < predicted.length; i++) {
            int best = 0;
            for (int c = 1; c < predicted[i].length; c++) {
                best = predicted[i][c] > predicted[i][best] ? c : best;
            }
            wrong += best == (int) test.y()[i] ? 0 : 1;
        }
        return (double) wrong / predicted.length;
    }

    private static Trees.Rows rows(TrainingTable table) {
        try (Arena arena = Arena.ofShared()) {
            RowSource rows = table.rows(arena, DType.F32);
            int n = rows.size();
            MemorySegment x = HostTensor.allocate(arena, DType.F32, n, rows.in()).segment();
            MemorySegment y = HostTensor.allocate(arena, rows.classes() > 0 ? DType.I32 : DType.F32, n, 1).segment();
            try (RowSource.Pass pass = rows.inOrder()) {
                pass.read(0, n, x, y, MemorySegment.NULL);
            }
            float[] targets = new float[n];
            for (int i = 0; i < n; i++) {
                targets[i] = rows.classes() > 0 ? y.getAtIndex(ValueLayout.JAVA_INT, i) : y.getAtIndex(ValueLayout.JAVA_FLOAT, i);
            }
            return new Trees.Rows(x.toArray(ValueLayout.JAVA_FLOAT), targets, rows.classes());
        }
    }

    // ---------------------------------------------------------------------------------------------------- a single row

    /** The median of single predictions of encoded rows. */
    private static double micros(TrainedKan model, Trees.Rows rows) {
        float[][] each = split(rows);
        try (Predictor predictor = Predictor.of(model.parameters())) {
            float[] out = new float[(int) model.parameters().model().out()];
            double[] times = new double[CALLS];
            for (int i = -WARM_UP; i < CALLS; i++) {
                float[] row = each[Math.floorMod(i, each.length)];
                long start = System.nanoTime();
                predictor.predict(row, out);
                times[Math.max(0, i)] = (System.nanoTime() - start) / 1e3;
            }
            Arrays.sort(times);
            return times[CALLS / 2];
        }
    }

    private static double micros(Booster booster, Trees.Rows rows) throws XGBoostError {
        float[][] each = split(rows);
        booster.setParam("nthread", 1); // more only take longer
        double[] times = new double[CALLS];
        for (int i = -WARM_UP / 3; i < CALLS; i++) {
            float[] row = each[Math.floorMod(i, each.length)];
            long start = System.nanoTime();
            booster.inplace_predict(row, 1, row.length, Float.NaN);
            times[Math.max(0, i)] = (System.nanoTime() - start) / 1e3;
        }
        Arrays.sort(times);
        return times[CALLS / 2];
    }

    private static float[][] split(Trees.Rows rows) {
        float[][] each = new float[Math.min(256, rows.size())][];
        for (int i = 0; i < each.length; i++) {
            each[i] = Arrays.copyOfRange(rows.x(), i * rows.features(), (i + 1) * rows.features());
        }
        return each;
    }
}
