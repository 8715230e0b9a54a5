// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.internal;

import java.lang.foreign.MemorySegment;
import org.kan4j.error.KanException;
import org.kan4j.error.ShapeException;

/** Checks of configuration values, each with one clear message. */
public final class Checks {

    private Checks() {
    }

    public static void range(String what, long value, long min, long max) {
        if (value < min || value > max) {
            throw KanException.invalid("%s must be %d to %d, given %d", what, min, max, value);
        }
    }

    public static void atLeast(String what, long value, long min) {
        if (value < min) {
            throw KanException.invalid("%s must be at least %d, given %d", what, min, value);
        }
    }

    public static void interval(String what, double lo, double hi) {
        if (!(lo < hi) || Double.isInfinite(lo) || Double.isInfinite(hi)) {
            throw KanException.invalid("%s must have finite ends, the lower below the upper, given [%s, %s]", what, lo,
                    hi);
        }
    }

    public static void positive(String what, double value) {
        if (!(value > 0) || Double.isInfinite(value)) {
            throw KanException.invalid("%s must be above 0 and finite, given %s", what, value);
        }
    }

    public static void nonNegative(String what, double value) {
        if (!(value >= 0) || Double.isInfinite(value)) {
            throw KanException.invalid("%s must be at least 0 and finite, given %s", what, value);
        }
    }

    public static void fraction(String what, double value) {
        if (!(value >= 0 && value < 1)) {
            throw KanException.invalid("%s must be at least 0 and below 1, given %s", what, value);
        }
    }

    public static void writable(String what, MemorySegment segment, Object described) {
        if (segment.isReadOnly()) {
            throw KanException.invalid("%s is read-only memory, given %s; native code must be able to write it", what,
                    described);
        }
    }

    public static void features(String what, long value) {
        if (value < 1) {
            throw new ShapeException(what + " must be at least 1, given " + value);
        }
    }
}
