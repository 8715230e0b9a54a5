// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import dev.hardwood.HardwoodContext;
import dev.hardwood.InputFile;
import dev.hardwood.metadata.ColumnChunk;
import dev.hardwood.metadata.CompressionCodec;
import dev.hardwood.metadata.LogicalType;
import dev.hardwood.metadata.RepetitionType;
import dev.hardwood.metadata.RowGroup;
import dev.hardwood.reader.ColumnReader;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.RowGroupPredicate;
import dev.hardwood.schema.SchemaNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * A Parquet file, read by Hardwood. Numbers, decimals, truth values and texts are inputs; dates, times, lists and other
 * nested columns are not. A block is a row group or, where that is large, a part of one; its columns are read one after
 * the other, so that memory for buffers does not grow with their number.
 */
final class ParquetTable implements Table {

    /** Going to the middle of a row group passes over the rows before it: parts are larger than other formats' blocks. */
    private static final int ROWS_FACTOR = 16;
    private static final int MOST_BLOCKS = 1 << 22;
    /** Columns up to which readers stay open from block to block; each keeps a megabyte of buffers. */
    private static final int KEPT_OPEN = 64;
    private static final int BATCH = 4096;

    /** Decoding is a small part of the work. */
    private static final class Threads {
        static final HardwoodContext CONTEXT = HardwoodContext.create(2);
    }

    /** Rows of a row group: from which on, and where its bytes begin and end. */
    private record Group(long firstRow, long firstByte, long endByte) {
    }

    private final Path path;
    private final Spool source;
    private final List<Column> columns;
    /** Of each column, its place in the file; -1 for nested ones. */
    private final int[] leaves;
    private final List<Group> groups = new ArrayList<>();
    /** First row of each block and, last, the number of rows; and the group of each block. */
    private final long[] starts;
    private final int[] groupOf;
    private final Map<Integer, CompressionCodec> codecs = new HashMap<>();

    private ParquetTable(Path path, Spool source, ParquetFileReader file) {
        this.path = path;
        this.source = source;
        List<Column> found = new ArrayList<>();
        List<Integer> places = new ArrayList<>();
        for (SchemaNode node : file.getFileSchema().getRootNode().children()) {
            found.add(column(node));
            places.add(node instanceof SchemaNode.PrimitiveNode leaf && leaf.repetitionType() != RepetitionType.REPEATED
                    ? leaf.columnIndex() : -1);
        }
        columns = List.copyOf(found);
        leaves = places.stream().mapToInt(Integer::intValue).toArray();
        long most = ROWS_FACTOR * (long) Table.blockRows(columns.size());
        List<Long> parts = new ArrayList<>(List.of(0L));
        List<Integer> owners = new ArrayList<>();
        List<RowGroup> all = file.getFileMetaData().rowGroups();
        for (RowGroup group : all) {
            check(group);
            long start = parts.getLast();
            long pieces = (group.numRows() + most - 1) / most;
            if (parts.size() + pieces > MOST_BLOCKS) {
                throw damaged("a row group of " + group.numRows() + " rows");
            }
            for (long piece = 1; piece <= pieces; piece++) {
                parts.add(start + group.numRows() * piece / pieces);
                owners.add(groups.size());
            }
            long first = group.columns().stream().mapToLong(ColumnChunk::chunkStartOffset).min().orElse(0);
            if (!groups.isEmpty()) {
                Group before = groups.removeLast();
                groups.add(new Group(before.firstRow, before.firstByte, first));
            }
            groups.add(new Group(start, first, Long.MAX_VALUE));
        }
        starts = parts.stream().mapToLong(Long::longValue).toArray();
        groupOf = owners.stream().mapToInt(Integer::intValue).toArray();
    }

