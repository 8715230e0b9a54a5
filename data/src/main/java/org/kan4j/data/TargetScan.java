// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.kan4j.encoding.ColumnRange;
import org.kan4j.encoding.Encoding;
import org.kan4j.encoding.Transform;
import org.kan4j.encoding.Values;
import org.kan4j.error.Counted;

/** The target of a table, or several that are numbers, while it is learned what they are. */
final class TargetScan {

    /** Up to so many different whole numbers may be meant as classes. */
    private static final int HINT_VALUES = 10;

    private final Table table;
    private final TableSet.Options options;
    private final List<String> names;
    private final List<ColumnScan> scans = new ArrayList<>();
    /** Of the values of each target in the training rows. */
    private final List<ColumnRange> samples = new ArrayList<>();
    /** The first one's cell in a row. */
    private final int at;
    private Map<String, Long> sizes = Map.of();
    private Values.Index classes;

    /**
     * Of no rows yet.
     *
     * @param at the cell of the first target in a row, behind which the others are
     */
    TargetScan(Table table, TableSet.Options options, int at) {
        this.table = table;
        this.options = options;
        this.names = names(table, options.target());
        this.at = at;
        for (String name : names) {
            boolean categorical = options.categorical().contains(name) || options.task() == TableSet.Task.CLASSIFICATION;
            scans.add(new ColumnScan(table, table.columns().get(table.column(name)), categorical, true, at + scans.size()));
            samples.add(new ColumnRange());
        }
        if (names.size() > 1 && options.task() == TableSet.Task.CLASSIFICATION) {
            throw new DataException("several targets are numbers each, given task=classification for " + names);
        }
    }

    /** The target columns: a column of the whole name or, with commas, several. */
    static List<String> names(Table table, String target) {
        if (table.find(target).isPresent() || target.indexOf(',') < 0) {
            table.column(target); // refuses an unknown one
            return List.of(target);
        }
        List<String> names = Arrays.stream(target.split(",", -1)).map(String::strip).toList();
        Set<String> seen = new HashSet<>();
        for (String name : names) {
            table.column(name);
            if (!seen.add(name)) {
                throw new DataException("the target names '" + name + "' twice, expected each column once");
            }
        }
        return names;
    }

    /** The places of the target columns in the table. */
    IntStream columns() {
        return names.stream().mapToInt(table::column);
    }

    /** Takes a row in. */
    void see(Table.Reader reader) {
        scans.forEach(scan -> scan.see(reader));
    }

    /** What is to be predicted, after all rows were seen. */
    TableSet.Task task(long rows, List<String> notes) {
        if (names.size() == 1) {
            TableSet.Task task = task(scans.getFirst(), rows, notes);
            if (task == TableSet.Task.REGRESSION) {
                scans.getFirst().targetRemark().ifPresent(notes::add);
            }
            return task;
        }
        for (ColumnScan scan : scans) {
            requireNumbers(scan);
            if (scan.different() < 2) {
                throw same(scan, rows);
            }
            scan.targetRemark().ifPresent(notes::add);
        }
        return TableSet.Task.REGRESSION;
    }

    private static void requireNumbers(ColumnScan scan) {
        if (!scan.allNumbers()) {
            scan.refuseOtherNotations();
            throw scan.noNumber();
        }
    }

    private DataException same(ColumnScan target, long rows) {
        return new DataException(
                table.path() + ": the target '" + target.name() + "' is the same in all " + Counted.of(rows, "row")
                        + ": nothing to learn");
    }

    private TableSet.Task task(ColumnScan target, long rows, List<String> notes) {
        TableSet.Task asked = options.task() == null && !options.levels().isEmpty() ? TableSet.Task.REGRESSION : options.task();
        if (asked == TableSet.Task.REGRESSION) {
            requireNumbers(target);
        } else if (asked == null && target.numeric() && target.different() > 2) {
            if (target.whole() && target.different() <= HINT_VALUES) {
                notes.add("'" + target.name() + "' has " + target.different()
                        + " different whole numbers and is taken as a number; task=classification takes them as classes");
            }
            return TableSet.Task.REGRESSION;
        }
        if (target.different() < 2 || asked != TableSet.Task.REGRESSION && target.labels().size() < 2) {
            throw same(target, rows);
        }
        if (asked == null && !options.categorical().contains(target.name())) {
            checkClasses(target, rows);
        }
        if (asked != TableSet.Task.REGRESSION) {
            ColumnScan.alike(target.labels().keySet()).ifPresent(two -> notes.add("the classes " + two));
        }
        return asked != null ? asked : TableSet.Task.CLASSIFICATION;
    }

    private void checkClasses(ColumnScan target, long rows) {
        int count = target.labels().size();
        if (count > ColumnScan.MAX_CATEGORIES || ColumnScan.tooMany(count, rows)) {
            throw new DataException(table.path() + ": the target '" + target.name() + "' has "
                    + (count > ColumnScan.MAX_CATEGORIES ? "more than " + ColumnScan.MAX_CATEGORIES : count)
                    + " different texts in " + Counted.of(rows, "row") + ", such as '" + target.example()
                    + "': more than classes mostly are; "
                    + "task=classification takes each as a class, unless the target is another column");
        }
    }

    /** The sizes of the classes, or all rows as one where numbers are predicted; to be asked before rows are dealt. */
    long[] strata(TableSet.Task task, long rows) {
        if (task == TableSet.Task.REGRESSION) {
            return new long[] {rows};
        }
        sizes = scans.getFirst().labels();
        if (sizes.size() > ColumnScan.MOST_CATEGORIES) {
            throw new DataException(table.path() + ": the target '" + names.getFirst() + "' has more than "
                    + Counted.of(ColumnScan.MOST_CATEGORIES, "class") + ", which is the most supported");
        }
        classes = new Values.Index(List.copyOf(sizes.keySet()));
        return sizes.values().stream().mapToLong(Long::longValue).toArray();
    }

    /** Of how many classes the rows are, for messages; nothing where numbers are predicted. */
    String describe() {
        return classes == null ? "" : " of " + Counted.of(sizes.size(), "class");
    }

    /** Which of the strata a row is in. */
    int stratum(Table.Reader reader) {
        return classes == null ? 0 : classes.of(reader.label(at));
    }

    /** Takes in the values of a training row. */
    void learn(Table.Reader reader) {
        for (int i = 0; classes == null && i < samples.size(); i++) {
            samples.get(i).add(reader.number(at + i));
        }
    }

    /** How a model may give it, the first unless it is worse than another. */
    List<Encoding.Target> encoded() {
        if (classes != null) {
            if (options.transform() == Transform.Choice.LOG || options.transform() == Transform.Choice.ASINH) {
                throw new DataException("a target transform is of numbers, '" + names.getFirst() + "' is taken as classes");
            }
            return List.of(new Encoding.Classes(names.getFirst(), List.copyOf(sizes.keySet())));
        }
        if (names.size() > 1 && !options.levels().isEmpty()) {
            throw new DataException("quantiles are predicted of one target, given " + names);
        }
        return Transform.kinds(options.transform(), samples).stream().map(this::encoded).toList();
    }

    private Encoding.Target encoded(Transform.Kind kind) {
        List<Encoding.Value> values = IntStream.range(0, names.size())
                .mapToObj(i -> samples.get(i).target(names.get(i), kind)).toList();
        if (!options.levels().isEmpty()) {
            return new Encoding.Quantiles(values.getFirst(), options.levels());
        }
        return values.size() == 1 ? values.getFirst() : new Encoding.Numbers(values);
    }
}
