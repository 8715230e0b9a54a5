// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import dev.hardwood.reader.ColumnReaders;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.RowGroupPredicate;
import dev.hardwood.schema.ColumnProjection;
import java.util.List;

/** Goes through some columns from a row on. */
final class ParquetWalk implements AutoCloseable {

    private static final int BATCH = 4096;

    private final ColumnReaders readers;
    private final List<String> names;
    private int at;
    private int count;

    ParquetWalk(ParquetFileReader file, List<String> names, ParquetTable.Group group) {
        this.names = names;
        var builder = file.buildColumnReaders(ColumnProjection.columns(names.stream().distinct().toArray(String[]::new)))
                .batchSize(BATCH);
        readers = (group.placed() ? builder.filter(RowGroupPredicate.byteRange(group.firstByte(), group.endByte()))
                : builder).build();
    }

    /** Passes over rows, or takes them into columns if there are any; false if there are fewer. */
    boolean advance(long rows, List<ParquetColumn> into) {
        int done = 0;
        for (long left = rows; left > 0;) {
            if (at == count) {
                if (!readers.nextBatch()) {
                    return false;
                }
                at = 0;
                count = readers.getRecordCount();
            }
            int n = (int) Math.min(left, count - at);
            for (int i = 0; i < into.size(); i++) {
                into.get(i).take(readers.getColumnReader(names.get(i)), at, done, n);
            }
            at += n;
            done += n;
            left -= n;
        }
        return true;
    }

    @Override
    public void close() {
        readers.close();
    }
}
