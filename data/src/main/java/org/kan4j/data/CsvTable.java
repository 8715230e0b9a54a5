// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import de.siegmar.fastcsv.reader.CommentStrategy;
import de.siegmar.fastcsv.reader.CsvIndex;
import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.reader.IndexedCsvReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * A CSV file. Separator, decimal mark and what stands before the table are found by {@link CsvDialect}. Blank lines, and
 * comments that have not as many fields as there are columns, are no rows. Opening it finds where its blocks begin.
 */
final class CsvTable implements Table {

    /** Ends texts of old systems. */
    static final char CTRL_Z = 0x1a;

    private static final Pattern ROWS_COUNTED = Pattern.compile("\\(\\d+ [Rr]ows?( affected)?\\)");

    /** Bytes to look at first, more where not even one line fits. */
    private static final int HEAD = 1 << 21;
    private static final int MOST_HEAD = 1 << 28;

    private final Path path;
    private final Spool source;
    private final CsvDialect dialect;
    private final Cells cells;
    private final CommentStrategy comments;
    private final List<Column> columns;
    private final Map<String, Integer> places;
    private final Set<Integer> unnamed;
    private final CsvIndex index;
    /** Rows of each block, -1 where nobody has counted them yet. Benign races: all threads count the same. */
    private final int[] rows;

    private CsvTable(Path path, Spool source, CsvDialect dialect, CsvScan scan, Cells cells) throws IOException {
        this.path = path;
        this.source = source;
        this.dialect = dialect;
        this.cells = cells;
        // Rows may begin with a # too, such as Excel's #N/A: only where none do are lines with it taken as comments unseen.
        this.comments = scan.hashes() > 0 && scan.hashes() == dialect.comments() ? CommentStrategy.READ : CommentStrategy.NONE;
        this.unnamed = new HashSet<>();
        this.columns = named();
        this.places = Table.places(columns);
        try (IndexedCsvReader<CsvRecord> reader = builder().pageSize(Table.blockRows(columns.size()))
                .build(CsvDialect.handler(), source.file())) {
            this.index = reader.getIndex();
        }
        this.rows = new int[index.pages().size()];
        boolean clean = scan.blank() == dialect.blanks() && scan.hashes() == dialect.comments();
        for (int block = 0; block < rows.length; block++) {
            long from = (long) block * index.pageSize();
            long to = Math.min(index.recordCount(), from + index.pageSize());
            rows[block] = clean ? (int) Math.max(0, to - Math.max(from, dialect.skipped())) : -1;
        }
    }

    static CsvTable open(Path path, Spool source, CsvFormat format) {
        try {
            CsvScan scan = CsvScan.of(path, source.file());
            CsvDialect dialect = CsvDialect.of(path, head(source.file()), format);
            return new CsvTable(path, source, dialect, scan,
                    new Cells(dialect.decimal(), dialect.thousands(), format.missing()));
        } catch (CsvParseException | UncheckedIOException | IOException e) {
            throw unreadable(path, e);
        }
    }

    /** The first lines of a file, whole ones. */
    private static String head(Path file) throws IOException {
        for (int size = HEAD;; size *= 8) {
            byte[] bytes;
            try (InputStream in = Files.newInputStream(file)) {
                bytes = in.readNBytes(size);
            }
            int end = bytes.length;
            while (bytes.length == size && end > 0 && bytes[end - 1] != '\n' && bytes[end - 1] != '\r') {
                end--;
            }
            if (end > 0 || bytes.length < size || size >= MOST_HEAD) {
                return new String(bytes, 0, end > 0 ? end : bytes.length, StandardCharsets.UTF_8);
            }
        }
    }

    private List<Column> named() {
        List<Column> found = new ArrayList<>();
        Set<String> names = new HashSet<>(dialect.names());
        Set<String> seen = new HashSet<>();
        for (String given : dialect.names()) {
            String name = given;
            if (name.isEmpty()) {
                unnamed.add(found.size());
                for (name = "column " + (found.size() + 1); names.contains(name);) {
                    name += "'";
                }
            }
            if (!seen.add(name)) {
                throw new DataException(path + ": the header has two columns '" + name + "'; rename one, or format.header=false "
                        + (dialect.headless() ? "if it is the first row of data" : "takes it as a row of data")
                        + (dialect.stacked()
                                ? "; if the line below it is more of the header, as of pandas' MultiIndex, make one line of both"
                                : title()));
            }
            found.add(new Column(name, Kind.ANY, "text"));
        }
        return List.copyOf(found);
    }

    private IndexedCsvReader.IndexedCsvReaderBuilder builder() {
        return IndexedCsvReader.builder().fieldSeparator(dialect.separator()).commentStrategy(comments);
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
        return unnamed.contains(column) || Table.super.unnamed(column);
    }

    @Override
    public List<String> notes() {
        return dialect.notes();
    }

