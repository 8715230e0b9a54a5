// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

import java.io.Serializable;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.apache.spark.TaskContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeRow;
import org.apache.spark.util.TaskCompletionListener;

/**
 * Scores the rows of a partition in blocks, each one call of the native library, and appends columns. Rows stay in Spark's own
 * format: the vector's numbers are all that is taken out.
 *
 * @param model on every executor
 * @param columns to append, made of the outputs of a row
 */
record BlockScoring(Broadcast<NativeModel> model, Columns columns) implements Serializable {

    /** Rows of a block: what stays in a processor's cache. */
    static final int ROWS = 256;

    /** The values of the new columns, in Spark's own format. */
    interface Columns extends Serializable {
        Object[] of(double[] outputs);
    }

    /** The features of a row, NaN where missing, in an array that the next row may have again; null where there are none. */
    interface Features {
        double[] of(InternalRow row);
    }

    /** A row with cells behind it, good until the next is asked for. */
    interface Appended {
        InternalRow of(UnsafeRow row, InternalRow more);
    }

    /** The rows with the columns appended. */
    Iterator<InternalRow> over(Iterator<UnsafeRow> rows, Features features, Appended appended) {
        Scorer scorer = Scorer.borrow(model.value());
        TaskContext task = TaskContext.get();
        if (task == null) {
            scorer.giveBack(); // as the driver runs local relations: used at once, and kept for a while anyhow
        } else {
            TaskCompletionListener giveBack = done -> scorer.giveBack();
            task.addTaskCompletionListener(giveBack);
        }
        return new Iterator<>() {
            private final Scorer.Batch batch = scorer.new Batch(ROWS);
            private final UnsafeRow[] block = new UnsafeRow[ROWS];
            private int count;
            private int next;

            @Override
            public boolean hasNext() {
                return next < count || rows.hasNext();
            }

            @Override
            public InternalRow next() {
                if (next == count) {
                    for (count = 0; count < ROWS && rows.hasNext(); count++) {
                        UnsafeRow row = rows.next();
                        batch.add(features.of(row));
                        if (block[count] == null) { // whoever gives rows gives the same one again
                            block[count] = row.copy();
                        } else {
                            block[count].copyFrom(row);
                        }
                    }
                    if (count == 0) {
                        throw new NoSuchElementException();
                    }
                    batch.run();
                    next = 0;
                }
                UnsafeRow row = block[next];
                return appended.of(row, new GenericInternalRow(columns.of(batch.outputs(next++))));
            }
        };
    }
}
