// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

/**
 * Rows of features, ready for a model, each with its target. Readers give doubles; the caller stores them in the dtype
 * it trains with.
 */
public interface Samples {

    int rows();

    /** Numbers in a row. */
    int features();

    /** Writes the features of a row into {@code into[0 .. features)}. */
    void read(int row, double[] into);

    /** Class index of a row (classification), or its target value as the model sees it (regression). */
    double target(int row);

    /** The same samples restricted to {@code rows}, in that order. */
    default Samples select(int[] rows) {
        Samples all = this;
        return new Samples() {
            @Override
            public int rows() {
                return rows.length;
            }

            @Override
            public int features() {
                return all.features();
            }

            @Override
            public void read(int row, double[] into) {
                all.read(rows[row], into);
            }

            @Override
            public double target(int row) {
                return all.target(rows[row]);
            }
        };
    }
}