    private void check(RowGroup group) {
        if (group.numRows() < 0 || group.numRows() > Integer.MAX_VALUE) {
            throw group.numRows() < 0 ? damaged("a row group of " + group.numRows() + " rows") : TableSet.tooMany(this);
        }
        for (int i = 0; i < leaves.length; i++) {
            if (leaves[i] < 0) {
                continue;
            }
            if (leaves[i] >= group.columns().size()) {
                throw damaged("a row group of " + group.columns().size() + " columns");
            }
            var chunk = group.columns().get(leaves[i]).metaData();
            if (chunk.numValues() != group.numRows()) {
                throw damaged("a row group of " + group.numRows() + " rows with " + chunk.numValues() + " values of '"
                        + columns.get(i).name() + "'");
            }
            if (chunk.codec() == CompressionCodec.BROTLI || chunk.codec() == CompressionCodec.LZO) {
                codecs.put(i, chunk.codec());
            }
        }
    }

    private DataException damaged(String what) {
        return new DataException("cannot read " + path + " as Parquet: " + what + "; it may be damaged or truncated");
    }

    static ParquetTable open(Path path, Spool source) {
        return guard(path, () -> {
            try (ParquetFileReader file = ParquetFileReader.open(InputFile.of(source.file()), Threads.CONTEXT)) {
                return new ParquetTable(path, source, file);
            }
        });
    }

    /** What the library throws about a file, whatever its type, is about the file. */
    private static <T> T guard(Path path, Callable<T> work) {
        try {
            return work.call();
        } catch (DataException e) {
            throw e;
        } catch (Exception | StackOverflowError e) {
            throw new DataException("cannot read " + path + " as Parquet: " + reason(e)
                    + "; it may be damaged or truncated", e);
        } catch (OutOfMemoryError e) {
            throw new DataException("cannot read " + path + " as Parquet: what it says it holds needs more memory than Java has; "
                    + "KAN4J_JVM_OPTS=-Xmx16g, say, gives more, unless it is damaged", e);
        } catch (LinkageError e) {
            throw new DataException("cannot read " + path + ": its compression needs a library that is not there: "
                    + e.getMessage(), e);
        }
    }

