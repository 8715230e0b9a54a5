// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.basis;

import org.kan4j.internal.Checks;

/**
 * cos(kx) and sin(kx), k = 1..frequencies (FourierKAN). Periodic: every input is inside its domain.
 *
 * @param frequencies at least 1
 */
public record Fourier(int frequencies) implements Basis {

    /** Checks the value. */
    public Fourier {
        Checks.range("the frequencies of a Fourier basis", frequencies, 1, 1 << 20);
    }

    /** So many frequencies. */
    public static Fourier of(int frequencies) {
        return new Fourier(frequencies);
    }

    @Override
    public String name() {
        return "fourierkan";
    }

    @Override
    public int functions() {
        return 2 * frequencies;
    }
}
