// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.kan4j.encoding.RowEncoder;
import org.kan4j.encoding.Values;
import org.kan4j.error.Counted;

/** What a first pass over a column tells: whether it holds numbers, or texts that are names of categories, or neither. */
final class ColumnScan {

    /** Categories up to which a column is taken as such without being asked. */
    static final int MAX_CATEGORIES = 1000;
    /** Of those asked for. */
    static final int MOST_CATEGORIES = 100_000;
    /** Up to so many categories are never too many, whatever the number of rows. */
    static final int FEW = 20;

    /** A column with this share of numbers, or of numbers in other notations, is meant to be numeric. */
    private static final double NUMERIC_SHARE = 0.9;
    /** With this share too, if it has few different other texts: these are marks of missing values. */
    private static final double MARKED_SHARE = 0.5;
    private static final int MARKERS = 3;
    /** Rows from which on numbers that count them are no accident. */
    private static final int COUNTING = 20;

    /** Whole numbers up to here are exact doubles. */
    private static final double EXACT = 1L << 53;
    private static final Pattern WHOLE = Pattern.compile("[-+]?\\d+");
    /** What may be in the first row alone. */
    private static final String SECOND_HEADER = "; if that row holds units or more of the header, leave it out of the file";
    /** Rows in which leading zeros are looked for. */
    private static final int LOOKED_AT = 10_000;

    /** Cells of one notation, and the first of them. */
    private static final class Found {
        long count;
        String example;
        DataException place;
    }

    private final Table table;
    private final Table.Column column;
    private final boolean categorical;
    private final boolean target;
    private final int at;
    private long rows;
    private long numbers;
    private long markers;
    private boolean whole = true;
    private double first;
    private boolean counting = true;
    private final DigitDates dates = new DigitDates();
    private DataException firstMissing;
    private DataException firstMarker;
    /** Of the first text in a column that is no number. */
    private DataException odd;
    /** Whether that is in the first row and no other is odd, as a row of units is below a header. */
    private boolean oddOnTop;
    private String padded;
    private String beyond;
    private final Map<Notation, Found> notations = new EnumMap<>(Notation.class);
    /** Texts that are no numbers; of the target all values. */
    private final TreeMap<String, Long> counts = new TreeMap<>();

    /**
     * A scan.
     *
     * @param categorical whether the user says that it holds categories
     * @param target whether it is the target, whose numbers are counted too
     * @param at its place among the reader's cells
     */
    ColumnScan(Table table, Table.Column column, boolean categorical, boolean target, int at) {
        this.table = table;
        this.column = column;
        this.categorical = categorical;
        this.target = target;
        this.at = at;
    }

    String name() {
        return column.name();
    }

    /** Takes the row's cell in. */
    void see(Table.Reader row) {
        double value = column.kind() == Table.Kind.TEXT ? Double.NaN : row.tryNumber(at);
        if (!Double.isNaN(value)) {
            rows++;
            numbers++;
            if (!categorical && Double.isInfinite(value)) {
                throw row.error(at,
                        "expected a finite number, got '" + row.text(at) + "'" + (column.kind() == Table.Kind.ANY && !target
                                ? "; " + Names.option("format.missing", row.text(at)) + " takes it as no value" : ""));
            }
            whole &= value == Math.rint(value);
            if (Math.abs(value) > EXACT || column.kind() == Table.Kind.ANY && rows <= LOOKED_AT) {
                lookAtDigits(value, row);
            }
            first = rows == 1 ? value : first;
            counting &= value == first + rows - 1;
            dates.see(value);
            if (target && counts.size() <= mostCategories()) {
                counts.merge(Double.isFinite(value) ? Cells.text(value) : row.label(at), 1L, Long::sum);
            }
            return;
        }
        if (row.missing(at)) {
            if (target) {
                throw row.error(at, (row.text(at).isEmpty() ? "" : "'" + row.text(at) + "' means no value: ")
                        + "the target is missing; leave such rows out");
            }
            firstMissing = firstMissing == null ? row.error(at, RowEncoder.NO_VALUE) : firstMissing;
            return;
        }
        rows++;
        String cell = row.text(at);
        if (counts.size() <= mostCategories() || counts.containsKey(cell)) {
            counts.merge(cell, 1L, Long::sum);
        }
        if (column.kind() == Table.Kind.ANY && Cells.missingNumber(cell)) {
            markers++;
            firstMarker = firstMarker == null ? row.error(at, RowEncoder.NO_VALUE) : firstMarker;
            return;
        }
        oddOnTop = odd == null && row.row() == 1;
        odd = odd == null ? row.error(at, "got '" + cell + "'") : odd;
        Notation notation = column.kind() == Table.Kind.TEXT && !Double.isNaN(Cells.plain(cell)) ? null : Notation.of(cell);
        if (notation != null) {
            Found found = notations.computeIfAbsent(notation, n -> new Found());
            if (found.count++ == 0) {
                found.example = cell;
                found.place = row.error(at, "got '" + cell + "'");
            }
        }
    }

