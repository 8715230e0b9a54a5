// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.kan4j.tensor.DType;
import org.kan4j.rows.Dataset;
import org.kan4j.tensor.HostTensor;
import org.kan4j.rows.RowSource;

/**
 * Rows of features and targets on the heap, in double precision.
 *
 * @param x (rows, in)
 * @param y (rows, out); of classes one number a row
 * @param classes number of them, 0 of real targets
 */
record Rows(double[] x, double[] y, int in, int classes) {

    static Rows of(RowSource data) {
        int n = data.size();
        int in = Math.toIntExact(data.in());
        int out = data.classes() > 0 ? 1 : Math.toIntExact(data.out());
        try (Arena arena = Arena.ofConfined(); RowSource.Pass pass = data.inOrder()) {
            HostTensor x = HostTensor.allocate(arena, data.dtype(), n, in);
            HostTensor y = HostTensor.allocate(arena, data.classes() > 0 ? DType.I32 : data.dtype(), n, out);
            MemorySegment weights = data.weighted() ? HostTensor.allocate(arena, data.dtype(), n).segment()
                    : MemorySegment.NULL;
            pass.read(0, n, x.segment(), y.segment(), weights);
            double[] targets = new double[n * out];
            for (int k = 0; k < targets.length; k++) {
                targets[k] = data.classes() > 0 ? y.segment().getAtIndex(ValueLayout.JAVA_INT, k) : y.get(k / out, k % out);
            }
            return new Rows(x.to(arena, DType.F64).toDoubles(), targets, in, data.classes());
        }
    }

    int size() {
        return x.length / in;
    }

    int out() {
        return y.length / Math.max(1, size());
    }

    /** The same rows with some of the features, in this order. */
    Rows features(int[] kept) {
        double[] taken = new double[size() * kept.length];
        for (int b = 0; b < size(); b++) {
            for (int i = 0; i < kept.length; i++) {
                taken[b * kept.length + i] = x[b * in + kept[i]];
            }
        }
        return new Rows(taken, y, kept.length, classes);
    }

    /** A data set in memory of the arena. */
    Dataset dataset(Arena arena) {
        HostTensor features = HostTensor.of(arena, x).reshape(size(), in);
        if (classes == 0) {
            return Dataset.regression(features, HostTensor.of(arena, y).reshape(size(), out()));
        }
        int[] labels = new int[y.length];
        java.util.Arrays.setAll(labels, i -> (int) y[i]);
        return Dataset.classification(features, HostTensor.of(arena, labels), classes);
    }

    /** At most so many rows, evenly spread. */
    static double[] spread(double[] x, int in, int most) {
        int rows = x.length / in;
        if (rows <= most) {
            return x;
        }
        double[] some = new double[most * in];
        for (int b = 0; b < most; b++) {
            System.arraycopy(x, (int) ((long) b * rows / most) * in, some, b * in, in);
        }
        return some;
    }
}
