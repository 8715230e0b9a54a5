// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import dev.hardwood.InputFile;
import dev.hardwood.metadata.LogicalType;
import dev.hardwood.metadata.PhysicalType;
import dev.hardwood.metadata.RepetitionType;
import dev.hardwood.metadata.RowGroup;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.RowReader;
import dev.hardwood.schema.ColumnProjection;
import dev.hardwood.schema.SchemaNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * A Parquet file, read by Hardwood. Numbers, decimals, truth values and texts are inputs; dates, times, lists and other
 * nested columns are not. A block is a row group or, where that is large, a part of one.
 */
final class ParquetTable implements Table {

    /** Going to the middle of a row group passes over pages before it: parts are larger than other formats' blocks. */
    private static final int ROWS_FACTOR = 16;

    private final Path path;
    private final List<Column> columns;
    private final long[] starts;

    private ParquetTable(Path path, ParquetFileReader file) {
        this.path = path;
        List<Column> found = new ArrayList<>();
        for (SchemaNode node : file.getFileSchema().getRootNode().children()) {
            found.add(column(node));
        }
        columns = List.copyOf(found);
        int most = ROWS_FACTOR * Table.blockRows(columns.size());
        List<Long> parts = new ArrayList<>(List.of(0L));
        for (RowGroup group : file.getFileMetaData().rowGroups()) {
            long start = parts.getLast();
            long pieces = (group.numRows() + most - 1) / most;
            for (long piece = 1; piece <= pieces; piece++) {
                parts.add(start + group.numRows() * piece / pieces);
            }
        }
        starts = parts.stream().mapToLong(Long::longValue).toArray();
    }

    static ParquetTable open(Path path) {
        return guard(path, () -> {
            try (ParquetFileReader file = ParquetFileReader.open(InputFile.of(path))) {
                return new ParquetTable(path, file);
            }
        });
    }

    /** What the library throws about a file, whatever its type, is about the file. */
    private static <T> T guard(Path path, Callable<T> work) {
        try {
            return work.call();
        } catch (DataException e) {
            throw e;
        } catch (Exception e) {
            throw new DataException("cannot read " + path + " as Parquet: "
                    + (e.getMessage() == null ? e.toString() : e.getMessage()) + "; it may be damaged or truncated", e);
        } catch (LinkageError e) {
            throw new DataException("cannot read " + path + ": Parquet and its compressions need a library that is not there: "
                    + e.getMessage(), e);
        }
    }

    private static Column column(SchemaNode node) {
        if (!(node instanceof SchemaNode.PrimitiveNode leaf) || leaf.repetitionType() == RepetitionType.REPEATED) {
            return new Column(node.name(), Kind.OTHER, "nested");
        }
        LogicalType logical = leaf.logicalType();
        String type = leaf.type() + (logical == null ? "" : " (" + logical + ")");
        boolean text = leaf.type() == PhysicalType.BYTE_ARRAY
                && (logical == null || logical instanceof LogicalType.StringType || logical instanceof LogicalType.EnumType
                || logical instanceof LogicalType.JsonType);
        boolean number = logical instanceof LogicalType.DecimalType || switch (leaf.type()) {
            case INT32, INT64 -> logical == null || logical instanceof LogicalType.IntType;
            case FLOAT, DOUBLE, BOOLEAN -> true;
            default -> false;
        };
        return new Column(node.name(), text ? Kind.TEXT : number ? Kind.NUMBER : Kind.OTHER, type);
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
        return new Cursor(wanted);
    }

    /** Keeps one row reader as long as blocks follow each other. */
    private final class Cursor implements Reader {

        private final int[] wanted;
        private final ParquetFileReader file;
        private final ColumnProjection projection;
        private final int[] at;
        private final PhysicalType[] type;
        private final boolean[] decimal;
        private RowReader rows;
        private long row;
        private long end;

        Cursor(int... wanted) {
            this.wanted = wanted;
            file = guard(path, () -> ParquetFileReader.open(InputFile.of(path)));
            projection = ColumnProjection.columns(Arrays.stream(wanted).mapToObj(i -> columns.get(i).name()).distinct()
                    .toArray(String[]::new));
            at = new int[wanted.length];
            type = new PhysicalType[wanted.length];
            decimal = new boolean[wanted.length];
            for (int i = 0; i < wanted.length; i++) {
                SchemaNode.PrimitiveNode leaf = (SchemaNode.PrimitiveNode) file.getFileSchema()
                        .getField(columns.get(wanted[i]).name());
                type[i] = leaf.type();
                decimal[i] = leaf.logicalType() instanceof LogicalType.DecimalType;
            }
        }

        @Override
        public void seek(int block) {
            if (rows == null || row != starts[block]) {
                guard(path, () -> {
                    if (rows != null) {
                        rows.close();
                    }
                    var builder = file.buildRowReader().projection(projection);
                    rows = (starts[block] == 0 ? builder : builder.skip(starts[block])).build();
                    Map<String, Integer> positions = new HashMap<>();
                    for (int i = 0; i < rows.getFieldCount(); i++) {
                        positions.put(rows.getFieldName(i), i);
                    }
                    for (int i = 0; i < wanted.length; i++) {
                        at[i] = positions.get(columns.get(wanted[i]).name());
                    }
                    return null;
                });
                row = starts[block];
            }
            end = starts[block + 1];
        }

        @Override
        public boolean next() {
            if (row == end) {
                return false;
            }
            guard(path, () -> {
                if (!rows.hasNext()) {
                    throw new DataException(path + ": " + row + " rows, its footer says " + starts[starts.length - 1]);
                }
                rows.next();
                return null;
            });
            row++;
            return true;
        }

        @Override
        public long row() {
            return row;
        }

        @Override
        public boolean missing(int i) {
            return rows.isNull(at[i]) || (type[i] == PhysicalType.FLOAT || type[i] == PhysicalType.DOUBLE)
                    && Double.isNaN(number(i));
        }

        @Override
        public double number(int i) {
            if (decimal[i]) {
                BigDecimal value = rows.getDecimal(at[i]);
                return value.doubleValue();
            }
            return switch (type[i]) {
                case INT32 -> rows.getInt(at[i]);
                case INT64 -> rows.getLong(at[i]);
                case FLOAT -> rows.getFloat(at[i]);
                case DOUBLE -> rows.getDouble(at[i]);
                case BOOLEAN -> rows.getBoolean(at[i]) ? 1 : 0;
                default -> throw error(i, "expected a number, got '" + text(i) + "'");
            };
        }

        @Override
        public String text(int i) {
            return switch (type[i]) {
                case BYTE_ARRAY -> decimal[i] ? Cells.text(number(i)) : rows.getString(at[i]).strip();
                case BOOLEAN -> Boolean.toString(rows.getBoolean(at[i]));
                default -> Cells.text(number(i));
            };
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
                    if (rows != null) {
                        rows.close();
                    }
                }
                return null;
            });
        }
    }
}
