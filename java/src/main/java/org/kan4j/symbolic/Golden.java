// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.function.DoubleUnaryOperator;

/** Golden section: a minimum of a function with one of them between two places. */
final class Golden {

    private static final double RATIO = (Math.sqrt(5) - 1) / 2;

    private Golden() {
    }

    /** The place of the minimum, after so many steps. */
    static double least(DoubleUnaryOperator f, double from, double to, int steps) {
        double low = from;
        double high = to;
        double first = high - RATIO * (high - low);
        double second = low + RATIO * (high - low);
        double atFirst = f.applyAsDouble(first);
        double atSecond = f.applyAsDouble(second);
        for (int i = 0; i < steps; i++) {
            if (atFirst < atSecond) {
                high = second;
                second = first;
                atSecond = atFirst;
                first = high - RATIO * (high - low);
                atFirst = f.applyAsDouble(first);
            } else {
                low = first;
                first = second;
                atFirst = atSecond;
                second = low + RATIO * (high - low);
                atSecond = f.applyAsDouble(second);
            }
        }
        return atFirst < atSecond ? first : second;
    }
}
