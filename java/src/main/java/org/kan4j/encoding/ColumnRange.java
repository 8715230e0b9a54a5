// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.encoding;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.kan4j.error.KanException;
import org.kan4j.internal.SplitMix;

/**
 * What an encoding needs to know of a column of numbers, learned value by value: range, mean, deviation, and a random sample
 * of its values. The same values in the same order give the same.
 */
public final class ColumnRange {

    /** Values kept. */
    private static final int SIZE = 1024;
    /** Where the range is so many times what nine in ten values take up, most of a grid sees nothing. */
    private static final double WIDE = 3;
    /** Where it is so many times what eight in ten different values take up, however often the others occur, likewise. */
    private static final double FAR = 20;
    /** Where a tenth of the values reaches so many times farther from the median than the other tenth, likewise. */
    private static final double LOPSIDED = 3;
    /** Fewer different values than this are points, and no distribution. */
    private static final int FEWEST = 4;
    /** Intervals between quantiles. */
    private static final int INTERVALS = 32;
    /** Standard deviations of the normal distribution whose shares are between the first quantile and the last. */
    private static final double REACH = 2.5;

    /** Skewness of a target that is worth bending; a normal distribution has 0, an exponential one 2. */
    private static final double SKEWED = 1;
    /** Its kurtosis, likewise; a normal distribution has 3. */
    private static final double HEAVY = 7;

    private double low = Double.POSITIVE_INFINITY;
    private double high = Double.NEGATIVE_INFINITY;
    private long count;
    private double mean;
    private double squares;
    private double[] sample = new double[8];
    private boolean missing;
    private final SplitMix random = new SplitMix(1);

    /** Of no values yet. */
    public ColumnRange() {
        // The fields say it.
    }

    /** Takes a value in. */
    public void add(double value) {
        low = Math.min(low, value);
        high = Math.max(high, value);
        if (count < SIZE) {
            sample = count < sample.length ? sample : Arrays.copyOf(sample, (int) Math.min(SIZE, 4 * count));
            sample[(int) count] = value;
        } else {
            long place = (long) (random.uniform() * (count + 1)); // Algorithm R: Waterman, by Knuth, 1981
            if (place < SIZE) {
                sample[(int) place] = value;
            }
        }
        count++;
        double off = value - mean; // Welford, 1962
        mean += off / count;
        squares += off * (value - mean);
    }

    /** Takes in that a row has no value. */
    public void addMissing() {
        missing = true;
    }

    /** Values so far. */
    public long count() {
        return count;
    }

    /** The least value so far. */
    public double low() {
        return low;
    }

    /** The greatest value so far. */
    public double high() {
        return high;
    }

    /** As {@link #input(String, Encoding.Scaling)}, by the range. */
    public Encoding.Numeric input(String name) {
        return input(name, Encoding.Scaling.RANGE);
    }

    /** The column as an input; where rows have no value, with a second number that tells. */
    public Encoding.Numeric input(String name, Encoding.Scaling scaling) {
        boolean spread = scaling == Encoding.Scaling.QUANTILES || scaling == Encoding.Scaling.AUTO && isUneven();
        double[] values = sorted();
        return new Encoding.Numeric(name, low, high, spread ? quantile(values, 0.5) : mean(),
                spread ? quantiles(values) : List.of(),
                missing);
    }

    /** The target that is scaled to mean 0 and deviation 1; where all values are equal their unit is kept. */
    public Encoding.Value target(String name) {
        return new Encoding.Value(name, mean(), high > low ? deviation() : 1);
    }

    private double mean() {
        return Double.isFinite(mean) ? mean : scaled(1);
    }

    private double deviation() {
        double deviation = Math.sqrt(squares / count);
        return deviation >= Math.sqrt(Double.MIN_NORMAL) && Double.isFinite(deviation) ? deviation : scaled(2);
    }

    /** Mean (1) or deviation (2) where squares are beyond the range of doubles: of the sample, divided by its greatest. */
    private double scaled(int moment) {
        double[] values = sorted();
        double most = Math.max(Math.abs(values[0]), Math.abs(values[values.length - 1]));
        double middle = Arrays.stream(values).map(v -> v / most).average().orElseThrow();
        double variance = Arrays.stream(values).map(v -> (v / most - middle) * (v / most - middle)).average().orElseThrow();
        return moment == 1 ? middle * most : variance > 0 ? Math.sqrt(variance) * most : high / 2 - low / 2;
    }

