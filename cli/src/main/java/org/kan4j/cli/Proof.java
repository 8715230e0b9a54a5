// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.util.List;
import org.kan4j.constraint.MonotoneColumns;
import org.kan4j.encoding.Encoding;
import org.kan4j.model.Parameters;

/**
 * Whether a model's numbers prove what its file promises.
 *
 * @param columns in which it is to be monotone
 * @param gaps what is in the way of the proof
 */
record Proof(MonotoneColumns columns, List<String> gaps) {

    /** Of a model. */
    static Proof of(MonotoneColumns columns, Encoding encoding, Parameters parameters) {
        return new Proof(columns, columns.prove(encoding, parameters));
    }

    boolean holds() {
        return gaps.isEmpty();
    }

    /** A line of a card. */
    String line() {
        return "monotone     " + columns + (holds() ? ": proved for all inputs" : ": NOT proved, " + gaps.getFirst());
    }
}
