// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

/** Refuses numbers out of range, by the option that gave them; null is not given. */
final class Ranges {

    private Ranges() {
    }

    static void atLeast(String option, Number value, long least) {
        if (value != null && value.longValue() < least) {
            throw new InputException(option + " must be at least " + least + ", given " + value);
        }
    }

    static void atMost(String option, Number value, long most) {
        if (value != null && value.longValue() > most) {
            throw new InputException(option + " must be at most " + most + ", given " + value);
        }
    }

    static void positive(String option, Double value) {
        if (value != null && !(value > 0 && Double.isFinite(value))) {
            throw new InputException(option + " must be above 0, given " + value);
        }
    }

    static void nonNegative(String option, Double value) {
        if (value != null && !(value >= 0 && Double.isFinite(value))) {
            throw new InputException(option + " must be at least 0, given " + value);
        }
    }
}
