// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.kan4j.formula.Expression;

/**
 * Values that are to be a function of some quantities.
 *
 * @param inputs the quantities
 * @param values a row
 * @param precision share of their deviation by which the values may be wrong
 */
record Target(List<Quantity> inputs, double[] values, double precision) {

    private static final double WIDE = 6;

    /**
     * A column of the data, or what is made of some.
     *
     * @param logarithmic whether functions of it are looked at as functions of its logarithm, as those of many scales are
     */
    record Quantity(Expression meaning, double[] values, boolean logarithmic) {

        Quantity(Expression meaning, double[] values) {
            this(meaning, values, false);
        }

        /** What polynomials stand in for smooth functions in. */
        double[] coordinate() {
            return logarithmic ? Arrays.stream(values).map(Math::log).toArray() : values;
        }

        /** The logarithm where it takes values of different sizes, or the values. */
        double[] coordinate(boolean ofWide) {
            return new Quantity(meaning, values, ofWide && wide()).coordinate();
        }

        /** Functions of it that may be chosen freely without going through any values: two fewer than it takes itself. */
        int functions() {
            return Math.max(1, (int) Math.min(Integer.MAX_VALUE, Arrays.stream(values).distinct().count()) - 2);
        }

        /** Whether it takes positive values of different sizes. */
        boolean wide() {
            double least = Arrays.stream(values).min().orElse(0);
            return least > 0 && Arrays.stream(values).max().orElse(0) > WIDE * least;
        }

        boolean positive() {
            return Arrays.stream(values).allMatch(v -> v > 0);
        }
    }

    double deviation() {
        return VariableProjection.spread(values);
    }

    double mean() {
        return VariableProjection.mean(values);
    }

    boolean finite() {
        return Arrays.stream(values).allMatch(Double::isFinite);
    }

    /** Without some of the inputs, in the place of which another comes. */
    Target with(List<Quantity> without, Quantity added) {
        List<Quantity> others = new ArrayList<>(inputs);
        others.removeAll(without);
        if (added != null) {
            others.add(added);
        }
        return new Target(others, values, precision);
    }

    /** Other values of the same inputs. */
    Target with(double[] others, double error) {
        return new Target(inputs, others, error);
    }

    /** The coordinates of the inputs. */
    List<double[]> columns() {
        return inputs.stream().map(Quantity::coordinate).toList();
    }
}
