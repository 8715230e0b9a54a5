// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;
import org.kan4j.encoding.Encoding;
import org.kan4j.encoding.RowEncoder;

/**
 * A table to train on: its rows split into two parts, and the encoding that the training rows ask for. Learned in two
 * passes, in memory that grows by one bit a row.
 */
public final class TableSet {

    /** Rows of a table at most. */
    static final int MAX_ROWS = Integer.MAX_VALUE - 8;

    /** What kind of target. */
    public enum Task { CLASSIFICATION, REGRESSION }

    /**
     * How to take the table.
     *
     * @param target the column to predict
     * @param task null: classification if the target is text or has two values, else regression
     * @param drop columns to leave out
     * @param categorical columns to take as categories although they hold numbers
     * @param missing what becomes of missing values
     * @param testShare of the rows, 0 to 1 exclusive; stratified for classification
     */
    public record Options(String target, Task task, Set<String> drop, Set<String> categorical, Encoding.Missing missing,
                          double testShare, long seed) {
    }

    private static final int MAX_CATEGORIES = 1000;
    /** A column of texts with this share of numbers is meant to be numeric: the other cells are errors, not categories. */
    private static final double NUMERIC_SHARE = 0.9;
    private static final int HINT_VALUES = 10;

    private final Table table;
    private final Encoding encoding;
    private final BitSet train;
    private final BitSet test;
    private final String note;

    private TableSet(Table table, Encoding encoding, BitSet train, BitSet test, String note) {
        this.table = table;
        this.encoding = encoding;
        this.train = train;
        this.test = test;
        this.note = note;
    }

    public Encoding encoding() {
        return encoding;
    }

    /** The training rows and the others. */
    public Parts parts() {
        return new Parts(TableRows.part(table, encoding, true, train, train.cardinality()),
                TableRows.part(table, encoding, true, test, test.cardinality()));
    }

    /** A line the user should see about a choice made for them. */
    public Optional<String> note() {
        return Optional.ofNullable(note);
    }

    static DataException tooMany(Table table) {
        return new DataException(table.path() + ": more rows than the " + MAX_ROWS + " supported");
    }

    /** What the first pass over a column tells. */
    private static final class Scan {
        final Table.Column column;
        final boolean categorical;
        final int at;
        long rows;
        long numbers;
        boolean whole = true;
        /** Of the first text in a column of unknown kind that is no number. */
        DataException odd;
        final TreeMap<String, Long> counts = new TreeMap<>();

        Scan(Table.Column column, boolean categorical, int at) {
            this.column = column;
            this.categorical = categorical;
            this.at = at;
        }

        void see(Table.Reader row, boolean mayBeMissing) {
            if (row.missing(at)) {
                if (!mayBeMissing) {
                    throw RowEncoder.missingValue(row, at);
                }
                return;
            }
            rows++;
            if (column.kind() == Table.Kind.NUMBER) {
                see(RowEncoder.finite(row, at));
                if (counts.size() > MAX_CATEGORIES) {
                    return;  // already more values than categories may have: their texts need not be made
                }
            }
            String cell = row.text(at);
            if (column.kind() == Table.Kind.ANY) {
                OptionalDouble value = Cells.parse(cell);
                if (value.isPresent()) {
                    see(RowEncoder.finite(row, at));
                } else if (odd == null) {
                    odd = row.error(at, "got '" + cell + "'");
                }
            }
            if (counts.size() <= MAX_CATEGORIES || counts.containsKey(cell)) {
                counts.merge(cell, 1L, Long::sum);
            }
        }

        private void see(double value) {
            numbers++;
            whole &= value == Math.rint(value);
        }

        /** Whether all values are numbers. */
        boolean allNumbers() {
            return column.kind() == Table.Kind.NUMBER || column.kind() == Table.Kind.ANY && odd == null;
        }

        /** Whether to take the column as numbers; an error if a few cells of a numeric column are none. */
        boolean numeric() {
            if (categorical) {
                return false;
            }
            if (column.kind() == Table.Kind.ANY && odd != null && numbers >= NUMERIC_SHARE * rows) {
                throw new DataException(odd.getMessage() + ", expected a number as in " + numbers + " of " + rows
                        + " rows (--categorical " + column.name() + " takes the column as categories)");
            }
            return allNumbers();
        }

        List<String> categories(Table table) {
            if (counts.size() > MAX_CATEGORIES) {
                throw new DataException(table.path() + ": column '" + column.name() + "' has more than " + MAX_CATEGORIES
                        + " different texts, which is no category (--drop " + column.name() + " leaves it out)");
            }
            return List.copyOf(counts.keySet());
        }
    }

    /** What the second pass learns of a column of numbers in the training rows. */
    private static final class Range {
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        long n;
        double mean;
        double squares;

        void see(double value) {
            low = Math.min(low, value);
            high = Math.max(high, value);
            n++;
            double off = value - mean;  // Welford, 1962
            mean += off / n;
            squares += off * (value - mean);
        }

        double deviation() {
            // All values equal: any scale will do, 1 keeps their unit.
            return squares > 0 ? Math.sqrt(squares / n) : 1;
        }
    }

