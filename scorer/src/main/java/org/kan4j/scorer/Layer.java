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

    /** Numbers that it needs while it works. */
    int scratch() {
        return 0;
    }

    /**
     * The result of the row in the first elements of x, into those of y, which has room for {@link Rows#FEW} numbers
     * at least.
     */
    abstract void apply(double[] x, double[] y, Work work);
}
