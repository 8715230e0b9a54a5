// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.internal;

import org.kan4j.error.KanException;
import org.kan4j.error.ShapeException;
import org.kan4j.tensor.HostTensor;

/** Checks of configuration values, each with one clear message. */
final class Checks {

    private Checks() {
    }

    static void range(String what, long value, long min, long max) {
        if (value < min || value > max) {
            throw KanException.invalid("%s must be %d to %d, given %d", what, min, max, value);
        }
    }

    static void atLeast(String what, long value, long min) {
        if (value < min) {
            throw KanException.invalid("%s must be at least %d, given %d", what, min, value);
        }
    }

    static void interval(String what, double lo, double hi) {
        if (!(lo < hi) || Double.isInfinite(lo) || Double.isInfinite(hi)) {
            throw KanException.invalid("%s must have finite ends, the lower below the upper, given [%s, %s]", what, lo,
                hi);
        }
    }

    static void positive(String what, double value) {
        if (!(value > 0) || Double.isInfinite(value)) {
            throw KanException.invalid("%s must be above 0 and finite, given %s", what, value);
        }
    }

    static void nonNegative(String what, double value) {
        if (!(value >= 0) || Double.isInfinite(value)) {
            throw KanException.invalid("%s must be at least 0 and finite, given %s", what, value);
        }
    }

    static void fraction(String what, double value) {
        if (!(value >= 0 && value < 1)) {
            throw KanException.invalid("%s must be at least 0 and below 1, given %s", what, value);
        }
    }

    static void writable(String what, HostTensor tensor) {
        if (tensor.segment().isReadOnly()) {
            throw KanException.invalid("%s is read-only memory, given %s; native code must be able to write it", what,
                tensor);
        }
    }

    static void features(String what, long value) {
        if (value < 1) {
            throw new ShapeException(what + " must be at least 1, given " + value);
        }
    }
}
