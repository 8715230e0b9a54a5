// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.scorer;

import java.util.Locale;

/** Activations, also the base branch of KAN layers. */
enum Activation {
    NONE, IDENTITY, SILU, RELU, GELU, TANH, SIGMOID;

    static Activation of(LayerFields f, String name) {
        for (Activation activation : values()) {
            if (activation.name().toLowerCase(Locale.ROOT).equals(name)) {
                return activation;
            }
        }
        throw f.unknown("activation", name);
    }

    /** The values of the first numbers of x, into y at {@code at}, {@code at + step}, ... */
    void apply(double[] x, int count, double[] y, int at, int step) {
        if (this == SILU) { // the common one, without a switch for each number
            for (int i = 0; i < count; i++) {
                y[at + i * step] = x[i] / (1 + Math.exp(-x[i]));
            }
            return;
        }
        for (int i = 0; i < count; i++) {
            y[at + i * step] = of(x[i]);
        }
    }

    private double of(double x) {
        switch (this) {
            case NONE :
                return 0;
            case RELU :
                return Math.max(x, 0);
            case GELU :
                return x * 0.5 * (1 + erf(x * Math.sqrt(0.5)));
            case TANH :
                return Math.tanh(x);
            case SIGMOID :
                return 1 / (1 + Math.exp(-x));
            default :
                return x;
        }
    }

    /** The error function: its series below 2.5, above that 1 minus the continued fraction of its complement. */
    private static double erf(double x) {
        double a = Math.abs(x);
        if (!(a > 0) || a >= 6) {
            return a >= 6 ? Math.signum(x) : x;
        }
        if (a < 2.5) {
            double term = x;
            double sum = x;
            for (int n = 1; n < 60; n++) {
                term *= 2 * x * x / (2 * n + 1);
                sum += term;
            }
            return sum * 2 / Math.sqrt(Math.PI) * Math.exp(-x * x);
        }
        double fraction = a;
        for (int n = 60; n >= 1; n--) {
            fraction = a + n / 2.0 / fraction;
        }
        return Math.signum(x) * (1 - Math.exp(-a * a) / (Math.sqrt(Math.PI) * fraction));
    }
}
