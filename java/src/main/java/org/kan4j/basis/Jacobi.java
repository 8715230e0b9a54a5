// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.basis;

import org.kan4j.error.KanException;
import org.kan4j.internal.Checks;

/**
 * Jacobi polynomials P_0..P_degree with parameters a and b, of tanh x (JacobiKAN). Any input is mapped into (-1, 1).
 *
 * @param degree at least 1
 * @param a above -1
 * @param b above -1
 */
public record Jacobi(int degree, double a, double b) implements Basis {

    /** Checks the values. */
    public Jacobi {
        Checks.range("the degree of Jacobi polynomials", degree, 1, 1 << 16);
        requireAboveMinusOne("a", a);
        requireAboveMinusOne("b", b);
    }

    private static void requireAboveMinusOne(String name, double value) {
        if (!(value > -1) || Double.isInfinite(value)) {
            throw KanException.invalid("the parameter %s of Jacobi polynomials must be above -1 and finite, given %s",
                    name, value);
        }
    }

    /** With a = b = 1: as published. */
    public static Jacobi of(int degree) {
        return new Jacobi(degree, 1, 1);
    }

    /** Legendre polynomials: a = b = 0. */
    public static Jacobi legendre(int degree) {
        return new Jacobi(degree, 0, 0);
    }

    /** Proportional to the Gegenbauer polynomials C^lambda, lambda above -1/2: a = b = lambda - 1/2. */
    public static Jacobi gegenbauer(int degree, double lambda) {
        return new Jacobi(degree, lambda - 0.5, lambda - 0.5);
    }

    @Override
    public String name() {
        return "jacobikan";
    }

    @Override
    public int functions() {
        return degree + 1;
    }
}
