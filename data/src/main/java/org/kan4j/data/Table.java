// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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

        /**
         * The number in a cell, NaN where there is none: for columns of which it is not yet known what they hold.
         */
        default double tryNumber(int at) {
            return missing(at) ? Double.NaN : number(at);
        }

        /** Says that a column is taken as numbers, in which more texts mean no value than in others, such as {@code -}. */
        default void asNumber(int at) {
        }

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

    /**
     * Whether a column has no name in the file, as the row numbers that pandas and R write; its name here is its place, or
     * pandas' {@code __index_level_0__}.
     */
    default boolean unnamed(int column) {
        return columns().get(column).name().matches("__index_level_\\d+__");
    }

    /** Lines the user should see about how the file is read. */
    default List<String> notes() {
        return List.of();
    }

    /** What may help where a column is not found, to be added to a message; or nothing. */
    default String hint() {
        return "";
    }

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
                    + "; its columns are: " + Names.some(names) + hint());
        });
    }

    /** Position of a column, if there is one of that name. */
    Optional<Integer> find(String name);

    /** The place of each name. */
    static Map<String, Integer> places(List<Column> columns) {
        Map<String, Integer> places = new HashMap<>();
        for (int i = 0; i < columns.size(); i++) {
            places.putIfAbsent(columns.get(i).name(), i);
        }
        return places;
    }

    /** Rows a block of a table with so many columns has at most. */
    static int blockRows(int columns) {
        return Math.max(8, BLOCK_CELLS / Math.max(1, columns));
    }

    /**
     * Opens a file, its notation read from the file.
     *
     * @throws DataException if it cannot be read or is not what its name says
     */
    static Table open(Path file) {
        return open(file, CsvFormat.FROM_FILE);
    }

    /**
     * Opens a file by the end of its name ({@code .parquet}, {@code .safetensors}, anything else is CSV) or, where that says
     * nothing, by how it begins; a folder of such files as one table; {@code -}, standard input. What cannot be read at
     * random places (a pipe, a compressed file, another encoding than UTF-8) is first copied into a temporary file.
     *
     * @param format of CSV files
     * @throws DataException if it cannot be read or is not what its name says
     */
    static Table open(Path file, CsvFormat format) {
        return Files.isDirectory(file) ? PartsTable.open(file, format) : Spool.open(file, format);
    }
}
