// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.kan4j.data.NamedSet;
import org.kan4j.data.Part;
import org.kan4j.data.Parts;
import org.kan4j.data.TableSet;
import org.kan4j.encoding.Encoding;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What {@code kan4j train} takes from its data. */
final class DataOptions {

    @Option(names = "--target", paramLabel = "COLUMN", description = "The column of a file to predict, or several columns of numbers: a,b,c.")
    private String target;

    @Option(names = "--task", paramLabel = "TASK", description = "classification or regression; by default classification if the target is text or has two values.")
    private TableSet.Task task;

    @Option(names = "--drop", paramLabel = "COLUMN", split = ",", converter = ColumnName.class, description = "Columns to leave out.")
    private Set<String> drop = new LinkedHashSet<>();

    @Option(names = "--categorical", paramLabel = "COLUMN", split = ",", converter = ColumnName.class, description = "Columns to take as categories although they hold numbers, or more texts than categories mostly are.")
    private Set<String> categorical = new LinkedHashSet<>();

    @Option(names = "--missing", paramLabel = "WHAT", description = "Missing inputs: refuse them, or fill them with the column's mean; refuse by default.")
    private Encoding.Missing missing;

    @Option(names = "--unseen", paramLabel = "WHAT", description = "Categories that the training rows do not have: refuse them, or take them as unknown, none of those it "
            + "knows; refuse by default.")
    private Encoding.Unseen unseen;

    @Option(names = "--quantiles", paramLabel = "COLUMN", split = ",", converter = ColumnName.class, description = "Columns of numbers to scale by their quantiles, whatever --scaling says.")
    private Set<String> quantiles = new LinkedHashSet<>();

    @Option(names = "--scaling", paramLabel = "HOW", description = "Columns of numbers to -1..1: by their range, by quantiles, or auto, which takes quantiles where there are "
            + "outliers or a long tail; auto by default.")
    private Encoding.Scaling scaling;

    @Mixin
    private TableOptions tables = new TableOptions();

    @Option(names = "--memory", paramLabel = "MIB", description = "Memory for encoded rows, 1024 by default. Larger data is read anew in every epoch, so much at a "
            + "time, and shuffled within that.")
    private Integer memory;

    @Option(names = "--test", paramLabel = "FILE", description = "Rows to test on, with the same columns; by default a share of DATA.")
    private Path test;

    @Option(names = "--test-fraction", paramLabel = "F", description = "Share of the rows of a file to test on, chosen by the seed; 0 trains on all, 0.2 by default.")
    private Double testFraction;

    /** As a training that is gone on with took them. */
    static DataOptions of(TrainOptions options) {
        DataOptions data = new DataOptions();
        data.target = options.target();
        data.task = options.task();
        data.drop = asSet(options.drop());
        data.categorical = asSet(options.categorical());
        data.missing = options.missing();
        data.unseen = options.unseen();
        data.quantiles = asSet(options.quantiles());
        data.scaling = options.scaling() == null && options.target() != null ? Encoding.Scaling.RANGE : options.scaling(); // of before
        data.tables = options.tables() == null ? new TableOptions() : options.tables();
        data.memory = options.memory();
        data.test = options.test() == null ? null : Path.of(options.test());
        data.testFraction = options.test() == null ? options.testFraction() : null;
        return data;
    }

    private static Set<String> asSet(List<String> list) {
        return list == null ? Set.of() : new LinkedHashSet<>(list);
    }

    void check(TableModel needs, CourseOptions course) {
        Ranges.atLeast("--memory", memory, 1);
        if (test != null && testFraction != null) {
            throw new InputException("--test and --test-fraction exclude each other: the rows of " + test
                    + " are tested on, those of DATA all trained on");
        }
        boolean tested = test == null && (testFraction == null || testFraction != 0);
        if (!needs.splitting().random() && !tested && course.heldOut(needs) == null) {
            throw new InputException("--split has no rows to hold out: "
                    + (test != null ? "--test names those to test on" : "--test-fraction 0 tests on none")
                    + " and --validation F, which would hold some out of the others, is not given");
        }
    }

    /**
     * What to train and to test on.
     *
     * @param needs how rows are held out, and what is predicted
     * @param model how the inputs of a model that is gone on with are to be encoded; null for how the rows suggest
     */
    Job job(String data, long seed, Encoding model, TableModel needs, PrintWriter notes) {
        if (test != null && NamedSet.of(data).isPresent()) {
            throw new InputException("--test is for files; '" + data + "' has test rows of its own");
        }
        Double share = test != null ? Double.valueOf(0) : testFraction;
        Job job;
        if (model == null) {
            job = Job.of(data, target, task, drop, categorical, missing, unseen, quantiles, scaling, share, seed, tables, needs,
                    notes);
        } else {
            refuseColumns();
            job = Job.of(data, model, share, seed, tables, needs, notes);
        }
        if (test == null) {
            return job;
        }
        if (Job.file(data) instanceof Path file && Output.same(file, test)) {
            notes.println(Main.note("--test names the rows that are trained on: what is measured there is no test"));
        }
        return job.with(new Parts(job.parts().train(), Job.rows(tables.open(test.toString(), notes), job.encoding(), notes)));
    }

    /** A model that was trained on a table knows its columns. */
    private void refuseColumns() {
        String given = Stream.of(target != null ? "--target" : null, task != null ? "--task" : null,
                drop.isEmpty() ? null : "--drop", categorical.isEmpty() ? null : "--categorical",
                missing != null ? "--missing" : null, unseen != null ? "--unseen" : null,
                quantiles.isEmpty() ? null : "--quantiles", scaling == null ? null : "--scaling")
                .filter(option -> option != null).collect(Collectors.joining(", "));
        if (!given.isEmpty()) {
            throw new InputException("--from keeps the columns of the model; leave out " + given);
        }
    }

    Path test() {
        return test;
    }

    /**
     * What of these a training is described by; nothing for a named set.
     *
     * @param ofModel whether the columns are those of a model that is gone on with
     */
    Effective effective(Job job, boolean file, boolean ofModel) {
        if (!file) {
            return new Effective(null, null, null, null, null, null, null, null, null, null, null, tables);
        }
        String testFile = test == null ? null : test.toString();
        Double share = test != null ? null : Double.valueOf(Job.testFraction(testFraction));
        Integer mebibytes = memory != null ? memory : Integer.valueOf((int) (Part.DEFAULT_MEMORY >> 20));
        if (ofModel) {
            return new Effective(null, null, null, null, null, null, null, null, testFile, share, mebibytes, tables);
        }
        Encoding encoding = job.encoding();
        return new Effective(encoding.target().name(),
                job.classification() ? TableSet.Task.CLASSIFICATION : TableSet.Task.REGRESSION, List.copyOf(drop),
                List.copyOf(categorical), encoding.missing(), encoding.unseen(), List.copyOf(quantiles),
                scaling != null ? scaling : Encoding.Scaling.AUTO, testFile, share, mebibytes, tables);
    }

    /** With defaults filled in; the components are those of {@link TrainOptions}. */
    record Effective(String target, TableSet.Task task, List<String> drop, List<String> categorical, Encoding.Missing missing,
            Encoding.Unseen unseen, List<String> quantiles, Encoding.Scaling scaling, String test, Double testFraction,
            Integer memory, TableOptions tables) {
    }
}
