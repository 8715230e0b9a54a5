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
}
