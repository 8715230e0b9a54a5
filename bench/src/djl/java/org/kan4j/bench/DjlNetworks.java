// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.bench;

/** The networks of {@link NetworkBenchmark} on DJL's PyTorch engine. */
public final class DjlNetworks {

    private DjlNetworks() {
    }

    /** The MLP of equally many parameters. */
    public static class DjlMlp extends NetworkBenchmark {
        @Override
        Network open(long[] widths, int rows, int count) {
            return new DjlNetwork.Mlp(widths, rows, count);
        }
    }

    /** The B-spline network in the style of efficient-kan. */
    public static class DjlDenseSpline extends NetworkBenchmark {
        @Override
        Network open(long[] widths, int rows, int count) {
            return new DjlNetwork.DenseSpline(widths, rows, count);
        }
    }
}
