// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.layer;

import org.kan4j.internal.Checks;

/**
 * MultKAN's multiplication nodes (Liu et al., arXiv 2408.10205): the first {@code passed} inputs pass, the rest are
 * multiplied in runs of {@code arity}.
 *
 * @param passed inputs that pass, at least 0
 * @param products number of products, at least 0
 * @param arity factors of a product, at least 2
 */
public record Multiply(int passed, int products, int arity) implements LayerSpec {

    /** Checks the values. */
    public Multiply {
        Checks.atLeast("the inputs a multiplication layer passes on", passed, 0);
        Checks.atLeast("the products of a multiplication layer", products, 0);
        Checks.atLeast("the arity of products", arity, 2);
        Checks.features("a multiplication layer's outputs", (long) passed + products);
    }

    @Override
    public long in() {
        return passed + (long) products * arity;
    }

    @Override
    public long out() {
        return (long) passed + products;
    }
}
