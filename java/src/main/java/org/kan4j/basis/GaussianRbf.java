// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.basis;

import org.kan4j.internal.Checks;

/**
 * Gaussians exp(-((z - c) / width)^2) around evenly spaced centres (Li, arXiv 2405.06721; FastKAN). Expects inputs of
 * about unit scale, which the layer norm in front of it gives; vanishes far outside [lo, hi].
 *
 * @param centres number of them, at least 2
 * @param lo the first centre
 * @param hi the last centre
 * @param width the Gaussians' width, above 0
 */
public record GaussianRbf(int centres, double lo, double hi, double width) implements Basis {

    /** Checks the values. */
    public GaussianRbf {
        Checks.range("the centres of Gaussian radial basis functions", centres, 2, 1 << 20);
        Checks.interval("the range of the centres", lo, hi);
        Checks.positive("the width of Gaussian radial basis functions", width);
    }

    /** Centres over [-2, 2], one spacing wide: as published. */
    public static GaussianRbf of(int centres) {
        return of(centres, -2, 2);
    }

    /** Centres over a range, one spacing wide. */
    public static GaussianRbf of(int centres, double lo, double hi) {
        Checks.range("the centres of Gaussian radial basis functions", centres, 2, 1 << 20);
        return new GaussianRbf(centres, lo, hi, (hi - lo) / (centres - 1));
    }

    @Override
    public String name() {
        return "fastkan";
    }

    @Override
    public int functions() {
        return centres;
    }
}
