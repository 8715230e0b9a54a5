// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.Basis;
import org.kan4j.device.Context;
import org.kan4j.error.KanException;
import org.kan4j.internal.SplitMix;
import org.kan4j.rows.RowSource;
import org.kan4j.symbolic.StructureSearch;
import org.kan4j.symbolic.SymbolicLibrary;

/**
 * From data to a formula that is verified: structure is looked for in the data itself; where there is none to the last digit,
 * networks of growing shapes are fitted and pruned, their edges replaced by known functions, all constants fitted together; the
 * formula is checked on rows that nothing has seen. That no formula is good enough is an answer too.
 *
 * @param shape of the network, as {@code 2,5,1} or with products {@code 2,1+1,1}; null to search
 * @param basis of the edges
 * @param library functions that edges may be
 * @param noise of the targets, in their unit; NaN to estimate it
 * @param starts of each fit
 * @param tolerance by which a formula may be worse than the network, relative
 * @param minutes at most; what was found until then is the result
 * @param seed of everything random
 * @param structure whether the data itself is looked at for a formula before networks are fitted ({@link StructureSearch})
 */
public record Explain(String shape, Basis basis, SymbolicLibrary library, double noise, int starts, double tolerance,
        double minutes, long seed, boolean structure) {

    /** Checks the values. */
    public Explain {
        Objects.requireNonNull(basis, "basis");
        Objects.requireNonNull(library, "library");
        if (shape != null) {
            Shape.parse(shape);
        }
        if (noise < 0 || starts < 1 || !(tolerance >= 0) || !(minutes > 0)) {
            throw KanException.invalid("explaining needs a noise and a tolerance of at least 0, at least 1 start and some "
                    + "minutes, given %s, %s, %d and %s", noise, tolerance, starts, minutes);
        }
    }

    /** Shapes searched, cubic B-splines from 3 intervals on, the standard library, noise estimated, 10 minutes, seed 1. */
    public static Explain defaults() {
        return new Explain(null, BSpline.of(3, 3), SymbolicLibrary.standard(), Double.NaN, 16, 0.05, 10, 1, true);
    }

    /** Of one shape. */
    public Explain withShape(String widths) {
        return new Explain(widths, basis, library, noise, starts, tolerance, minutes, seed, structure);
    }

    /** On another basis. */
    public Explain withBasis(Basis other) {
        return new Explain(shape, other, library, noise, starts, tolerance, minutes, seed, structure);
    }

    /** With other functions. */
    public Explain withLibrary(SymbolicLibrary functions) {
        return new Explain(shape, basis, functions, noise, starts, tolerance, minutes, seed, structure);
    }

    /** With a known noise of the targets, in their unit. */
    public Explain withNoise(double deviation) {
        return new Explain(shape, basis, library, deviation, starts, tolerance, minutes, seed, structure);
    }

    /** With another number of starts. */
    public Explain withStarts(int number) {
        return new Explain(shape, basis, library, noise, number, tolerance, minutes, seed, structure);
    }

    /** With another tolerance. */
    public Explain withTolerance(double relative) {
        return new Explain(shape, basis, library, noise, starts, relative, minutes, seed, structure);
    }

    /** With another bound on the time. */
    public Explain withMinutes(double most) {
        return new Explain(shape, basis, library, noise, starts, tolerance, most, seed, structure);
    }

    /** With another seed. */
    public Explain withSeed(long number) {
        return new Explain(shape, basis, library, noise, starts, tolerance, minutes, number, structure);
    }

    /** With a look for structure in the data itself first, or with networks alone. */
    public Explain withStructure(boolean look) {
        return new Explain(shape, basis, library, noise, starts, tolerance, minutes, seed, look);
    }

    /** Hears how it goes, and may end it: the best so far is the result. */
    public interface Listener {
        /**
         * Something is done or tried.
         *
         * @param stage such as {@code fit}
         * @param text one line
         */
        default void onStep(String stage, String text) {
        }

        /** Asked often. */
        default boolean goOn() {
            return true;
        }
    }

    /**
     * Explains a table of numbers: a tenth of the rows is held out, a tenth tests.
     *
     * @param x rows of features
     * @param y the target of each
     * @param names of the features
     * @param target its name
     */
    public Explanation run(Context context, double[][] x, double[] y, List<String> names, String target) {
        return run(context, x, y, names, target, new Listener() {
        });
    }

    /** As {@link #run(Context, double[][], double[], List, String)}, with a listener. */
    public Explanation run(Context context, double[][] x, double[] y, List<String> names, String target, Listener listener) {
        if (x.length < 10 || x.length != y.length) {
            throw KanException.invalid("explaining needs at least 10 rows, and a target for each, given %d rows and %d targets",
                    x.length, y.length);
        }
        int in = names.size();
        List<Column> inputs = new ArrayList<>();
        for (int i = 0; i < in; i++) {
            int at = i;
            double low = Arrays.stream(x).mapToDouble(row -> row[at]).min().orElseThrow();
            double high = Arrays.stream(x).mapToDouble(row -> row[at]).max().orElseThrow();
            inputs.add(high > low ? Column.of(names.get(i), low, high) : new Column(names.get(i), 1, -low));
        }
        double deviation = Moments.deviation(y);
        Column output = Column.standard(target, Moments.mean(y), deviation > 0 ? deviation : 1);
        int[] order = new int[x.length];
        Arrays.setAll(order, b -> b);
        new SplitMix(seed, 31).shuffle(order);
        int tenth = Math.max(1, x.length / 10);
        Rows[] parts = new Rows[3];
        int[] ends = {0, x.length - 2 * tenth, x.length - tenth, x.length};
        for (int p = 0; p < 3; p++) {
            int rows = ends[p + 1] - ends[p];
            double[] features = new double[rows * in];
            double[] targets = new double[rows];
            for (int b = 0; b < rows; b++) {
                int from = order[ends[p] + b];
                for (int i = 0; i < in; i++) {
                    features[b * in + i] = inputs.get(i).toNetwork(x[from][i]);
                }
                targets[b] = output.toNetwork(y[from]);
            }
            parts[p] = new Rows(features, targets, in, 0);
        }
        return new ExplainRun(this, context, new ExplainRun.Data(parts[0], parts[1], parts[2], inputs, List.of(output)), null,
                listener).run();
    }

    /**
     * Explains rows as a network sees them.
     *
     * @param train rows to fit to
     * @param held rows to choose by
     * @param test rows to check with
     * @param inputs what the features mean
     * @param outputs what the targets mean
     */
    public Explanation run(Context context, RowSource train, RowSource held, RowSource test, List<Column> inputs,
            List<Column> outputs, Listener listener) {
        return new ExplainRun(this, context, data(train, held, test, inputs, outputs), null, listener).run();
    }

    /**
     * Explains a trained network, whose edges are functions of one variable each.
     *
     * @param network that the rows fit
     */
    public Explanation run(Context context, KanGraph network, RowSource train, RowSource held, RowSource test,
            List<Column> inputs, List<Column> outputs, Listener listener) {
        return new ExplainRun(this, context, data(train, held, test, inputs, outputs), network, listener).run();
    }

    private static ExplainRun.Data data(RowSource train, RowSource held, RowSource test, List<Column> inputs,
            List<Column> outputs) {
        return new ExplainRun.Data(Rows.of(train), Rows.of(held), Rows.of(test), inputs, outputs);
    }
}
