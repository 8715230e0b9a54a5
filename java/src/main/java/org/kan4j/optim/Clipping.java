// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.optim;

import org.kan4j.error.KanException;

/**
 * Limits on a step's gradient: first every number to [-value, value], then the whole by a factor so that its Euclidean
 * norm over all parameters is at most the given one.
 *
 * @param norm above 0; infinite for no limit
 * @param value above 0; infinite for no limit
 */
public record Clipping(double norm, double value) {

    /** Checks the values. */
    public Clipping {
        if (!(norm > 0)) {
            throw KanException.invalid("the norm to clip gradients to must be above 0, given %s", norm);
        }
        if (!(value > 0)) {
            throw KanException.invalid("the value to clip gradients to must be above 0, given %s", value);
        }
    }

    /** No limits. */
    public static Clipping none() {
        return new Clipping(Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY);
    }

    /** Only the norm is limited. */
    public static Clipping byNorm(double norm) {
        return new Clipping(norm, Double.POSITIVE_INFINITY);
    }

    /** Only single numbers are limited. */
    public static Clipping byValue(double value) {
        return new Clipping(Double.POSITIVE_INFINITY, value);
    }

    /** Whether there is a limit. */
    public boolean active() {
        return norm < Double.POSITIVE_INFINITY || value < Double.POSITIVE_INFINITY;
    }
}