    /**
     * The target by another transform; mean and deviation are those of the sample.
     *
     * @throws KanException if the logarithm is asked for and there are values that have none
     */
    public Encoding.Value target(String name, Transform.Kind kind) {
        if (kind == Transform.Kind.NONE) {
            return target(name);
        }
        if (kind == Transform.Kind.LOG && !(low > 0)) {
            throw KanException.invalid("the target '%s' has values down to %s, expected all above 0 for its logarithm; "
                    + "target-transform=asinh takes any number", name, low);
        }
        Transform transform = kind == Transform.Kind.LOG ? Transform.LOG : asinh();
        ColumnRange bent = new ColumnRange();
        for (double value : sorted()) {
            bent.add(transform.apply(value));
        }
        Encoding.Value scale = bent.target(name);
        return new Encoding.Value(name, scale.mean(), scale.deviation(), transform);
    }

    /**
     * Of numbers above 0 about the logarithm; of others linear where the middle half of them is, and a logarithm of the distance to the
     * median beyond.
     */
    private Transform asinh() {
        double[] values = sorted();
        double centre = low > 0 ? 0 : quantile(values, 0.5);
        double scale = low > 0 ? quantile(values, 0.05) : (quantile(values, 0.75) - quantile(values, 0.25)) / 2;
        if (!(scale > 0)) { // half of them are equal
            scale = Arrays.stream(values).map(value -> Math.abs(value - centre)).average().orElse(0);
        }
        return new Transform(Transform.Kind.ASINH, centre, scale > 0 ? scale : 1);
    }

    /** Whether a tail is so long that the squares of a few values are most of all: as a target, whether to try to bend it. */
    public boolean isTailed() {
        if (count < 2 || !(squares > 0)) {
            return false;
        }
        double[] values = sorted();
        double[] powers = new double[3]; // of the deviations of the sample
        double middle = Arrays.stream(values).average().orElse(0);
        for (double value : values) {
            double off = value - middle;
            powers[0] += off * off;
            powers[1] += off * off * off;
            powers[2] += off * off * off * off;
        }
        double variance = powers[0] / values.length;
        return Math.abs(powers[1]) / values.length > SKEWED * Math.pow(variance, 1.5)
                || powers[2] / values.length > HEAVY * variance * variance;
    }

    /** Whether most of the range holds few values: outliers, or a long tail. */
    public boolean isUneven() {
        double[] values = sorted();
        double[] different = Arrays.stream(values).distinct().toArray();
        if (different.length < FEWEST) {
            return false;
        }
        double most = quantile(values, 0.95) - quantile(values, 0.05);
        double middle = quantile(values, 0.5);
        double above = quantile(values, 0.9) - middle;
        double below = middle - quantile(values, 0.1);
        return high / WIDE - low / WIDE > most || high / FAR - low / FAR > quantile(different, 0.9) - quantile(different, 0.1)
                || Math.min(above, below) > 0 && Math.max(above, below) > LOPSIDED * Math.min(above, below);
    }

    /** Where the column is uneven, how it is. */
    public Optional<String> uneven() {
        double[] values = sorted();
        return !isUneven() ? Optional.empty() : Optional.of(String.format(Locale.ROOT,
                "is spread unevenly: 90 %% of its values lie between %.4g and %.4g, all between %.4g and %.4g",
                quantile(values, 0.05), quantile(values, 0.95), low, high));
    }

    private double[] sorted() {
        return Arrays.stream(sample, 0, (int) Math.min(count, SIZE)).sorted().toArray();
    }

    private static double quantile(double[] sorted, double share) {
        double place = share * (sorted.length - 1);
        int before = (int) place;
        double next = sorted[Math.min(before + 1, sorted.length - 1)];
        return sorted[before] + (next - sorted[before]) * (place - before);
    }

    /**
     * Values between which the sample has the shares that a normal distribution has between even steps, so that a normal
     * column stays what it is and any other is bent to one; the ends those of all rows; fewer where values repeat.
     */
    private List<Double> quantiles(double[] values) {
        List<Double> knots = new ArrayList<>(List.of(low));
        for (int i = 1; i < INTERVALS; i++) {
            double knot = quantile(values, normalShare(REACH * (2.0 * i / INTERVALS - 1)));
            if (knot > knots.getLast() && knot < high) {
                knots.add(knot);
            }
        }
        if (high > low) {
            knots.add(high);
        }
        return knots;
    }

    /** The share of a standard normal distribution below z, to seven digits (Abramowitz and Stegun, 1964, 7.1.26). */
    private static double normalShare(double z) {
        double x = Math.abs(z) / Math.sqrt(2);
        double t = 1 / (1 + 0.3275911 * x);
        double tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
                * StrictMath.exp(-x * x);
        return z >= 0 ? 1 - tail / 2 : tail / 2;
    }
}
