// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.testing;

import java.lang.foreign.Arena;
import org.kan4j.internal.SplitMix;
import org.kan4j.rows.Dataset;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/** Small data sets. */
public final class Samples {

    private Samples() {
    }

    /** y = exp(sin(pi a) + b^2) on [-1, 1]^2. */
    public static Dataset regression(Arena arena, DType dtype, int rows, long seed) {
        SplitMix random = new SplitMix(seed);
        HostTensor x = HostTensor.allocate(arena, dtype, rows, 2);
        HostTensor y = HostTensor.allocate(arena, dtype, rows, 1);
        for (int i = 0; i < rows; i++) {
            double a = random.uniform(-1, 1);
            double b = random.uniform(-1, 1);
            x.set(a, i, 0);
            x.set(b, i, 1);
            y.set(Math.exp(Math.sin(Math.PI * a) + b * b), i, 0);
        }
        return Dataset.regression(x, y);
    }
}
