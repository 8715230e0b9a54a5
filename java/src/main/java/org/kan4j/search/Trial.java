// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.search;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How some options did.
 *
 * @param number from 0, which are the options to begin with
 * @param options by name
 * @param budget share of the epochs that were made
 * @param losses on each fold that was tried, in order; the fewer the better, infinite where a training failed
 */
public record Trial(int number, Map<String, String> options, double budget, List<Double> losses) {

    /** Keeps immutable copies. */
    public Trial {
        options = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(options));
        losses = List.copyOf(losses);
    }

    /** The mean of the losses. */
    public double loss() {
        return losses.stream().mapToDouble(Double::doubleValue).average().orElse(Double.POSITIVE_INFINITY);
    }

    /** The standard deviation of the losses over the folds, with n - 1; 0 for a single one. */
    public double deviation() {
        double mean = loss();
        return losses.size() < 2 ? 0
                : Math.sqrt(losses.stream().mapToDouble(l -> (l - mean) * (l - mean)).sum() / (losses.size() - 1));
    }
}
