// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.grid;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kan4j.basis.BSpline;

/** B-splines on uneven knots against their definition, written down as it is. */
class SplineBasisTest {

    private static final double[] KNOTS = {-3, -2.2, -1.9, -1, -0.5, -0.2, 0.4, 1, 1.3, 2.5, 2.9};

    /** N_j of an order by Cox and de Boor, of the cell [t_j, t_j+1). */
    private static double plain(int j, int order, double x) {
        if (order == 0) {
            return KNOTS[j] <= x && x < KNOTS[j + 1] ? 1 : 0;
        }
        return (x - KNOTS[j]) / (KNOTS[j + order] - KNOTS[j]) * plain(j, order - 1, x)
                + (KNOTS[j + order + 1] - x) / (KNOTS[j + order + 1] - KNOTS[j + 1]) * plain(j + 1, order - 1, x);
    }

    private static double[] all(SplineBasis basis, double x) {
        double[] values = new double[basis.functions()];
        int first = basis.evaluate(x);
        for (int i = 0; i < basis.values().length; i++) {
            if (first + i >= 0 && first + i < values.length) {
                values[first + i] = basis.values()[i];
            }
        }
        return values;
    }

    private static double[] plain(int order, double x) {
        double[] values = new double[KNOTS.length - 1 - order];
        Arrays.setAll(values, j -> plain(j, order, x));
        return values;
    }

    @ParameterizedTest
    @CsvSource({"ZERO, 1", "ZERO, 2", "ZERO, 3", "CLAMP, 1", "CLAMP, 2", "CLAMP, 3", "LINEAR, 1", "LINEAR, 2", "LINEAR, 3"})
    void insideAndOutsideTheGridTheyAreAsDefined(BSpline.Outside outside, int order) {
        SplineBasis basis = new SplineBasis(KNOTS, order, outside);
        double low = KNOTS[order];
        double high = KNOTS[KNOTS.length - 1 - order];
        assertEquals(KNOTS.length - 1 - order, basis.functions());
        assertEquals(low, basis.lo());
        assertEquals(high, basis.hi());
        for (double share = 0; share < 1; share += 0.013) {
            double x = low + share * (high - low);
            assertArrayEquals(plain(order, x), all(basis, x), 1e-12, "at " + x);
            assertEquals(1, Arrays.stream(all(basis, x)).sum(), 1e-12);
        }
        for (double off : new double[] {0.05, 0.3, 2, 50}) {
            for (int side : new int[] {-1, 1}) {
                double end = side < 0 ? low : high;
                double inner = end - side * 1e-9; // of order 1 there is a corner at a knot: the slope is that of the grid's side
                double x = end + side * off;
                double[] at = plain(order, inner);
                double[] before = plain(order, inner - side * 1e-5);
                double[] expected = new double[at.length];
                Arrays.setAll(expected, j -> switch (outside) {
                    case ZERO -> x >= KNOTS[0] && x < KNOTS[KNOTS.length - 1] ? plain(j, order, x) : 0;
                    case CLAMP -> at[j];
                    case LINEAR -> at[j] + off * (at[j] - before[j]) / 1e-5;
                });
                assertArrayEquals(expected, all(basis, x), 1e-4 * (1 + off), outside + " at " + x);
            }
        }
    }
}
