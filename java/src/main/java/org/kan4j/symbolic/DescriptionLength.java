// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import org.kan4j.formula.Expression;
import org.kan4j.formula.Expression.Rational;
import org.kan4j.formula.Expression.Real;

/**
 * Bits that it takes to write down a formula and what it leaves of the data, up to a constant of the data: of two formulas the
 * shorter one is chosen (Rissanen, Modeling by shortest data description, 1978). A measured constant costs half the logarithm
 * of the number of rows, as in Schwarz's criterion, an exact one its digits.
 */
final class DescriptionLength {

    /** Errors below it, in deviations, are rounding. */
    static final double ROUNDING = 1e-12;
    /** Of one of the functions, operations and variables that a node may be. */
    private static final double NODE = 4;

    private DescriptionLength() {
    }

    /** @param error of the formula over so many rows, in deviations */
    static double bits(double error, int rows, double formula) {
        return rows * Math.log(Math.max(error, ROUNDING)) / Math.log(2) + formula;
    }

    /** Of a formula alone. */
    static double bits(Expression formula, int rows) {
        double own = switch (formula) {
            case Real real -> 0.5 * Math.log(rows) / Math.log(2);
            case Rational r -> (Math.log1p(Math.abs(r.numerator())) + Math.log(r.denominator())) / Math.log(2);
            default -> NODE;
        };
        return own + formula.children().stream().mapToDouble(child -> bits(child, rows)).sum();
    }

    /** The error over two sets of rows. */
    static double error(double first, int rows, double second, int others) {
        return Math.sqrt((first * first * rows + second * second * others) / (rows + others));
    }
}
