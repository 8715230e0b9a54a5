// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import java.util.Map;
import org.kan4j.error.FormatException;
import org.kan4j.tensor.HostTensor;

/**
 * One layer of a state dict, complete and of consistent shapes, as a variant sees it when it builds kan4j layers.
 *
 * @param index    index of the layer from 0
 * @param sizes    the values of the symbols in the slots' shapes
 * @param tensors  the tensors by their slot's key
 * @param explicit whether to build layers for maps that change nothing too, because their gradients are wanted
 */
record PublishedLayer(int index, Map<String, Long> sizes, Map<String, HostTensor> tensors, boolean explicit) {

    long in() {
        return sizes.get("I");
    }

    long out() {
        return sizes.get("O");
    }

    /** The value of a symbol. */
    int size(String symbol) {
        return Math.toIntExact(sizes.get(symbol));
    }

    boolean has(String slotKey) {
        return tensors.containsKey(slotKey);
    }

    HostTensor tensor(String slotKey) {
        return tensors.get(slotKey);
    }

    /**
     * The order of B-splines from their knots and functions an input: n = G + k functions on G + 2k + 1 knots.
     *
     * @param gridKey slot of the knots, whose axis {@code K} counts them; {@code N} counts the functions
     */
    int splineOrder(String gridKey) {
        int order = size("K") - 1 - size("N");
        if (order < 1 || order > 5 || size("N") - order < 1) {
            throw new FormatException(gridKey.replace("{l}", Integer.toString(index)) + " has " + size("K")
                    + " knots an input for " + size("N") + " functions, which is order " + order
                    + " (knots - functions - 1); expected 1 to 5 and at least one interval");
        }
        return order;
    }
}
