// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.kan4j.encoding.Encoding;
import org.kan4j.encoding.Transform;
import org.kan4j.error.Counted;

/**
 * A table to train on: its rows split into two parts, and the encoding that the training rows ask for. Learned in two
 * passes, in memory that grows by one bit a row.
 */
public final class TableSet {

    /** Rows of a table at most. */
    static final int MAX_ROWS = Integer.MAX_VALUE - 8;

    /** What kind of target. */
    public enum Task {
        CLASSIFICATION, REGRESSION
    }

    /**
     * How to take the table.
     *
     * @param target the column to predict, or several of numbers with commas between them
     * @param task null: classification if the target is text or has two values, else regression
     * @param drop columns to leave out
     * @param categorical columns to take as categories although they hold numbers, or more texts than categories mostly are
     * @param missing what becomes of missing values
     * @param testShare of the rows, from 0, which leaves all to train, to 1 exclusive; stratified for classification
     * @param quantiles columns that are scaled by quantiles whatever the scaling
     * @param unseen what becomes of categories that the training rows do not have
     * @param scaling how the other columns of numbers are scaled
     * @param splitting what decides which rows are tested on
     * @param levels of the quantiles to predict of a number; empty for the number
     * @param transform of a target that is a number, or several
     */
    public record Options(String target, Task task, Set<String> drop, Set<String> categorical, Encoding.Missing missing,
            double testShare, long seed, Set<String> quantiles, Encoding.Unseen unseen, Encoding.Scaling scaling,
            Splitting splitting, List<Double> levels, Transform.Choice transform) {

        /** Checks the target and the share. */
        public Options {
            if (target == null) {
                throw new DataException("no target is named, expected the column to predict");
            }
            if (!(testShare >= 0 && testShare < 1)) {
                throw new DataException("the share of rows to test on must be at least 0 and below 1, given " + testShare);
            }
            drop = Collections.unmodifiableSet(new LinkedHashSet<>(drop));
            categorical = Collections.unmodifiableSet(new LinkedHashSet<>(categorical));
            quantiles = Collections.unmodifiableSet(new LinkedHashSet<>(quantiles));
            splitting = splitting == null ? Splitting.RANDOM : splitting;
            levels = List.copyOf(levels);
            transform = transform == null ? Transform.Choice.NONE : transform;
            if (!levels.isEmpty() && task == Task.CLASSIFICATION) {
                throw new DataException("quantiles are of numbers, given task=classification");
            }
        }

        /** Columns of numbers scaled as suits them, unknown categories refused. */
        public Options(String target, Task task, Set<String> drop, Set<String> categorical, Encoding.Missing missing,
                double testShare, long seed) {
            this(target, task, drop, categorical, missing, testShare, seed, Set.of(), Encoding.Unseen.REFUSE,
                    Encoding.Scaling.AUTO, Splitting.RANDOM, List.of(), Transform.Choice.AUTO);
        }

        /** The same with columns that are scaled by quantiles. */
        public Options withQuantiles(Set<String> columns) {
            return new Options(target, task, drop, categorical, missing, testShare, seed, columns, unseen, scaling, splitting,
                    levels, transform);
        }

        /** The same with another rule for categories that the training rows do not have. */
        public Options withUnseen(Encoding.Unseen rule) {
            return new Options(target, task, drop, categorical, missing, testShare, seed, quantiles, rule, scaling, splitting,
                    levels, transform);
        }

        /** The same with another way to scale columns of numbers. */
        public Options withScaling(Encoding.Scaling way) {
            return new Options(target, task, drop, categorical, missing, testShare, seed, quantiles, unseen, way, splitting,
                    levels, transform);
        }

        /** The same with rows dealt by a column. */
        public Options withSplitting(Splitting by) {
            return new Options(target, task, drop, categorical, missing, testShare, seed, quantiles, unseen, scaling, by, levels,
                    transform);
        }

        /** The same predicting quantiles of the target, such as 0.05, 0.5 and 0.95. */
        public Options withLevels(List<Double> ofQuantiles) {
            return new Options(target, task, drop, categorical, missing, testShare, seed, quantiles, unseen, scaling, splitting,
                    ofQuantiles, transform);
        }

        /** The same with another transform of the target. */
        public Options withTransform(Transform.Choice choice) {
            return new Options(target, task, drop, categorical, missing, testShare, seed, quantiles, unseen, scaling, splitting,
                    levels, choice);
        }
    }

    private static final int HINT_VALUES = 10;

    private final Encoding encoding;
    private final Part train;
    private final Part test;
    private final List<String> notes;
    private final List<Encoding.Target> targets;

    private TableSet(Encoding encoding, Part train, Part test, List<String> notes, List<Encoding.Target> targets) {
        this.targets = targets;
        this.encoding = encoding;
        this.train = train;
        this.test = test;
        this.notes = List.copyOf(notes);
    }

    public Encoding encoding() {
        return encoding;
    }

    /** The training rows and the others, of which there are none if the share to test on is 0. */
    public Parts parts() {
        return new Parts(train, test);
    }

