// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import org.kan4j.error.KanException;
import org.kan4j.internal.SplitMix;

/**
 * Values of a function at rows, and with one, the other and both of two groups of inputs taken from other rows: what sums and
 * products are told by ({@link Hypotheses#additive}, {@link Hypotheses#multiplicative}).
 *
 * @param f at the rows
 * @param a with the first group exchanged
 * @param b with the second
 * @param ab with both
 */
record Quadruples(double[] f, double[] a, double[] b, double[] ab) {

    private static final int DRAWS = 999;

    /** Mean square of the second difference, which is 0 of a sum, as a share of a variance. */
    double additive(double variance) {
        double sum = 0;
        for (int k = 0; k < f.length; k++) {
            double d = f[k] - a[k] - b[k] + ab[k];
            sum += d * d;
        }
        return sum / f.length / (4 * variance);
    }

    /** Mean square of f(a,b) f(a',b') - f(a,b') f(a',b), which is 0 of a product, as a share of their size. */
    double multiplicative() {
        double difference = 0;
        double size = 0;
        for (int k = 0; k < f.length; k++) {
            double u = f[k] * ab[k];
            double v = a[k] * b[k];
            difference += (u - v) * (u - v);
            size += u * u + v * v;
        }
        return size > 0 ? difference / size : 0;
    }

    /** How likely errors of the function alone make {@link #additive} as large, where it is a sum. */
    double additiveChance(double[] errors, long seed) {
        return chance(errors, seed, false);
    }

    /** How likely errors of the function alone make {@link #multiplicative} as large, where it is a product. */
    double multiplicativeChance(double[] errors, long seed) {
        return chance(errors, seed, true);
    }

    /** The share of bootstrap draws, the measured one among them, in which errors drawn anew make a difference as large. */
    private double chance(double[] errors, long seed, boolean product) {
        if (errors.length < 20) {
            throw KanException.invalid("a bootstrap needs the errors of at least 20 rows, given %d", errors.length);
        }
        double measured = 0;
        for (int k = 0; k < f.length; k++) {
            double d = product ? f[k] * ab[k] - a[k] * b[k] : f[k] - a[k] - b[k] + ab[k];
            measured += d * d;
        }
        SplitMix random = new SplitMix(seed, 23);
        int asLarge = 1;
        for (int draw = 0; draw < DRAWS; draw++) {
            double drawn = 0;
            for (int k = 0; k < f.length; k++) {
                double e = errors[random.below(errors.length)];
                double ea = errors[random.below(errors.length)];
                double eb = errors[random.below(errors.length)];
                double eab = errors[random.below(errors.length)];
                double d = product ? f[k] * eab + ab[k] * e - a[k] * eb - b[k] * ea + e * eab - ea * eb : e - ea - eb + eab;
                drawn += d * d;
            }
            asLarge += drawn >= measured ? 1 : 0;
        }
        return asLarge / (DRAWS + 1.0);
    }
}
