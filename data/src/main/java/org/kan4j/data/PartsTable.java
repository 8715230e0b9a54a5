// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A folder of files of the same columns, as Spark and others write them: one table, its rows in the order of the files'
 * names. Files whose names begin with a point or an underscore (_SUCCESS, checksums) and empty files are no parts.
 */
final class PartsTable implements Table {

    private final Path path;
    private final List<Table> parts;
    /** First block of each part, and the number of all. */
    private final int[] starts;

    private PartsTable(Path path, List<Table> parts) {
        this.path = path;
        this.parts = parts;
        this.starts = new int[parts.size() + 1];
        for (int i = 0; i < parts.size(); i++) {
            starts[i + 1] = starts[i] + parts.get(i).blocks();
        }
    }

    static Table open(Path folder, CsvFormat format) {
        List<Table> parts = new ArrayList<>();
        for (Path file : files(folder)) {
            Table part = Table.open(file, format);
            if (!parts.isEmpty()) {
                check(parts.getFirst(), part);
            }
            parts.add(part);
        }
        if (parts.isEmpty()) {
            throw new DataException(folder + " is a folder without data, expected a file or a folder of part files");
        }
        return new PartsTable(folder, List.copyOf(parts));
    }

    private static List<Path> files(Path folder) {
        List<Path> files = new ArrayList<>();
        try (Stream<Path> all = Files.list(folder)) {
            for (Path file : all.sorted().toList()) {
                String name = file.getFileName().toString();
                if (name.startsWith(".") || name.startsWith("_")) {
                    continue;
                }
                if (!Files.isRegularFile(file)) {
                    throw new DataException(
                            folder + " is a folder that holds '" + name + "', which is no file; expected a file or "
                                    + "a folder of part files (of a partitioned table, give one partition)");
                }
                if (Files.size(file) > 0) {
                    files.add(file);
                }
            }
        } catch (IOException e) {
            throw new DataException("cannot read the folder " + folder + ": " + e.getMessage(), e);
        }
        return files;
    }

    private static void check(Table first, Table part) {
        for (Column column : first.columns()) {
            int at = part.find(column.name()).orElseThrow(() -> new DataException(part.path() + " has no column '"
                    + column.name() + "', which " + first.path() + " has; expected parts of one table"
                    + (part instanceof CsvTable ? " (--no-header if they have no names of columns)" : "")));
            Column other = part.columns().get(at);
            if (other.kind() != column.kind() || other.kind() == Kind.OTHER && !other.type().equals(column.type())) {
                throw new DataException(part.path() + ": column '" + column.name() + "' is of type " + other.type() + ", in "
                        + first.path() + " of type " + column.type() + "; expected parts of one table");
            }
        }
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public List<Column> columns() {
        return parts.getFirst().columns();
    }

    @Override
    public Optional<Integer> find(String name) {
        return parts.getFirst().find(name);
    }

    @Override
    public boolean unnamed(int column) {
        return parts.getFirst().unnamed(column);
    }

    @Override
    public List<String> notes() {
        return parts.getFirst().notes();
    }

    @Override
    public String hint() {
        return parts.getFirst().hint();
    }

    @Override
    public int blocks() {
        return starts[parts.size()];
    }

    private int part(int block) {
        int found = Arrays.binarySearch(starts, block);
        int part = found >= 0 ? found : -found - 2;
        while (starts[part + 1] == block) { // parts without rows
            part++;
        }
        return part;
    }

    @Override
    public int rows(int block) {
        int part = part(block);
        return parts.get(part).rows(block - starts[part]);
    }

    @Override
    public Reader reader(int... wanted) {
        return new Cursor(wanted);
    }

    /** Keeps one part open. */
    private final class Cursor implements Reader {

        private final int[] wanted;
        private final boolean[] numeric;
        private int part = -1;
        private Reader reader;
        private long before;

        Cursor(int... wanted) {
            this.wanted = wanted;
            this.numeric = new boolean[wanted.length];
        }

        @Override
        public void seek(int block) {
            int to = part(block);
            if (to != part) {
                close();
                Table table = parts.get(to);
                reader = table.reader(Arrays.stream(wanted)
                        .map(column -> table.find(columns().get(column).name()).orElseThrow()).toArray());
                for (int i = 0; i < numeric.length; i++) {
                    if (numeric[i]) {
                        reader.asNumber(i);
                    }
                }
                part = to;
                before = firstRow(starts[to]);
            }
            reader.seek(block - starts[to]);
        }

        @Override
        public boolean next() {
            return reader.next();
        }

        @Override
        public long row() {
            return before + reader.row();
        }

        @Override
        public boolean missing(int at) {
            return reader.missing(at);
        }

        @Override
        public double number(int at) {
            return reader.number(at);
        }

        @Override
        public double tryNumber(int at) {
            return reader.tryNumber(at);
        }

        @Override
        public void asNumber(int at) {
            numeric[at] = true;
            if (reader != null) {
                reader.asNumber(at);
            }
        }

        @Override
        public String text(int at) {
            return reader.text(at);
        }

        @Override
        public DataException error(int at, String what) {
            return reader.error(at, what);
        }

        @Override
        public void close() {
            if (reader != null) {
                reader.close();
                reader = null;
                part = -1;
            }
        }
    }
}
