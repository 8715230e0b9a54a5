// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A folder of files of the same columns, as Spark and others write them: one table, its rows in the order of the files'
 * names. Files whose names begin with a point or an underscore (_SUCCESS, checksums) and empty files are no parts. Folders
 * named {@code key=value} are partitions, as Hive, Spark and pandas write them: each key is a column of all their rows, after
 * those of the files.
 */
final class PartsTable implements Table {

    private static final String NO_VALUE = "__HIVE_DEFAULT_PARTITION__";
    private static final Cells CELLS = new Cells('.', (char) 0, Set.of());

    /** A file, and what the folders that it lies in say of all its rows, by their keys. */
    private record File(Path path, Map<String, String> values) {
    }

    private final Path path;
    private final List<Table> parts;
    /** The keys' values for each part, in the order of the columns that the keys are. */
    private final List<List<String>> values;
    private final List<Column> columns;
    private final int own;
    /** First block of each part, and the number of all. */
    private final int[] starts;

    private PartsTable(Path path, List<Table> parts, List<String> keys, List<List<String>> values) {
        this.path = path;
        this.parts = parts;
        this.values = values;
        this.own = parts.getFirst().columns().size();
        List<Column> all = new ArrayList<>(parts.getFirst().columns());
        keys.forEach(key -> all.add(new Column(key, Kind.ANY, "the folders' names")));
        this.columns = List.copyOf(all);
        this.starts = new int[parts.size() + 1];
        for (int i = 0; i < parts.size(); i++) {
            starts[i + 1] = starts[i] + parts.get(i).blocks();
        }
    }

    static Table open(Path folder, CsvFormat format) {
        List<File> files = new ArrayList<>();
        collect(folder, Map.of(), files);
        if (files.isEmpty()) {
            throw new DataException(folder + " is a folder without data, expected a file or a folder of part files");
        }
        List<Table> parts = new ArrayList<>();
        List<List<String>> values = new ArrayList<>();
        List<String> keys = new ArrayList<>(files.getFirst().values.keySet());
        for (File file : files) {
            if (!file.values.keySet().equals(files.getFirst().values.keySet())) {
                throw new DataException(file.path + " is in partitions of " + file.values.keySet() + ", "
                        + files.getFirst().path + " in those of " + files.getFirst().values.keySet()
                        + "; expected parts of one table");
            }
            Table part = Table.open(file.path, format);
            if (!parts.isEmpty()) {
                check(parts.getFirst(), part);
            }
            parts.add(part);
            keys.removeIf(key -> part.find(key).isPresent()); // the file's own cells count
        }
        files.forEach(file -> values.add(keys.stream().map(file.values::get).toList()));
        return new PartsTable(folder, List.copyOf(parts), List.copyOf(keys), values);
    }

    private static void collect(Path folder, Map<String, String> values, List<File> files) {
        try (Stream<Path> all = Files.list(folder)) {
            for (Path file : all.sorted().toList()) {
                String name = file.getFileName().toString();
                if (name.startsWith(".") || name.startsWith("_")) {
                    continue;
                }
                if (Files.isDirectory(file) && name.indexOf('=') > 0) {
                    Map<String, String> inside = new LinkedHashMap<>(values);
                    inside.put(decoded(name.substring(0, name.indexOf('='))), decoded(name.substring(name.indexOf('=') + 1)));
                    collect(file, inside, files);
                } else if (!Files.isRegularFile(file)) {
                    throw new DataException(folder + " is a folder that holds '" + name + "', which is no file and no partition "
                            + "(key=value); expected a file or a folder of part files");
                } else if (Files.size(file) > 0) {
                    files.add(new File(file, values));
                }
            }
        } catch (IOException e) {
            throw new DataException("cannot read the folder " + folder + ": " + DataException.reason(e), e);
        }
    }

    /** Names of folders have what no file name may have as per cent and two hexadecimal digits, in UTF-8. */
    private static String decoded(String name) {
        try {
            return URLDecoder.decode(name.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return name;
        }
    }

    private static void check(Table first, Table part) {
        for (Column column : first.columns()) {
            int at = part.find(column.name()).orElseThrow(() -> new DataException(part.path() + " has no column '"
                    + column.name() + "', which " + first.path() + " has; expected parts of one table"
                    + (part instanceof CsvTable ? " (format.header=false if they have no names of columns)" : "")));
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
        return columns;
    }

    @Override
    public Optional<Integer> find(String name) {
        return parts.getFirst().find(name).or(() -> IntStream.range(own, columns.size()).boxed()
                .filter(i -> columns.get(i).name().equals(name)).findFirst());
    }

    @Override
    public boolean unnamed(int column) {
        return column < own && parts.getFirst().unnamed(column);
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
        /** Of each cell, its place among those of the part's reader. */
        private final int[] inner;
        private final boolean[] numeric;
        private int part = -1;
        private Reader reader;
        private long before;

        Cursor(int... wanted) {
            this.wanted = wanted;
            this.inner = new int[wanted.length];
            int cells = 0;
            for (int i = 0; i < wanted.length; i++) {
                inner[i] = wanted[i] < own ? cells++ : -1;
            }
            this.numeric = new boolean[wanted.length];
        }

        @Override
        public void seek(int block) {
            int to = part(block);
            if (to != part) {
                close();
                Table table = parts.get(to);
                reader = table.reader(Arrays.stream(wanted).filter(column -> column < own)
                        .map(column -> table.find(columns.get(column).name()).orElseThrow()).toArray());
                for (int i = 0; i < numeric.length; i++) {
                    if (numeric[i] && inner[i] >= 0) {
                        reader.asNumber(inner[i]);
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

        /** What the folders say, for a cell that is no cell of the file. */
        private String value(int at) {
            return values.get(part).get(wanted[at] - own);
        }

        @Override
        public boolean missing(int at) {
            return inner[at] >= 0 ? reader.missing(inner[at])
                    : value(at).equals(NO_VALUE) || CELLS.missing(value(at)) || numeric[at] && Cells.missingNumber(value(at));
        }

        @Override
        public double number(int at) {
            if (inner[at] >= 0) {
                return reader.number(inner[at]);
            }
            double value = tryNumber(at);
            if (Double.isNaN(value)) {
                throw error(at, "expected a number, got '" + value(at) + "'");
            }
            return value;
        }

        @Override
        public double tryNumber(int at) {
            return inner[at] >= 0 ? reader.tryNumber(inner[at]) : missing(at) ? Double.NaN : CELLS.number(value(at));
        }

        @Override
        public void asNumber(int at) {
            numeric[at] = true;
            if (reader != null && inner[at] >= 0) {
                reader.asNumber(inner[at]);
            }
        }

        @Override
        public String text(int at) {
            return inner[at] >= 0 ? reader.text(inner[at]) : value(at);
        }

        @Override
        public String label(int at) {
            return inner[at] >= 0 ? reader.label(inner[at]) : value(at);
        }

        @Override
        public DataException error(int at, String what) {
            return inner[at] >= 0 ? reader.error(inner[at], what) : new DataException(parts.get(part).path() + ": row "
                    + reader.row() + ", the folder's '" + columns.get(wanted[at]).name() + "': " + what);
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
