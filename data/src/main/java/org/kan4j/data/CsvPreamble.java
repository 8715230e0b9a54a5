// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * What stands before the table in a CSV file: lines to skip, blank ones, comments, Excel's {@code sep=}.
 *
 * @param text of it
 * @param lines it has
 * @param comments how many of these begin with {@code #}
 * @param blanks how many of these are blank
 * @param separator that it names; 0 for none
 * @param comment the last one's text, or null
 * @param rest what follows
 */
record CsvPreamble(String text, int lines, int comments, int blanks, char separator, String comment, String rest) {

    private static final Pattern RULE = Pattern.compile("[-+|:= ]*--[-+|:= ]*");
    /** More than one column, or the edges of one. */
    private static final Pattern RUNS = Pattern.compile("-[+|: ]+-|^[+|]");
    /** Titles are looked for in so many lines. */
    private static final int SAMPLE = 50;

    /** @param skip lines that are no part of the table whatever they hold */
    static CsvPreamble of(String head, int skip) {
        int lines = 0;
        int comments = 0;
        int blanks = 0;
        char separator = 0;
        String comment = null;
        int at = 0;
        while (at < head.length()) {
            int end = at;
            while (end < head.length() && head.charAt(end) != '\n' && head.charAt(end) != '\r') {
                end++;
            }
            String line = head.substring(at, end);
            if (CsvDialect.isBlank(line)) {
                blanks++;
            } else if (line.startsWith("#") && (lines < skip || !isHeader(line, head.substring(end)))) {
                comments++;
                comment = line.substring(1).strip();
            } else if (separator == 0 && (line.strip().matches("(?i)\"?sep=.\"?") || line.equals("sep=\t"))) {
                separator = line.charAt(line.toLowerCase(Locale.ROOT).indexOf("sep=") + 4);
            } else if (lines >= skip) {
                break;
            }
            lines++;
            at = end + (head.startsWith("\r\n", end) ? 2 : end < head.length() ? 1 : 0);
        }
        return new CsvPreamble(head.substring(0, at), lines, comments, blanks, separator, comment, head.substring(at));
    }

    /** Refuses a table that is drawn with rules, as psql, MySQL, SQLite and Markdown show one. */
    static void requireUndrawn(Path shown, CsvPreamble before) {
        List<String> two = before.rest.lines().limit(2).toList();
        for (int i = 0; i < two.size(); i++) {
            String line = two.get(i).strip();
            if (RULE.matcher(line).matches() && (i == 0 ? line.startsWith("+") : RUNS.matcher(line).find())) {
                throw new DataException(
                        shown + ": line " + (before.lines + i + 1) + " is a rule of a table as psql, MySQL, SQLite and "
                                + "Markdown draw one; write it as CSV");
            }
        }
    }

    /** Whether a line with a hash is the header itself: {@code #id,x,y} over rows of texts, and no other line of names. */
    private static boolean isHeader(String line, String rest) {
        String next = rest.stripLeading().lines().findFirst().orElse("");
        for (char each : CsvDialect.SEPARATORS) {
            if (each != ' ' && line.length() > 1 && line.charAt(1) != ' ' && line.indexOf(each) >= 0) {
                List<String> cells = CsvDialect.first(next, each);
                return cells.size() == CsvDialect.first(line, each).size() && !next.startsWith("#")
                        && cells.stream().anyMatch(cell -> !Double.isNaN(Cells.plain(cell)))
                        && cells.stream().anyMatch(cell -> Double.isNaN(Cells.plain(cell)));
            }
        }
        return false;
    }

    /** Records that a reader makes of it: one a line, but where a line end stands in quotes. */
    int records(char between) {
        if (text.indexOf('"') < 0) {
            return lines;
        }
        try (CsvReader<CsvRecord> reader = reader(text, between, false)) {
            return Math.toIntExact(reader.stream().count());
        } catch (CsvParseException | IOException e) {
            return lines;
        }
    }

    private static CsvReader<CsvRecord> reader(String text, char between, boolean skipEmpty) {
        return CsvReader.builder().fieldSeparator(between).skipEmptyLines(skipEmpty)
                .extraFieldStrategy(FieldMismatchStrategy.IGNORE).missingFieldStrategy(FieldMismatchStrategy.IGNORE)
                .build(CsvDialect.handler(), new BufferedReader(new StringReader(text)));
    }

    /** A record and how many lines stand before it. */
    private record Placed(long before, List<String> cells) {

        boolean holdsNumbers() {
            return cells.stream().anyMatch(cell -> !Double.isNaN(Cells.plain(cell)));
        }

        boolean isHeader() {
            return cells.stream().noneMatch(String::isEmpty) && !holdsNumbers();
        }
    }

    /**
     * How many lines stand above the header, if what was taken as the header looks like a title: the rows have other numbers of
     * fields, or most of its names are empty.
     *
     * @param names of the columns, as they were taken
     * @param records below them
     * @return 0 if it does not
     */
    static int title(CsvPreamble before, char separator, List<String> names, List<List<String>> records) {
        long unnamed = names.stream().filter(String::isEmpty).count();
        boolean odd = records.stream().anyMatch(record -> record.size() != names.size());
        if (!odd && names.size() > 1 && 2 * unnamed < names.size()) {
            return 0;
        }
        long found = 0;
        int most = 1;
        for (char each : CsvDialect.SEPARATORS) {
            List<Placed> placed = each == ' ' ? List.of() : placed(before.rest, each);
            int width = placed.isEmpty() ? 0 : placed.getLast().cells.size();
            int from = placed.size();
            while (from > 0 && placed.get(from - 1).cells.size() == width) {
                from--;
            }
            while (from < placed.size() && !placed.get(from).isHeader()) {
                from++;
            }
            if (width > most && from > 0 && placed.size() - from > 1) {
                most = width;
                found = placed.get(from).before;
            }
        }
        return found == 0 ? 0 : before.lines + (int) found;
    }

    private static List<Placed> placed(String text, char separator) {
        List<Placed> placed = new ArrayList<>();
        try (CsvReader<CsvRecord> reader = reader(text, separator, true)) {
            for (CsvRecord record : reader) {
                placed.add(new Placed(record.getStartingLineNumber() - 1, CsvDialect.fields(record, separator)));
                if (placed.size() == SAMPLE) {
                    break;
                }
            }
        } catch (CsvParseException | IOException e) {
            return placed;
        }
        return placed;
    }
}
