// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.bench.tabular;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import ml.dmlc.xgboost4j.java.XGBoostError;

/**
 * Tables by kan4j, by XGBoost4J in the same VM and, on request, by scikit-learn. {@code bench/tabular/run} makes the tables, calls this
 * and says what it prints. What was measured ({@link Results}) is not measured again.
 */
public final class Tabular {

    /** Of means of the same errors. */
    private static final double ROUNDING = 1e-9;

    private final Path folder;
    private final double minutes;
    private final int threads;
    private final int mostSplits;
    private final Path launcher;
    private final List<String> scikitLearn;
    private final Results results;

    /** As {@link #main}'s arguments. */
    private Tabular(String[] args) throws IOException {
        folder = Path.of(args[0]);
        minutes = Double.parseDouble(args[1]);
        threads = Integer.parseInt(args[2]);
        mostSplits = Integer.parseInt(args[3]);
        launcher = Path.of(args[4]);
        scikitLearn = args[5].isEmpty() ? List.of() : List.of(args[5].split("\n"));
        results = new Results(folder);
    }

    /** A set and the means of its measures over its splits. */
    private record Row(String name, int rows, int splits, Map<String, Double> means) {
        double get(String measure) {
            return means.get(measure);
        }

        double ratio(String ours, String theirs) {
            return get(ours) / get(theirs);
        }
    }

    /**
     * FOLDER MINUTES THREADS SPLITS LAUNCHER SCIKIT [NAME...]: of files NAME.TARGET.csv, all by default; MINUTES 0 for defaults only,
     * SCIKIT a command, a word a line, or nothing.
     */
    public static void main(String[] args) throws Exception {
        Tabular bench = new Tabular(args);
        Set<String> names = Set.of(Arrays.copyOfRange(args, 6, args.length));
        List<Path> files;
        try (Stream<Path> all = Files.list(bench.folder)) {
            files = all.filter(f -> f.toString().endsWith(".csv")).filter(f -> names.isEmpty() || names.contains(name(f)))
                    .sorted(Comparator.comparingLong(f -> f.toFile().length())).toList();
        }
        List<Row> rows = new ArrayList<>();
        for (Path file : files) { // the least first
            rows.add(bench.of(file));
            System.err.println("measured " + name(file));
        }
        rows.sort(Comparator.comparing(Row::name));
        bench.defaults(rows);
        if (bench.minutes > 0) {
            bench.tuned(rows);
        }
    }

    private static String name(Path file) {
        return file.getFileName().toString().split("\\.")[0];
    }

    // ------------------------------------------------------------------------------------------------------- measuring

    private Row of(Path file) throws IOException, XGBoostError, InterruptedException {
        List<String> lines = Files.readAllLines(file);
        int rows = lines.size() - 1;
        int splits = Math.min(mostSplits, rows < 1_500 ? 3 : rows < 6_000 ? 2 : 1);
        Map<String, Double> means = new LinkedHashMap<>();
        for (int split = 0; split < splits; split++) {
            List<String> shuffled = new ArrayList<>(lines.subList(1, lines.size()));
            Collections.shuffle(shuffled, new Random(split));
            int held = rows / 5;
            Path parts = Files.createTempDirectory("kan4j-tabular");
            try {
                measure(name(file), split,
                        new Measuring(write(parts.resolve("train.csv"), lines.getFirst(), shuffled.subList(held, rows)),
                                write(parts.resolve("test.csv"), lines.getFirst(), shuffled.subList(0, held)),
                                file.getFileName().toString().split("\\.")[1], threads));
            } finally {
                delete(parts);
            }
            for (double each : minutes > 0 ? new double[] {0, minutes} : new double[] {0}) {
                results.of(name(file), split, each).forEach((measure, value) -> means.merge(measure, value / splits, Double::sum));
            }
        }
        return new Row(name(file), rows, splits, means);
    }

