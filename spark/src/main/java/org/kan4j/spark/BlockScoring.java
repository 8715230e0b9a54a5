// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.spark;

import java.io.Serializable;
import java.util.Iterator;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.util.TaskCompletionListener;

/**
 * Scores the rows of a partition in blocks, each one call of the native library, and appends columns.
 *
 * @param model on every executor
 * @param features index of the vector's column
 * @param columns to append, made of the outputs of a row
 */
record BlockScoring(Broadcast<NativeModel> model, int features, Columns columns) implements MapPartitionsFunction<Row, Row> {

    /** Rows of a block: what stays in a processor's cache. */
    static final int ROWS = 256;

    /** The values of the new columns. */
    interface Columns extends Serializable {
        Object[] of(double[] outputs);
    }

    @Override
    public Iterator<Row> call(Iterator<Row> rows) {
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
            private final Row[] block = new Row[ROWS];
            private int count;
            private int next;

            @Override
            public boolean hasNext() {
                return next < count || rows.hasNext();
            }

            @Override
            public Row next() {
                if (next == count) {
                    for (count = 0; count < ROWS && rows.hasNext(); count++) {
                        block[count] = rows.next();
                        batch.add(block[count].getAs(features));
                    }
                    if (count == 0) {
                        throw new java.util.NoSuchElementException();
                    }
                    batch.run();
                    next = 0;
                }
                return appended(block[next], columns.of(batch.outputs(next++)));
            }
        };
    }

    private static Row appended(Row row, Object[] more) {
        Object[] all = new Object[row.size() + more.length];
        for (int i = 0; i < row.size(); i++) {
            all[i] = row.get(i);
        }
        System.arraycopy(more, 0, all, row.size(), more.length);
        return RowFactory.create(all);
    }
}
