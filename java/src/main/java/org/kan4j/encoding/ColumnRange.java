// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.encoding;

/** What an encoding needs to know of a column of numbers, learned value by value. */
public final class ColumnRange {

    private double low = Double.POSITIVE_INFINITY;
    private double high = Double.NEGATIVE_INFINITY;
    private long count;
    private double mean;
    private double squares;

    /** Of no values yet. */
    public ColumnRange() {
        // The fields say it.
    }

    /** Takes a value in. */
    public void add(double value) {
        low = Math.min(low, value);
        high = Math.max(high, value);
        count++;
        double off = value - mean; // Welford, 1962
        mean += off / count;
        squares += off * (value - mean);
    }

    /** Values so far. */
    public long count() {
        return count;
    }

    /** The input that scales this range to -1..1. */
    public Encoding.Numeric input(String name) {
        return new Encoding.Numeric(name, low, high, mean);
    }

    /** The target that is scaled to mean 0 and deviation 1; where all values are equal their unit is kept. */
    public Encoding.Value target(String name) {
        return new Encoding.Value(name, mean, squares > 0 ? Math.sqrt(squares / count) : 1);
    }
}
