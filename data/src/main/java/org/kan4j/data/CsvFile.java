// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import de.siegmar.fastcsv.reader.CommentStrategy;
import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * A CSV file with a header, read row by row as often as wanted; it is never held in memory. Fields are separated by
 * commas, or by semicolons or tabs where the header has these and no comma. UTF-8.
 */
public final class CsvFile {

    /** One row: its number among the data rows, from 1, its line in the file, and its cells. */
    public record Row(long number, long line, List<String> cells) {
    }

    /** Sees every row in order. */
    @FunctionalInterface
    public interface Visitor {
        void row(Row row);
    }

    private final Path path;
    private final char separator;
    private final SequencedMap<String, Integer> columns;

    private CsvFile(Path path, char separator, SequencedMap<String, Integer> columns) {
        this.path = path;
        this.separator = separator;
        this.columns = columns;
    }

    /** Reads the header. */
    public static CsvFile open(Path path) {
        if (!Files.isRegularFile(path)) {
            throw new DataException(Files.exists(path) ? path + " is not a file" : "no such file: " + path);
        }
        String first;
        try (BufferedReader in = Files.newBufferedReader(path, StandardCharsets.UTF_8)) {
            first = in.readLine();
        } catch (IOException e) {
            throw unreadable(path, e);
        }
        if (first == null || first.isBlank()) {
            throw new DataException(path + ": empty, expected a header line of column names");
        }
        char separator = first.contains(",") ? ',' : first.contains(";") ? ';' : first.contains("\t") ? '\t' : ',';
        SequencedMap<String, Integer> columns = new LinkedHashMap<>();
        try (CsvReader<CsvRecord> reader = reader(path, separator)) {
            List<String> header = reader.iterator().next().getFields();
            for (int i = 0; i < header.size(); i++) {
                String name = header.get(i).strip();
                if (name.isEmpty()) {
                    throw new DataException(path + ": column " + (i + 1) + " has no name in the header");
                }
                if (columns.putIfAbsent(name, i) != null) {
                    throw new DataException(path + ": the header has two columns '" + name + "'");
                }
            }
        } catch (CsvParseException | UncheckedIOException | IOException e) {
            throw unreadable(path, e);
        }
        return new CsvFile(path, separator, columns);
    }

    public Path path() {
        return path;
    }

    /** Column names in order, each with its position. */
    public Map<String, Integer> columns() {
        return columns;
    }

    /**
     * Position of a column.
     *
     * @throws DataException if there is no such column, naming those there are
     */
    public int column(String name) {
        Integer index = columns.get(name);
        if (index == null) {
            List<String> names = List.copyOf(columns.keySet());
            String shown = names.size() <= 30 ? String.join(", ", names)
                    : String.join(", ", names.subList(0, 30)) + ", ... (" + names.size() + " in all)";
            throw new DataException(path + " has no column '" + name + "'; its columns are: " + shown);
        }
        return index;
    }

    /** Visits all rows in order. */
    public void forEach(Visitor visitor) {
        long number = 0;
        try (CsvReader<CsvRecord> reader = reader(path, separator)) {
            boolean header = true;
            for (CsvRecord record : reader) {
                if (header) {
                    header = false;
                    continue;
                }
                number++;
                if (record.getFieldCount() != columns.size()) {
                    throw new DataException(path + ": row " + number + " (line " + record.getStartingLineNumber()
                            + ") has " + record.getFieldCount() + " fields, expected " + columns.size()
                            + " as in the header");
                }
                visitor.row(new Row(number, record.getStartingLineNumber(), record.getFields()));
            }
        } catch (CsvParseException | UncheckedIOException | IOException e) {
            throw unreadable(path, e);
        }
    }

    /** An error about one cell: the file, the row and its line, the column, and what is wrong. */
    DataException cellError(Row row, String column, String what) {
        return new DataException(path + ": row " + row.number() + " (line " + row.line() + "), column '" + column + "': "
                + what);
    }

    private static CsvReader<CsvRecord> reader(Path path, char separator) throws IOException {
        return CsvReader.builder().fieldSeparator(separator).commentStrategy(CommentStrategy.NONE).skipEmptyLines(true)
                .detectBomHeader(true).missingFieldStrategy(FieldMismatchStrategy.IGNORE)
                .extraFieldStrategy(FieldMismatchStrategy.IGNORE).ofCsvRecord(path);
    }

    private static DataException unreadable(Path path, Exception e) {
        Throwable cause = e;
        while (cause != null) {
            if (cause instanceof MalformedInputException) {
                return new DataException(path + ": not a UTF-8 text file", e);
            }
            cause = cause.getCause();
        }
        return new DataException("cannot read " + path + ": " + e.getMessage(), e);
    }
}