    /** Codes written with leading zeros, and ids that are longer than a double is exact. */
    private void lookAtDigits(double value, Table.Reader row) {
        if (Math.abs(value) > EXACT) {
            boolean integer = column.kind() == Table.Kind.ANY ? WHOLE.matcher(row.text(at)).matches()
                    : column.type().startsWith("INT64") || column.type().equals("I64");
            beyond = beyond == null && integer ? row.text(at) : beyond;
        } else if (padded == null && row.text(at).length() > 1 && row.text(at).charAt(0) == '0'
                && WHOLE.matcher(row.text(at)).matches()) {
            padded = row.text(at);
        }
    }

    /** What looks odd about a column of numbers, in sentences. */
    List<String> remarks() {
        List<String> remarks = new ArrayList<>();
        if (countsRows()) {
            remarks.add("'" + name() + "' counts the rows; if it is an index and no measurement, "
                    + Names.option("drop", name()) + " leaves it out");
        }
        if (padded != null) {
            remarks.add(
                    "'" + name() + "' has numbers with leading zeros, such as '" + padded + "', as codes have, and is taken as "
                            + "a number; " + Names.option("categorical", name()) + " takes each as a category");
        }
        if (beyond != null) {
            remarks.add(rounded() + "; if they are ids, " + Names.option("drop", name()) + " leaves them out");
        }
        dates.remark(name())
                .ifPresent(remark -> remarks.add(remark + ", or " + Names.option("drop", name()) + " leaves them out"));
        return remarks;
    }

    private String rounded() {
        return "'" + name() + "' has whole numbers of more digits than a double holds, such as '" + beyond
                + "', which are rounded";
    }

    /** What looks odd about a target of numbers. */
    Optional<String> targetRemark() {
        return beyond == null ? dates.remark(name()) : Optional.of(rounded());
    }

    /** Two texts that are the same but for upper and lower case, or for how accents are encoded, as a sentence of which the beginning is to be said. */
    static Optional<String> alike(Collection<String> texts) {
        Map<String, String> seen = new HashMap<>();
        for (String text : texts) {
            String plain = Normalizer.normalize(text, Normalizer.Form.NFC);
            String before = seen.putIfAbsent(plain.toLowerCase(Locale.ROOT), text);
            if (before != null) {
                return Optional.of("'" + before + "' and '" + text + "' differ only in "
                        + (plain.equals(Normalizer.normalize(before, Normalizer.Form.NFC)) ? "how Unicode writes their accents"
                                : "upper and lower case"));
            }
        }
        return Optional.empty();
    }

    /** Whether there is not one value. */
    boolean empty() {
        return numbers == 0 && (rows == 0 || markers == rows && !categorical);
    }

    /** The refusal of the first cell without a value; null if all have one. */
    DataException firstMissing(boolean numeric) {
        return firstMissing != null ? firstMissing : numeric ? firstMarker : null;
    }

    /** Whether all values are numbers. */
    boolean allNumbers() {
        return column.kind() == Table.Kind.NUMBER || odd == null && numbers > 0;
    }

    /** Whether they are whole ones. */
    boolean whole() {
        return whole;
    }

    /** Whether it is one more in each row, as an index is. */
    private boolean countsRows() {
        return counting && numbers == rows && rows > COUNTING && firstMissing == null && (first == 0 || first == 1);
    }

    /** A text in the column, such that is no number if there is one. */
    String example() {
        return example(counts.keySet());
    }

    private static String example(Collection<String> texts) {
        return texts.stream().filter(text -> Double.isNaN(Cells.plain(text))).findFirst().orElse(texts.iterator().next());
    }

    /** The refusal of a column of other things than numbers. */
    DataException noNumber() {
        return column.kind() == Table.Kind.ANY && odd != null
                ? new DataException(odd.getMessage() + ", regression needs a number" + (oddOnTop ? SECOND_HEADER : ""))
                : new DataException(table.path() + ": column '" + column.name() + "' is of type " + column.type()
                        + ", regression needs numbers");
    }

    /** Different texts up to which they are collected. */
    int mostCategories() {
        return categorical ? MOST_CATEGORIES : MAX_CATEGORIES;
    }

