// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Map;
import org.kan4j.error.KanException;
import org.kan4j.rows.Groups;

/** Deals rows by the values of a column. Takes a pass over it, and memory for the groups or eight bytes a row. */
final class SplitColumn {

    private final Table table;
    private final Splitting by;
    /** The rows that are dealt; null for all. */
    private final BitSet among;

    SplitColumn(Table table, Splitting by, BitSet among) {
        this.table = table;
        this.by = by;
        this.among = among;
    }

    /**
     * The rows of the second part.
     *
     * @param share that is wanted of it, above 0 and below 1
     * @throws DataException if a part would be empty, or the values cannot be put in order
     */
    BitSet second(double share, long seed) {
        return by.kind() == Splitting.Kind.GROUP ? groups(share, seed) : last(share);
    }

    private interface Row {
        void see(int number, Table.Reader reader);
    }

    private void read(Row row) {
        try (Table.Reader reader = table.reader(table.column(by.column()))) {
            int number = 0;
            for (int block = 0; block < table.blocks(); block++) {
                reader.seek(block);
                for (; reader.next(); number++) {
                    if (number >= TableSet.MAX_ROWS) {
                        throw TableSet.tooMany(table);
                    }
                    if (among == null || among.get(number)) {
                        if (reader.missing(0)) {
                            throw reader.error(0, "there is no value to split by; fill in or leave out such rows first");
                        }
                        row.see(number, reader);
                    }
                }
            }
        }
    }

    // ---------------------------------------------------------------------------------------------------------- groups

    private BitSet groups(double share, long seed) {
        Map<String, Integer> numbers = new LinkedHashMap<>();
        long[][] sizes = {new long[16]};
        read((number, reader) -> {
            int group = numbers.computeIfAbsent(reader.text(0), any -> numbers.size());
            if (group == sizes[0].length) {
                sizes[0] = Arrays.copyOf(sizes[0], 2 * group);
            }
            sizes[0][group]++;
        });
        boolean[] second;
        try {
            second = Groups.second(Arrays.copyOf(sizes[0], numbers.size()), share, seed);
        } catch (KanException e) {
            throw new DataException(table.path() + ": the column '" + by.column() + "' cannot split the rows by group: "
                    + e.getMessage(), e);
        }
        BitSet rows = new BitSet();
        read((number, reader) -> rows.set(number, second[numbers.get(reader.text(0))]));
        return rows;
    }

    // ------------------------------------------------------------------------------------------------------------ time

    private BitSet last(double share) {
        long[][] times = {new long[1024]};
        int[] count = {0};
        int[] numeric = {-1};
        read((number, reader) -> {
            if (count[0] == times[0].length) {
                times[0] = Arrays.copyOf(times[0], (int) Math.min(TableSet.MAX_ROWS, 2L * count[0]));
            }
            times[0][count[0]++] = time(reader, numeric);
        });
        long[] sorted = Arrays.copyOf(times[0], count[0]);
        Arrays.sort(sorted);
        int held = Math.clamp(Math.round(share * sorted.length), 1, Math.max(1, sorted.length - 1));
        long from = boundary(sorted, sorted.length - held);
        BitSet rows = new BitSet();
        int[] next = {0};
        read((number, reader) -> rows.set(number, times[0][next[0]++] >= from));
        return rows;
    }

    /** The time from which on rows are held out: rows of one time stay together, and some are before. */
    private long boundary(long[] sorted, int at) {
        long from = sorted[at];
        if (from == sorted[0]) {
            from = Arrays.stream(sorted).filter(time -> time > sorted[0]).findFirst().orElseThrow(() -> new DataException(
                    table.path() + ": the column '" + by.column()
                            + "' is the same in all rows to split, expected an order in time"));
        }
        return from;
    }

    /** A number whose order is that of time; all cells are numbers, or all are dates and times. */
    private long time(Table.Reader reader, int[] numeric) {
        String text = reader.text(0);
        Long number = number(reader);
        if (numeric[0] < 0) {
            numeric[0] = number != null ? 1 : 0;
        }
        Long time = numeric[0] == 1 ? number : date(text);
        if (time == null) {
            throw reader.error(0, "'" + text + "' is no " + (numeric[0] == 1 ? "number, as the rows before it have"
                    : "number and no date or time such as 2026-05-31 or 2026-05-31T12:30:00Z")
                    + "; a split by time needs a column "
                    + "that can be put in order");
        }
        return time;
    }

    private Long number(Table.Reader reader) {
        Table.Kind kind = table.columns().get(table.column(by.column())).kind();
        if (kind == Table.Kind.OTHER || kind == Table.Kind.TEXT) {
            return null;
        }
        double value = reader.tryNumber(0);
        if (Double.isNaN(value)) {
            return null;
        }
        long bits = Double.doubleToLongBits(value == 0 ? 0.0 : value);
        return bits ^ bits >> 63 & Long.MAX_VALUE;
    }

    /** ISO 8601, in nanoseconds; null if it is none. */
    private static Long date(String text) {
        String iso = text.strip().replace(' ', 'T');
        if (iso.length() < 10 || iso.charAt(4) != '-') {
            return null;
        }
        try {
            if (iso.length() == 10) {
                return nanos(LocalDate.parse(iso).atStartOfDay().atOffset(ZoneOffset.UTC));
            }
            boolean zoned = iso.endsWith("Z") || iso.indexOf('+') > 0 || iso.lastIndexOf('-') > 10;
            return nanos(zoned ? OffsetDateTime.parse(iso) : LocalDateTime.parse(iso).atOffset(ZoneOffset.UTC));
        } catch (DateTimeParseException | ArithmeticException e) {
            return null;
        }
    }

    private static long nanos(OffsetDateTime time) {
        return Math.addExact(Math.multiplyExact(time.toEpochSecond(), 1_000_000_000L), time.getNano());
    }
}