    /** What is not known yet. */
    private void measure(String name, int split, Measuring measuring) throws IOException, XGBoostError, InterruptedException {
        Map<String, Double> known = results.of(name, split, 0);
        if (!known.containsKey("kan4j")) {
            results.add(name, split, 0, measuring.kan4j());
        }
        if (!known.containsKey("trees")) {
            results.add(name, split, 0, measuring.trees());
        }
        if (!scikitLearn.isEmpty() && !known.containsKey("sklearn")) {
            results.add(name, split, 0, measuring.scikitLearn(scikitLearn));
        }
        Map<String, Double> tuned = results.of(name, split, minutes);
        if (minutes > 0 && !tuned.containsKey("tuned kan4j")) {
            results.add(name, split, minutes, measuring.tunedKan4j(launcher, minutes));
        }
        if (minutes > 0 && !tuned.containsKey("tuned mlp")) {
            results.add(name, split, minutes, measuring.tunedMlp(launcher, minutes));
        }
        if (minutes > 0 && !tuned.containsKey("tuned trees")) {
            results.add(name, split, minutes, measuring.tunedTrees(minutes));
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    private static Path write(Path file, String header, List<String> rows) throws IOException {
        return Files.writeString(file, header + "\n" + String.join("\n", rows) + "\n");
    }

    // --------------------------------------------------------------------------------------------------------- telling

    private void defaults(List<Row> rows) {
        boolean scikit = !scikitLearn.isEmpty();
        head("set", "rows", "inputs", "splits", "kan4j", "XGBoost4J", "ratio", scikit ? "scikit-learn" : null, scikit ? "ratio" : null,
                "kan4j CPU s", "XGBoost4J CPU s", scikit ? "scikit-learn CPU s" : null, "kan4j, µs a row", "XGBoost4J, µs a row");
        for (Row row : rows) {
            print("| %s | %,d | %.0f | %d | %.4g | %.4g | %.3f |", row.name, row.rows, row.get("inputs"), row.splits, row.get("kan4j"),
                    row.get("trees"), row.ratio("kan4j", "trees"));
            if (scikit) {
                print(" %.4g | %.3f |", row.get("sklearn"), row.ratio("kan4j", "sklearn"));
            }
            print(" %.1f | %.1f |", row.get("kan4j s"), row.get("trees s"));
            if (scikit) {
                print(" %.1f |", row.get("sklearn s"));
            }
            print(" %.1f | %.1f |%n", row.get("kan4j us"), row.get("trees us"));
        }
        System.out.println();
        summary("Beside XGBoost4J's defaults", rows.stream().mapToDouble(row -> row.ratio("kan4j", "trees")).toArray());
        if (scikit) {
            summary("Beside scikit-learn's defaults", rows.stream().mapToDouble(row -> row.ratio("kan4j", "sklearn")).toArray());
            summary("Of these the regression sets", rows.stream().filter(row -> row.get("classes") == 0)
                    .mapToDouble(row -> row.ratio("kan4j", "sklearn")).toArray());
        }
        print("One row: XGBoost4J takes %.0f to %.0f times as long as kan4j, 10 times or more on %d of %d sets.%n",
                rows.stream().mapToDouble(row -> row.ratio("trees us", "kan4j us")).min().orElse(0),
                rows.stream().mapToDouble(row -> row.ratio("trees us", "kan4j us")).max().orElse(0),
                rows.stream().filter(row -> row.ratio("trees us", "kan4j us") >= 10).count(), rows.size());
    }

    private void tuned(List<Row> rows) {
        System.out.println();
        head("set", "splits", "kan4j, defaults", "kan4j tuned", "XGBoost4J tuned", "MLP tuned", "ratio to the better", "kan4j CPU s",
                "XGBoost4J CPU s", "MLP CPU s");
        for (Row row : rows) {
            print("| %s | %d | %.4g | %.4g | %.4g | %.4g | %.3f | %.1f | %.1f | %.1f |%n", row.name, row.splits, row.get("kan4j"),
                    row.get("tuned kan4j"), row.get("tuned trees"), row.get("tuned mlp"), row.get("tuned kan4j") / rival(row),
                    row.get("tuned kan4j s"), row.get("tuned trees s"), row.get("tuned mlp s"));
        }
        System.out.println();
        summary("Beside the better of both, each tuned for " + minutes + " minutes of processor time on " + threads + " threads",
                rows.stream().mapToDouble(row -> row.get("tuned kan4j") / rival(row)).toArray());
    }

    private static double rival(Row row) {
        return Math.min(row.get("tuned trees"), row.get("tuned mlp"));
    }

    /** Of errors that are both 0 the ratio is 1. */
    private static void summary(String beside, double[] ratios) {
        Arrays.setAll(ratios, i -> Double.isNaN(ratios[i]) || Math.abs(ratios[i] - 1) < ROUNDING ? 1 : ratios[i]);
        long ahead = Arrays.stream(ratios).filter(r -> r < 1).count();
        long level = Arrays.stream(ratios).filter(r -> r == 1).count();
        print("%s: of %d sets kan4j's error is less on %d, equal on %d, above 1.10 x on %d; mean rank %.2f, the other's %.2f; geometric "
                + "mean of ratios %.3f.%n", beside, ratios.length, ahead, level, Arrays.stream(ratios).filter(r -> r > 1.1).count(),
                2 - (ahead + level / 2.0) / ratios.length, 1 + (ahead + level / 2.0) / ratios.length,
                Math.exp(Arrays.stream(ratios).filter(r -> r > 0 && r < Double.POSITIVE_INFINITY).map(Math::log).average().orElse(0)));
    }

    private static void head(String... columns) {
        List<String> there = Arrays.stream(columns).filter(column -> column != null).toList();
        System.out.println("| " + String.join(" | ", there) + " |");
        System.out.println("|---".repeat(there.size()) + "|");
    }

    private static void print(String format, Object... values) {
        System.out.printf(Locale.ROOT, format, values);
    }
}