    /**
     * The categories of an input.
     *
     * @throws DataException if there are more than categories mostly are
     */
    List<String> categories(TreeSet<String> texts, int allRows) {
        List<String> merged = Values.merged(texts);
        if (merged.size() > mostCategories() || !categorical && tooMany(merged.size(), rows)) {
            throw new DataException(table.path() + ": column '" + column.name() + "' has "
                    + (merged.size() > mostCategories() ? "more than " + mostCategories() : merged.size())
                    + " different texts in " + Counted.of(allRows, "row") + ", such as '" + example(merged)
                    + "', which is no category (" + Names.option("drop", column.name()) + " leaves it out"
                    + (categorical ? ")" : ", " + Names.option("categorical", column.name()) + " takes each as a category)"));
        }
        return merged;
    }

    /** The categories in a few words, for a note. */
    String describe(List<String> categories, int allRows) {
        return "'" + column.name() + "' (" + categories.size() + " different, such as '" + example(categories) + "'"
                + (categories.size() > Math.max(FEW, allRows / 20)
                        ? ", many for " + Counted.of(allRows, "row") + ": if they are ids, "
                                + Names.option("drop", column.name())
                        : "")
                + ")";
    }

    /** Different values of a target. */
    int different() {
        return counts.size();
    }

    /**
     * Whether to take the column as numbers.
     *
     * @throws DataException if it is meant to hold numbers and some cells are none, or dates
     */
    boolean numeric() {
        if (categorical) {
            return false;
        }
        if (odd == null || column.kind() == Table.Kind.NUMBER) {
            return allNumbers();
        }
        refuseOtherNotations();
        boolean marked = numbers > 0 && numbers >= MARKED_SHARE * rows && oddTexts().size() <= MARKERS;
        if (numbers > 0 && numbers + markers >= NUMERIC_SHARE * rows || marked) {
            throw new DataException(odd.getMessage() + (oddTexts().equals(List.of(name()))
                    ? ", the column's own name: a header that stands there again is no row" : "") + ", expected a number as in "
                    + numbers + " of " + Counted.of(rows, "row") + (oddOnTop ? SECOND_HEADER : "") + " ("
                    + (target ? "task=classification takes each as a class"
                            : Names.option("categorical", column.name()) + " takes the column as categories, "
                                    + Names.option("format.missing",
                                            String.join(",", oddTexts().stream().limit(MARKERS).toList()))
                                    + " takes such cells as no value")
                    + ")");
        }
        if (column.kind() == Table.Kind.TEXT && counts.size() > FEW
                && counts.keySet().stream().noneMatch(text -> Double.isNaN(Cells.plain(text)))) {
            throw new DataException(table.path() + ": column '" + column.name() + "' is of type " + column.type()
                    + " but holds numbers, such as '" + counts.firstKey() + "'; write it as numbers, or "
                    + asCategories());
        }
        return false;
    }

    /** @throws DataException if most cells are numbers in another notation, or dates */
    void refuseOtherNotations() {
        long others = notations.values().stream().mapToLong(found -> found.count).sum();
        if (others > 0 && numbers + markers + others >= NUMERIC_SHARE * rows) {
            throw otherNotation();
        }
    }

    private List<String> oddTexts() {
        return counts.keySet().stream().filter(text -> Double.isNaN(Cells.plain(text)) && !Cells.missingNumber(text)).toList();
    }

    private DataException otherNotation() {
        Notation most = notations.entrySet().stream().max(Map.Entry.comparingByValue((a, b) -> Long.compare(a.count, b.count)))
                .orElseThrow().getKey();
        Found found = notations.get(most);
        return new DataException(
                found.place.getMessage() + ", one of " + found.count + " " + most.what() + " in " + Counted.of(rows, "row")
                        + "; " + most.remedy() + " (" + asCategories() + (target ? ")"
                                : ", " + Names.option("drop", column.name()) + " leaves the column out)"));
    }

    private String asCategories() {
        return target ? "task=classification takes each as a class"
                : Names.option("categorical", column.name()) + " takes each as a category";
    }

    /** A target's labels, each with its rows: texts of one value under one text. */
    TreeMap<String, Long> labels() {
        Map<String, String> names = Values.names(counts.keySet());
        TreeMap<String, Long> merged = new TreeMap<>();
        counts.forEach((text, count) -> merged.merge(names.get(Values.canonical(text)), count, Long::sum));
        return merged;
    }

    /** Whether so many different texts in so many rows are more likely ids or measurements than categories. */
    static boolean tooMany(int different, long rows) {
        return different > Math.max(FEW, rows / 2) || different > 5 && different >= 0.8 * rows;
    }
}
