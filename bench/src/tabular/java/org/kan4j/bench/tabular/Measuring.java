// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.bench.tabular;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
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
 * Trains on one part of a set and measures on the other: errors, CPU seconds, microseconds of a single prediction.
 *
 * @param train rows to train on, a CSV file
 * @param test rows to measure on
 * @param target the column to predict
 * @param threads of every training
 */
record Measuring(Path train, Path test, String target, int threads) {

    private static final int CALLS = 2000;
    private static final int WARM_UP = 3000;
    private static final long POLL = 100;
    private static final String MLP_SPACE = """
            {"hidden": ["32", "64", "128", "256", "64,32", "128,64", "128,128", "256,256"], "second-difference": []}
            """;

    /** The rows as kan4j sees them, and so do XGBoost4J's trees. */
    private record Encoded(TrainingTable train, TrainingTable test, boolean classes, double unit) {
        static Encoded of(Path trainFile, Path testFile, String target) throws IOException {
            TrainingTable train = TrainingTable.of(Table.open(trainFile), new TableSet.Options(target, null, Set.of(), Set.of(),
                    Encoding.Missing.FILL, 0, 1).withUnseen(Encoding.Unseen.UNKNOWN));
            return new Encoded(train, TrainingTable.of(Table.open(testFile), train.encoding()),
                    train.encoding().target() instanceof Encoding.Classes,
                    train.encoding().target() instanceof Encoding.Value v ? v.deviation() : 1);
        }
    }

    /** kan4j's defaults. */
    Map<String, Double> kan4j() throws IOException {
        Encoded rows = Encoded.of(train, test, target);
        ContextOptions on = ContextOptions.defaults().withThreads(threads);
        Map<String, Double> measured = new LinkedHashMap<>();
        measured.put("inputs", (double) rows.train.encoding().features());
        measured.put("classes", rows.classes ? 1.0 : 0.0);
        long start = cpu();
        try (TrainedKan model = rows.classes ? Kan.classifier().on(on).fit(rows.train) : Kan.regressor().on(on).fit(rows.train)) {
            measured.put("kan4j s", (cpu() - start) / 1e9);
            measured.put("kan4j", error(model, rows.test, rows.classes));
            measured.put("kan4j us", micros(model, rows(rows.test)));
        }
        return measured;
    }

    /** XGBoost4J's defaults. */
    Map<String, Double> trees() throws IOException, XGBoostError {
        Encoded rows = Encoded.of(train, test, target);
        Trees.Rows trainRows = rows(rows.train);
        Trees.Rows testRows = rows(rows.test);
        Map<String, Double> measured = new LinkedHashMap<>();
        long start = cpu();
        Booster booster = Trees.train(trainRows, Map.of(), threads);
        measured.put("trees s", (cpu() - start) / 1e9);
        measured.put("trees", error(booster, testRows, rows.unit));
        measured.put("trees us", micros(booster, testRows));
        booster.dispose();
        return measured;
    }

    /**
     * scikit-learn's defaults, by a process that prints the error and CPU seconds.
     *
     * @param command the process, to which files and target are added
     */
    Map<String, Double> scikitLearn(List<String> command) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(command);
        all.addAll(List.of(train.toString(), test.toString(), target, Integer.toString(threads)));
        String[] printed = output(all, train.resolveSibling("sklearn.log")).strip().split("\\s+");
        return Map.of("sklearn", Double.valueOf(printed[0]), "sklearn s", Double.valueOf(printed[1]));
    }

    /** What {@code kan4j tune} finds in so many minutes of processor time, from which nothing takes that runs beside. */
    Map<String, Double> tunedKan4j(Path launcher, double minutes) throws IOException, InterruptedException {
        return tuned(launcher, minutes, "tuned kan4j");
    }

    /** What it finds of MLPs, for which wide layers are usual. */
    Map<String, Double> tunedMlp(Path launcher, double minutes) throws IOException, InterruptedException {
        Path space = Files.writeString(train.resolveSibling("mlp.json"), MLP_SPACE);
        return tuned(launcher, minutes, "tuned mlp", "--basis", "mlp", "--space", space.toString());
    }

    /** What a search of XGBoost4J's parameters finds. */
    Map<String, Double> tunedTrees(double minutes) throws IOException, XGBoostError {
        Encoded rows = Encoded.of(train, test, target);
        Trees.Rows trainRows = rows(rows.train);
        Map<String, Double> measured = new LinkedHashMap<>();
        long start = cpu();
        Booster best = Trees.train(trainRows, Trees.search(trainRows, 60 * minutes, threads), threads);
        measured.put("tuned trees s", (cpu() - start) / 1e9);
        measured.put("tuned trees", error(best, rows(rows.test), rows.unit));
        best.dispose();
        return measured;
    }

    private Map<String, Double> tuned(Path launcher, double minutes, String name, String... more)
            throws IOException, InterruptedException {
        Path folder = train.resolveSibling(name.replace(' ', '-'));
        List<String> command = new ArrayList<>(List.of(launcher.toString(), "tune", train.toString(), "--target", target,
                "--test-fraction", "0", "--missing", "fill", "--unseen", "unknown", "--minutes", Double.toString(minutes),
                "--threads", Integer.toString(threads), "--out", folder.toString()));
        command.addAll(List.of(more));
        Path log = train.resolveSibling(folder.getFileName() + ".log");
        ProcessBuilder tune = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        tune.environment().put("JDK_JAVA_OPTIONS", "-Dkan4j.tune.processors=" + threads);
        Process process = tune.start();
        Duration cpu = Duration.ZERO;
        while (!process.waitFor(POLL, TimeUnit.MILLISECONDS)) {
            cpu = process.info().totalCpuDuration().orElse(cpu); // nobody knows it of a process that has ended
        }
        if (process.exitValue() != 0) {
            throw new IOException(String.join(" ", command) + ": " + Files.readString(log));
        }
        try (TrainedKan model = Kan.load(folder.resolve("model.safetensors"))) {
            TrainingTable rows = TrainingTable.of(Table.open(test), model.encoding());
            return Map.of(name, error(model, rows, rows.encoding().target() instanceof Encoding.Classes), name + " s",
                    cpu.toMillis() / 1e3);
        }
    }

    private static String output(List<String> command, Path errors) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
        String printed = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", command) + ": " + printed + Files.readString(errors));
        }
        return printed;
    }

    /** CPU time of the process, in nanoseconds: what else the machine does takes nothing from it. */
    static long cpu() {
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
