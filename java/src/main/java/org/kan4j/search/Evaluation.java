// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.search;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;

/** What options are worth: trains with them and measures on rows that were held out. */
@FunctionalInterface
public interface Evaluation {

    /**
     * A training.
     *
     * @param options by name
     * @param budget share of the epochs to make, above 0 and at most 1
     * @param fold that is held out, from 0
     */
    record Point(Map<String, String> options, double budget, int fold) {
        /** Keeps an immutable copy. */
        public Point {
            options = Collections.unmodifiableMap(new LinkedHashMap<>(options));
        }
    }

    /**
     * Trains and measures; called by as many threads at once as {@link Search#workers} says.
     *
     * @return the loss on the fold, the less the better; infinite or NaN where these options do not train; empty where the
     *     training was stopped
     */
    OptionalDouble loss(Point point);
}
