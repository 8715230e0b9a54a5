// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import org.kan4j.KanException;
import org.kan4j.Status;

/** Refusals of bad input: one sentence each. */
final class Bad {

    private Bad() {
    }

    static KanException input(String format, Object... arguments) {
        return new KanException(Status.INVALID_ARGUMENT, String.format(java.util.Locale.ROOT, format, arguments));
    }
}
