// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.kan4j.encoding.Encoding;
import org.kan4j.rows.Dataset;
import org.kan4j.rows.RowSource;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/**
 * Some rows of a table; in memory where they fit.
 *
 * @param needTarget whether the table must hold the target; without it passes give features only
 * @param chosen numbers of the rows, from 0; null for all
 * @param rows how many
 * @param notes told of columns that were constant in the training rows and are not here
 */
record TablePart(Table table, Encoding encoding, boolean needTarget, BitSet chosen, int rows, Consumer<String> notes)
        implements Part {

    @Override
    public RowSource load(Arena arena, DType dtype, long memory) {
        TableRows streamed = new TableRows(table, encoding, needTarget, chosen, dtype, memory, notes);
        if (streamed.size() == 0) {
            throw new DataException(table.path() + ": no rows of data");
        }
        return needTarget && streamed.rowBytes() * streamed.size() <= memory ? inMemory(streamed, arena, dtype) : streamed;
    }

    @Override
    public Part with(Encoding other) {
        return new TablePart(table, other, needTarget, chosen, rows, notes);
    }

    @Override
    public Parts split(Splitting by, double share, long seed) {
        if (by.random()) {
            return Part.super.split(by, share, seed);
        }
        BitSet second = new SplitColumn(table, by, chosen).second(share, seed);
        BitSet first = new BitSet();
        if (chosen == null) {
            first.set(0, rows);
        } else {
            first.or(chosen);
        }
        first.andNot(second);
        return new Parts(new TablePart(table, encoding, needTarget, first, first.cardinality(), notes),
                new TablePart(table, encoding, needTarget, second, second.cardinality(), notes));
    }

    private static Dataset inMemory(TableRows rows, Arena arena, DType dtype) {
        HostTensor x = HostTensor.allocate(arena, dtype, rows.size(), rows.in());
        HostTensor t = rows.classes() > 0 ? HostTensor.allocate(arena, DType.I32, rows.size())
                : HostTensor.allocate(arena, dtype, rows.size(), rows.out());
        try (RowSource.Pass pass = rows.inOrder()) {
            pass.read(0, rows.size(), x.segment(), t.segment(), MemorySegment.NULL);
        }
        return rows.classes() > 0 ? Dataset.classification(x, t, rows.classes()) : Dataset.regression(x, t);
    }

    /** The cells of a row that are taken as numbers: of the inputs, and the targets after them if they are such and read. */
    static IntStream numberCells(Encoding encoding, boolean hasTarget) {
        IntStream.Builder cells = IntStream.builder();
        int cell = 0;
        for (Encoding.Column column : encoding.columns()) {
            int end = cell + (column instanceof Encoding.Pixels pixels ? pixels.count() : 1);
            for (; cell < end; cell++) {
                if (!(column instanceof Encoding.Categorical)) {
                    cells.add(cell);
                }
            }
        }
        for (int i = 0; hasTarget && !encoding.values().isEmpty() && i < encoding.targets().size(); i++) {
            cells.add(cell + i);
        }
        return cells.build();
    }
}