    private static String reason(Throwable e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    private static Column column(SchemaNode node) {
        if (!(node instanceof SchemaNode.PrimitiveNode leaf) || leaf.repetitionType() == RepetitionType.REPEATED) {
            return new Column(node.name(), Kind.OTHER, "nested");
        }
        LogicalType logical = leaf.logicalType();
        String type = leaf.type() + (logical == null ? "" : " (" + logical + ")");
        return new Column(node.name(), ParquetColumn.kind(leaf.type(), logical), type);
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public List<Column> columns() {
        return columns;
    }

    @Override
    public int blocks() {
        return starts.length - 1;
    }

    @Override
    public int rows(int block) {
        return Math.toIntExact(starts[block + 1] - starts[block]);
    }

    @Override
    public long firstRow(int block) {
        return starts[block];
    }

    @Override
    public Reader reader(int... wanted) {
        for (int i : wanted) {
            if (leaves[i] < 0) {
                throw new DataException(path + ": column '" + columns.get(i).name() + "' is nested, expected single values");
            }
            if (codecs.containsKey(i)) {
                throw new DataException(path + ": column '" + columns.get(i).name() + "' is compressed with " + codecs.get(i)
                        + ", which is not supported; write it with Snappy, Zstandard, LZ4, gzip or no compression");
            }
        }
        return new Cursor(wanted);
    }

    /** Goes through one column from a row on. */
    private final class Walk implements AutoCloseable {

        private final ColumnReader reader;
        private int at;
        private int count;

        Walk(ParquetFileReader file, int leaf, Group group) {
            var builder = file.buildColumnReader(leaf).batchSize(BATCH);
            reader = (group.endByte > group.firstByte ? builder.filter(RowGroupPredicate.byteRange(group.firstByte, group.endByte))
                    : builder).build();
        }

        /** Passes over rows, or takes them into a column if there is one. */
        void advance(long rows, ParquetColumn into) {
            int done = 0;
            for (long left = rows; left > 0;) {
                if (at == count) {
                    if (!reader.nextBatch()) {
                        throw damaged("fewer rows than the " + starts[starts.length - 1] + " its footer says");
                    }
                    at = 0;
                    count = reader.getRecordCount();
                }
                int n = (int) Math.min(left, count - at);
                if (into != null) {
                    into.take(reader, at, done, n);
                }
                at += n;
                done += n;
                left -= n;
            }
        }

        @Override
        public void close() {
            reader.close();
        }
    }

    private final class Cursor implements Reader {

        private final int[] wanted;
        private final ParquetFileReader file;
        private final ParquetColumn[] cells;
        /** One of each column while blocks follow each other, where they are few. */
        private final Walk[] walks;
        private int ahead = -1;
        private int block;
        private int row;

        Cursor(int... wanted) {
            this.wanted = wanted;
            file = guard(path, () -> ParquetFileReader.open(InputFile.of(source.file()), Threads.CONTEXT));
            cells = new ParquetColumn[wanted.length];
            walks = new Walk[wanted.length <= KEPT_OPEN ? wanted.length : 0];
            for (int i = 0; i < wanted.length; i++) {
                cells[i] = new ParquetColumn(file.getFileSchema().getColumn(leaves[wanted[i]]));
            }
        }

        @Override
        public void seek(int to) {
            guard(path, () -> {
                if (walks.length > 0 && to != ahead) {
                    closeWalks();
                }
                for (int i = 0; i < wanted.length; i++) {
                    cells[i].clear(rows(to));
                    if (walks.length > 0) {
                        walks[i] = walks[i] == null ? walk(i, to) : walks[i];
                        walks[i].advance(rows(to), cells[i]);
                    } else {
                        try (Walk walk = walk(i, to)) {
                            walk.advance(rows(to), cells[i]);
                        }
                    }
                }
                return null;
            });
            ahead = to + 1 < blocks() && groupOf[to + 1] == groupOf[to] ? to + 1 : -1;
            block = to;
            row = -1;
        }

        private Walk walk(int i, int to) {
            Group group = groups.get(groupOf[to]);
            Walk walk = new Walk(file, leaves[wanted[i]], group);
            try {
                walk.advance(starts[to] - (group.endByte > group.firstByte ? group.firstRow : 0), null);
            } catch (RuntimeException e) {
                walk.close();
                throw e;
            }
            return walk;
        }

        private void closeWalks() {
            for (int i = 0; i < walks.length; i++) {
                if (walks[i] != null) {
                    walks[i].close();
                    walks[i] = null;
                }
            }
        }

        @Override
        public boolean next() {
            return ++row < rows(block);
        }

        @Override
        public long row() {
            return starts[block] + row + 1;
        }

        @Override
        public boolean missing(int i) {
            return cells[i].isNull(row) || Double.isNaN(cells[i].number(row)) && columns.get(wanted[i]).kind() == Kind.NUMBER;
        }

        @Override
        public double number(int i) {
            double value = cells[i].isNull(row) ? Double.NaN : cells[i].number(row);
            if (Double.isNaN(value)) {
                throw error(i, "expected a number, got '" + text(i) + "'");
            }
            return value;
        }

        @Override
        public double tryNumber(int i) {
            return cells[i].isNull(row) ? Double.NaN : cells[i].number(row);
        }

        @Override
        public String text(int i) {
            if (cells[i].isNull(row)) {
                return "";
            }
            String text = cells[i].text(row);
            if (text == null) {
                throw error(i, "is of type " + columns.get(wanted[i]).type() + ", which has no text");
            }
            return text;
        }

        @Override
        public DataException error(int i, String what) {
            return new DataException(path + ": row " + row() + ", column '" + columns.get(wanted[i]).name() + "': "
                    + what);
        }

        @Override
        public void close() {
            guard(path, () -> {
                try (file) {
                    closeWalks();
                }
                return null;
            });
        }
    }
}