    /**
     * Reads the table twice: a first pass finds kinds, categories and the sizes of classes, a second one splits and finds
     * the ranges of the training rows.
     */
    public static TableSet learn(Table table, Options options) {
        int targetAt = table.column(options.target);
        options.drop.forEach(table::column);
        options.categorical.forEach(table::column);
        if (options.drop.contains(options.target)) {
            throw new DataException("--drop names the target column '" + options.target + "'");
        }
        List<Scan> inputs = new ArrayList<>();
        List<Integer> at = new ArrayList<>();
        for (int i = 0; i < table.columns().size(); i++) {
            Table.Column column = table.columns().get(i);
            if (i == targetAt || options.drop.contains(column.name())) {
                continue;
            }
            require(table, column);
            inputs.add(new Scan(column, options.categorical.contains(column.name()), at.size()));
            at.add(i);
        }
        require(table, table.columns().get(targetAt));
        if (inputs.isEmpty()) {
            throw new DataException(table.path() + ": no column is left to predict '" + options.target + "' from");
        }
        Scan target = new Scan(table.columns().get(targetAt), options.categorical.contains(options.target), at.size());
        at.add(targetAt);
        try (Table.Reader reader = table.reader(at.stream().mapToInt(Integer::intValue).toArray())) {
            return learn(table, options, inputs, target, reader);
        }
    }

    private static TableSet learn(Table table, Options options, List<Scan> inputs, Scan target, Table.Reader reader) {
        int rows = 0;
        for (int block = 0; block < table.blocks(); block++) {
            reader.seek(block);
            while (reader.next()) {
                for (Scan scan : inputs) {
                    scan.see(reader, options.missing == Encoding.Missing.FILL);
                }
                if (reader.missing(target.at)) {
                    throw reader.error(target.at, "the target is missing; leave such rows out");
                }
                target.see(reader, false);
                if (++rows > MAX_ROWS) {
                    throw tooMany(table);
                }
            }
        }
        if (rows < 2) {
            throw new DataException(table.path() + ": " + rows + " rows of data, expected at least 2");
        }
        boolean[] numeric = new boolean[inputs.size()];
        for (int i = 0; i < numeric.length; i++) {
            if (inputs.get(i).rows == 0) {
                throw new DataException(table.path() + ": column '" + inputs.get(i).column.name()
                        + "' has no value in any row (--drop " + inputs.get(i).column.name() + " leaves it out)");
            }
            numeric[i] = inputs.get(i).numeric();
        }
        String note = null;
        Task task = options.task;
        if (task == null) {
            boolean number = target.numeric();
            task = !number || target.counts.size() <= 2 ? Task.CLASSIFICATION : Task.REGRESSION;
            if (task == Task.REGRESSION && target.whole && target.counts.size() <= HINT_VALUES) {
                note = "'" + options.target + "' has " + target.counts.size()
                        + " different whole numbers and is taken as a number; --task classification takes them as classes";
            }
        } else if (task == Task.REGRESSION && !target.allNumbers()) {
            throw target.odd != null ? new DataException(target.odd.getMessage() + ", regression needs a number")
                    : new DataException(table.path() + ": column '" + options.target + "' is of type "
                    + target.column.type() + ", regression needs numbers");
        }
        if (target.counts.size() < 2) {
            throw new DataException(table.path() + ": the target '" + options.target + "' is the same in all " + rows
                    + " rows: nothing to learn");
        }

        boolean classify = task == Task.CLASSIFICATION;
        List<String> labels = classify ? target.categories(table) : List.of();
        Split dealer = new Split(classify ? labels.stream().mapToLong(target.counts::get).toArray() : new long[] {rows},
                options.testShare, options.seed);
        Map<String, Integer> stratum = new TreeMap<>();
        labels.forEach(label -> stratum.put(label, stratum.size()));
        BitSet train = new BitSet(rows);
        BitSet test = new BitSet(rows);
        List<Range> ranges = inputs.stream().map(scan -> new Range()).toList();
        Range values = new Range();
        int row = 0;
        for (int block = 0; block < table.blocks(); block++) {
            reader.seek(block);
            for (; reader.next(); row++) {
                if (dealer.second(classify ? stratum.get(reader.text(target.at)) : 0)) {
                    test.set(row);
                    continue;
                }
                train.set(row);
                for (int i = 0; i < numeric.length; i++) {
                    if (numeric[i] && !reader.missing(i)) {
                        ranges.get(i).see(reader.number(i));
                    }
                }
                if (!classify) {
                    values.see(reader.number(target.at));
                }
            }
        }
        if (train.isEmpty() || test.isEmpty()) {
            throw new DataException(table.path() + ": " + rows + " rows leave " + train.cardinality() + " to train and "
                    + test.cardinality() + " to test on with --test-fraction " + options.testShare);
        }
        List<Encoding.Column> columns = new ArrayList<>();
        for (int i = 0; i < numeric.length; i++) {
            Range range = ranges.get(i);
            if (numeric[i] && range.n == 0) {
                throw new DataException(table.path() + ": column '" + inputs.get(i).column.name()
                        + "' has no value in any training row");
            }
            String name = inputs.get(i).column.name();
            columns.add(numeric[i] ? new Encoding.Numeric(name, range.low, range.high, range.mean)
                    : new Encoding.Categorical(name, inputs.get(i).categories(table)));
        }
        Encoding.Target how = classify ? new Encoding.Classes(options.target, labels)
                : new Encoding.Value(options.target, values.mean, values.deviation());
        String name = table.path().getFileName().toString();
        return new TableSet(table, new Encoding(name, columns, how, options.missing), train, test, note);
    }

    private static void require(Table table, Table.Column column) {
        if (column.kind() == Table.Kind.OTHER) {
            throw new DataException(table.path() + ": column '" + column.name() + "' is of type " + column.type()
                    + ", expected numbers, texts or truth values (--drop " + column.name() + " leaves it out)");
        }
    }
}