    /** The target of the encoding and, where the transform is to be chosen, those by the others that may be better. */
    public List<Encoding.Target> targets() {
        return targets;
    }

    /** Lines the user should see about choices made for them and about what looks odd. */
    public List<String> notes() {
        return notes;
    }

    static DataException tooMany(Table table) {
        return new DataException(table.path() + ": more rows than the " + MAX_ROWS + " supported");
    }

    /**
     * Reads the table twice: a first pass finds kinds and the sizes of classes, a second one splits and finds categories and
     * the ranges of the training rows.
     */
    public static TableSet learn(Table table, Options options) {
        return new Learner(table, options).learn();
    }

    private static final class Learner {
        final Table table;
        final Options options;
        final List<String> notes = new ArrayList<>();
        final List<Input> inputs = new ArrayList<>();
        final TargetScan target;
        final int[] columns;
        private int rows;

        Learner(Table table, Options options) {
            this.table = table;
            this.options = options;
            notes.addAll(table.notes());
            Set<String> targets = Set.copyOf(TargetScan.names(table, options.target));
            options.drop.forEach(table::column);
            options.categorical.forEach(table::column);
            options.quantiles.forEach(table::column);
            for (String name : options.drop) {
                if (options.categorical.contains(name) || options.quantiles.contains(name)) {
                    throw new DataException(Names.option("drop", name) + " and " + Names.option(
                            options.categorical.contains(name) ? "categorical" : "quantiles", name) + " exclude each other");
                }
            }
            String splits = splitColumn();
            for (String name : targets) {
                if (options.drop.contains(name)) {
                    throw new DataException(Names.option("drop", name) + " names the target column");
                }
                if (name.equals(options.splitting.column())) {
                    throw new DataException("the rows cannot be split by the target '" + name + "'");
                }
            }
            List<String> unnamed = new ArrayList<>();
            for (int i = 0; i < table.columns().size(); i++) {
                Table.Column column = table.columns().get(i);
                if (targets.contains(column.name()) || options.drop.contains(column.name()) || column.name().equals(splits)) {
                    continue;
                }
                if (table.unnamed(i) && !options.categorical.contains(column.name())
                        && !options.quantiles.contains(column.name())) {
                    unnamed.add(Integer.toString(i + 1));
                    continue;
                }
                require(column, false);
                boolean categorical = options.categorical.contains(column.name());
                inputs.add(new Input(i, new ColumnScan(table, column, categorical, false, inputs.size()), inputs.size()));
            }
            if (!unnamed.isEmpty()) {
                String numbers = unnamed.getFirst().equals("1") || table.find("__index_level_0__").isPresent()
                        ? ", as the row numbers that pandas and R write," : "";
                notes.add((unnamed.size() == 1 ? "column " + unnamed.getFirst() + " has no name" + numbers + " and is"
                        : "the columns " + Names.some(unnamed) + " have no names and are")
                        + " left out; a name in the header makes an input");
            }
            target = new TargetScan(table, options, inputs.size());
            target.columns().forEach(column -> require(table.columns().get(column), true));
            columns = IntStream.concat(inputs.stream().mapToInt(input -> input.column), target.columns()).toArray();
        }

        /** The column that only splits; null if there is none. */
        private String splitColumn() {
            Splitting by = options.splitting;
            if (by.random()) {
                return null;
            }
            table.column(by.column());
            return by.input() ? null : by.column();
        }

        private void require(Table.Column column, boolean target) {
            if (column.kind() == Table.Kind.OTHER) {
                throw new DataException(table.path() + ": " + (target ? "the target '" : "column '") + column.name()
                        + "' is of type " + column.type() + ", expected numbers, texts or truth values"
                        + (target ? "" : " (" + Names.option("drop", column.name()) + " leaves it out)"));
            }
        }

        TableSet learn() {
            if (inputs.isEmpty()) {
                throw nothingLeft();
            }
            try (Table.Reader reader = table.reader(columns)) {
                scan(reader);
                Task task = target.task(rows, notes);
                checkInputs();
                return split(reader, task);
            }
        }

        private DataException nothingLeft() {
            return new DataException(table.path() + ": no column is left to predict '" + options.target + "' from, of "
                    + Names.some(table.columns().stream().map(Table.Column::name).toList()) + " (those without a name or a "
                    + "value are no inputs)" + table.hint());
        }

        private void scan(Table.Reader reader) {
            for (int block = 0; block < table.blocks(); block++) {
                reader.seek(block);
                while (reader.next()) {
                    for (Input input : inputs) {
                        input.scan.see(reader);
                    }
                    target.see(reader);
                    if (++rows > MAX_ROWS) {
                        throw tooMany(table);
                    }
                }
            }
            if (rows < 2) {
                throw new DataException(table.path() + ": " + Counted.of(rows, "row") + " of data, expected at least 2");
            }
        }

