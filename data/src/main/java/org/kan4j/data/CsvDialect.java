// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.reader.CsvRecordHandler;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * How a CSV file is written: what its user says, and the rest as its first lines tell.
 *
 * @param separator between fields; a space stands for any run of spaces
 * @param names of the columns; empty where a column has none
 * @param skipped records before the first row
 * @param comments how many of these begin with {@code #}
 * @param blanks how many of these are blank
 * @param headless whether the first row is taken as the header although it may be data
 * @param numbered whether the columns are named by their places although the user did not say so
 * @param stacked whether the first row holds no number and one below does, so that it may be a second line of the header
 * @param title lines that stand above the header, if what is taken as the header looks like a title; 0 otherwise
 * @param notes what was found that its user may not know
 */
record CsvDialect(char separator, char decimal, char thousands, List<String> names, int skipped, int comments, int blanks,
        boolean headless, boolean numbered, boolean stacked, int title, List<String> notes) {

    /** In the order in which they are taken where several fit. */
    static final char[] SEPARATORS = {'\t', ';', '|', ',', ' '};
    /** Records to look at. */
    private static final int SAMPLE = 50;
    private static final int MAX_FIELDS = 1 << 22;

    private static final Cells PLAIN = new Cells('.', (char) 0, Set.of());

    /** No groups of digits: these have three, and no exponent. */
    private static final Pattern COMMA = Pattern
            .compile("[-+]?(\\d*,\\d{1,2}|\\d*,\\d{4,}|0,\\d+|\\d{4,},\\d+|\\d*,\\d+[eE][-+]?\\d+)");
    private static final Pattern POINT = Pattern
            .compile("[-+]?(\\d*\\.\\d{1,2}|\\d*\\.\\d{4,}|0\\.\\d+|\\d{4,}\\.\\d+|\\d*\\.\\d+[eE][-+]?\\d+)");
    private static final Pattern COMMA_POINT = Pattern.compile("[-+]?\\d{1,3}(,\\d{3})+\\.\\d+|[-+]?\\d{1,3}(,\\d{3}){2,}");
    private static final Pattern POINT_COMMA = Pattern.compile("[-+]?\\d{1,3}(\\.\\d{3})+,\\d+|[-+]?\\d{1,3}(\\.\\d{3}){2,}");
    private static final Pattern SPACE_COMMA = Pattern.compile("[-+]?\\d{1,3}([ \u00a0\u202f]\\d{3})+,\\d+");
    private static final Pattern APOSTROPHE = Pattern.compile("[-+]?\\d{1,3}(['\u2019]\\d{3})+([.,]\\d+)?");
    private static final Pattern FIXED_SPACE = Pattern.compile("[-+]?\\d{1,3}([\u00a0\u202f]\\d{3})+([.,]\\d+)?");
    private static final Pattern COMMA_ONLY = Pattern.compile("[-+]?(\\d+,\\d*|,\\d+)([eE][-+]?\\d+)?");

    static CsvRecordHandler handler() {
        return CsvRecordHandler.builder().maxFields(MAX_FIELDS).build();
    }

    /**
     * Looks at the beginning of a file.
     *
     * @param head its first lines, none cut unless it is a single one
     * @throws DataException if there is no line
     */
    static CsvDialect of(Path shown, String head, CsvFormat format) {
        CsvPreamble before = CsvPreamble.of(head.startsWith("\ufeff") ? head.substring(1) : head, format.skipLines());
        if (before.rest().isEmpty()) {
            throw new DataException(shown + (head.isBlank() ? ": empty, expected a header line of column names"
                    : format.skipLines() > 0 ? ": no line after the first " + format.skipLines() + ", which format.skipLines="
                            + format.skipLines() + " leaves out, expected a header line of column names"
                            : ": nothing but blank lines and comments, expected a header line of column names"));
        }
        CsvPreamble.requireUndrawn(shown, before);
        char separator = format.separator().orElse(before.separator() != 0 ? before.separator() : separator(before.rest()));
        List<List<String>> records = records(before.rest(), separator);
        if (records.isEmpty()) {
            throw new DataException(shown + ": the header line cannot be read with '" + separator + "' between fields: a quoted "
                    + "name does not end where its field does (format.separator names another)");
        }
        List<String> notes = new ArrayList<>();
        boolean headless = records.size() > 1 && holdsData(records.getFirst(), records.get(1));
        List<String> commented = before.comment() == null ? List.of() : first(before.comment(), separator);
        List<String> names;
        int skipped = before.records(separator);
        int header = skipped;
        boolean numbered = false;
        if (format.header().isEmpty() && headless && commented.size() == records.getFirst().size() && commented.stream()
                .allMatch(cell -> !cell.isEmpty() && Double.isNaN(Cells.plain(cell)))) {
            names = commented;
            notes.add("the names of the columns are taken from the comment before the first row");
        } else if (format.header().isPresent() ? !format.header().get() : headless && hasFraction(records.getFirst())) {
            names = IntStream.rangeClosed(1, records.getFirst().size()).mapToObj(Integer::toString).toList();
            numbered = format.header().isEmpty();
            if (numbered) {
                notes.add(
                        "the first row holds numbers, so the columns are named 1, 2, 3 and so on; format.header=true takes it as names");
            }
        } else {
            names = new ArrayList<>(records.removeFirst());
            skipped++;
            // R's write.table: rows have a name before their first cell, the header has none for it.
            if (!records.isEmpty() && names.size() > 1
                    && records.stream().allMatch(r -> r.size() == names.size() + 1)
                    && records.stream().map(List::getFirst).distinct().count() == records.size()
                    && records.stream().anyMatch(r -> !r.getLast().isEmpty())) {
                names.addFirst("");
            }
        }
        char decimal = format.decimal().orElse(format.thousands().filter(mark -> mark == '.').isPresent()
                || usesComma(records) ? ',' : '.');
        char thousands = format.thousands().orElse(thousands(records, decimal));
        if (format.decimal().isEmpty() && decimal == ',' && format.thousands().isEmpty()) {
            notes.add("numbers are read with decimal commas; format.decimal=. reads them with points");
        }
        if (format.thousands().isEmpty() && thousands != 0) {
            notes.add(
                    "'" + thousands + "' in numbers is read as a mark between groups of digits; format.thousands names another");
        }
        boolean whole = headless && format.header().isEmpty() && header + 1 == skipped;
        return new CsvDialect(separator, decimal, thousands, List.copyOf(names), skipped, before.comments(), before.blanks(),
                whole, numbered, !records.isEmpty() && !holdsNumber(records.getFirst())
                        && records.stream().anyMatch(CsvDialect::holdsNumber),
                CsvPreamble.title(before, separator, names, records), List.copyOf(notes));
    }

    /** Whether a line is no row: nothing but spaces and the Ctrl-Z of old systems. */
    static boolean isBlank(String line) {
        return line.replace(CsvTable.CTRL_Z, ' ').trim().isEmpty();
    }

    static List<String> first(String line, char separator) {
        List<List<String>> records = records(line, separator);
        return records.isEmpty() ? List.of() : records.getFirst();
    }

    /** The first records of a text, stripped; those before a quote that is not closed where its field ends. */
    static List<List<String>> records(String text, char separator) {
        List<List<String>> records = new ArrayList<>();
        try (CsvReader<CsvRecord> reader = CsvReader.builder().fieldSeparator(separator).skipEmptyLines(true)
                .extraFieldStrategy(FieldMismatchStrategy.IGNORE).missingFieldStrategy(FieldMismatchStrategy.IGNORE)
                .build(handler(), new BufferedReader(new StringReader(text)))) {
            for (CsvRecord record : reader) {
                if (record.getFieldCount() > 1 || !isBlank(record.getField(0))) {
                    records.add(fields(record, separator));
                }
                if (records.size() == SAMPLE) {
                    break;
                }
            }
        } catch (CsvParseException | IOException e) {
            return records;
        }
        return records;
    }

    /** The cells of a record, stripped. */
    static List<String> fields(CsvRecord record, char separator) {
        List<String> fields = new ArrayList<>(record.getFieldCount());
        for (int i = 0; i < record.getFieldCount(); i++) {
            String field = record.getField(i);
            if (separator != ' ' || !field.isEmpty()) {
                fields.add(Cells.stripped(field));
            }
        }
        return fields;
    }

    /** The separator with which all lines have the same number of fields, or else the first one in the header. */
    private static char separator(String text) {
        for (char each : SEPARATORS) {
            List<List<String>> records = records(text, each);
            if (!records.isEmpty() && records.getFirst().size() > 1
                    && records.stream().allMatch(r -> r.size() == records.getFirst().size())
                    && (each != ' ' || records.size() > 1)) {
                return each;
            }
        }
        for (char each : SEPARATORS) { // rows with a name before, or an empty field after the others
            List<List<String>> records = records(text, each);
            if (records.size() > 1 && records.getFirst().size() > 1
                    && records.stream().skip(1).allMatch(r -> r.size() == records.getFirst().size() + 1)) {
                return each;
            }
        }
        char best = ',';
        int most = 1;
        for (char each : new char[] {',', ';', '\t', '|'}) {
            List<List<String>> records = records(text, each);
            if (!records.isEmpty() && records.getFirst().size() > most) {
                best = each;
                most = records.getFirst().size();
            }
        }
        return best;
    }

    /** Whether a first row looks like data: all its cells are numbers, or those are that have numbers below. */
    private static boolean holdsData(List<String> first, List<String> second) {
        int numbers = 0;
        for (int i = 0; i < first.size(); i++) {
            boolean below = i < second.size() && isNumber(second.get(i));
            if (isNumber(first.get(i))) {
                numbers++;
            } else if (below && !PLAIN.missing(first.get(i)) && !Cells.missingNumber(first.get(i))) {
                return false;
            }
        }
        // pandas names the columns of an array 0, 1, 2, ...
        boolean counted = IntStream.range(0, first.size()).allMatch(i -> first.get(i).equals(Integer.toString(i)))
                || IntStream.range(0, first.size()).allMatch(i -> first.get(i).equals(Integer.toString(i + 1)));
        return numbers > 0 && !counted;
    }

    private static boolean holdsNumber(List<String> cells) {
        return cells.stream().anyMatch(CsvDialect::isNumber);
    }

    private static boolean isNumber(String cell) {
        return !Double.isNaN(Cells.plain(cell)) || COMMA_ONLY.matcher(cell).matches();
    }

    /** Whether a cell holds what no column would be named: a fraction or a negative number. */
    private static boolean hasFraction(List<String> cells) {
        return cells.stream().filter(CsvDialect::isNumber)
                .anyMatch(cell -> cell.startsWith("-") || cell.indexOf('.') >= 0 || cell.indexOf(',') >= 0)
                || Set.copyOf(cells).size() < cells.size();
    }

    /** Whether numbers certainly have decimal commas: some have, none has a point. */
    private static boolean usesComma(List<List<String>> records) {
        boolean comma = false;
        for (List<String> record : records) {
            for (String cell : record) {
                if (POINT.matcher(cell).matches() || COMMA_POINT.matcher(cell).matches()) {
                    return false;
                }
                comma |= COMMA.matcher(cell).matches() || POINT_COMMA.matcher(cell).matches()
                        || SPACE_COMMA.matcher(cell).matches();
            }
        }
        return comma;
    }

    /** The mark that certainly stands between groups of digits, 0 if there is none. */
    private static char thousands(List<List<String>> records, char decimal) {
        for (List<String> record : records) {
            for (String cell : record) {
                if (decimal == '.' && COMMA_POINT.matcher(cell).matches()) {
                    return ',';
                }
                if (decimal == ',' && POINT_COMMA.matcher(cell).matches()) {
                    return '.';
                }
                if (APOSTROPHE.matcher(cell).matches()) {
                    return '\'';
                }
                if (decimal == ',' && SPACE_COMMA.matcher(cell).matches() || FIXED_SPACE.matcher(cell).matches()) {
                    return ' ';
                }
            }
        }
        return 0;
    }
}
