// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.basis;

import org.kan4j.internal.Checks;

/**
 * sin(f_g x + p_ig) with trainable frequencies and fixed phases (SineKAN). Every input is inside its domain.
 *
 * @param frequencies at least 1
 */
public record Sine(int frequencies) implements Basis {

    /** Checks the value. */
    public Sine {
        Checks.range("the frequencies of a sine basis", frequencies, 1, 1 << 20);
    }

    /** So many frequencies. */
    public static Sine of(int frequencies) {
        return new Sine(frequencies);
    }

    @Override
    public String name() {
        return "sinekan";
    }

    @Override
    public int functions() {
        return frequencies;
    }
}
