// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import de.siegmar.fastcsv.reader.CsvIndex;
import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.reader.IndexedCsvReader;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * A CSV file with a header. Fields are separated by commas, or by semicolons or tabs where the header has these and no
 * comma. UTF-8. Empty lines are no rows. Opening it finds where its blocks begin, in one pass.
 */
final class CsvTable implements Table {

    private final Path path;
    private final char separator;
    private final List<Column> columns;
    private final CsvIndex index;
    /** Rows of each block, -1 where nobody has counted them yet. Benign races: all threads count the same. */
    private final int[] rows;

    private CsvTable(Path path, char separator, List<Column> columns, CsvIndex index) {
        this.path = path;
        this.separator = separator;
        this.columns = columns;
        this.index = index;
        this.rows = new int[index.pages().size()];
        Arrays.fill(rows, -1);
    }

    static CsvTable open(Path path) {
        String first;
        try (BufferedReader in = Files.newBufferedReader(path, StandardCharsets.UTF_8)) {
            first = in.readLine();
        } catch (IOException e) {
            throw unreadable(path, e);
        }
        if (first == null || first.isBlank() || first.equals("\ufeff")) {
            throw new DataException(path + ": empty, expected a header line of column names");
        }
        char separator = first.contains(",") ? ',' : first.contains(";") ? ';' : first.contains("\t") ? '\t' : ',';
        List<Column> columns = columns(path, separator);
        try (IndexedCsvReader<CsvRecord> reader = IndexedCsvReader.builder().fieldSeparator(separator)
                .pageSize(Table.blockRows(columns.size())).ofCsvRecord(path)) {
            return new CsvTable(path, separator, columns, reader.getIndex());
        } catch (CsvParseException | UncheckedIOException | IOException e) {
            throw unreadable(path, e);
        }
    }

    private static List<Column> columns(Path path, char separator) {
        List<Column> columns = new ArrayList<>();
        Set<String> names = new HashSet<>();
        try (CsvReader<CsvRecord> reader = CsvReader.builder().fieldSeparator(separator).detectBomHeader(true)
                .ofCsvRecord(path)) {
            for (String field : reader.iterator().next().getFields()) {
                String name = field.strip();
                if (name.isEmpty()) {
                    throw new DataException(path + ": column " + (columns.size() + 1) + " has no name in the header");
                }
                if (!names.add(name)) {
                    throw new DataException(path + ": the header has two columns '" + name + "'");
                }
                columns.add(new Column(name, Kind.ANY, "text"));
            }
        } catch (CsvParseException | UncheckedIOException | IOException e) {
            throw unreadable(path, e);
        }
        return List.copyOf(columns);
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
        return rows.length;
    }

    @Override
    public int rows(int block) {
        if (rows[block] < 0) {
            try (Cursor cursor = new Cursor()) {
                cursor.seek(block);
            }
        }
        return rows[block];
    }

    @Override
    public Reader reader(int... wanted) {
        return new Cursor(wanted);
    }

    private final class Cursor implements Reader {

        private final int[] wanted;
        private final IndexedCsvReader<CsvRecord> reader;
        private List<CsvRecord> page = List.of();
        private int block;
        private int at;
        private CsvRecord record;

        Cursor(int... wanted) {
            this.wanted = wanted;
            try {
                reader = IndexedCsvReader.builder().fieldSeparator(separator).pageSize(index.pageSize()).index(index)
                        .ofCsvRecord(path);
            } catch (IllegalArgumentException e) {
                throw new DataException(path + " has changed since it was opened", e);
            } catch (CsvParseException | UncheckedIOException | IOException e) {
                throw unreadable(path, e);
            }
        }

        @Override
        public void seek(int to) {
            try {
                List<CsvRecord> records = reader.readPage(to);
                page = new ArrayList<>(records.size());
                for (CsvRecord each : to == 0 ? records.subList(1, records.size()) : records) {
                    if (each.getFieldCount() > 1 || !each.getField(0).isEmpty()) {
                        page.add(each);
                    }
                }
            } catch (CsvParseException | UncheckedIOException | IOException e) {
                throw unreadable(path, e);
            }
            block = to;
            at = 0;
            rows[to] = page.size();
        }

        @Override
        public boolean next() {
            if (at == page.size()) {
                return false;
            }
            record = page.get(at++);
            if (record.getFieldCount() != columns.size()) {
                throw new DataException(path + ": " + place() + " has " + record.getFieldCount() + " fields, expected "
                        + columns.size() + " as in the header");
            }
            return true;
        }

        @Override
        public long row() {
            return firstRow(block) + at;
        }

        private String place() {
            return "row " + row() + " (line " + record.getStartingLineNumber() + ")";
        }

        @Override
        public boolean missing(int i) {
            return Cells.missing(text(i));
        }

        @Override
        public double number(int i) {
            OptionalDouble value = Cells.parse(text(i));
            if (value.isEmpty()) {
                throw error(i, "expected a number, got '" + text(i) + "'");
            }
            return value.getAsDouble();
        }

        @Override
        public String text(int i) {
            return record.getField(wanted[i]).strip();
        }

        @Override
        public DataException error(int i, String what) {
            return new DataException(path + ": " + place() + ", column '" + columns.get(wanted[i]).name() + "': " + what);
        }

        @Override
        public void close() {
            try {
                reader.close();
            } catch (IOException e) {
                throw unreadable(path, e);
            }
        }
    }

    private static DataException unreadable(Path path, Exception e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof MalformedInputException) {
                return new DataException(path + ": not a UTF-8 text file", e);
            }
        }
        return new DataException("cannot read " + path + ": " + e.getMessage(), e);
    }
}
