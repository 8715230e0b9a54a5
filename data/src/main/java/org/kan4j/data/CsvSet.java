// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;

/** Trains on a CSV file: learns the encoding from its rows and splits them. */
public final class CsvSet {

    /** What kind of target. */
    public enum Task { CLASSIFICATION, REGRESSION }

    /**
     * How to read the file.
     *
     * @param target the column to predict
     * @param task null: classification if the target is text or has two values, else regression
     * @param drop columns to leave out
     * @param categorical columns to take as categories although they hold numbers
     * @param testShare of the rows, 0 to 1 exclusive; stratified for classification
     */
    public record Options(String target, Task task, Set<String> drop, Set<String> categorical, double testShare,
                          long seed) {
    }

    private static final int MAX_CATEGORIES = 1000;
    /** A column with this share of numbers is meant to be numeric: the other cells are errors, not categories. */
    private static final double NUMERIC_SHARE = 0.9;
    private static final int HINT_VALUES = 10;

    private final Encoding encoding;
    private final Samples train;
    private final Samples test;
    private final String note;

    private CsvSet(Encoding encoding, Samples train, Samples test, String note) {
        this.encoding = encoding;
        this.train = train;
        this.test = test;
        this.note = note;
    }

    public Encoding encoding() {
        return encoding;
    }

    public Parts parts() {
        return new Parts(train, test);
    }

    /** A line the user should see about a choice made for them. */
    public Optional<String> note() {
        return Optional.ofNullable(note);
    }

    /** What one pass over a column tells. */
    private static final class Scan {
        final String name;
        final int at;
        long numbers;
        boolean whole = true;
        CsvFile.Row oddRow;
        String oddCell;
        final TreeSet<String> distinct = new TreeSet<>();

        Scan(String name, int at) {
            this.name = name;
            this.at = at;
        }

        void see(CsvFile file, CsvFile.Row row) {
            String cell = Cells.text(file, row, name, at);
            OptionalDouble value = Cells.parse(cell);
            if (value.isPresent()) {
                if (!Double.isFinite(value.getAsDouble())) {
                    throw file.cellError(row, name, "expected a finite number, got '" + cell + "'");
                }
                numbers++;
                whole &= value.getAsDouble() == Math.rint(value.getAsDouble());
            } else if (oddRow == null) {
                oddRow = row;
                oddCell = cell;
            }
            if (distinct.size() <= MAX_CATEGORIES) {
                distinct.add(cell);
            }
        }

        /** Whether the column is numeric; an error if a few cells of a numeric column are not numbers. */
        boolean numeric(CsvFile file, long rows, boolean declaredCategorical) {
            if (declaredCategorical) {
                return false;
            }
            if (oddRow == null) {
                return true;
            }
            if (numbers >= NUMERIC_SHARE * rows) {
                throw file.cellError(oddRow, name, "expected a number as in " + numbers + " of " + rows + " rows, got '"
                        + oddCell + "' (--categorical " + name + " takes the column as categories)");
            }
            return false;
        }

        List<String> categories(CsvFile file) {
            if (distinct.size() > MAX_CATEGORIES) {
                throw new DataException(file.path() + ": column '" + name + "' has more than " + MAX_CATEGORIES
                        + " different texts, which is no category (--drop " + name + " leaves it out)");
            }
            return List.copyOf(distinct);
        }
    }

