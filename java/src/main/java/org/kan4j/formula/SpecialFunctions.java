// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.formula;

/** Functions that {@link StrictMath} lacks. */
final class SpecialFunctions {

    private SpecialFunctions() {
    }

    static double atanh(double x) {
        return 0.5 * (StrictMath.log1p(x) - StrictMath.log1p(-x));
    }

    /** By its series near 0 and the continued fraction of erfc farther out, where the former would lose digits. */
    static double erf(double x) {
        double a = Math.abs(x);
        if (Double.isNaN(x)) {
            return x;
        }
        if (a > 6) {
            return Math.signum(x);
        }
        if (a < 2) {
            double term = x;
            double sum = x;
            for (int n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
                term *= -x * x / n;
                sum += term / (2 * n + 1);
            }
            return 2 / StrictMath.sqrt(StrictMath.PI) * sum;
        }
        double fraction = a;
        for (int n = 80; n >= 1; n--) {
            fraction = a + n / 2.0 / fraction;
        }
        double erfc = StrictMath.exp(-a * a) / (fraction * StrictMath.sqrt(StrictMath.PI));
        return Math.signum(x) * (1 - erfc);
    }
}
