// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Functions chosen for the edges of a network.
 *
 * @param composition with them, their constants fitted together
 * @param chosen of each edge that has a function now, the candidate it came from (its constants before the joint fit)
 * @param numeric the edges that have none
 * @param heldRmse on the held-out rows, in units of the outputs' deviations
 * @param networkRmse of the network as it was
 * @param accepted whether the former is at most a tolerance above the latter
 */
public record Choice(Composition composition, Map<String, Candidate> chosen, List<String> numeric, double heldRmse,
        double networkRmse, boolean accepted) {

    /** Copies the lists. */
    public Choice {
        chosen = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(chosen));
        numeric = List.copyOf(numeric);
    }
}
