// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import dev.hardwood.HardwoodContext;
import dev.hardwood.InputFile;
import dev.hardwood.metadata.ColumnChunk;
import dev.hardwood.metadata.CompressionCodec;
import dev.hardwood.metadata.LogicalType;
import dev.hardwood.metadata.PhysicalType;
import dev.hardwood.metadata.RepetitionType;
import dev.hardwood.metadata.RowGroup;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.schema.ColumnSchema;
import dev.hardwood.schema.SchemaNode;
import java.io.IOException;
import java.lang.ref.SoftReference;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.kan4j.error.Counted;

/**
 * A Parquet file, read by Hardwood. Numbers, decimals, truth values and texts are inputs; dates, times, lists and other
 * nested columns are not. A block is a row group or, where that is large, a part of one; its columns are read one after
 * the other, so that memory for buffers does not grow with their number.
 */
final class ParquetTable implements Table {

    /** Going to the middle of a row group passes over the rows before it: parts are larger than other formats' blocks. */
    private static final int ROWS_FACTOR = 16;
    private static final int MOST_BLOCKS = 1 << 22;
    /** Columns read at a time: each takes a megabyte of buffers, opening them takes time that grows with those of the file. */
    private static final int TOGETHER = 64;

    /** Decoding is a small part of the work. */
    private static final class Threads {
        static final HardwoodContext CONTEXT = HardwoodContext.create(2);
    }

    /** Rows of a row group: from which on, and where its bytes begin and end. */
    record Group(long firstRow, long firstByte, long endByte) {

        /** Whether it can be told apart from the others by its place; not where they are in another order. */
        boolean placed() {
            return endByte > firstByte;
        }
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
    private final Map<String, Integer> places;
    private final Map<Integer, CompressionCodec> codecs = new HashMap<>();
    private final List<String> dotted;
    private final List<RowGroup> rowGroups;
    private final BitSet checked = new BitSet();
    private final BitSet nameless = new BitSet();
    private volatile SoftReference<Loaded> last = new SoftReference<>(null);

