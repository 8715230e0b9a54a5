// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.scorer;

/** A map of rows. */
abstract class Layer {

    /** Features it takes. */
    final int in;
    /** Features it gives. */
    final int out;

    Layer(int in, int out) {
        this.in = in;
        this.out = out;
    }

    /** The result of the row in the first elements of x, into those of y; x may be overwritten. */
    abstract void apply(double[] x, double[] y);
}
