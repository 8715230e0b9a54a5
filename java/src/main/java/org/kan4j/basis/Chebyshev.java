// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.basis;

import org.kan4j.internal.Checks;

/**
 * Chebyshev polynomials T_0..T_degree of tanh x, by their recurrence (ChebyKAN). Any input is mapped into (-1, 1);
 * gradients stay finite where tanh saturates.
 *
 * @param degree at least 1
 */
public record Chebyshev(int degree) implements Basis {

    /** Checks the value. */
    public Chebyshev {
        Checks.range("the degree of Chebyshev polynomials", degree, 1, 1 << 16);
    }

    /** Polynomials up to a degree. */
    public static Chebyshev of(int degree) {
        return new Chebyshev(degree);
    }

    @Override
    public String name() {
        return "chebykan";
    }

    @Override
    public int functions() {
        return degree + 1;
    }
}
