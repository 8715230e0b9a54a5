// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.symbolic;

import java.util.Objects;
import org.kan4j.formula.Expression;

/**
 * A named part of a composition, such as an edge or a node of a network.
 *
 * @param name by which later definitions refer to it
 * @param value of columns and of earlier definitions
 */
public record Definition(String name, Expression value) {

    /** @throws NullPointerException without a name or a value */
    public Definition {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(value, "value");
    }
}
