// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Factors of columns beside a function that is not known. */
class PartialLinearTest {

    private static final int ROWS = 300;
    private final double[] a = new SplittableRandom(1).doubles(ROWS).toArray();
    private final double[] b = new SplittableRandom(2).doubles(ROWS).toArray();
    private final double[] z = new SplittableRandom(3).doubles(ROWS, -2, 2).toArray();

    private PartialLinear model(double[] values) {
        return new PartialLinear(List.of(a, b), values, LinearFit.ones(ROWS));
    }

    private double[] values() {
        double[] values = new double[ROWS];
        Arrays.setAll(values, r -> 3 * a[r] - 0.5 * b[r] + Math.sin(3 * z[r]) + Math.exp(z[r]));
        return values;
    }

    @Test
    void factorsComeWithoutTheFunction() {
        PartialLinear.Fit fit = model(values()).along(z);
        assertEquals(3, fit.factors()[0], 1e-3);
        assertEquals(-0.5, fit.factors()[1], 1e-3);
        assertTrue(fit.share() < 1e-5, "left: " + fit.share());
    }

    @Test
    void anotherNumberExplainsNothing() {
        assertEquals(1, model(values()).along(new SplittableRandom(4).doubles(ROWS).toArray()).share(), 0.3);
    }

    /** Signs and ties: the order is that of the numbers. */
    @Test
    void negativeAndEqualNumbersAreInOrder() {
        double[] steps = Arrays.stream(z).map(v -> Math.rint(20 * v) / 20).toArray();
        double[] values = new double[ROWS];
        Arrays.setAll(values, r -> a[r] + Math.signum(steps[r]) * steps[r] * steps[r]);
        PartialLinear.Fit fit = model(values).along(steps);
        assertEquals(1, fit.factors()[0], 0.02);
        assertTrue(fit.share() < 1e-3, "left: " + fit.share());
    }

    @Test
    void aColumnThatIsAFunctionOfTheNumberIsLeftOut() {
        double[] values = new double[ROWS];
        Arrays.setAll(values, r -> 2 * b[r] + Math.pow(a[r], 3));
        PartialLinear.Fit fit = model(values).along(a);
        assertEquals(0, fit.factors()[0], 0);
        assertEquals(2, fit.factors()[1], 1e-3);
    }

    @Test
    void columnsThatLeaveNothingNeedNoNumber() {
        double[] values = new double[ROWS];
        Arrays.setAll(values, r -> 2 * b[r] - a[r]);
        assertFalse(model(values).leavesSomething());
        assertTrue(model(values()).leavesSomething());
    }
}