    @Override
    public String hint() {
        return dialect.title() > 0 ? title() : dialect.numbered()
                ? "; the first row holds numbers and is taken as data: if it is the header, format.header=true says so"
                : dialect.headless()
                        ? "; the first row holds numbers: if it is no header, format.header=false names the columns 1, 2, 3 "
                                + "and so on"
                        : columns.stream().allMatch(column -> column.name().matches("'.*'"))
                                ? "; single quotes are part of the names: in CSV double ones quote"
                                : columns.size() == 1 ? "; if there are more, format.separator names what is between them" : "";
    }

    /** What to do about lines that are no header, for a message. */
    private String title() {
        int lines = dialect.title();
        return lines == 0 ? "" : "; if " + (lines == 1 ? "line 1 is" : "lines 1 to " + lines + " are")
                + " a title above the header, format.skipLines=" + lines + " leaves " + (lines == 1 ? "it" : "them") + " out";
    }

    @Override
    public Optional<Integer> find(String name) {
        return Optional.ofNullable(places.get(name));
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
        private final boolean[] numeric;
        private final IndexedCsvReader<CsvRecord> reader;
        private List<CsvRecord> page = List.of();
        private int block;
        private int at;
        private CsvRecord record;
        /** The fields of the record where they are not its own, because runs of spaces are between them. */
        private List<String> fields;

        Cursor(int... wanted) {
            this.wanted = wanted;
            this.numeric = new boolean[wanted.length];
            try {
                reader = builder().pageSize(index.pageSize()).index(index).build(CsvDialect.handler(), source.file());
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
                int skipped = (int) Math.min(records.size(), Math.max(0, dialect.skipped() - (long) to * index.pageSize()));
                page = new ArrayList<>(records.size());
                for (CsvRecord each : records.subList(skipped, records.size())) {
                    if (isRow(each)) {
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

        private boolean isRow(CsvRecord each) {
            if (each.isComment()) {
                return false;
            }
            String first = each.getField(0);
            if (first.startsWith("#")) {
                return CsvDialect.fields(each, dialect.separator()).size() == columns.size();
            }
            return !CsvDialect.isBlank(first) || !each.getFields().stream().allMatch(CsvDialect::isBlank);
        }

        @Override
        public boolean next() {
            if (at == page.size()) {
                return false;
            }
            record = page.get(at++);
            fields = dialect.separator() == ' ' ? CsvDialect.fields(record, ' ') : null;
            int count = fields == null ? record.getFieldCount() : fields.size();
            if (count != columns.size() && !(count > columns.size() && endsEmpty(count))) {
                throw new DataException(path + ": " + place() + " has " + count + " fields, expected " + columns.size()
                        + " as in the header" + (count == 1 && ROWS_COUNTED.matcher(field(0)).matches()
                                ? "; the count of rows that psql and sqlcmd write at the end is no row" : title()));
            }
            return true;
        }

        /** Whether fields after those of the header are empty: there are but separators at the end of the line. */
        private boolean endsEmpty(int count) {
            return IntStream.range(columns.size(), count).allMatch(i -> field(i).isBlank());
        }

        private String field(int column) {
            return fields == null ? record.getField(column) : fields.get(column);
        }

        @Override
        public long row() {
            return firstRow(block) + at;
        }

        private String place() {
            return "row " + row() + " (line " + record.getStartingLineNumber() + ")";
        }

        @Override
        public void asNumber(int i) {
            numeric[i] = true;
        }

        @Override
        public boolean missing(int i) {
            String text = text(i);
            return cells.missing(text) || numeric[i] && Cells.missingNumber(text);
        }

        @Override
        public double number(int i) {
            double value = cells.number(text(i));
            if (Double.isNaN(value)) {
                Notation notation = Notation.of(text(i));
                throw error(i, "expected a number, got '" + text(i) + "'"
                        + (notation == null ? "" : "; of " + notation.what() + ": " + notation.remedy()));
            }
            return value;
        }

        @Override
        public double tryNumber(int i) {
            return cells.number(text(i));
        }

        @Override
        public String text(int i) {
            return Cells.stripped(field(wanted[i]));
        }

        @Override
        public String label(int i) {
            double number = cells.number(text(i));
            return Double.isFinite(number) ? Cells.text(number) : text(i);
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
        String message = DataException.reason(e);
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof CsvParseException && cause.getMessage() != null) {
                message = cause.getMessage();
            }
        }
        if (message.startsWith("Unexpected character after closing quote")) {
            message += "; a quotation mark in a quoted cell is written twice, and not after a backslash";
        } else if (message.startsWith("The maximum buffer size")) {
            message = message.replaceFirst("(?s).*\\(",
                    "a cell is longer than 16 million characters; perhaps a quotation mark is not closed (");
        }
        return new DataException("cannot read " + path + ": " + message, e);
    }
}