        /** Which inputs are numbers; those without a value are left out. */
        private void checkInputs() {
            List<String> empty = inputs.stream().filter(input -> input.scan.empty()).map(input -> input.scan.name()).toList();
            if (!empty.isEmpty()) {
                notes.add((empty.size() == 1 ? "column '" + empty.getFirst() + "' has"
                        : "the columns " + Names.some(empty) + " have")
                        + " no value in any row and " + (empty.size() == 1 ? "is" : "are") + " left out");
                inputs.removeIf(input -> input.scan.empty());
            }
            if (inputs.isEmpty()) {
                throw nothingLeft();
            }
            for (Input input : inputs) {
                input.numeric = input.scan.numeric();
                if (input.numeric) {
                    notes.addAll(input.scan.remarks());
                }
                DataException missing = input.scan.firstMissing(input.numeric);
                if (missing != null && options.missing != Encoding.Missing.FILL) {
                    throw missing;
                }
                if (!input.numeric && options.quantiles.contains(input.scan.name())) {
                    throw new DataException(
                            Names.option("quantiles", input.scan.name()) + " names a column of texts; expected one of "
                                    + "numbers");
                }
            }
        }

        private TableSet split(Table.Reader reader, Task task) {
            Split dealer = new Split(target.strata(task, rows), options.testShare, options.seed);
            BitSet train = new BitSet(rows);
            BitSet test = new BitSet(rows);
            inputs.stream().filter(input -> input.numeric).forEach(input -> reader.asNumber(input.at));
            BitSet held = options.splitting.random() || options.testShare == 0 ? null
                    : new SplitColumn(table, options.splitting, null).second(options.testShare, options.seed);
            int row = 0;
            for (int block = 0; block < table.blocks(); block++) {
                reader.seek(block);
                for (; reader.next(); row++) {
                    boolean tested = held != null ? held.get(row) : dealer.second(target.stratum(reader));
                    (tested ? test : train).set(row);
                    for (Input input : inputs) {
                        learn(input, reader, tested);
                    }
                    if (!tested) {
                        target.learn(reader);
                    }
                }
            }
            if (train.isEmpty() || test.isEmpty() && options.testShare > 0) {
                throw new DataException(table.path() + ": " + Counted.of(rows, "row")
                        + target.describe()
                        + " leave " + train.cardinality() + " to train and " + test.cardinality() + " to test on with testShare="
                        + options.testShare + "; testShare=0 trains on all");
            }
            List<Encoding.Target> targets = target.encoded();
            Encoding encoding = new Encoding(table.path().getFileName().toString(), encoded(), targets.getFirst(),
                    options.missing, options.unseen);
            return new TableSet(encoding, part(encoding, train), part(encoding, test), notes, targets);
        }

        private Part part(Encoding encoding, BitSet chosen) {
            return new TablePart(table, encoding, true, chosen, chosen.cardinality(), note -> {
            });
        }

        private void learn(Input input, Table.Reader reader, boolean tested) {
            if (!input.numeric) {
                if (input.texts.size() <= input.scan.mostCategories() && !reader.missing(input.at)) {
                    input.texts.add(reader.label(input.at));
                }
            } else if (!tested) {
                double value = reader.tryNumber(input.at);
                if (!Double.isNaN(value)) {
                    input.sample.add(value);
                } else {
                    input.sample.addMissing();
                }
            }
        }

        private List<Encoding.Column> encoded() {
            List<Encoding.Column> encoded = new ArrayList<>();
            List<String> categories = new ArrayList<>();
            List<String> skewed = new ArrayList<>();
            List<String> constant = new ArrayList<>();
            for (Input input : inputs) {
                String name = input.scan.name();
                if (input.numeric) {
                    if (input.sample.count() == 0) {
                        throw new DataException(table.path() + ": column '" + name + "' has no value in any training row");
                    }
                    Encoding.Scaling way = options.quantiles.contains(name) ? Encoding.Scaling.QUANTILES : options.scaling;
                    encoded.add(input.sample.input(name, way));
                    if (input.sample.low() == input.sample.high()) {
                        constant.add("'" + name + "' (" + Cells.text(input.sample.low()) + ")");
                    }
                    if (way != Encoding.Scaling.QUANTILES) {
                        Uneven.note(input.sample, name, way).ifPresent(skewed::add);
                    }
                } else {
                    List<String> texts = input.scan.categories(input.texts, rows);
                    encoded.add(new Encoding.Categorical(name, texts));
                    ColumnScan.alike(texts).ifPresent(two -> notes.add("the categories " + two + " in '" + name + "'"));
                    if (!options.categorical.contains(name)) {
                        categories.add(input.scan.describe(texts, rows));
                    }
                }
            }
            if (!categories.isEmpty()) {
                notes.add("taken as categories, one input for each text: " + Names.some(categories));
            }
            if (!constant.isEmpty()) {
                notes.add("of one value in all training rows, of which nothing can be learned: " + Names.some(constant));
            }
            notes.addAll(skewed.size() <= HINT_VALUES ? skewed : skewed.subList(0, HINT_VALUES));
            if (skewed.size() > HINT_VALUES) {
                notes.add("and so are " + (skewed.size() - HINT_VALUES) + " more columns");
            }
            return encoded;
        }
    }
}
