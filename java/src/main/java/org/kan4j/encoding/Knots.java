// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.encoding;

import java.util.Collections;
import java.util.List;

/** The function that takes ascending knots to equal steps between 0 and 1, straight between them and beyond. */
final class Knots {

    private Knots() {
    }

    /** Where a value lies, from 0 at the first knot to 1 at the last. */
    static double place(List<Double> knots, double value) {
        int parts = knots.size() - 1;
        int found = Collections.binarySearch(knots, value);
        int part = Math.clamp((found >= 0 ? found : -found - 1) - 1L, 0, parts - 1);
        double from = knots.get(part);
        return (part + (value - from) / (knots.get(part + 1) - from)) / parts;
    }

    /** The value at a place. */
    static double at(List<Double> knots, double place) {
        int parts = knots.size() - 1;
        int part = Math.clamp((long) Math.floor(place * parts), 0, parts - 1);
        double from = knots.get(part);
        return from + (place * parts - part) * (knots.get(part + 1) - from);
    }
}
