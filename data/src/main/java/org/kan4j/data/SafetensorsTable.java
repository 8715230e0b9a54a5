// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.kan4j.error.Counted;
import org.kan4j.error.FormatException;
import org.kan4j.io.Safetensors;

/**
 * A safetensors file whose tensors all have one length of their first axis, the rows. A tensor of one axis is a column
 * of its name; one of more axes is columns {@code name.0}, {@code name.1} and so on, the last axis fastest. Its tensors
 * are mapped, not read.
 */
final class SafetensorsTable implements Table {

    private static final Map<String, Integer> BYTES = Map.ofEntries(Map.entry("BOOL", 1), Map.entry("U8", 1),
            Map.entry("I8", 1), Map.entry("I16", 2), Map.entry("U16", 2), Map.entry("F16", 2), Map.entry("BF16", 2),
            Map.entry("I32", 4), Map.entry("U32", 4), Map.entry("F32", 4), Map.entry("F64", 8), Map.entry("I64", 8));

    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Where a column lies: its tensor, and its place among the numbers of a row of that. */
    private record Place(Safetensors.Entry tensor, long width, long at) {
    }

    private final Path path;
    /** Keeps a temporary copy for as long as this table. */
    private final Spool source;
    private final Safetensors file;
    private final List<Column> columns = new ArrayList<>();
    private final Map<String, Integer> named;
    private final List<Place> places = new ArrayList<>();
    private final long rows;
    private final int blockRows;

    private SafetensorsTable(Path path, Spool source, Safetensors file) {
        this.path = path;
        this.source = source;
        this.file = file;
        if ("kan4j".equals(file.metadata().get("format"))) {
            throw new DataException(path + " is a model of kan4j, expected a table");
        }
        Safetensors.Entry first = null;
        for (Safetensors.Entry tensor : file.entries().values()) {
            if (tensor.shape().rank() == 0) {
                throw new DataException(path + ": the tensor '" + tensor.name()
                        + "' is a single number; in a table each has the rows as its first axis");
            }
            if (first == null) {
                first = tensor;
            }
            if (tensor.shape().axis(0) != first.shape().axis(0)) {
                throw new DataException(
                        path + ": the tensor '" + first.name() + "' has " + Counted.of(first.shape().axis(0), "row")
                                + ", '" + tensor.name() + "' has " + tensor.shape().axis(0)
                                + "; in a table the first axis of all is the rows");
            }
            long width = 1;
            for (int axis = 1; axis < tensor.shape().rank(); axis++) {
                width *= tensor.shape().axis(axis);
            }
            Kind kind = BYTES.containsKey(tensor.dtype()) ? Kind.NUMBER : Kind.OTHER;
            if (columns.size() + width > BLOCK_CELLS) {
                throw new DataException(path + ": " + (columns.size() + width) + " columns, at most " + BLOCK_CELLS
                        + " are supported");
            }
            for (long i = 0; i < width; i++) {
                String name = tensor.shape().rank() == 1 ? tensor.name() : tensor.name() + "." + i;
                columns.add(new Column(name, kind, tensor.dtype()));
                places.add(new Place(tensor, width, i));
            }
        }
        if (first == null) {
            throw new DataException(path + ": no tensors, expected at least one column");
        }
        if (Set.copyOf(columns.stream().map(Column::name).toList()).size() < columns.size()) {
            throw new DataException(path + ": two columns of one name, such as a tensor 'x.0' beside the first "
                    + "column of a tensor 'x'");
        }
        named = Table.places(columns);
        rows = first.shape().axis(0);
        blockRows = Table.blockRows(columns.size());
    }

    static SafetensorsTable open(Path path, Spool source) {
        try {
            return new SafetensorsTable(path, source, Safetensors.open(source.file()));
        } catch (FormatException e) {
            throw new DataException(e.getMessage(), e);
        } catch (IOException e) {
            throw new DataException("cannot read " + path + ": " + e.getMessage(), e);
        }
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public List<Column> columns() {
        return List.copyOf(columns);
    }

    @Override
    public Optional<Integer> find(String name) {
        return Optional.ofNullable(named.get(name));
    }

    @Override
    public int blocks() {
        return Math.toIntExact((rows + blockRows - 1) / blockRows);
    }

    @Override
    public int rows(int block) {
        return (int) Math.min(blockRows, rows - (long) block * blockRows);
    }

    @Override
    public long firstRow(int block) {
        return Math.min(rows, (long) block * blockRows);
    }

    @Override
    public Reader reader(int... wanted) {
        return new Cursor(wanted);
    }

    private final class Cursor implements Reader {

        private final int[] wanted;
        private final Place[] place;
        private final MemorySegment[] bytes;
        private final Arena arena = Arena.ofShared();
        private long row = -1;
        private long end;

        Cursor(int... wanted) {
            this.wanted = wanted;
            this.place = new Place[wanted.length];
            this.bytes = new MemorySegment[wanted.length];
            Map<String, MemorySegment> mapped = new java.util.HashMap<>();
            try {
                for (int i = 0; i < wanted.length; i++) {
                    place[i] = places.get(wanted[i]);
                    String name = place[i].tensor().name();
                    bytes[i] = mapped.get(name);
                    if (bytes[i] == null) {
                        bytes[i] = file.map(arena, name);
                        mapped.put(name, bytes[i]);
                    }
                }
            } catch (FormatException | IOException e) {
                arena.close();
                throw new DataException("cannot read " + path + ": " + e.getMessage(), e);
            }
        }

        @Override
        public void seek(int block) {
            row = firstRow(block) - 1;
            end = firstRow(block) + rows(block);
        }

        @Override
        public boolean next() {
            return ++row < end;
        }

        @Override
        public long row() {
            return row + 1;
        }

        @Override
        public boolean missing(int i) {
            return Double.isNaN(number(i));
        }

        @Override
        public double number(int i) {
            Place p = place[i];
            long at = (row * p.width() + p.at()) * BYTES.get(p.tensor().dtype());
            MemorySegment b = bytes[i];
            return switch (p.tensor().dtype()) {
                case "F32" -> Float.intBitsToFloat(b.get(INT, at));
                case "F64" -> Double.longBitsToDouble(b.get(LONG, at));
                case "I64" -> b.get(LONG, at);
                case "I32" -> b.get(INT, at);
                case "U32" -> Integer.toUnsignedLong(b.get(INT, at));
                case "I16" -> b.get(SHORT, at);
                case "U16" -> Short.toUnsignedInt(b.get(SHORT, at));
                case "F16" -> Float.float16ToFloat(b.get(SHORT, at));
                case "BF16" -> Float.intBitsToFloat(b.get(SHORT, at) << 16);
                case "I8" -> b.get(ValueLayout.JAVA_BYTE, at);
                case "U8", "BOOL" -> Byte.toUnsignedInt(b.get(ValueLayout.JAVA_BYTE, at));
                default -> throw new IllegalStateException("a column of another kind was asked for");
            };
        }

        @Override
        public String text(int i) {
            return Cells.text(number(i));
        }

        @Override
        public DataException error(int i, String what) {
            return new DataException(path() + ": row " + row() + ", column '" + columns.get(wanted[i]).name() + "': "
                    + what);
        }

        @Override
        public void close() {
            if (arena.scope().isAlive()) {
                arena.close();
            }
        }
    }
}
