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

    /** Numbers of {@code values} that it needs while it works. */
    int scratch() {
        return 0;
    }

    /**
     * The result of the row in the first elements of x, into those of y, which has room for {@link Rows#NARROW} numbers
     * at least.
     *
     * @param z room for a row of x
     * @param values room for {@link #scratch} numbers
     */
    abstract void apply(double[] x, double[] y, double[] z, double[] values);
}
