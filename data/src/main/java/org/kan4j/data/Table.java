// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import org.kan4j.encoding.RawRow;

/**
 * A file of rows under named columns, read block by block in any order and as often as wanted; never held in memory as a
 * whole. Safe for use by several threads, each with readers of its own.
 */
public interface Table {

    /** Cells of a block at most, so that one fits into little memory. */
    int BLOCK_CELLS = 1 << 16;

    /** What a column holds. */
    enum Kind {
        /** Numbers; truth values are 0 and 1. */
        NUMBER,
        /** Texts. */
        TEXT,
        /** Texts that may stand for numbers: the format does not say. */
        ANY,
        /** What cannot be an input, such as lists. */
        OTHER
    }

    /**
     * A column.
     *
     * @param name unique in the table
     * @param kind what it holds
     * @param type in the format's own words, for messages
     */
    record Column(String name, Kind kind, String type) {
    }

    /** Goes through the rows of blocks. Used by one thread. */
    interface Reader extends RawRow, AutoCloseable {

        /** Goes to before the first row of a block. In ascending order is cheapest. */
        void seek(int block);

        /** Goes to the next row; false at the end of the block. */
        boolean next();

        /** Number of the row among all, from 1. */
        long row();

        /** Whether the cell of a column that was asked for is empty, null, NaN or marked as missing. */
        @Override
        boolean missing(int at);

        /** The number in a cell. */
        @Override
        double number(int at);

        /** The text of a cell; of whole numbers without a point. */
        @Override
        String text(int at);

        /** An error about a cell of this row: the file, the row, the column, and what is wrong. */
        @Override
        DataException error(int at, String what);

        /** Frees what it holds; does nothing the second time. */
        @Override
        void close();
    }

    /** The file. */
    Path path();

    /** The columns in order. */
    List<Column> columns();

    /** Number of blocks. */
    int blocks();

    /** Rows of a block; a format that does not say so counts them when first asked. */
    int rows(int block);

    /** A reader of some columns, by their positions in {@link #columns}; its cells are numbered in that order. */
    Reader reader(int... columns);

    /** Rows of all blocks. */
    default long rows() {
        return firstRow(blocks());
    }

    /** Rows of all blocks before one. */
    default long firstRow(int block) {
        return IntStream.range(0, block).mapToLong(this::rows).sum();
    }

    /**
     * Position of a column.
     *
     * @throws DataException if there is no such column, naming the nearest and those there are
     */
    default int column(String name) {
        return find(name).orElseThrow(() -> {
            List<String> names = columns().stream().map(Column::name).toList();
            return new DataException(path() + " has no column '" + name + "'" + Names.suggestion(name, names)
                    + "; its columns are: " + Names.some(names));
        });
    }

    /** Position of a column, if there is one of that name. */
    default Optional<Integer> find(String name) {
        for (int i = 0; i < columns().size(); i++) {
            if (columns().get(i).name().equals(name)) {
                return Optional.of(i);
            }
        }
        return Optional.empty();
    }

    /** Rows a block of a table with so many columns has at most. */
    static int blockRows(int columns) {
        return Math.max(64, BLOCK_CELLS / Math.max(1, columns));
    }

    /**
     * Opens a file by the end of its name: {@code .parquet}, {@code .safetensors}, anything else is CSV.
     *
     * @throws DataException if it cannot be read or is not what its name says
     */
    static Table open(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new DataException(Files.exists(file) ? file + " is not a file" : "no such file: " + file);
        }
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        return name.endsWith(".parquet") ? ParquetTable.open(file)
                : name.endsWith(".safetensors") ? SafetensorsTable.open(file)
                : CsvTable.open(file);
    }
}
