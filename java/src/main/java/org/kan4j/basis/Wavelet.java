// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.basis;

import java.util.Objects;

/**
 * One wavelet an edge, w psi((x - translation) / scale), all three trainable (Wav-KAN, arXiv 2405.12832). Vanishes
 * where |x - translation| is many scales.
 *
 * @param kind the mother wavelet psi
 */
public record Wavelet(Kind kind) implements Basis {

    /** Mother wavelets, in the published code's form. */
    public enum Kind {
        /** 2 / (sqrt 3 pi^(1/4)) (u^2 - 1) exp(-u^2 / 2), the sign of the published code. */
        MEXICAN_HAT,
        /** cos(5u) exp(-u^2 / 2). */
        MORLET,
        /** -u exp(-u^2 / 2), the derivative of a Gaussian. */
        DOG,
        /** sin(pi |u|) times Meyer's auxiliary function. */
        MEYER,
        /** sin(u) / u times a Hamming window over the input features, as the published code has it. */
        SHANNON
    }

    /** Checks the value. */
    public Wavelet {
        Objects.requireNonNull(kind, "kind");
    }

    /** Of a mother wavelet. */
    public static Wavelet of(Kind kind) {
        return new Wavelet(kind);
    }

    @Override
    public String name() {
        return "wavkan";
    }

    @Override
    public int functions() {
        return 1;
    }
}
