// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.kan4j.Recipe;
import org.kan4j.train.UsefulColumns;
import org.kan4j.data.Cache;
import org.kan4j.data.NamedSet;
import org.kan4j.data.Names;
import org.kan4j.data.Part;
import org.kan4j.data.Parts;
import org.kan4j.data.Table;
import org.kan4j.data.TableRows;
import org.kan4j.data.TableSet;
import org.kan4j.encoding.Encoding;

/**
 * What to train on, and what suits it where the user says nothing.
 *
 * @param encoding how raw rows become numbers
 * @param parts training and test rows; the test rows may be null
 * @param recipe how to train on the training rows
 * @param targets that of the encoding and, where its transform is to be chosen, those by others
 */
record Job(Encoding encoding, Parts parts, Recipe recipe, List<Encoding.Target> targets) {

    Job(Encoding encoding, Parts parts, Recipe recipe) {
        this(encoding, parts, recipe, List.of(encoding.target()));
    }

    /** The same with another transform of the target. */
    Job with(Encoding.Target target) {
        Encoding other = encoding.withTarget(target);
        return new Job(other, new Parts(parts.train().with(other), parts.test() == null ? null : parts.test().with(other)),
                recipe);
    }

    /** The same without some columns of the encoding. */
    Job without(Set<Encoding.Column> columns) {
        Encoding fewer = UsefulColumns.without(encoding, columns);
        return new Job(fewer, new Parts(parts.train().with(fewer), parts.test() == null ? null : parts.test().with(fewer)),
                Recipe.of(parts.train().rows(), fewer.features(), fewer.values().isEmpty()), List.of(fewer.target()));
    }

    boolean classification() {
        return encoding.target() instanceof Encoding.Classes;
    }

    /** A set of images by its name. */
    static Job named(NamedSet set, Cache cache) {
        Parts parts = set.load(cache);
        return switch (set) {
            // The recipe of efficient-kan's MNIST example, examples/mnist.py.
            case MNIST, FASHION_MNIST -> new Job(set.encoding(), parts, recipe(64, 10, 64, 1e-3, 0.8));
            case DIGITS -> new Job(set.encoding(), parts, recipe(32, 20, 32, 5e-3, 0.9));
        };
    }

    private static Recipe recipe(long hidden, int epochs, int batch, double learningRate, double decay) {
        return new Recipe(List.of(hidden), 5, 0, epochs, batch, learningRate, decay, 1e-4, List.of(), 0, 0, 1);
    }

    /** A table in a file; steps are sized so that small ones get enough of them. */
    static Job table(Table table, TableSet.Options options, PrintWriter notes) {
        TableSet set = TableSet.learn(table, options);
        set.notes().forEach(n -> notes.println(Main.note(n)));
        Parts parts = set.parts();
        Job job = table(set.encoding(), options.testShare() > 0 ? parts : new Parts(parts.train(), null));
        return new Job(job.encoding, job.parts, job.recipe, set.targets());
    }

    private static Job table(Encoding encoding, Parts parts) {
        return new Job(encoding, parts, Recipe.of(parts.train().rows(), encoding.features(), encoding.values().isEmpty()));
    }

    /** The same with other rows. */
    Job with(Parts other) {
        return new Job(encoding, other, recipe, targets);
    }

    /** A known set or a file as a model that is there takes it. */
    static Job of(String data, Encoding encoding, Double testFraction, long seed, TableOptions tables, TableModel needs,
            PrintWriter notes) {
        if (NamedSet.of(data).isPresent()) {
            Job job = of(data, null, null, Set.of(), Set.of(), null, null, Set.of(), null, testFraction, seed, tables, needs,
                    notes);
            if (!job.encoding().columns().equals(encoding.columns()) || !job.encoding().target().equals(encoding.target())) {
                throw new InputException(
                        "the model was trained on " + encoding.data() + ", whose inputs or classes are not those "
                                + "of " + data);
            }
            return job;
        }
        Part all = rows(tables.open(data, notes), encoding, notes);
        double share = checkedFraction(testFraction);
        return table(encoding, share == 0 ? new Parts(all, null) : all.split(needs.splitting(), share, seed));
    }

    /** All rows of a table, with the target, as a model that is there takes them. */
    static Part rows(Table table, Encoding encoding, PrintWriter notes) {
        return TableRows.all(table, encoding, true, note -> notes.println(Main.note(note)));
    }

    /** The file that the command line names; null for a known set and standard input. */
    static Path file(String data) {
        return data.equals("-") || NamedSet.of(data).isPresent() ? null : Path.of(data);
    }

    /** By what the command line names: a known set or a file. */
    static Job of(String data, String target, TableSet.Task task, Set<String> drop, Set<String> categorical,
            Encoding.Missing missing, Encoding.Unseen unseen, Set<String> quantiles, Encoding.Scaling scaling,
            Double testFraction, long seed, TableOptions tables, TableModel needs, PrintWriter notes) {
        Optional<NamedSet> named = NamedSet.of(data);
        if (named.isPresent()) {
            if (target != null || task != null || !drop.isEmpty() || !categorical.isEmpty() || missing != null
                    || unseen != null || !quantiles.isEmpty() || scaling != null || testFraction != null || tables.given()) {
                throw new InputException("--target, --task, --drop, --categorical, --missing, --unseen, --quantiles, --scaling, "
                        + "--test-fraction and how CSV is written are for files, not for '" + data + "'");
            }
            needs.refuseForSet(data);
            return named(named.get(), new Cache(Cache.defaultRoot(), notes::println));
        }
        if (data.isEmpty()
                || !Path.of(data).toFile().exists() && !data.contains(".") && !data.contains("/") && !data.equals("-")) {
            throw new InputException("no data set or file '" + data + "'; known sets are mnist, fashion-mnist and digits, "
                    + "else give a CSV, Parquet or safetensors file");
        }
        Table table = tables.open(data);
        if (target == null) {
            throw new InputException("a file needs --target COLUMN, the column to predict; " + data + " has: "
                    + Names.some(table.columns().stream().map(Table.Column::name).toList()) + table.hint());
        }
        double share = checkedFraction(testFraction);
        return table(table, new TableSet.Options(target, task, drop, categorical, missing(missing), share, seed, quantiles,
                unseen, scaling != null ? scaling : Encoding.Scaling.AUTO, needs.splitting(), needs.levels(),
                needs.transform()), notes);
    }

    private static double checkedFraction(Double given) {
        double share = testFraction(given);
        if (!(share >= 0 && share < 1)) {
            throw new InputException("--test-fraction must be 0 to below 1, given " + share);
        }
        return share;
    }

    /** What becomes of missing values: as given, or they are refused. */
    static Encoding.Missing missing(Encoding.Missing given) {
        return given != null ? given : Encoding.Missing.REFUSE;
    }

    /** The share of a file's rows to test on: as given, or a fifth. */
    static double testFraction(Double given) {
        return given != null ? given : 0.2;
    }
}
