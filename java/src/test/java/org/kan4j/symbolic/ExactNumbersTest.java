// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Constants that are likely meant exactly. */
class ExactNumbersTest {

    /** Also where nothing is known to be wrong with them. */
    @ParameterizedTest
    @CsvSource({"1, 1", "0.5, 1/2", "-0.75, -3/4", "3.141592653589793, pi", "-1.5707963267948966, -pi/2", "2.718281828459045, e",
        "1.4142135623730951, sqrt(2)", "1234567, 1234567", "-4000, -4000"})
    void theCheapestIsFirst(double value, String text) {
        for (double error : new double[] {0, 1e-13 * Math.abs(value)}) {
            List<ExactNumbers.Exact> found = ExactNumbers.of(value, error);
            assertEquals(text, found.getFirst().expression().toString().replace("*", "").replace(" ", ""), found.toString());
            for (ExactNumbers.Exact exact : found) {
                assertEquals(exact.value(), exact.expression().evaluate(Map.of()), 1e-15 * Math.abs(exact.value()));
                assertEquals(value, exact.value(), 3 * error + 1e-15 * Math.abs(value));
            }
        }
    }

    @Test
    void whatChanceWouldOfferIsNone() {
        assertEquals(List.of(), ExactNumbers.of(0.7234, 1e-3));
        assertEquals(List.of(), ExactNumbers.of(1234567.4, 1e-3));
        assertEquals(List.of(), ExactNumbers.of(1234567, 1), "any number has a whole one so near");
        assertEquals(1, ExactNumbers.of(1.02, 0.05).getFirst().value(), "1 needs less evidence");
        assertTrue(ExactNumbers.of(0.6, 0.05).stream().allMatch(exact -> exact.value() == 0), "3/5 needs more");
        assertEquals(0, ExactNumbers.of(0.002, 0.001).getFirst().value());
        assertTrue(ExactNumbers.of(0.0031, 0.001).stream().noneMatch(exact -> exact.value() == 0), "beyond three errors");
    }
}
