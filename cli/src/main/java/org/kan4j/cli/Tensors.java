// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.cli;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.kan4j.DType;
import org.kan4j.Dataset;
import org.kan4j.HostTensor;
import org.kan4j.data.Encoding;
import org.kan4j.data.Samples;

/** From rows as readers give them to the library's tensors. */
final class Tensors {

    private Tensors() {
    }

    /** All samples as a data set in the arena's memory. */
    static Dataset dataset(Arena arena, DType dtype, Samples samples, Encoding.Target target) {
        int rows = samples.rows();
        HostTensor features = HostTensor.allocate(arena, dtype, rows, samples.features());
        double[] row = new double[samples.features()];
        for (int i = 0; i < rows; i++) {
            samples.read(i, row);
            put(features, (long) i * row.length, row);
        }
        return switch (target) {
            case Encoding.Classes classes -> {
                HostTensor labels = HostTensor.allocate(arena, DType.I32, rows);
                for (int i = 0; i < rows; i++) {
                    labels.segment().setAtIndex(ValueLayout.JAVA_INT, i, (int) samples.target(i));
                }
                yield Dataset.classification(features, labels, classes.width());
            }
            case Encoding.Value value -> {
                HostTensor values = HostTensor.allocate(arena, dtype, rows, 1);
                for (int i = 0; i < rows; i++) {
                    row[0] = samples.target(i);
                    values.set(row[0], i, 0);
                }
                yield Dataset.regression(features, values);
            }
        };
    }

    /** Writes numbers into a tensor from a flat position on, converted to its type. */
    static void put(HostTensor tensor, long at, double[] numbers) {
        MemorySegment segment = tensor.segment();
        switch (tensor.dtype()) {
            case F32 -> {
                for (int i = 0; i < numbers.length; i++) {
                    segment.setAtIndex(ValueLayout.JAVA_FLOAT, at + i, (float) numbers[i]);
                }
            }
            case F64 -> {
                for (int i = 0; i < numbers.length; i++) {
                    segment.setAtIndex(ValueLayout.JAVA_DOUBLE, at + i, numbers[i]);
                }
            }
            case I32, I64 -> throw new IllegalArgumentException("features are floating-point numbers");
        }
    }
}
