// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.kan4j.encoding.Encoding;

/** What the training rows tell of a column of numbers: range, mean, deviation, and a random sample of its values. */
final class ColumnSample {

    /** Values kept. */
    static final int SIZE = 256;

    /** Where this share of the different values lies in a twentieth of the range, most of a grid sees nothing. */
    private static final double CROWDED = 0.75;
    private static final double PART = 1.0 / 20;
    private static final int FEWEST = 4;
    /** Intervals between quantiles. */
    private static final int INTERVALS = 32;

    private double low = Double.POSITIVE_INFINITY;
    private double high = Double.NEGATIVE_INFINITY;
    private long n;
    private double mean;
    private double squares;
    private double[] sample = new double[8];

    /**
     * Takes a value in.
     *
     * @param random uniform in 0..1
     */
    void see(double value, double random) {
        low = Math.min(low, value);
        high = Math.max(high, value);
        if (n < SIZE) {
            sample = n < sample.length ? sample : Arrays.copyOf(sample, (int) Math.min(SIZE, 4 * n));
            sample[(int) n] = value;
        } else {
            long place = (long) (random * (n + 1)); // Algorithm R: Waterman, by Knuth, 1981
            if (place < SIZE) {
                sample[(int) place] = value;
            }
        }
        n++;
        double off = value - mean; // Welford, 1962
        mean += off / n;
        squares += off * (value - mean);
    }

    long count() {
        return n;
    }

    /** The column as an input, scaled by its range or, if so wished, by its quantiles. */
    Encoding.Numeric input(String name, boolean byQuantiles) {
        return new Encoding.Numeric(name, low, high, mean, byQuantiles ? quantiles() : List.of());
    }

    /** The column as a target. All values equal: any scale will do, 1 keeps their unit. */
    Encoding.Value target(String name) {
        return new Encoding.Value(name, mean, squares > 0 ? Math.sqrt(squares / n) : 1);
    }

    private double[] sorted() {
        return Arrays.stream(sample, 0, (int) Math.min(n, SIZE)).sorted().toArray();
    }

    /** Values with equally many of the sample between them, the ends those of all rows; fewer where values repeat. */
    private List<Double> quantiles() {
        double[] values = sorted();
        List<Double> knots = new ArrayList<>(List.of(low));
        for (int i = 1; i < INTERVALS; i++) {
            double place = (double) i / INTERVALS * (values.length - 1);
            int before = (int) place;
            double next = values[Math.min(before + 1, values.length - 1)];
            double knot = values[before] + (next - values[before]) * (place - before);
            if (knot > knots.getLast() && knot < high) {
                knots.add(knot);
            }
        }
        if (high > low) {
            knots.add(high);
        }
        return knots;
    }

    /** Where nearly all different values lie in a small part of the range, a sentence that says so. */
    Optional<String> skewed(String name) {
        double[] values = Arrays.stream(sorted()).distinct().toArray();
        double width = high * PART - low * PART;
        if (values.length < FEWEST || !(width > 0)) {
            return Optional.empty();
        }
        int most = 0;
        int best = 0;
        for (int from = 0, to = 0; from < values.length; from++) {
            while (to < values.length && values[to] - values[from] <= width) {
                to++;
            }
            if (to - from > most) {
                most = to - from;
                best = from;
            }
        }
        return most < CROWDED * values.length ? Optional.empty() : Optional.of(String.format(Locale.ROOT,
                "'%s' is spread unevenly: %.0f %% of its values lie in a twentieth of its range, %.4g to %.4g, from %.4g on; "
                        + "%s spreads them evenly over the grid%s",
                name, 100.0 * most / values.length, low, high, values[best], Names.option("quantiles", name), marker()));
    }

    /** Nines at an end of the range are often a mark of no value. */
    private String marker() {
        for (double end : new double[] {low, high}) {
            String text = Cells.text(end);
            if (text.matches("-?9{2,6}")) {
                return "; if " + text + " means no value, " + Names.option("format.missing", text) + " says so";
            }
        }
        return "";
    }
}
