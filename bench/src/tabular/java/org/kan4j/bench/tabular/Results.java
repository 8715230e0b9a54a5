// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.bench.tabular;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What was measured of each split of each set, in {@code results.tsv} beside the sets; of a measure that is there twice the last holds. */
final class Results {

    private static final String END = "end";

    private final Path file;
    private final Map<String, Map<String, Double>> known = new LinkedHashMap<>();

    Results(Path folder) throws IOException {
        file = folder.resolve("results.tsv");
        for (String line : Files.exists(file) ? Files.readAllLines(file) : List.<String>of()) {
            String[] cells = line.split("\t");
            if (cells[cells.length - 1].equals(END)) { // of the last line a kill may have left a part
                for (int i = 3; i < cells.length - 1; i++) {
                    String[] pair = cells[i].split("=");
                    of(cells[0], Integer.parseInt(cells[1]), Double.parseDouble(cells[2])).put(pair[0], Double.valueOf(pair[1]));
                }
            }
        }
    }

    /**
     * The measures of a split, by their names.
     *
     * @param minutes of tuning; 0 for defaults
     */
    Map<String, Double> of(String set, int split, double minutes) {
        return known.computeIfAbsent(set + "\t" + split + "\t" + minutes, any -> new LinkedHashMap<>());
    }

    /** Keeps and writes what was measured. */
    void add(String set, int split, double minutes, Map<String, Double> measured) throws IOException {
        of(set, split, minutes).putAll(measured);
        StringBuilder line = new StringBuilder(set + "\t" + split + "\t" + minutes);
        measured.forEach((name, value) -> line.append('\t').append(name).append('=').append(value));
        Files.writeString(file, line.append('\t').append(END).append('\n').toString(), StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
    }
}
