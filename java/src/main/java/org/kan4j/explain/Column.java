// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.kan4j.error.KanException;
import org.kan4j.formula.Expression;

/**
 * What a number of a network means: the network's is {@code scale} times the user's plus {@code shift}.
 *
 * @param name of the column in the data, and of the variable in formulas
 * @param scale not 0
 */
public record Column(String name, double scale, double shift) {

    /** Checks the values. */
    public Column {
        Objects.requireNonNull(name, "name");
        if (!Double.isFinite(scale) || !Double.isFinite(shift) || scale == 0) {
            throw KanException.invalid("the column '%s' needs a finite scale that is not 0 and a finite shift, given %s and "
                    + "%s", name, scale, shift);
        }
    }

    /** As it is. */
    public static Column plain(String name) {
        return new Column(name, 1, 0);
    }

    /** A column whose smallest and largest values become -1 and 1. */
    public static Column of(String name, double low, double high) {
        return new Column(name, 2 / (high - low), -2 * low / (high - low) - 1);
    }

    /** A column that is centred and brought to unit deviation. */
    public static Column standard(String name, double mean, double deviation) {
        return new Column(name, 1 / deviation, -mean / deviation);
    }

    double toNetwork(double value) {
        return scale * value + shift;
    }

    double fromNetwork(double value) {
        return (value - shift) / scale;
    }

    /** The network's number as an expression of the user's; its constants are measured ones. */
    Expression encoded() {
        Expression variable = Expression.variable(name);
        if (scale == 1 && shift == 0) {
            return variable;
        }
        return Expression.sum(Expression.product(Expression.real(scale), variable), Expression.real(shift));
    }

    /** The user's number as an expression of the network's. */
    Expression decoded(Expression network) {
        if (scale == 1 && shift == 0) {
            return network;
        }
        return Expression.sum(Expression.product(Expression.real(1 / scale), network), Expression.real(-shift / scale));
    }

    static List<String> names(List<Column> columns) {
        return columns.stream().map(Column::name).toList();
    }

    static List<Column> some(List<Column> columns, int[] kept) {
        List<Column> some = new ArrayList<>();
        Arrays.stream(kept).forEach(i -> some.add(columns.get(i)));
        return some;
    }
}
