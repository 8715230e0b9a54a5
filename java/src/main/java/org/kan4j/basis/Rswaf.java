// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.basis;

import org.kan4j.internal.Checks;

/**
 * Reflectional switch activation functions 1 - tanh^2((z - c) d) around evenly spaced centres, with true gradients
 * (FasterKAN's documented form). Expects inputs of about unit scale; vanishes far outside [lo, hi].
 *
 * @param centres number of them, at least 2
 * @param lo the first centre
 * @param hi the last centre
 * @param inverseDenominator d, above 0
 */
public record Rswaf(int centres, double lo, double hi, double inverseDenominator) implements Basis {

    /** Checks the values. */
    public Rswaf {
        Checks.range("the centres of RSWAF", centres, 2, 1 << 20);
        Checks.interval("the range of the centres", lo, hi);
        Checks.positive("the inverse denominator of RSWAF", inverseDenominator);
    }

    /** Centres over [-1.2, 0.2], inverse denominator 0.5: as published. */
    public static Rswaf of(int centres) {
        return new Rswaf(centres, -1.2, 0.2, 0.5);
    }

    @Override
    public String name() {
        return "rswaf";
    }

    @Override
    public int functions() {
        return centres;
    }
}
