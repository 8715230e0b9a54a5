// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.util.Arrays;
import org.kan4j.error.KanException;
import org.kan4j.internal.SplitMix;

/**
 * How much of the variance of a function's output is due to each of its inputs, from the function's values alone: Sobol'
 * indices by Jansen's estimators (Comput. Phys. Commun. 117, 1999) and superset importances of pairs (Liu and Owen, J. Am.
 * Stat. Assoc. 101, 2006). All are shares of the variance. Standard errors are those of {@value #BLOCKS} blocks of rows.
 *
 * <p>A column is exchanged against the same column of other rows. For independent inputs the total index is what the
 * output loses if the input is not known; for dependent ones it is permutation importance, which looks at points where no
 * data is: {@link #correlation} says how far that is so.
 */
public final class Sensitivity {

    /** Blocks of rows that standard errors are of. */
    public static final int BLOCKS = 10;

    /** A function of rows. */
    @FunctionalInterface
    public interface Function {
        /**
         * Its values.
         *
         * @param rows one after the other, (rows, in)
         * @return (rows, out)
         */
        double[] apply(double[] rows);
    }

    /**
     * A share of the variance.
     *
     * @param value about 0 to 1; estimates of shares near 0 may be negative
     * @param error standard error
     */
    public record Share(double value, double error) {
    }

    private final Function function;
    private final double[] a;
    private final double[] b;
    private final int in;
    private final int rows;
    private final double[] fa;
    private final double[] fb;
    private final int out;
    private final double[] variance;

    /**
     * For a function on some rows.
     *
     * @param x (rows, in), at least two rows, in no order that matters
     * @param in inputs of a row
     * @param seed of which other rows columns are taken from
     */
    public Sensitivity(Function function, double[] x, int in, long seed) {
        this.function = function;
        this.in = in;
        this.rows = x.length / in;
        if (rows < 2) {
            throw KanException.invalid("the effects of features need at least 2 rows, given %d", rows);
        }
        this.a = x;
        this.b = others(x, seed);
        this.fa = function.apply(a);
        this.fb = function.apply(b);
        this.out = fa.length / rows;
        this.variance = new double[out];
        for (int o = 0; o < out; o++) {
            variance[o] = Moments.variance(GraphRun.column(fa, out, o));
        }
    }

    /** Each row's place taken by another row. */
    private double[] others(double[] x, long seed) {
        int[] order = new int[rows];
        Arrays.setAll(order, i -> i);
        new SplitMix(seed, 71).shuffle(order);
        double[] moved = new double[x.length];
        for (int k = 0; k < rows; k++) { // along the cycle that the shuffled order is: no row stays in its place
            System.arraycopy(x, order[(k + 1) % rows] * in, moved, order[k] * in, in);
        }
        return moved;
    }

    /** The share of the variance that an input has part in: what fixing all others leaves. */
    public Share total(int input) {
        double[] f = function.apply(exchanged(input, -1));
        return mean((row, o) -> square(fa[row * out + o] - f[row * out + o]) / 2);
    }

    /** The share of the variance that is due to an input alone. */
    public Share first(int input) {
        double[] f = function.apply(exchanged(input, -1));
        Share rest = mean((row, o) -> square(fb[row * out + o] - f[row * out + o]) / 2);
        return new Share(constant() ? 0 : 1 - rest.value(), rest.error());
    }

    /** The share of the variance that a pair of inputs has part in together: 0 iff the function is a sum of one without each. */
    public Share interaction(int i, int j) {
        double[] fi = function.apply(exchanged(i, -1));
        double[] fj = function.apply(exchanged(j, -1));
        double[] both = function.apply(exchanged(i, j));
        return mean((row, o) -> square(fa[row * out + o] - fi[row * out + o] - fj[row * out + o] + both[row * out + o]) / 4);
    }

    /** Whether no output changes over the rows. */
    public boolean constant() {
        return Arrays.stream(variance).allMatch(v -> v == 0);
    }

    /** The largest absolute correlation between two inputs; 0 of one input. Of more than 200, of the first 200. */
    public double correlation() {
        int many = Math.min(in, 200);
        double[][] columns = new double[many][];
        for (int i = 0; i < many; i++) {
            columns[i] = GraphRun.column(a, in, i);
        }
        double most = 0;
        for (int i = 0; i < many; i++) {
            for (int j = 0; j < i; j++) {
                most = Math.max(most, Math.abs(Moments.correlation(columns[i], columns[j])));
            }
        }
        return most;
    }

    private double[] exchanged(int i, int j) {
        double[] x = a.clone();
        for (int row = 0; row < rows; row++) {
            x[row * in + i] = b[row * in + i];
            if (j >= 0) {
                x[row * in + j] = b[row * in + j];
            }
        }
        return x;
    }

    private interface Term {
        double at(int row, int output);
    }

    /** The mean over rows, of each output against its variance, over the outputs that vary. */
    private Share mean(Term term) {
        int varying = (int) Arrays.stream(variance).filter(v -> v > 0).count();
        if (varying == 0) {
            return new Share(0, 0);
        }
        int blocks = Math.min(BLOCKS, rows);
        double[] sums = new double[blocks];
        double sum = 0;
        for (int row = 0; row < rows; row++) {
            double value = 0;
            for (int o = 0; o < out; o++) {
                value += variance[o] > 0 ? term.at(row, o) / variance[o] : 0;
            }
            sums[(int) ((long) row * blocks / rows)] += value / varying;
            sum += value / varying;
        }
        double[] means = new double[blocks];
        for (int k = 0; k < blocks; k++) {
            long from = ((long) k * rows + blocks - 1) / blocks;
            long to = ((long) (k + 1) * rows + blocks - 1) / blocks;
            means[k] = sums[k] / Math.max(1, to - from);
        }
        return new Share(sum / rows, Math.sqrt(Moments.variance(means) / (blocks - 1)));
    }

    private static double square(double value) {
        return value * value;
    }
}