    private ParquetTable(Path path, Spool source, List<String> dotted, ParquetFileReader file) {
        this.dotted = dotted;
        this.path = path;
        this.source = source;
        List<Column> found = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        List<Integer> places = new ArrayList<>();
        for (SchemaNode node : file.getFileSchema().getRootNode().children()) {
            nameless.set(found.size(), node.name().isBlank());
            found.add(column(node, found.size() + 1));
            places.add(node instanceof SchemaNode.PrimitiveNode leaf && leaf.repetitionType() != RepetitionType.REPEATED
                    ? leaf.columnIndex() : -1);
        }
        columns = List.copyOf(found);
        this.places = Table.places(columns);
        if (this.places.size() < columns.size()) {
            String twice = columns.stream().map(Column::name).filter(name -> !seen.add(name)).findFirst().orElseThrow();
            throw new DataException(path + ": there are two columns '" + twice + "'; rename one");
        }
        leaves = places.stream().mapToInt(Integer::intValue).toArray();
        long most = ROWS_FACTOR * (long) Table.blockRows(columns.size());
        List<Long> parts = new ArrayList<>(List.of(0L));
        List<Integer> owners = new ArrayList<>();
        rowGroups = file.getFileMetaData().rowGroups();
        for (RowGroup group : rowGroups) {
            check(group);
            long start = parts.getLast();
            long pieces = (group.numRows() + most - 1) / most;
            if (parts.size() + pieces > MOST_BLOCKS) {
                throw damaged("a row group of " + Counted.of(group.numRows(), "row"));
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
            throw group.numRows() < 0 ? damaged("a row group of " + Counted.of(group.numRows(), "row")) : TableSet.tooMany(this);
        }
        for (int i = 0; i < leaves.length; i++) {
            if (leaves[i] < 0) {
                continue;
            }
            if (leaves[i] >= group.columns().size()) {
                throw damaged("a row group of " + Counted.of(group.columns().size(), "column"));
            }
            var chunk = group.columns().get(leaves[i]).metaData();
            if (chunk.numValues() != group.numRows()) {
                throw damaged("a row group of " + Counted.of(group.numRows(), "row") + " with "
                        + Counted.of(chunk.numValues(), "value") + " of '"
                        + columns.get(i).name() + "'");
            }
            if (chunk.codec() == CompressionCodec.BROTLI || chunk.codec() == CompressionCodec.LZO) {
                codecs.put(i, chunk.codec());
            }
        }
    }

    private DataException damaged(String what) {
        return ParquetRead.damaged(path, what, null);
    }

    static ParquetTable open(Path path, Spool source) {
        return ParquetRead.guard(path, () -> {
            List<String> dotted;
            try (ParquetFileReader file = open(source, List.of())) {
                dotted = file.getFileSchema().getRootNode().children().stream().map(SchemaNode::name)
                        .filter(name -> name.contains(".")).toList();
                if (dotted.isEmpty()) {
                    return new ParquetTable(path, source, dotted, file);
                }
            }
            try (ParquetFileReader file = open(source, dotted)) {
                return new ParquetTable(path, source, dotted, file);
            }
        });
    }

    private static ParquetFileReader open(Spool source, List<String> dotted) throws IOException {
        InputFile file = InputFile.of(source.file());
        return ParquetFileReader.open(dotted.isEmpty() ? file : new DottedNames(file, dotted), Threads.CONTEXT);
    }

    private static Column column(SchemaNode node, int place) {
        String name = DottedNames.original(node.name());
        name = name.isBlank() ? "column " + place : name;
        if (!(node instanceof SchemaNode.PrimitiveNode leaf) || leaf.repetitionType() == RepetitionType.REPEATED) {
            return new Column(name, Kind.OTHER, "nested");
        }
        LogicalType logical = leaf.logicalType();
        String type = leaf.type() + (logical == null ? "" : " (" + logical + ")");
        return new Column(name, ParquetColumn.kind(leaf.type(), logical), leaf.type() == PhysicalType.INT96 ? type + ", a time"
                : type);
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
    public boolean unnamed(int column) {
        return nameless.get(column) || Table.super.unnamed(column);
    }

    @Override
    public Optional<Integer> find(String name) {
        return Optional.ofNullable(places.get(name));
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
            if (nameless.get(i)) {
                throw new DataException(path + ": " + columns.get(i).name() + " has no name, by which alone it can be read");
            }
            if (codecs.containsKey(i)) {
                throw new DataException(path + ": column '" + columns.get(i).name() + "' is compressed with " + codecs.get(i)
                        + ", which is not supported; write it with Snappy, Zstandard, LZ4, gzip or no compression");
            }
        }
        ParquetRead.guard(path, () -> {
            checkPages(wanted);
            return null;
        });
        return new Cursor(wanted);
    }

    private synchronized void checkPages(int... wanted) throws IOException {
        try (FileChannel bytes = FileChannel.open(source.file())) {
            for (int i : wanted) {
                for (RowGroup group : checked.get(i) ? List.<RowGroup>of() : rowGroups) {
                    if (!PageHeaders.fit(bytes, group.columns().get(leaves[i]))) {
                        throw damaged("the pages of column '" + columns.get(i).name() + "' do not fit together");
                    }
                }
                checked.set(i);
            }
        }
    }

    /**
     * A block of a wide table as last read: finding columns takes Hardwood time that grows with the square of their number, and
     * such tables are mostly of one block.
     */
    private record Loaded(int block, int[] columns, List<ParquetColumn> cells) {
    }

    private final class Cursor implements Reader {

        private final int[] wanted;
        private final ParquetFileReader file;
        private List<ParquetColumn> cells = List.of();
        private final List<ColumnSchema> schemas = new ArrayList<>();
        private final List<String> names = new ArrayList<>();
        /** While blocks follow each other, where columns are few. */
        private ParquetWalk open;
        private int ahead = -1;
        private int block;
        private int row;

        Cursor(int... wanted) {
            this.wanted = wanted;
            file = ParquetRead.guard(path, () -> open(source, dotted));
            for (int i : wanted) {
                ColumnSchema column = file.getFileSchema().getColumn(leaves[i]);
                schemas.add(column);
                names.add(column.name());
            }
        }

        @Override
        public void seek(int to) {
            Loaded loaded = last.get();
            if (loaded != null && loaded.block == to && Arrays.equals(loaded.columns, wanted)) {
                cells = loaded.cells;
            } else {
                ParquetRead.guard(path, () -> {
                    cells = read(to);
                    return null;
                });
                if (wanted.length > TOGETHER) {
                    last = new SoftReference<>(new Loaded(to, wanted, cells));
                }
            }
            ahead = to + 1 < blocks() && groupOf[to + 1] == groupOf[to] ? to + 1 : -1;
            block = to;
            row = -1;
        }

        private List<ParquetColumn> read(int to) {
            List<ParquetColumn> columns = schemas.stream().map(schema -> new ParquetColumn(schema, rows(to))).toList();
            if (to != ahead) {
                closeWalk();
            }
            for (int from = 0; from < wanted.length; from += TOGETHER) {
                int end = Math.min(wanted.length, from + TOGETHER);
                open = open != null ? open : walk(names.subList(from, end), to);
                if (!open.advance(rows(to), columns.subList(from, end))) {
                    throw fewer();
                }
                if (wanted.length > TOGETHER) {
                    closeWalk();
                }
            }
            return columns;
        }

        private ParquetWalk walk(List<String> some, int to) {
            Group group = groups.get(groupOf[to]);
            ParquetWalk walk = new ParquetWalk(file, some, group);
            if (!walk.advance(starts[to] - (group.placed() ? group.firstRow : 0), List.of())) {
                walk.close();
                throw fewer();
            }
            return walk;
        }

        private DataException fewer() {
            return damaged("fewer rows than the " + starts[starts.length - 1] + " its footer says");
        }

        private void closeWalk() {
            if (open != null) {
                open.close();
                open = null;
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
            return cells.get(i).isNull(row)
                    || Double.isNaN(cells.get(i).number(row)) && columns.get(wanted[i]).kind() == Kind.NUMBER;
        }

        @Override
        public double number(int i) {
            double value = cells.get(i).isNull(row) ? Double.NaN : cells.get(i).number(row);
            if (Double.isNaN(value)) {
                throw error(i, "expected a number, got '" + text(i) + "'");
            }
            return value;
        }

        @Override
        public double tryNumber(int i) {
            return cells.get(i).isNull(row) ? Double.NaN : cells.get(i).number(row);
        }

        @Override
        public String text(int i) {
            if (cells.get(i).isNull(row)) {
                return "";
            }
            String text = cells.get(i).text(row);
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
            ParquetRead.guard(path, () -> {
                try (file) {
                    closeWalk();
                }
                return null;
            });
        }
    }
}
