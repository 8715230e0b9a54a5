// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.data;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import org.kan4j.tensor.DType;
import org.kan4j.rows.Dataset;
import org.kan4j.tensor.HostTensor;

/** Rows of a known set, all in memory: features ready for a model, each row with its class. */
interface Samples extends Part {

    /** Numbers in a row. */
    int features();

    /** Writes the features of a row into {@code into[0 .. features)}. */
    void read(int row, double[] into);

    /** Class index of a row. */
    int label(int row);

    @Override
    default Dataset load(Arena arena, DType dtype, long memory) {
        HostTensor features = HostTensor.allocate(arena, dtype, rows(), features());
        HostTensor labels = HostTensor.allocate(arena, DType.I32, rows());
        double[] row = new double[features()];
        for (int i = 0; i < rows(); i++) {
            read(i, row);
            TableWindow.put(features.segment(), dtype, (long) i * row.length, row);
            labels.segment().setAtIndex(ValueLayout.JAVA_INT, i, label(i));
        }
        return Dataset.classification(features, labels, NamedSet.CLASSES);
    }

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
            public int label(int row) {
                return all.label(rows[row]);
            }
        };
    }
}
