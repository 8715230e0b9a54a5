// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kan4j.formula.Expression;

/** Which fractions are written as decimal numbers. */
class DecimalFormTest {

    @ParameterizedTest
    @CsvSource({"16*exp(-t/4.7)/5 + 11/10, 3.2*exp(-t/4.7) + 1.1", "exp(-3*l/10), exp(-0.3*l)",
        "68*Z^2*(1/n^2 - 1/m^2)/5, 13.6*Z^2*(1/n^2 - 1/m^2)", "x/5 + 1/5, x/5 + 0.2", "x^(23/10), x^2.3",
        "3*x/4 + 2/3, 3*x/4 + 2/3",
        "x^(3/2)/2, x^(3/2)/2", "3*pi*x/10, 3*pi*x/10", "-7*x/20, -0.35*x", "7/(30*x), 7/(30*x)",
        "5*sin(7*x/5)/8, 5*sin(1.4*x)/8"})
    void fifthsAndTenthsAreDecimalNumbers(String fraction, String decimal) {
        Expression written = DecimalForm.of(Expression.parse(fraction));
        assertEquals(decimal, written.toString());
        assertEquals(written, Expression.parse(decimal));
    }

    /** Three digits, or one over them: rounded, not cut. */
    @ParameterizedTest
    @CsvSource({"2.9999999, 1e-3, 3", "-2.9999999, 1e-3, -3", "0.0000001, 1e-3, 1.0E-7", "2.5, 1e-9, 2.5", "1234, 1e-9, none",
        "1234, 5, 1230", "0.33333334, 1e-6, 1/3", "-0.1428571, 1e-5, -1/7", "0.8130081, 1e-7, 0.8130081300813008",
        "0.12345678, 1e-9, none", "0.4, 1e-9, 0.4", "0.0078740157, 1e-9, 1/127", "999.6, 1, 1000"})
    void numbersOfFewDigitsAreNearToAValue(double value, double error, String found) {
        Expression near = Formulas.near(value, 3, error);
        assertEquals(found, near == null ? "none" : near.toString());
    }
}
