// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.kan4j.EncodedTable;
import org.kan4j.train.UsefulColumns;
import org.kan4j.encoding.Encoding;
import org.kan4j.rows.RowSource;
import org.kan4j.tensor.DType;

/**
 * Rows of a file for the front door: what {@code kan4j train} would train on, and what it would test on.
 *
 * {@snippet :
 * TrainingTable table = TrainingTable.of(Path.of("wine.csv"), "quality");
 * try (KanRegressor model = Kan.regressor().fit(table)) {
 *     System.out.println(model.evaluate(table.test().orElseThrow()));
 * }
 * }
 */
public final class TrainingTable implements EncodedTable {

    private static final double TEST_SHARE = 0.2;

    private final Encoding encoding;
    private final List<Encoding.Target> targets;
    private final Part rows;
    private final Part test;
    private final long memory;
    private final Splitting splitting;

    private TrainingTable(Encoding encoding, List<Encoding.Target> targets, Part rows, Part test, long memory,
            Splitting splitting) {
        this.targets = targets;
        this.splitting = splitting;
        this.encoding = encoding;
        this.rows = rows;
        this.test = test;
        this.memory = memory;
    }

    /**
     * Four fifths of the rows of a file to train on, the others to test on. The target is a class where it is a text or has
     * two values, a number otherwise.
     *
     * @throws DataException if the file cannot be used; the message says why
     */
    public static TrainingTable of(Path file, String target) {
        return of(Table.open(file), new TableSet.Options(target, null, Set.of(), Set.of(), Encoding.Missing.REFUSE, TEST_SHARE,
                1));
    }

    /** A table, taken as the options say. */
    public static TrainingTable of(Table table, TableSet.Options options) {
        TableSet set = TableSet.learn(table, options);
        return new TrainingTable(set.encoding(), set.targets(), set.parts().train(), set.parts().test(), Part.DEFAULT_MEMORY,
                options.splitting());
    }

    /** All rows of a table, encoded for a model that exists. */
    public static TrainingTable of(Table table, Encoding encoding) {
        return new TrainingTable(encoding, List.of(encoding.target()), TableRows.all(table, encoding, true), null,
                Part.DEFAULT_MEMORY, Splitting.RANDOM);
    }

    /** The same with another limit for encoded rows held in memory; larger data is read anew in every pass. */
    public TrainingTable withMemory(long bytes) {
        return new TrainingTable(encoding, targets, rows, test, bytes, splitting);
    }

    /** The rows that are not trained on; absent where there are none. */
    public Optional<TrainingTable> test() {
        return test == null || test.rows() == 0 ? Optional.empty()
                : Optional.of(new TrainingTable(encoding, List.of(encoding.target()), test, null, memory, splitting));
    }

    @Override
    public Encoding encoding() {
        return encoding;
    }

    @Override
    public List<Encoding.Target> targets() {
        return targets;
    }

    @Override
    public TrainingTable with(Encoding.Target target) {
        return with(encoding.withTarget(target), List.of(target));
    }

    @Override
    public TrainingTable without(Set<Encoding.Column> columns) {
        return with(UsefulColumns.without(encoding, columns), targets);
    }

    private TrainingTable with(Encoding other, List<Encoding.Target> others) {
        return new TrainingTable(other, others, rows.with(other), test == null ? null : test.with(other), memory, splitting);
    }

    @Override
    public RowSource rows(Arena arena, DType dtype) {
        return rows.load(arena, dtype, memory);
    }

    @Override
    public RowSource.Split<? extends RowSource> split(Arena arena, DType dtype, double share, long seed) {
        if (splitting.random()) {
            return EncodedTable.super.split(arena, dtype, share, seed);
        }
        Parts parts = rows.split(splitting, share, seed);
        return new RowSource.Split<>(parts.train().load(arena, dtype, memory), parts.test().load(arena, dtype, memory));
    }
}
