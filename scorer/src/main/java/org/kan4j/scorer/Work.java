// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.scorer;

/** Memory of a call, for one layer after the other. */
final class Work {

    /** A row. */
    double[] x;
    /** Room for a layer's result. */
    double[] y;
    /** Room for a row between two parts of a layer. */
    final double[] z;
    /** Room for what a layer asks for by {@link Layer#scratch}. */
    final double[] values;
    /** Room for a number of each feature. */
    final int[] places;

    Work(int widest, int scratch) {
        this.x = new double[widest];
        this.y = new double[widest];
        this.z = new double[widest];
        this.values = new double[scratch];
        this.places = new int[widest];
    }
}