    /** Reads the file: a first pass finds kinds and categories, a second one ranges, a third one encodes. */
    public static CsvSet read(CsvFile file, Options options) {
        int targetAt = file.column(options.target);
        options.drop.forEach(file::column);
        options.categorical.forEach(file::column);
        if (options.drop.contains(options.target)) {
            throw new DataException("--drop names the target column '" + options.target + "'");
        }
        List<Scan> scans = new ArrayList<>();
        for (Map.Entry<String, Integer> column : file.columns().entrySet()) {
            if (!options.drop.contains(column.getKey()) && column.getValue() != targetAt) {
                scans.add(new Scan(column.getKey(), column.getValue()));
            }
        }
        if (scans.isEmpty()) {
            throw new DataException(file.path() + ": no column is left to predict '" + options.target + "' from");
        }
        Scan target = new Scan(options.target, targetAt);
        int[] count = {0};
        file.forEach(row -> {
            scans.forEach(s -> s.see(file, row));
            target.see(file, row);
            count[0]++;
        });
        int rows = count[0];
        if (rows < 2) {
            throw new DataException(file.path() + ": " + rows + " rows of data, expected at least 2");
        }

        String note = null;
        Task task = options.task;
        if (task == null) {
            boolean number = target.numeric(file, rows, options.categorical.contains(options.target));
            task = !number || target.distinct.size() <= 2 ? Task.CLASSIFICATION : Task.REGRESSION;
            if (task == Task.REGRESSION && target.whole && target.distinct.size() <= HINT_VALUES) {
                note = "'" + options.target + "' has " + target.distinct.size()
                        + " different whole numbers and is taken as a number; --task classification takes them as classes";
            }
        } else if (task == Task.REGRESSION && target.oddRow != null) {
            throw file.cellError(target.oddRow, options.target, "regression needs a number, got '" + target.oddCell + "'");
        }
        if (target.distinct.size() < 2) {
            throw new DataException(file.path() + ": the target '" + options.target + "' is the same in all " + rows
                    + " rows: nothing to learn");
        }

        List<String> labels = task == Task.CLASSIFICATION ? target.categories(file) : List.of();
        double[] targets = new double[rows];
        boolean classify = task == Task.CLASSIFICATION;
        file.forEach(row -> targets[(int) row.number() - 1] = classify
                ? labels.indexOf(row.cells().get(targetAt).strip())
                : Cells.number(file, row, options.target, targetAt));
        Split split = classify ? Split.stratified(targets, options.testShare, options.seed)
                : Split.random(rows, options.testShare, options.seed);
        if (split.train().length == 0 || split.test().length == 0) {
            throw new DataException(file.path() + ": " + rows + " rows leave " + split.train().length
                    + " to train and " + split.test().length + " to test on with --test-fraction " + options.testShare);
        }

        boolean[] training = new boolean[rows];
        for (int row : split.train()) {
            training[row] = true;
        }
        List<Encoding.Column> columns = columns(file, scans, options, rows, training);
        Encoding.Target how = classify ? new Encoding.Classes(options.target, labels)
                : scaled(options.target, targets, split.train());
        Encoding encoding = new Encoding(file.path().getFileName().toString(), columns, how);
        Samples all = encode(file, encoding, true);
        return new CsvSet(encoding, all.select(split.train()), all.select(split.test()), note);
    }

    /** All rows of a file as a model with this encoding sees them, in order. */
    public static Samples encode(CsvFile file, Encoding encoding, boolean needTarget) {
        Encoding.RowEncoder encoder = encoding.new RowEncoder(file, needTarget);
        List<double[]> rows = new ArrayList<>();
        List<Double> targets = new ArrayList<>();
        int features = encoding.features();
        file.forEach(row -> {
            double[] numbers = new double[features];
            encoder.features(row, numbers);
            rows.add(numbers);
            targets.add(needTarget ? encoder.target(row) : Double.NaN);
        });
        if (rows.isEmpty()) {
            throw new DataException(file.path() + ": no rows of data after the header");
        }
        return new Samples() {
            @Override
            public int rows() {
                return rows.size();
            }

            @Override
            public int features() {
                return features;
            }

            @Override
            public void read(int row, double[] into) {
                System.arraycopy(rows.get(row), 0, into, 0, features);
            }

            @Override
            public double target(int row) {
                return targets.get(row);
            }
        };
    }

    private static List<Encoding.Column> columns(CsvFile file, List<Scan> scans, Options options, int rows,
                                                 boolean[] training) {
        boolean[] numeric = new boolean[scans.size()];
        double[] low = new double[scans.size()];
        double[] high = new double[scans.size()];
        Arrays.fill(low, Double.POSITIVE_INFINITY);
        Arrays.fill(high, Double.NEGATIVE_INFINITY);
        for (int i = 0; i < numeric.length; i++) {
            numeric[i] = scans.get(i).numeric(file, rows, options.categorical.contains(scans.get(i).name));
        }
        file.forEach(row -> {
            if (training[(int) row.number() - 1]) {
                for (int i = 0; i < numeric.length; i++) {
                    if (numeric[i]) {
                        double value = Cells.number(file, row, scans.get(i).name, scans.get(i).at);
                        low[i] = Math.min(low[i], value);
                        high[i] = Math.max(high[i], value);
                    }
                }
            }
        });
        List<Encoding.Column> columns = new ArrayList<>();
        for (int i = 0; i < numeric.length; i++) {
            Scan scan = scans.get(i);
            columns.add(numeric[i] ? new Encoding.Numeric(scan.name, low[i], high[i])
                    : new Encoding.Categorical(scan.name, scan.categories(file)));
        }
        return columns;
    }

    private static Encoding.Value scaled(String name, double[] targets, int[] rows) {
        double mean = Arrays.stream(rows).mapToDouble(r -> targets[r]).average().orElseThrow();
        double variance = Arrays.stream(rows).mapToDouble(r -> (targets[r] - mean) * (targets[r] - mean)).average()
                .orElseThrow();
        // All training targets equal: any scale will do, 1 keeps their unit.
        return new Encoding.Value(name, mean, variance > 0 ? Math.sqrt(variance) : 1);
    }
}
