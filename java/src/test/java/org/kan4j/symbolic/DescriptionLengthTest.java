// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.kan4j.formula.Expression;

/** Which of two formulas is the shorter description of the data. */
class DescriptionLengthTest {

    private static final int ROWS = 900;

    private static double bits(String formula, double error) {
        return DescriptionLength.bits(error, ROWS, DescriptionLength.bits(Expression.parse(formula), ROWS));
    }

    @Test
    void anExactConstantIsShorterThanAMeasuredOne() {
        assertTrue(bits("(u + v)/(u*v + 1)", 0.05) < bits("(u + v)/(1.013*u*v + 1)", 0.05));
    }

    /** Beside a variable, which costs 4: half the logarithm of 900 rows, or the digits of 3/2. */
    @Test
    void constantsCostTheirDigits() {
        double variable = DescriptionLength.bits(Expression.parse("a + b"), ROWS);
        assertEquals(0.5 * Math.log(ROWS) / Math.log(2) - 4,
                DescriptionLength.bits(Expression.parse("a + 1.03"), ROWS) - variable, 1e-12);
        assertEquals(3 - 4, DescriptionLength.bits(Expression.parse("a + 3/2"), ROWS) - variable, 1e-12);
    }

    /** 900 rows gain 1.3 bits by a thousandth less of error, and 26 by a fiftieth. */
    @Test
    void aTermHasToBeWorthIt() {
        assertTrue(bits("a^2 + 1.03", 0.05) < bits("a^2 + 0.0123*b + 1.03", 0.05 * 0.999));
        assertTrue(bits("a^2 + 1.03", 0.05) > bits("a^2 + 0.0123*b + 1.03", 0.05 * 0.98));
    }

    @Test
    void errorsOfTwoSetsOfRowsAreOne() {
        assertEquals(Math.sqrt((800 * 0.04 + 100 * 0.09) / 900), DescriptionLength.error(0.2, 800, 0.3, 100), 1e-15);
    }
}
