// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.bench;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/** What is computed on, the same for everyone. */
final class Data {

    private Data() {
    }

    /** Uniform in low..1. */
    static float[] uniform(long seed, int count, double low) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (low + (1 - low) * random.nextDouble());
        }
        return values;
    }

    /** A matrix of these numbers. */
    static HostTensor matrix(Arena arena, DType dtype, float[] values, long rows, long columns) {
        return HostTensor.of(arena, values).to(arena, dtype).reshape(rows, columns);
    }

    /** Widths from text such as {@code 784x64x10}. */
    static long[] widths(String layers) {
        return Arrays.stream(layers.split("x")).mapToLong(Long::parseLong).toArray();
    }

    /** Fails unless the numbers are finite and not all the same, which zeros would be. */
    static void requireSensible(String what, double... values) {
        double first = values[0];
        boolean different = false;
        for (double value : values) {
            if (!Double.isFinite(value)) {
                throw new IllegalStateException(what + " holds " + value);
            }
            different |= value != first;
        }
        if (values.length > 1 ? !different : first == 0) {
            throw new IllegalStateException(what + " is nothing but " + first);
        }
    }

    /** Fails unless two vectors agree, relative to the size of what is expected. */
    static void requireEqual(String what, double[] actual, double[] expected, double tolerance) {
        double error = 0;
        double norm = 0;
        for (int i = 0; i < expected.length; i++) {
            error += (actual[i] - expected[i]) * (actual[i] - expected[i]);
            norm += expected[i] * expected[i];
        }
        double relative = Math.sqrt(error / norm);
        if (!(relative <= tolerance)) {
            throw new IllegalStateException(what + " is wrong by " + relative + ", allowed are " + tolerance);
        }
    }
}
